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
 *   i_add_products(sum, a, b)  sum + four products of bytes per lane, where VECTOR_BYTE_PRODUCTS says which: 1, signed
 *                        times signed; 2, unsigned a times signed b. 0: there is none, but
 *   i_multiply_add8(a, b)  unsigned a times signed b, adds pairs in 16 bits, saturating; i_add_pairs16 adds such pairs
 */
#ifndef GEOSC_VECTOR_H
#define GEOSC_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

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
