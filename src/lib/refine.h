/*
 * refine: raw features to refined ones (SPEC 2.2): the post-processor, then each cell to length 1. A batch of maps runs
 * layer by layer, so that weights are streamed once for all poses of an image.
 */
#ifndef GEOSC_REFINE_H
#define GEOSC_REFINE_H

#include "convolution.h"

/* Activations between layers, reused from batch to batch. Zeroed at first; owned by one run. */
struct refine_scratch {
    float *hidden[2], *columns;
    size_t hidden_capacity[2], columns_capacity; /* floats */
};

/* Refines maps[0 .. count - 1] in place (panels in: raw features; out: refined, and as rows). model NULL: only normalises.
 * finite[i]: every number of map i was finite. All maps have the model's channels. */
enum geosc_status refine(geosc_context *context, const geosc_model *model, geosc_map *const *maps, size_t count,
                         struct refine_scratch *scratch, bool *finite);
/* Bytes of scratch that a batch of `panels` panels in all needs. */
size_t refine_scratch_bytes(const geosc_model *model, size_t panels, int threads);
void refine_scratch_free(struct refine_scratch *scratch);

#endif
