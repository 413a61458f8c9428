/*
 * points: a table of all keypoints of an input and their matches, as comma-separated values: geosc eval --points.
 */
#ifndef GEOSC_POINTS_H
#define GEOSC_POINTS_H

#include "results/measure.h"
#include "show/matched.h"

/* Writes the file; it appears only when it is complete. */
enum geosc_status points_write(geosc_context *context, const struct matched *matched, const struct measure *measure,
                               const char *path, bool replace);

#endif
