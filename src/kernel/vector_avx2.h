/*
 * vector_avx2: the operations of vector.h for AVX2 with FMA and F16C.
 */
#ifndef GEOSC_VECTOR_AVX2_H
#define GEOSC_VECTOR_AVX2_H

#include "vector_x86.h"

enum { LANES = 8 };
#define REGISTERS 16
typedef __m256 float_vector;
typedef float_vector scalar;
typedef int32_t int_vector __attribute__((vector_size(32)));
typedef __m256 mask_vector;

INLINE float_vector v_load(const float *p)
{
    return _mm256_loadu_ps(p);
}
INLINE void v_store(float *p, float_vector v)
{
    _mm256_storeu_ps(p, v);
}
INLINE void v_stream(float *p, float_vector v)
{
    _mm256_stream_ps(p, v);
}
INLINE float_vector v_set(float x)
{
    return _mm256_set1_ps(x);
}
INLINE float_vector v_zero(void)
{
    return _mm256_setzero_ps();
}
INLINE float_vector v_add(float_vector a, float_vector b)
{
    return _mm256_add_ps(a, b);
}
INLINE float_vector v_sub(float_vector a, float_vector b)
{
    return _mm256_sub_ps(a, b);
}
INLINE float_vector v_mul(float_vector a, float_vector b)
{
    return _mm256_mul_ps(a, b);
}
INLINE float_vector v_fma(float_vector a, float_vector b, float_vector c)
{
    return _mm256_fmadd_ps(a, b, c);
}
INLINE scalar s_at(scalars p, int i)
{
    return _mm256_broadcast_ss(p + i);
}
INLINE float_vector v_fma_scalar(scalar a, float_vector b, float_vector c)
{
    return v_fma(a, b, c);
}
INLINE float_vector v_fnma(float_vector a, float_vector b, float_vector c)
{
    return _mm256_fnmadd_ps(a, b, c);
}
INLINE float_vector v_max(float_vector a, float_vector b)
{
    return _mm256_max_ps(a, b);
}
INLINE mask_vector v_greater(float_vector a, float_vector b)
{
    return _mm256_cmp_ps(a, b, _CMP_GT_OQ);
}
INLINE mask_vector v_at_least(float_vector a, float_vector b)
{
    return _mm256_cmp_ps(a, b, _CMP_GE_OQ);
}
INLINE uint32_t v_lanes(mask_vector mask)
{
    return (uint32_t)_mm256_movemask_ps(mask);
}
INLINE float_vector v_abs(float_vector v)
{
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v);
}
INLINE float_vector v_div(float_vector a, float_vector b)
{
    return _mm256_div_ps(a, b);
}
INLINE float_vector v_sqrt(float_vector v)
{
    return _mm256_sqrt_ps(v);
}
INLINE float_vector v_select(mask_vector mask, float_vector yes, float_vector no)
{
    return _mm256_blendv_ps(no, yes, mask);
}
INLINE int_vector i_load(const int32_t *p)
{
    return (int_vector)_mm256_loadu_si256((const void *)p);
}
INLINE void i_store(int32_t *p, int_vector v)
{
    _mm256_storeu_si256((void *)p, (__m256i)v);
}
INLINE int_vector i_set(int32_t x)
{
    return (int_vector)_mm256_set1_epi32(x);
}
INLINE int_vector i_and(int_vector a, int_vector b)
{
    return (int_vector)_mm256_and_si256((__m256i)a, (__m256i)b);
}
INLINE int_vector i_max(int_vector a, int_vector b)
{
    return (int_vector)_mm256_max_epi32((__m256i)a, (__m256i)b);
}
INLINE int_vector i_from_bits(float_vector v)
{
    return (int_vector)_mm256_castps_si256(v);
}
INLINE float_vector v_from_bits(int_vector v)
{
    return _mm256_castsi256_ps((__m256i)v);
}
INLINE int_vector i_or(int_vector a, int_vector b)
{
    return (int_vector)_mm256_or_si256((__m256i)a, (__m256i)b);
}
INLINE int_vector i_add(int_vector a, int_vector b)
{
    return (int_vector)_mm256_add_epi32((__m256i)a, (__m256i)b);
}
INLINE int_vector i_sub(int_vector a, int_vector b)
{
    return (int_vector)_mm256_sub_epi32((__m256i)a, (__m256i)b);
}
INLINE int_vector i_shift_left(int_vector v, int bits)
{
    return (int_vector)_mm256_slli_epi32((__m256i)v, bits);
}
INLINE int_vector i_round(float_vector v)
{
    return (int_vector)_mm256_cvtps_epi32(v);
}
INLINE float_vector v_from_int(int_vector v)
{
    return _mm256_cvtepi32_ps((__m256i)v);
}
INLINE int_vector i_add8(int_vector a, int_vector b)
{
    return (int_vector)_mm256_add_epi8((__m256i)a, (__m256i)b);
}
INLINE int_vector i_add16(int_vector a, int_vector b)
{
    return (int_vector)_mm256_add_epi16((__m256i)a, (__m256i)b);
}
#define VECTOR_BYTES_SIGNED  false
#define VECTOR_BYTE_PRODUCTS BYTE_PAIRS
INLINE int_vector i_multiply_add8(int_vector a, int_vector b)
{
    return (int_vector)_mm256_maddubs_epi16((__m256i)a, (__m256i)b);
}
INLINE int_vector i_add_pairs16(int_vector v)
{
    return (int_vector)_mm256_madd_epi16((__m256i)v, _mm256_set1_epi16(1));
}
INLINE int_vector i_select(mask_vector mask, int_vector yes, int_vector no)
{
    return (int_vector)_mm256_blendv_ps((__m256)no, (__m256)yes, mask);
}
INLINE float_vector v_from_half(const uint16_t *p)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const void *)p));
}
INLINE float_vector v_from_bfloat(const uint16_t *p)
{
    return (float_vector)_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)p)), 16);
}

