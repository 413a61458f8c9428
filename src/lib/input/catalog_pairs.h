/*
 * catalog_pairs: reads the pairs and their data from a file whose sets are open.
 */
#ifndef GEOSC_CATALOG_PAIRS_H
#define GEOSC_CATALOG_PAIRS_H

#include "input/reader.h"

enum geosc_status catalog_read_stacked(const struct reader *reader);
enum geosc_status catalog_read_indexed(const struct reader *reader, const struct catalog_pairs *pairs);

#endif
