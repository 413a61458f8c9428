/*
 * units: what coordinates in an input and an output are measured in, and their way to cells and back
 * (docs/computation.md, Units). Pixels are those of the image that the features were extracted from; original pixels
 * those of the photograph that was scaled and padded to it. Pixel (0, 0) is the corner of the image, cell (0, 0) the
 * centre of the first cell. Pure functions, any thread.
 */
#ifndef GEOSC_UNITS_H
#define GEOSC_UNITS_H

#include "input/catalog.h"

const char *units_name(enum units units); /* "cell", "pixel", "original"; NULL out of range */
bool units_parse(const char *name, enum units *units);

/* The place in cells, along x (axis 0) or y (1), of a coordinate in an image; in double. */
double units_to_cell(const struct catalog *catalog, size_t image, int axis, double value);
/* The coordinate of a place in cells; in given units, or the catalog's. */
double units_of_cell(const struct catalog *catalog, enum units units, size_t image, int axis, double cell);
double units_from_cell(const struct catalog *catalog, size_t image, int axis, double cell);
/* The image's larger side. In original pixels: of what the extractor was given, padding and all. */
double units_larger_side(const struct catalog *catalog, size_t image);

#endif
