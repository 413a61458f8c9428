/*
 * nearest: for each cell of some posed sources, the target cell with the largest inner product; the first in row-major
 * order on a tie. Stores no similarities. Where it is faster, int8 products with a proven bound select a few candidates
 * per cell, which fp32 scores with the same sequence of operations: the neighbours equal those of the fp32 path.
 * Parallel over panels of cells.
 */
#ifndef GEOSC_NEAREST_H
#define GEOSC_NEAREST_H

#include "maps/map.h"

enum { NEAREST_SOURCES = GEOSC_POSES };

/* Cells of a refined map: all, or the cells of a mask in row-major order. */
struct cell_set {
    const geosc_map *map;
    const uint32_t *list; /* [count] cell numbers; NULL: all cells of the map */
    size_t count, panels; /* panels: that they fill */
};

/* The cell number at place i of the set. */
static inline size_t cell_set_cell(const struct cell_set *set, size_t i)
{
    return set->list ? set->list[i] : i;
}

static inline const float *cell_set_row(const struct cell_set *set, size_t i)
{
    return map_row(set->map, cell_set_cell(set, i));
}

/* A set quantised to int8. */
struct quantised_set {
    int8_t *q;                /* [panels][int8_panel_bytes] */
    struct quantised *panels; /* [panels] */
    float *mean;              /* [channels] */
    double *offset;           /* [panels * PANEL] of a source's cells: the part of their scores that bounds leave out */
    float *shift;             /* [target panels * PANEL] of the target's cells, for this source */
    size_t q_capacity, panels_capacity, mean_capacity, offset_capacity, shift_capacity;
};

/* Work of the search. */
struct nearest_statistics {
    size_t rows;         /* source cells scored with int8 */
    size_t candidates;   /* of all these cells */
    size_t most;         /* of one cell */
    size_t rows_in_fp32; /* source cells scored in fp32: too many candidates, or int8 is not faster */
};

/* Initialise with zeros, reuse from call to call; one call at a time. */
struct nearest_scratch {
    struct quantised_set sets[NEAREST_SOURCES + 1];
    uint32_t *left;         /* panels of the sources that int8 leaves to fp32 */
    unsigned char *threads; /* one block per thread */
    size_t left_capacity, threads_capacity;
    struct nearest_statistics statistics; /* of all calls so far */
};

/* index[s][i]: place in `target` of the nearest neighbour of place i of sources[s]; count <= NEAREST_SOURCES; no set is
 * empty. index[s] has space for whole panels. */
enum geosc_status nearest_find(geosc_context *context, const struct cell_set *sources, size_t count,
                               const struct cell_set *target, struct nearest_scratch *scratch, int32_t *const *index);
void nearest_add_statistics(struct nearest_statistics *sum, const struct nearest_statistics *own);
/* Scratch bytes of a call for `maps` sets of `panels` panels, target included. */
size_t nearest_scratch_bytes(const geosc_context *context, size_t maps, size_t panels, size_t channels);
void nearest_scratch_free(struct nearest_scratch *scratch);

#endif
