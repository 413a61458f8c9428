/*
 * linear: y = W (x - mean) + bias for each cell of the fused features (docs/computation.md, Post-processor): the whole
 * post-processor, or in front of another architecture. Its keys and shapes; packs its tensors; runs it on an image.
 */
#ifndef GEOSC_LINEAR_H
#define GEOSC_LINEAR_H

#include "network/grids.h"
#include "network/layers.h"
#include "network/tensors.h"

/* The tensors found in a file. */
struct linear_tensors {
    struct tensor *weight, *mean, *bias; /* NULL: not there, or with a problem */
};

/* Finds the tensors and takes them; wrong shapes go to `problems`. False if no key belongs to this architecture. */
bool linear_recognise(const struct tensors *tensors, struct linear_tensors *found, struct problems *problems);

/* Loads and packs the tensors. After a problem the layer is incomplete. */
enum geosc_status linear_pack(geosc_context *context, struct tensors *tensors, const struct linear_tensors *found,
                              geosc_model *model, struct problems *problems);

/* Activations of one image, reused. Initialise with zeros. */
struct linear_scratch {
    float *out, *desks;
    size_t out_capacity, desks_capacity; /* in floats */
};

/* Computes the layer for an image's features [inputs][cells]; scratch->out is [outputs][cells]. */
enum geosc_status linear_run(geosc_context *context, const struct linear *linear, const float *features, size_t cells,
                             struct linear_scratch *scratch);
/* Scratch bytes for an image of so many cells; model NULL or without this layer: 0. */
size_t linear_scratch_bytes(const geosc_model *model, size_t cells, int threads);
void linear_scratch_free(struct linear_scratch *scratch);
void linear_free(struct linear *linear); /* for a zeroed or packed one */

#endif
