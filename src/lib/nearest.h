/*
 * nearest: for each cell of some posed sources, the target cell with the largest inner product; first in row-major order on a
 * tie. No similarity is ever stored. Parallel over panels of source cells.
 */
#ifndef GEOSC_NEAREST_H
#define GEOSC_NEAREST_H

#include "map.h"

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

/* index[s][i]: place in `target` of the nearest to place i of sources[s]; sets may not be empty. */
void nearest_find(const geosc_context *context, const struct cell_set *sources, size_t count, const struct cell_set *target,
                  int32_t *const *index);

#endif
