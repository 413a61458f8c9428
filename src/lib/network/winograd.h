/*
 * winograd: 3x3 convolution of a batch of maps by F(4x4,3x3) (kernel.h), with a quarter of the multiplications of
 * direct convolution. The tiles of all maps are packed together, so that only the last panel of tiles may be
 * incomplete. Parallel over panels of tiles, slices and blocks of channels, in units of fixed size; called by the
 * thread that owns the context.
 */
#ifndef GEOSC_WINOGRAD_H
#define GEOSC_WINOGRAD_H

#include "network/convolution.h"

/* The transformed weights (in double) of a 3x3 convolution; read-only, any thread. */
struct winograd {
    size_t inputs, outputs;
    float *weights; /* [WINOGRAD_PATCH][ceil(outputs / TILE)][inputs][TILE] */
};

/* Transforms the weights of a 3x3 convolution that has these sizes; weights, factors and *finite as in
 * convolution_create. On all threads. */
enum geosc_status winograd_create(geosc_context *context, const float *weights, const double *factors,
                                  const struct convolution *sizes, struct winograd *winograd, bool *finite);
/* Makes a convolution from its weights: transformed if it is to run by Winograd, else packed. winograd NULL: is a 1x1;
 * else `conv` decides, and if that is automatic, the number of channels. */
enum geosc_status winograd_or_pack(geosc_context *context, enum geosc_conv conv, const float *weights,
                                   const double *factors, struct convolution *convolution, struct winograd *winograd,
                                   bool *finite);
void winograd_free(struct winograd *winograd); /* for a zeroed or created one; leaves it zeroed */

/* Whether a batch of this many panels can be computed: offsets in it must fit 32 bits, up to 16 GB of activations. */
bool winograd_fits(const struct winograd *winograd, size_t panels);

/* Like convolution_direct. The inputs of all items are contiguous in memory, and so are the outputs. bias: [outputs] or
 * NULL. scratch: winograd_scratch_bytes(), aligned to 64. */
void winograd_convolve(const geosc_context *context, const struct winograd *winograd, const float *bias, bool relu,
                       const struct layer_item *items, size_t count, void *scratch);
size_t winograd_scratch_bytes(size_t inputs, size_t outputs); /* for any batch and number of threads */

#endif
