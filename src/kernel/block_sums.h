/*
 * block_sums: adds the sums of blocks in the order that kernel.h gives, as a binary counter does: level i holds the sum
 * of 2^i blocks. A block has `count` sums, one for each element; callers pass a constant, so that the loops become
 * vectors.
 */
#ifndef GEOSC_BLOCK_SUMS_H
#define GEOSC_BLOCK_SUMS_H

#include "kernel.h"

#include <string.h>

/* sum[i] = addend[i] + sum[i] */
static inline void add_sums(const float *restrict addend, float *restrict sum, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] = addend[i] + sum[i];
}

/* Block number `block`, whose sums are in `sum`. levels: [SUM_LEVELS][count]. */
static inline void block_sums_add(float *restrict levels, float *restrict sum, size_t count, size_t block)
{
    for (; block & 1; block >>= 1, levels += count)
        add_sums(levels, sum, count);
    memcpy(levels, sum, count * sizeof *sum);
}

/* sum: what block_sums_add left there for the last of `blocks` blocks; becomes the sum of all blocks. */
static inline void block_sums_total(const float *restrict levels, float *restrict sum, size_t count, size_t blocks)
{
    for (; blocks && !(blocks & 1); blocks >>= 1)
        levels += count;
    for (blocks >>= 1, levels += count; blocks; blocks >>= 1, levels += count)
        if (blocks & 1)
            add_sums(levels, sum, count);
}

#endif
