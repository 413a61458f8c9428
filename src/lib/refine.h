/*
 * refine: raw features to refined ones (SPEC 2.2): the post-processor, then each cell to length 1. A batch of maps runs
 * layer by layer, so that weights are streamed once for all poses of an image.
 */
#ifndef GEOSC_REFINE_H
#define GEOSC_REFINE_H

#include "model.h"

/* Activations between layers, reused from batch to batch. Zeroed at first; owned by one run. */
struct refine_scratch {
    float *hidden[2], *columns;
    size_t hidden_capacity[2], columns_capacity; /* floats */
    unsigned char *winograd;
    size_t winograd_capacity;
};

/* One map of a batch. Several poses of one image have the same cells in another order, and so has the first 1x1 of each: it is
 * computed once, for the base, and its cells are put in order for the others. */
struct refine_job {
    geosc_map *map;
    const struct refine_job *base; /* another job of the batch with the same cells (or more), no base itself; NULL: none */
    const uint32_t *from;          /* [map's cells] with a base: which cell of its map each one is */
};

/* Refines the jobs' maps in place (panels in: raw features; out: refined, and as rows). model NULL: only normalises.
 * finite[i]: every number of map i was finite. All maps have the model's channels. */
enum geosc_status refine(geosc_context *context, const geosc_model *model, const struct refine_job *jobs, size_t count,
                         struct refine_scratch *scratch, bool *finite);
/* Bytes of scratch that a batch of `panels` panels in all needs. */
size_t refine_scratch_bytes(const geosc_model *model, size_t panels, int threads);
void refine_scratch_free(struct refine_scratch *scratch);

#endif
