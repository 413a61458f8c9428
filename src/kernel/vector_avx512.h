/*
 * vector_avx512: the operations of vector.h for AVX-512 (F, BW, DQ, VL), with VNNI where the flags have it.
 */
#ifndef GEOSC_VECTOR_AVX512_H
#define GEOSC_VECTOR_AVX512_H

#include "vector_x86.h"

enum { LANES = 16 };
#define REGISTERS 32
typedef __m512 float_vector;
typedef float_vector scalar;
typedef int32_t int_vector
    __attribute__((vector_size(64))); /* not __m512i: gcc copied sums of that type to the stack */
typedef __mmask16 mask_vector;

INLINE float_vector v_load(const float *p)
{
    return _mm512_loadu_ps(p);
}
INLINE void v_store(float *p, float_vector v)
{
    _mm512_storeu_ps(p, v);
}
INLINE void v_stream(float *p, float_vector v)
{
    _mm512_stream_ps(p, v);
}
INLINE float_vector v_set(float x)
{
    return _mm512_set1_ps(x);
}
INLINE float_vector v_zero(void)
{
    return _mm512_setzero_ps();
}
INLINE float_vector v_add(float_vector a, float_vector b)
{
    return _mm512_add_ps(a, b);
}
INLINE float_vector v_sub(float_vector a, float_vector b)
{
    return _mm512_sub_ps(a, b);
}
INLINE float_vector v_mul(float_vector a, float_vector b)
{
    return _mm512_mul_ps(a, b);
}
INLINE float_vector v_fma(float_vector a, float_vector b, float_vector c)
{
    return _mm512_fmadd_ps(a, b, c);
}
INLINE scalar s_at(scalars p, int i)
{
    return _mm512_set1_ps(p[i]);
}
INLINE float_vector v_fma_scalar(scalar a, float_vector b, float_vector c)
{
    return v_fma(a, b, c);
}
INLINE float_vector v_fnma(float_vector a, float_vector b, float_vector c)
{
    return _mm512_fnmadd_ps(a, b, c);
}
INLINE float_vector v_max(float_vector a, float_vector b)
{
    return _mm512_max_ps(a, b);
}
INLINE mask_vector v_greater(float_vector a, float_vector b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ);
}
INLINE mask_vector v_at_least(float_vector a, float_vector b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ);
}
INLINE uint32_t v_lanes(mask_vector mask)
{
    return mask;
}
INLINE float_vector v_abs(float_vector v)
{
    return _mm512_abs_ps(v);
}
INLINE float_vector v_div(float_vector a, float_vector b)
{
    return _mm512_div_ps(a, b);
}
INLINE float_vector v_sqrt(float_vector v)
{
    return _mm512_sqrt_ps(v);
}
INLINE float_vector v_select(mask_vector mask, float_vector yes, float_vector no)
{
    return _mm512_mask_blend_ps(mask, no, yes);
}
INLINE int_vector i_load(const int32_t *p)
{
    return (int_vector)_mm512_loadu_si512(p);
}
INLINE void i_store(int32_t *p, int_vector v)
{
    _mm512_storeu_si512(p, (__m512i)v);
}
INLINE int_vector i_set(int32_t x)
{
    return (int_vector)_mm512_set1_epi32(x);
}
INLINE int_vector i_and(int_vector a, int_vector b)
{
    return (int_vector)_mm512_and_si512((__m512i)a, (__m512i)b);
}
INLINE int_vector i_max(int_vector a, int_vector b)
{
    return (int_vector)_mm512_max_epi32((__m512i)a, (__m512i)b);
}
INLINE int_vector i_from_bits(float_vector v)
{
    return (int_vector)_mm512_castps_si512(v);
}
INLINE float_vector v_from_bits(int_vector v)
{
    return _mm512_castsi512_ps((__m512i)v);
}
INLINE int_vector i_or(int_vector a, int_vector b)
{
    return (int_vector)_mm512_or_si512((__m512i)a, (__m512i)b);
}
INLINE int_vector i_add(int_vector a, int_vector b)
{
    return (int_vector)_mm512_add_epi32((__m512i)a, (__m512i)b);
}
INLINE int_vector i_sub(int_vector a, int_vector b)
{
    return (int_vector)_mm512_sub_epi32((__m512i)a, (__m512i)b);
}
INLINE int_vector i_shift_left(int_vector v, int bits)
{
    return (int_vector)_mm512_slli_epi32((__m512i)v, (unsigned)bits);
}
INLINE int_vector i_round(float_vector v)
{
    return (int_vector)_mm512_cvtps_epi32(v);
}
INLINE float_vector v_from_int(int_vector v)
{
    return _mm512_cvtepi32_ps((__m512i)v);
}
INLINE int_vector i_add8(int_vector a, int_vector b)
{
    return (int_vector)_mm512_add_epi8((__m512i)a, (__m512i)b);
}
INLINE int_vector i_add16(int_vector a, int_vector b)
{
    return (int_vector)_mm512_add_epi16((__m512i)a, (__m512i)b);
}
INLINE int_vector i_multiply_add8(int_vector a, int_vector b)
{
    return (int_vector)_mm512_maddubs_epi16((__m512i)a, (__m512i)b);
}
INLINE int_vector i_add_pairs16(int_vector v)
{
    return (int_vector)_mm512_madd_epi16((__m512i)v, _mm512_set1_epi16(1));
}
INLINE int_vector i_select(mask_vector mask, int_vector yes, int_vector no)
{
    return (int_vector)_mm512_mask_blend_epi32(mask, (__m512i)no, (__m512i)yes);
}
INLINE float_vector v_from_half(const uint16_t *p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256((const void *)p));
}
INLINE float_vector v_from_bfloat(const uint16_t *p)
{
    return (float_vector)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)p)), 16);
}
#define VECTOR_BYTES_SIGNED false
#if defined(__AVX512VNNI__)
#define VECTOR_BYTE_PRODUCTS BYTE_DOTS
INLINE int_vector i_add_products(int_vector sum, int_vector a, int_vector b)
{
    return (int_vector)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
}
typedef const int32_t *eight_fours; /* in memory: broadcast when used */
INLINE eight_fours i_load_fours(const int32_t *p)
{
    return p;
}
INLINE int_vector i_add_products_of(int_vector sum, int_vector b, eight_fours fours, int i)
{
    return i_add_products(sum, b, i_set(fours[i]));
}
#else
#define VECTOR_BYTE_PRODUCTS BYTE_PAIRS
#endif

/* ---- eight doubles ------------------------------------------------------------------------------- */

typedef __m512d double8;

INLINE double8 d_zero(void)
{
    return _mm512_setzero_pd();
}
INLINE double8 d_set(double x)
{
    return _mm512_set1_pd(x);
}
INLINE double8 d_load(const double *p)
{
    return _mm512_loadu_pd(p);
}
INLINE void d_store(double *p, double8 v)
{
    _mm512_storeu_pd(p, v);
}
INLINE double8 d_from_float(float8 v)
{
    return _mm512_cvtps_pd(v);
}
INLINE float8 d_to_float(double8 v)
{
    return _mm512_cvtpd_ps(v);
}
INLINE double8 d_mul(double8 a, double8 b)
{
    return _mm512_mul_pd(a, b);
}
INLINE double8 d_add(double8 a, double8 b)
{
    return _mm512_add_pd(a, b);
}
INLINE double8 d_fma(double8 a, double8 b, double8 c)
{
    return _mm512_fmadd_pd(a, b, c);
}
INLINE double8 d_fms(double8 a, double8 b, double8 c)
{
    return _mm512_fmsub_pd(a, b, c);
}

#endif