typedef struct {
    __m256d low, high; /* lanes 0..3, 4..7 */
} double8;

INLINE double8 d_set(double x)
{
    return (double8){_mm256_set1_pd(x), _mm256_set1_pd(x)};
}
INLINE double8 d_zero(void)
{
    return (double8){_mm256_setzero_pd(), _mm256_setzero_pd()};
}
INLINE double8 d_load(const double *p)
{
    return (double8){_mm256_loadu_pd(p), _mm256_loadu_pd(p + 4)};
}
INLINE void d_store(double *p, double8 v)
{
    _mm256_storeu_pd(p, v.low);
    _mm256_storeu_pd(p + 4, v.high);
}
INLINE double8 d_from_float(float8 v)
{
    return (double8){_mm256_cvtps_pd(_mm256_castps256_ps128(v)), _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1))};
}
INLINE float8 d_to_float(double8 v)
{
    return _mm256_set_m128(_mm256_cvtpd_ps(v.high), _mm256_cvtpd_ps(v.low));
}
INLINE double8 d_mul(double8 a, double8 b)
{
    return (double8){_mm256_mul_pd(a.low, b.low), _mm256_mul_pd(a.high, b.high)};
}
INLINE double8 d_add(double8 a, double8 b)
{
    return (double8){_mm256_add_pd(a.low, b.low), _mm256_add_pd(a.high, b.high)};
}
INLINE double8 d_fma(double8 a, double8 b, double8 c)
{
    return (double8){_mm256_fmadd_pd(a.low, b.low, c.low), _mm256_fmadd_pd(a.high, b.high, c.high)};
}
INLINE double8 d_fms(double8 a, double8 b, double8 c)
{
    return (double8){_mm256_fmsub_pd(a.low, b.low, c.low), _mm256_fmsub_pd(a.high, b.high, c.high)};
}

#endif
