/*
 * load: converts the stored bytes of an image to float32 features (decoded in parallel, levels resized to one grid and
 * concatenated: docs/computation.md, Fusion), and of a mask to weights. A pair status reports bad values.
 */
#ifndef GEOSC_LOAD_H
#define GEOSC_LOAD_H

#include "network/grids.h"

/* Initialise with zeros, reuse from image to image. */
struct load_scratch {
    unsigned char *chunk; /* space for one chunk per thread */
    float *level;         /* a level before resizing */
    size_t chunk_capacity, level_capacity;
};

/* Converts the raw rows of the levels to out [channels][height][width] of `features`; levels with own grids (NULL:
 * none) keep their size. Zero-shot: levels of a norm_group are normalised together. *result: GEOSC_PAIR_OK,
 * GEOSC_PAIR_BAD_FEATURES, GEOSC_PAIR_EMPTY_FEATURES or GEOSC_PAIR_UNREADABLE. */
enum geosc_status load_features(geosc_context *context, const struct features *features, const struct raw *levels,
                                const struct grids *grids, bool zero_shot, struct load_scratch *scratch, float *out,
                                enum geosc_pair_status *result);

/* Converts a raw row to weights, out [height * width]. *result: GEOSC_PAIR_OK, GEOSC_PAIR_BAD_MASK,
 * GEOSC_PAIR_EMPTY_MASK or GEOSC_PAIR_UNREADABLE. */
enum geosc_status load_mask(geosc_context *context, const struct raw *raw, struct load_scratch *scratch, float *out,
                            enum geosc_pair_status *result);

/* GEOSC_PAIR_OK, GEOSC_PAIR_BAD_MASK (negative, NaN, infinite) or GEOSC_PAIR_EMPTY_MASK. */
enum geosc_pair_status load_check_mask(const float *mask, size_t cells);

void load_scratch_free(struct load_scratch *scratch);

#endif
