/*
 * bound_impl: integer products of quantised panels, and bounds from them, with the operations of vector.h; included
 * like kernels_impl.h.
 *
 * Arm multiplies signed bytes. x86 multiplies unsigned by signed bytes, so one side is shifted up, and the shift times
 * the sum of the other side is subtracted again. With VNNI (vpdpbusd: adds four products to 32 bits) q reaches 127, as
 * on Arm. Without it, vpmaddubsw adds two products in 16 bits and would saturate: there q reaches only 63, the shifted
 * side 1 .. 127, so that two such sums fit: 2 * 2 * 127 * 63 = 32004 < 32768.
 */
#ifndef GEOSC_BOUND_IMPL_H
#define GEOSC_BOUND_IMPL_H

#include "kernels_impl.h"

#if VECTOR_BYTE_PRODUCTS == BYTE_PAIRS
enum { INT8_LARGEST = 63, INT8_SHIFT = 64 };
#else
enum { INT8_LARGEST = 127, INT8_SHIFT = VECTOR_BYTES_SIGNED ? 0 : 128 };
#endif

/* Without SDOT, NEON needs as many instructions for a product of bytes as for one of floats. */
#if defined(__aarch64__) && !defined(__ARM_FEATURE_DOTPROD)
#define INT8_IS_FASTER false
#else
#define INT8_IS_FASTER true
#endif

/* Channels of a cell that are adjacent in a quantised panel. */
#define INT8_ADJACENT (VECTOR_BYTE_PRODUCTS == BYTE_MATRICES ? 8 : 4)

/* Two quantised panels, and the destination of their bounds. */
struct bounds {
    const int32_t *a, *b; /* four channels of a cell in one element */
    const struct quantised *source, *target;
    const float *shift;
    size_t channels, stride;
    float *upper;
};

/* Four bytes of each target cell, shifted. */
INLINE int_vector shifted(int_vector four)
{
#if VECTOR_BYTES_SIGNED
    return four;
#else
    return i_add8(four, i_set((int32_t)(INT8_SHIFT * 0x01010101u)));
#endif
}

INLINE void bound_vector(const struct bounds *bounds, int_vector sum, size_t m, size_t n)
{
    const struct quantised *source = bounds->source, *target = bounds->target;
    const int_vector product = i_sub(sum, i_set(INT8_SHIFT * source->sum[m]));
    const float_vector scaled = v_mul(v_from_int(product), v_set(source->scale[m]));
    float_vector bound = v_fma(scaled, v_load(target->scale + n), v_load(bounds->shift + n));
    bound = v_fma(v_set(source->error[m]), v_load(target->length + n), bound);
    bound = v_fma(v_set(source->length[m]), v_load(target->error + n), bound);
    v_store(bounds->upper + m * bounds->stride + n, bound);
}

/* ---- the tile ------------------------------------------------------------------------------------ */

/*
 * A tile has INT_ROWS source cells and TILE_COLUMNS target cells. Its sums (EACH_SUM), vectors of the target, and the
 * current part of the source fill the registers. ADD_PRODUCTS adds INT_STEP channels; FINISH_BOUNDS makes bounds of the
 * sums.
 */
#if VECTOR_BYTE_PRODUCTS == BYTE_MATRICES

/* Four pairs of source cells, sum PQ of pair P and pair Q of target cells. */
enum { INT_ROWS = 8, INT_STEP = 8 };
#define SUMS_OF(p, DO) DO(sum##p##0) DO(sum##p##1) DO(sum##p##2) DO(sum##p##3) DO(sum##p##4) DO(sum##p##5)
#define EACH_SUM(DO)   SUMS_OF(0, DO) SUMS_OF(1, DO) SUMS_OF(2, DO) SUMS_OF(3, DO)

#define ADD_PAIR(q)                                      \
    {                                                    \
        const int_vector pair = i_load(b + LANES * (q)); \
        sum0##q = i_add_matrix(sum0##q, a0, pair);       \
        sum1##q = i_add_matrix(sum1##q, a1, pair);       \
        sum2##q = i_add_matrix(sum2##q, a2, pair);       \
        sum3##q = i_add_matrix(sum3##q, a3, pair);       \
    }
/* Compilers would load all pairs at once, for which there are no registers. */
#define LOAD_LATER __asm__ volatile("" ::: "memory");
#define ADD_PRODUCTS                                                                                  \
    {                                                                                                 \
        const int_vector a0 = i_load(a), a1 = i_load(a + LANES);                                      \
        const int_vector a2 = i_load(a + 2 * LANES), a3 = i_load(a + 3 * LANES);                      \
        ADD_PAIR(0) ADD_PAIR(1) LOAD_LATER ADD_PAIR(2) ADD_PAIR(3) LOAD_LATER ADD_PAIR(4) ADD_PAIR(5) \
    }

