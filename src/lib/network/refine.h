/*
 * refine: computes refined features from raw ones (docs/computation.md, Post-processor): the post-processor, then each
 * cell normalised to length 1. Two steps: refine_take for each image while its decoded features are in memory, then
 * refine for all maps made from them. A residual-bottleneck runs in the second step, layer by layer, to read its
 * weights once per batch. The aggregation network, whose input is several times its output, runs in the first.
 */
#ifndef GEOSC_REFINE_H
#define GEOSC_REFINE_H

#include "network/aggregate.h"
#include "network/linear.h"
#include "network/model.h"

/* Activations between layers, reused from batch to batch. Initialise with zeros; owned by one run. */
struct refine_scratch {
    float *hidden[2],
        *desks; /* desks: of each thread, for a 3x3 that runs directly, and for a panel to be normalised */
    size_t hidden_capacity[2], desks_capacity; /* in floats */
    unsigned char *winograd;
    size_t winograd_capacity;
    struct aggregate_scratch aggregate;
    struct linear_scratch linear;
};

/* Fills the jobs' maps from an image's features on these grids. The maps have model_outputs() channels; if
 * model_reach() is the whole map, they hold all cells. GEOSC_STOPPED if the caller asked to stop. */
enum geosc_status refine_take(geosc_context *context, const geosc_model *model, const struct grids *grids,
                              const float *features, const struct refine_job *jobs, size_t count,
                              struct refine_scratch *scratch);

/* Refines the jobs' maps in place (in: panels from refine_take; out: rows). model NULL: only normalises. finite[i]: all
 * numbers of map i were finite. */
enum geosc_status refine(geosc_context *context, const geosc_model *model, const struct refine_job *jobs, size_t count,
                         struct refine_scratch *scratch, bool *finite);
/* Scratch bytes for a batch of `maps` with so many refined channels, and `panels` panels each. */
size_t refine_scratch_bytes(const geosc_model *model, size_t channels, size_t maps, size_t panels, int threads);
void refine_scratch_free(struct refine_scratch *scratch);

#endif
