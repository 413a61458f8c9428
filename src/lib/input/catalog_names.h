/*
 * catalog_names: pairs by the names of their images (catalog.image_name).
 */
#ifndef GEOSC_CATALOG_NAMES_H
#define GEOSC_CATALOG_NAMES_H

#include "input/reader.h"

/* A text file's lines "SOURCE TARGET" become the pairs; */
enum geosc_status catalog_read_list(const struct reader *reader, const char *text);
/* and a dataset of strings one side of them. */
enum geosc_status catalog_find_names(const struct reader *reader, const char *path, size_t **out);

#endif
