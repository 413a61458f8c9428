/*
 * units: units of coordinates in inputs and outputs, and conversion to and from cells (docs/computation.md, Units).
 * Pixels are of the image that the features were extracted from; original pixels are of the photograph that was scaled
 * and padded to it. Pixel (0, 0) is the corner of the image, cell (0, 0) the centre of the first cell. Pure functions,
 * any thread.
 */
#ifndef GEOSC_UNITS_H
#define GEOSC_UNITS_H

#include "input/catalog.h"

const char *units_name(enum units units); /* "cell", "pixel", "original"; NULL out of range */
bool units_parse(const char *name, enum units *units);

/* Converts a coordinate along x (axis 0) or y (1) of an image to cells; in double. */
double units_to_cell(const struct catalog *catalog, size_t image, int axis, double value);
/* Converts a coordinate in cells to the given units, or to the catalog's. */
double units_of_cell(const struct catalog *catalog, enum units units, size_t image, int axis, double cell);
double units_from_cell(const struct catalog *catalog, size_t image, int axis, double cell);
/* The larger side of the image. In original pixels: of the extractor's input, including padding. */
double units_larger_side(const struct catalog *catalog, size_t image);

#endif
