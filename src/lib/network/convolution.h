/*
 * convolution: runs one layer on a batch of maps in cell panels. Parallel over panels and blocks of output channels, in
 * units of fixed size; called by the thread that owns the context.
 */
#ifndef GEOSC_CONVOLUTION_H
#define GEOSC_CONVOLUTION_H

#include "maps/map.h"

enum { ROW_BLOCK = 384 }; /* output channels of one unit of work: many units for many cores from one image */

/* A convolution with stride 1 and zero padding that keeps H x W. */
struct convolution {
    size_t inputs, outputs, taps; /* taps: 1 (1x1) or 9 (3x3) */
    float *weights;               /* packed [ceil(outputs / TILE)][inputs * taps][TILE], padded with zero rows;
                                   * k = input * taps + tap, as in PyTorch's flattened [O][I][kh][kw] */
    float *bias;                  /* [outputs], or NULL */
};

void convolution_free(struct convolution *convolution); /* for a zeroed or filled one; leaves it zeroed */

/* Packs weights [outputs][inputs][taps], as PyTorch has them, times factors [outputs] (NULL: 1) into a convolution that
 * has these sizes and nothing else; *finite: every product still is. On all threads. */
enum geosc_status convolution_create(geosc_context *context, const float *weights, const double *factors,
                                     struct convolution *convolution, bool *finite);

/* Packs a part of one tile: inputs first .. first + count - 1 to out [count * taps][TILE]. False if a product is not
 * finite. */
bool convolution_pack(const struct convolution *sizes, const float *weights, const double *factors, size_t tile,
                      size_t first, size_t count, float *out);

/* One map of a batch: in [panels][inputs][PANEL], out [panels][outputs][PANEL]; they must not overlap. */
struct layer_item {
    const float *in;
    float *out;
    size_t height, width, cells, panels;
};

/* 1x1: out = act(W in + bias + (residual ? out : 0)), act = ReLU. */
void convolution_pointwise(const geosc_context *context, const struct convolution *convolution,
                           const struct layer_item *items, size_t count, bool residual);

/* 3x3 by implicit GEMM: out = W * in + bias, then ReLU if `relu`. scratch: threads * convolution_scratch_floats()
 * floats. */
void convolution_direct(const geosc_context *context, const struct convolution *convolution,
                        const struct layer_item *items, size_t count, bool relu, float *scratch);
size_t convolution_scratch_floats(void); /* per thread */

#endif
