/*
 * catalog_names: pairs given by the names of their images (catalog.image_name).
 */
#ifndef GEOSC_CATALOG_NAMES_H
#define GEOSC_CATALOG_NAMES_H

#include "input/reader.h"

/* Reads the pairs from the lines "SOURCE TARGET" of a text file. */
enum geosc_status catalog_read_list(const struct reader *reader, const char *text);
/* Reads one side of the pairs from a dataset of strings. */
enum geosc_status catalog_find_names(const struct reader *reader, const char *path, size_t **out);

#endif
