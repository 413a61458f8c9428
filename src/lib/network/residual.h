/*
 * residual: the architecture residual-bottleneck (docs/computation.md, Post-processor): which keys and shapes it has,
 * and how its tensors become packed convolutions with BatchNorm folded in.
 */
#ifndef GEOSC_RESIDUAL_H
#define GEOSC_RESIDUAL_H

#include "network/layers.h"
#include "network/tensors.h"

/* Where the blocks are. */
struct residual {
    char prefix[H5_PATH]; /* common to all keys, in front of the block's number */
    size_t blocks, channels;
};

/* Finds prefix and blocks, takes the tensors of each, and adds what is missing or of a wrong shape to `problems`.
 * False if there is not one key of this architecture. */
bool residual_recognise(const struct tensors *tensors, struct residual *residual, struct problems *problems);

/* Makes the blocks of a model from loaded tensors that have no problem; unloads them on the way. */
enum geosc_status residual_fold(geosc_context *context, const struct tensors *tensors, const struct residual *residual,
                                double bn_eps, geosc_model *model, struct problems *problems);

#endif
