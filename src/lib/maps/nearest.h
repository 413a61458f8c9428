/*
 * nearest: for each cell of some posed sources, the target cell with the largest inner product; first in row-major order on a
 * tie. No similarity is ever stored. Where it is faster, int8 products with a proven bound leave a few candidates per
 * cell, which are scored in fp32 by the same chain of operations: the neighbours are those of the fp32 path in any case.
 * Parallel over panels of cells.
 */
#ifndef GEOSC_NEAREST_H
#define GEOSC_NEAREST_H

#include "maps/map.h"

enum { NEAREST_SOURCES = GEOSC_POSES };

/* Cells of a refined map: all of them, or those of a mask in row-major order, brought together in panels of their own. */
struct cell_set {
    const geosc_map *map;
    const uint32_t *list; /* [count] cell numbers; NULL: all cells of the map */
    size_t count, panels;
    const float *panel; /* [panels][channels][PANEL] */
};

/* The cell number of place i in the set. */
static inline size_t cell_set_cell(const struct cell_set *set, size_t i)
{
    return set->list ? set->list[i] : i;
}

static inline const float *cell_set_row(const struct cell_set *set, size_t i)
{
    return set->map->rows + cell_set_cell(set, i) * set->map->row_stride;
}

/* A set in int8. */
struct quantised_set {
    int8_t *q;                /* [panels][int8_panel_bytes] */
    struct quantised *panels; /* [panels] */
    float *mean;              /* [channels] */
    float *shift;             /* of the target's cells, as seen from this source: [target panels * PANEL] */
    size_t q_capacity, panels_capacity, mean_capacity, shift_capacity;
};

/* How hard the candidates made it. */
struct nearest_statistics {
    size_t rows;         /* source cells scored by way of int8 */
    size_t candidates;   /* of them all */
    size_t most;         /* of one row */
    size_t rows_in_fp32; /* source cells scored in fp32: the bounds left too many candidates, or int8 is not faster */
};

/* Zeroed at first, reused from call to call; one call at a time. */
struct nearest_scratch {
    struct quantised_set sets[NEAREST_SOURCES + 1];
    unsigned char *threads; /* one block for each thread */
    size_t threads_capacity;
    struct nearest_statistics statistics; /* of all calls so far */
};

/* index[s][i]: place in `target` of the nearest to place i of sources[s], count <= NEAREST_SOURCES; sets may not be empty.
 * index[s] has room for whole panels. */
enum geosc_status nearest_find(geosc_context *context, const struct cell_set *sources, size_t count, const struct cell_set *target,
                               struct nearest_scratch *scratch, int32_t *const *index);
/* Bytes of scratch that a call needs for `maps` sets of `panels` panels, target included. */
size_t nearest_scratch_bytes(const geosc_context *context, size_t maps, size_t panels, size_t channels);
void nearest_scratch_free(struct nearest_scratch *scratch);

#endif
