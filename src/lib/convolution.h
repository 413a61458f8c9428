/*
 * convolution: one layer over a batch of maps in cell panels. Parallel over panels and blocks of output channels, in units of
 * fixed size; called from the thread that owns the context.
 */
#ifndef GEOSC_CONVOLUTION_H
#define GEOSC_CONVOLUTION_H

#include "map.h"
#include "model.h"

/* One map of a batch: in [panels][inputs][PANEL], out [panels][outputs][PANEL], not overlapping. */
struct layer_item {
    const float *in;
    float *out;
    size_t height, width, cells, panels;
};

/* 1x1: out = act(W in + bias + (residual ? out : 0)), act = ReLU. */
void convolution_pointwise(const geosc_context *context, const struct convolution *convolution, const struct layer_item *items,
                           size_t count, bool residual);

/* 3x3 by implicit GEMM: out = relu(W * in + bias). scratch: threads x convolution_scratch_floats(). */
void convolution_direct(const geosc_context *context, const struct convolution *convolution, const struct layer_item *items,
                        size_t count, float *scratch);
size_t convolution_scratch_floats(void); /* for one thread */

#endif
