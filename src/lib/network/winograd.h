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

enum geosc_status winograd_create(geosc_context *context, const struct convolution *convolution,
                                  struct winograd *winograd);
/* Transforms the weights if the convolution is to run by Winograd; for an automatic `conv` its channels decide. The
 * transformed weights replace those of the convolution. */
enum geosc_status winograd_replace(geosc_context *context, enum geosc_conv conv, struct convolution *convolution,
                                   struct winograd *winograd);
void winograd_free(struct winograd *winograd); /* for a zeroed or created one; leaves it zeroed */

/* Whether a batch of this many panels can be computed: offsets in it must fit 32 bits, up to 16 GB of activations. */
bool winograd_fits(const struct winograd *winograd, size_t panels);

/* Like convolution_direct. The inputs of all items are contiguous in memory, and so are the outputs. bias: [outputs] or
 * NULL. scratch: winograd_scratch_bytes(), aligned to 64. */
void winograd_convolve(const geosc_context *context, const struct winograd *winograd, const float *bias, bool relu,
                       const struct layer_item *items, size_t count, void *scratch);
size_t winograd_scratch_bytes(size_t inputs, size_t outputs); /* for any batch and number of threads */

#endif
