/*
 * residual: the architecture residual-bottleneck (docs/computation.md, Post-processor): its keys and shapes; packs its
 * tensors into convolutions with BatchNorm folded in.
 */
#ifndef GEOSC_RESIDUAL_H
#define GEOSC_RESIDUAL_H

#include "network/layers.h"
#include "network/tensors.h"

/* The blocks found in a file. */
struct residual {
    char prefix[H5_PATH]; /* of all keys, before the block's number */
    size_t blocks, channels;
};

/* Finds prefix and blocks, takes the tensors of each, and adds missing tensors and wrong shapes to `problems`. False if
 * no key belongs to this architecture. */
bool residual_recognise(const struct tensors *tensors, struct residual *residual, struct problems *problems);

/* Loads the tensors and makes the blocks of a model from them. After a problem the model is incomplete. */
enum geosc_status residual_fold(geosc_context *context, struct tensors *tensors, const struct residual *residual,
                                double bn_eps, geosc_model *model, struct problems *problems);

#endif
