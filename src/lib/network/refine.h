/*
 * refine: raw features to refined ones (docs/computation.md, Post-processor): the post-processor, then each cell to
 * length 1. Two steps: refine_take for each image, while its decoded features are there, and refine for all maps that
 * were made of them. A residual-bottleneck runs in the second, layer by layer, so that weights are streamed once for a
 * whole batch; the aggregation network, whose input is several times its output, in the first.
 */
#ifndef GEOSC_REFINE_H
#define GEOSC_REFINE_H

#include "network/aggregate.h"
#include "network/model.h"

/* Activations between layers, reused from batch to batch. Zeroed at first; owned by one run. */
struct refine_scratch {
    float *hidden[2], *columns;
    size_t hidden_capacity[2], columns_capacity; /* floats */
    unsigned char *winograd;
    size_t winograd_capacity;
    struct aggregate_scratch aggregate;
};

/* Takes what the jobs' maps need of an image's features on these grids. The maps have model_outputs() channels; where
 * model_reach() is the whole map, they hold all cells. GEOSC_STOPPED if the caller asked for it. */
enum geosc_status refine_take(geosc_context *context, const geosc_model *model, const struct grids *grids,
                              const float *features, const struct refine_job *jobs, size_t count,
                              struct refine_scratch *scratch);

/* Refines the jobs' maps in place (panels in: as refine_take left them; out: refined, and as rows). model NULL: only normalises.
 * finite[i]: every number of map i was finite. */
enum geosc_status refine(geosc_context *context, const geosc_model *model, const struct refine_job *jobs, size_t count,
                         struct refine_scratch *scratch, bool *finite);
/* Bytes of scratch that a batch of `maps` needs, of `panels` panels each. */
size_t refine_scratch_bytes(const geosc_model *model, size_t maps, size_t panels, int threads);
void refine_scratch_free(struct refine_scratch *scratch);

#endif
