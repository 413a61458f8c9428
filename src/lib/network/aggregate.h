/*
 * aggregate: runs the aggregation network (docs/computation.md, Post-processor) on one image in any of its poses, level
 * by level. A 1x1 convolution and the statistics of its GroupNorm are the same in every pose but for the order of the
 * cells: reduce and shortcut, most of the work, run once, in the order of the unposed image, so that the answer does
 * not depend on which poses come together. The raw features are gathered into cell panels on the way into the first
 * product, never stored as such. Parallel over panels and blocks of output channels; called from the thread that owns
 * the context.
 */
#ifndef GEOSC_AGGREGATE_H
#define GEOSC_AGGREGATE_H

#include "network/grids.h"
#include "network/layers.h"

/* One map of a batch (refine.h). Several poses of one image have the same cells in another order, and so has the first
 * 1x1 of each: of a residual-bottleneck it is computed once, for the base, and its cells are put in order for the
 * others. */
struct refine_job {
    geosc_map *map;
    const struct refine_job *base; /* another job of the batch with the same cells (or more), without a base; or NULL */
    const uint32_t *from; /* [map's cells] refine_take: the cell of the image; refine: the cell of the base's map */
};

/* Activations of one level, reused. Zeroed at first. */
struct aggregate_scratch {
    float *block;
    size_t capacity; /* floats */
};

/* Sums the levels of `features`, the model's channels on these grids, into the panels of the jobs' maps: each has all
 * cells of the first level's grid, in the order of its `from`, and the model's outputs. Not yet normalised to length 1.
 */
enum geosc_status aggregate(geosc_context *context, const geosc_model *model, const struct grids *grids,
                            const float *features, const struct refine_job *jobs, size_t count,
                            struct aggregate_scratch *scratch);
size_t aggregate_scratch_bytes(const geosc_model *model, size_t panels,
                               int threads); /* for a map; SIZE_MAX: too large */

#endif
