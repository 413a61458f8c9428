/*
 * load: the stored bytes of an image to float32 features (decoded in parallel, levels resized to one grid and
 * concatenated: docs/computation.md, Fusion), and of a mask to weights. What is wrong with the values is told by a pair
 * status.
 */
#ifndef GEOSC_LOAD_H
#define GEOSC_LOAD_H

#include "network/grids.h"

/* Zeroed at first, reused from image to image. */
struct load_scratch {
    unsigned char *chunk; /* one chunk's worth for each thread */
    float *level;         /* a level before it is resized */
    size_t chunk_capacity, level_capacity;
};

/* out [channels][height][width] of `features`, from the raw rows of its levels; those that keep their grids (NULL:
 * none) stay as small as they are. Zero-shot: levels of a norm_group are normalised together. *result: GEOSC_PAIR_OK,
 * _BAD_FEATURES, _EMPTY_FEATURES or _UNREADABLE. */
enum geosc_status load_features(geosc_context *context, const struct features *features, const struct raw *levels,
                                const struct grids *grids, bool zero_shot, struct load_scratch *scratch, float *out,
                                enum geosc_pair_status *result);

/* out [height * width] weights. *result: GEOSC_PAIR_OK, _BAD_MASK, _EMPTY_MASK or _UNREADABLE. */
enum geosc_status load_mask(geosc_context *context, const struct raw *raw, struct load_scratch *scratch, float *out,
                            enum geosc_pair_status *result);

/* GEOSC_PAIR_OK, _BAD_MASK (negative, NaN, infinite) or _EMPTY_MASK. */
enum geosc_pair_status load_check_mask(const float *mask, size_t cells);

void load_scratch_free(struct load_scratch *scratch);

#endif
