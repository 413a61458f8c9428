/*
 * components: the first three principal components of the cells of two feature maps, which show features as colours,
 * with the same meaning on both sides. Owns its memory; any thread.
 */
#ifndef GEOSC_COMPONENTS_H
#define GEOSC_COMPONENTS_H

#include "base/memory.h"

enum { COMPONENTS = 3, COMPONENTS_CELLS = 400 /* most cells used, evenly spread */ };

struct components {
    size_t channels;
    double *mean;                /* [channels] */
    double *axis;                /* [COMPONENTS][channels] orthogonal, of length 1, or 0 without variance */
    double variance[COMPONENTS]; /* along each axis, largest first */
};

/* Components of the cells of all maps [channels][cells[i]], i < map_count. The largest number of an axis is
 * positive. */
enum geosc_status components_find(geosc_context *context, const float *const *maps, const size_t *cells,
                                  size_t map_count, size_t channels, struct components *components);
/* Projects each cell of a map [channels][cells] on the components: out [cells][COMPONENTS]. */
void components_project(const struct components *components, const float *map, size_t cells, double *out);
void components_free(struct components *components); /* for a zeroed or filled one */

#endif
