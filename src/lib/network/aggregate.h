/*
 * aggregate: runs the aggregation network (docs/computation.md, Post-processor) on one image in any of its poses, part
 * by part of its channels. A 1x1 convolution and the statistics of its GroupNorm are the same in every pose except for
 * the order of cells: those 1x1s that read the image, most of the work, run once in its order, so that the result does
 * not depend on which poses are in the batch. The first product gathers raw features into cell panels on the fly; they
 * are stored only for a 3x3. Parallel over panels and blocks of output channels; called by the thread that owns the
 * context.
 */
#ifndef GEOSC_AGGREGATE_H
#define GEOSC_AGGREGATE_H

#include "network/grids.h"
#include "network/layers.h"

/* One map of a batch (refine.h). Poses of one image have the same cells in another order, and so has the output of
 * their first 1x1: a residual-bottleneck computes it once, for the base, and reorders its cells for the others. */
struct refine_job {
    geosc_map *map;
    const struct refine_job *base; /* another job of the batch with the same cells (or more) and no base of its own; or
                                    * NULL */
    const uint32_t *from; /* [map's cells] for refine_take: cell of the image; for refine: cell of the base's map */
};

/* Activations of one part, reused. Initialise with zeros. */
struct aggregate_scratch {
    float *block;
    size_t capacity; /* in floats */
};

/* Computes the network's output for `features`, the model's channels on these grids, into the panels of the jobs' maps:
 * each has all cells of the first level's grid in the order of its `from`, and the model's output channels. Does not
 * normalise to length 1. */
enum geosc_status aggregate(geosc_context *context, const geosc_model *model, const struct grids *grids,
                            const float *features, const struct refine_job *jobs, size_t count,
                            struct aggregate_scratch *scratch);

#endif
