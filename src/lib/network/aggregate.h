/*
 * aggregate: runs the aggregation network (SPEC 2.2) on one image in any of its poses, level by level. A 1x1
 * convolution and the statistics of its GroupNorm are the same in every pose but for the order of the cells: reduce and
 * shortcut, most of the work, run once, in the order of the unposed image, so that the answer does not depend on which
 * poses come together. The raw features are gathered into cell panels on the way into the first product, never stored
 * as such. Parallel over panels and blocks of output channels; called from the thread that owns the context.
 */
#ifndef GEOSC_AGGREGATE_H
#define GEOSC_AGGREGATE_H

#include "network/grids.h"
#include "network/model.h"

struct refine_job;

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
