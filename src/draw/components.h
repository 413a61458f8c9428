/*
 * components: the first three principal components of the cells of two feature maps, so that features can be shown as
 * colours, alike on both sides. Own memory; any thread.
 */
#ifndef GEOSC_COMPONENTS_H
#define GEOSC_COMPONENTS_H

#include "base/memory.h"

enum { COMPONENTS = 3, COMPONENTS_CELLS = 400 /* of which they are found at most, evenly spread */ };

struct components {
    size_t channels;
    double *mean;                /* [channels] */
    double *axis;                /* [COMPONENTS][channels], of length 1 and orthogonal, or 0 where nothing varies */
    double variance[COMPONENTS]; /* along each axis, largest first */
};

/* Of maps [channels][cells[i]], i below map_count, taken together. The sign of an axis: its largest number is positive.
 */
enum geosc_status components_find(geosc_context *context, const float *const *maps, const size_t *cells,
                                  size_t map_count, size_t channels, struct components *components);
/* Coordinates of each cell of a map [channels][cells]: out [cells][COMPONENTS]. */
void components_project(const struct components *components, const float *map, size_t cells, double *out);
void components_free(struct components *components); /* of a zeroed or filled one */

#endif
