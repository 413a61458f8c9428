/*
 * vector_x86: the operations of vector.h that AVX2 and AVX-512 share.
 */
#ifndef GEOSC_VECTOR_X86_H
#define GEOSC_VECTOR_X86_H

#include <immintrin.h>

typedef const float *scalars; /* each is broadcast from memory, without an instruction of its own for the load */

INLINE scalars s_load(const float *p)
{
    return p;
}
INLINE void v_stream_end(void)
{
    _mm_sfence();
}

typedef __m256 float8;

INLINE float8 f_load(const float *p)
{
    return _mm256_loadu_ps(p);
}
INLINE void f_store(float *p, float8 v)
{
    _mm256_storeu_ps(p, v);
}
INLINE float8 f_zero(void)
{
    return _mm256_setzero_ps();
}
INLINE float8 f_fma(float8 a, float8 b, float8 c)
{
    return _mm256_fmadd_ps(a, b, c);
}

EIGHT_ROWS_OF(__m256);

INLINE struct eight_rows transpose8(struct eight_rows in)
{
    const __m256 a0 = _mm256_unpacklo_ps(in.row0, in.row1), a1 = _mm256_unpackhi_ps(in.row0, in.row1);
    const __m256 a2 = _mm256_unpacklo_ps(in.row2, in.row3), a3 = _mm256_unpackhi_ps(in.row2, in.row3);
    const __m256 a4 = _mm256_unpacklo_ps(in.row4, in.row5), a5 = _mm256_unpackhi_ps(in.row4, in.row5);
    const __m256 a6 = _mm256_unpacklo_ps(in.row6, in.row7), a7 = _mm256_unpackhi_ps(in.row6, in.row7);
    const __m256 b0 = _mm256_shuffle_ps(a0, a2, 0x44), b1 = _mm256_shuffle_ps(a0, a2, 0xee);
    const __m256 b2 = _mm256_shuffle_ps(a1, a3, 0x44), b3 = _mm256_shuffle_ps(a1, a3, 0xee);
    const __m256 b4 = _mm256_shuffle_ps(a4, a6, 0x44), b5 = _mm256_shuffle_ps(a4, a6, 0xee);
    const __m256 b6 = _mm256_shuffle_ps(a5, a7, 0x44), b7 = _mm256_shuffle_ps(a5, a7, 0xee);
    return (struct eight_rows){_mm256_permute2f128_ps(b0, b4, 0x20), _mm256_permute2f128_ps(b1, b5, 0x20),
                               _mm256_permute2f128_ps(b2, b6, 0x20), _mm256_permute2f128_ps(b3, b7, 0x20),
                               _mm256_permute2f128_ps(b0, b4, 0x31), _mm256_permute2f128_ps(b1, b5, 0x31),
                               _mm256_permute2f128_ps(b2, b6, 0x31), _mm256_permute2f128_ps(b3, b7, 0x31)};
}

#endif
