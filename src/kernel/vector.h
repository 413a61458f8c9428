/*
 * vector: the vector operations that the kernels use, for AVX2, AVX-512 and NEON, selected by the compiler's target
 * flags. All floating-point operations round as IEEE 754 says, so that each set gives the same bits.
 *
 *   float_vector  LANES floats, as wide as the registers, of which there are REGISTERS
 *   int_vector    as many int32; mask_vector: what comparisons give and selections take
 *   float8, double8  eight of a kind on all sets, so that sums in double have the same lanes everywhere
 *   scalars       some floats in a row (8, or 4 if REGISTERS is 16), of which each, a `scalar`, multiplies vectors
 *
 *   v_fma(a, b, c)       a * b + c, rounded once; v_fma_scalar, f_fma, d_fma likewise
 *   v_fnma(a, b, c)      c - a * b, rounded once
 *   d_fms(a, b, c)       a * b - c, rounded once
 *   v_max(a, b)          per lane a > b ? a : b, so b if either is NaN
 *   v_greater, v_at_least  false if either is NaN
 *   v_lanes(mask)        bit i: lane i
 *   i_round(v)           to nearest, ties to even
 *   v_stream(p, v)       stores past the caches where that can be had; p is aligned. v_stream_end before other threads
 *                        read
 *   VECTOR_BYTE_PRODUCTS says how products of bytes are added in 32 bits; the first factor is signed or, where
 *   VECTOR_BYTES_SIGNED is false, unsigned, the second is signed:
 *     BYTE_PAIRS     i_multiply_add8(a, b) adds pairs in 16 bits, saturating; i_add_pairs16 adds such pairs
 *     BYTE_DOTS      i_add_products(sum, a, b) adds four products to each lane; i_add_products_of(sum, b, fours, i)
 *                    those of b with four bytes of i_load_fours for all lanes
 *     BYTE_MATRICES  i_add_matrix(sum, a, b) adds the products of two rows of eight bytes with two others, sum 2 i + j
 *                    of row i of a and row j of b; i_low_halves(a, b), i_high_halves: half of a, half of b; i_zip_low,
 *                    i_zip_high: lanes of a and b in turn
 */
#ifndef GEOSC_VECTOR_H
#define GEOSC_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

#define BYTE_PAIRS    0
#define BYTE_DOTS     1
#define BYTE_MATRICES 2

#define EACH_OF_8(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)

/* Eight rows of eight floats, which transpose8 turns into columns. Named: compilers keep an array of registers in
 * memory. */
#define EIGHT_ROWS_OF(type)                                  \
    struct eight_rows {                                      \
        type row0, row1, row2, row3, row4, row5, row6, row7; \
    }

#if defined(__AVX512F__)
#include "vector_avx512.h"
#elif defined(__AVX2__)
#include "vector_avx2.h"
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include "vector_neon.h"
#else
#error "vector.h needs AVX-512, AVX2 or NEON of 64 bits: portable code is in kernels_c.c"
#endif

/* Asks for memory that is read soon. */
INLINE void prefetch(const void *p)
{
    __builtin_prefetch(p, 0, 3);
}

#endif
