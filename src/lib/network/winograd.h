/*
 * winograd: 3x3 convolution of a batch of maps by F(4x4,3x3) (kernel.h), 4 times fewer multiplications than the direct
 * way. Tiles of all maps of a batch follow one another, so that only the last panel of tiles is not full. Parallel over
 * panels of tiles, slices and blocks of channels, in units of fixed size; called from the thread that owns the context.
 */
#ifndef GEOSC_WINOGRAD_H
#define GEOSC_WINOGRAD_H

#include "network/convolution.h"

/* The weights of a 3x3 convolution, transformed in double; read-only, any thread. */
struct winograd {
    size_t inputs, outputs;
    float *weights; /* [WINOGRAD_PATCH][ceil(outputs / TILE)][inputs][TILE] */
};

enum geosc_status winograd_create(geosc_context *context, const struct convolution *convolution,
                                  struct winograd *winograd);
/* Transforms the weights of those that are to run as Winograd's, chosen by their channels where `conv` is auto; the
 * transformed ones take their place: the convolution has none then. */
enum geosc_status winograd_replace(geosc_context *context, enum geosc_conv conv, struct convolution *convolution,
                                   struct winograd *winograd);
void winograd_free(struct winograd *winograd); /* of a zeroed or created one; leaves it zeroed */

/* Can a batch of this many panels be computed? A place in it must fit 32 bits: beyond 16 GB of activations it does not.
 */
bool winograd_fits(const struct winograd *winograd, size_t panels);

/* As convolution_direct. The items' inputs follow one another in memory, and so do their
 * outputs. bias: [outputs] or NULL. scratch: winograd_scratch_bytes(), aligned to 64. */
void winograd_convolve(const geosc_context *context, const struct winograd *winograd, const float *bias, bool relu,
                       const struct layer_item *items, size_t count, void *scratch);
size_t winograd_scratch_bytes(size_t inputs, size_t outputs); /* whatever the batch and the threads */

#endif