/* Two source cells and four target cells. */
INLINE void bound_pair(const struct bounds *bounds, int_vector left, int_vector right, size_t m, size_t n)
{
    bound_vector(bounds, i_low_halves(left, right), m, n);
    bound_vector(bounds, i_high_halves(left, right), m + 1, n);
}
#define FINISH_PAIR(p)                                                \
    bound_pair(bounds, sum##p##0, sum##p##1, m + 2 * (p), n);         \
    bound_pair(bounds, sum##p##2, sum##p##3, m + 2 * (p), n + LANES); \
    bound_pair(bounds, sum##p##4, sum##p##5, m + 2 * (p), n + 2 * LANES);
#define FINISH_BOUNDS FINISH_PAIR(0) FINISH_PAIR(1) FINISH_PAIR(2) FINISH_PAIR(3)

#define CHAIN(sum) sum = i_add_matrix(sum, one, other);

#else

/* Sum RV of source cell R and vector V of target cells. */
#define SUMS_OF(r, DO) DO(sum##r##0) DO(sum##r##1) DO(sum##r##2)
#define FINISH_ROW(r)                                    \
    bound_vector(bounds, sum##r##0, m + (r), n);         \
    bound_vector(bounds, sum##r##1, m + (r), n + LANES); \
    bound_vector(bounds, sum##r##2, m + (r), n + 2 * LANES);

#if VECTOR_BYTE_PRODUCTS == BYTE_DOTS

enum { INT_ROWS = 8, INT_STEP = 4 };
#define EACH_SUM(DO) \
    SUMS_OF(0, DO)   \
    SUMS_OF(1, DO) SUMS_OF(2, DO) SUMS_OF(3, DO) SUMS_OF(4, DO) SUMS_OF(5, DO) SUMS_OF(6, DO) SUMS_OF(7, DO)

#define ADD_ROW(r)                                          \
    sum##r##0 = i_add_products_of(sum##r##0, b0, fours, r); \
    sum##r##1 = i_add_products_of(sum##r##1, b1, fours, r); \
    sum##r##2 = i_add_products_of(sum##r##2, b2, fours, r);
#define ADD_PRODUCTS                                                               \
    {                                                                              \
        const eight_fours fours = i_load_fours(a);                                 \
        const int_vector b0 = shifted(i_load(b)), b1 = shifted(i_load(b + LANES)), \
                         b2 = shifted(i_load(b + 2 * LANES));                      \
        EACH_OF_8(ADD_ROW)                                                         \
    }
#define FINISH_BOUNDS EACH_OF_8(FINISH_ROW)

#define CHAIN(sum) sum = i_add_products(sum, one, other);

#else

/* Twice four channels: adds pairs of products in 16 bits, then all four of a lane in 32. */
INLINE int_vector add_pairs(int_vector sum, int_vector a0, int_vector b0, int_vector a1, int_vector b1)
{
    return i_add(sum, i_add_pairs16(i_add16(i_multiply_add8(b0, a0), i_multiply_add8(b1, a1))));
}

enum { INT_ROWS = 2, INT_STEP = 8 };
#define EACH_SUM(DO) SUMS_OF(0, DO) SUMS_OF(1, DO)

/* One column of vectors after the other: 16 registers hold no more. */
#define LOAD_ROW(r)  const int_vector first##r = i_set(a[r]), second##r = i_set(a[PANEL + (r)]);
#define ADD_COLUMN(v)                                                       \
    {                                                                       \
        const int_vector first = shifted(i_load(b + LANES * (v)));          \
        const int_vector second = shifted(i_load(b + PANEL + LANES * (v))); \
        sum0##v = add_pairs(sum0##v, first0, first, second0, second);       \
        sum1##v = add_pairs(sum1##v, first1, first, second1, second);       \
    }
#define ADD_PRODUCTS                              \
    {                                             \
        LOAD_ROW(0)                               \
        LOAD_ROW(1)                               \
        ADD_COLUMN(0) ADD_COLUMN(1) ADD_COLUMN(2) \
    }
#define FINISH_BOUNDS FINISH_ROW(0) FINISH_ROW(1)

/* The sums are operands, too, so that no product can leave the loop. */
#define CHAIN(sum)    sum = add_pairs(sum, one, sum, other, sum);

#endif
#endif

/* Bounds of source cells m .. m + INT_ROWS - 1 and target cells n .. n + TILE_COLUMNS - 1. */
static void bound_tile(const struct bounds *bounds, size_t m, size_t n)
{
    const int32_t *a = bounds->a + m * INT8_ADJACENT / 4, *b = bounds->b + n * INT8_ADJACENT / 4;
#define START(sum) int_vector sum = i_set(0);
    EACH_SUM(START)
#undef START
    for (size_t c = 0; c < bounds->channels; c += INT_STEP) {
        ADD_PRODUCTS
        a += INT_STEP / 4 * PANEL;
        b += INT_STEP / 4 * PANEL;
    }
    FINISH_BOUNDS
}

static void bound_panel(const int8_t *source, const struct quantised *source_quantised, const int8_t *target,
                        const struct quantised *target_quantised, const float shift[PANEL], size_t channels,
                        float *upper, size_t stride)
{
    const struct bounds bounds = {.a = (const int32_t *)(const void *)source,
                                  .b = (const int32_t *)(const void *)target,
                                  .source = source_quantised,
                                  .target = target_quantised,
                                  .shift = shift,
                                  .channels = channels,
                                  .stride = stride,
                                  .upper = upper};
    for (size_t n = 0; n < PANEL; n += TILE_COLUMNS)
        for (size_t m = 0; m < PANEL; m += INT_ROWS)
            bound_tile(&bounds, m, n);
}

/* ---- the peak ------------------------------------------------------------------------------------ */

/* The work of bound_tile, in registers only. */
static double peak_int8(size_t iterations)
{
    const int_vector one = i_set(0x01010101), other = i_set(0x01020102);
    int32_t chains = 0, used[LANES];
#define START(sum) int_vector sum = i_set(chains++);
    EACH_SUM(START)
#undef START
    for (size_t i = 0; i < iterations; i++) {
        EACH_SUM(CHAIN)
    }
    volatile int32_t sink = 0;
#define FINISH(sum)     \
    i_store(used, sum); \
    sink = sink ^ used[0];
    EACH_SUM(FINISH)
#undef FINISH
    (void)sink;
    return 2.0 * (double)iterations * INT_ROWS * TILE_COLUMNS * INT_STEP;
}

#endif
