/*
 * vector: the vector operations that the kernels use, for AVX2 (with FMA and F16C) and AVX-512 (F, BW, DQ, VL),
 * selected by the compiler's target flags. `float_vector` is as wide as the registers; `double8` is eight doubles on
 * both, so that sums in double have the same lanes everywhere.
 */
#ifndef GEOSC_VECTOR_H
#define GEOSC_VECTOR_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

/* ---- one register of floats -------------------------------------------------------------------- */

#if defined(__AVX512F__)

enum { LANES = 16 };
typedef __m512 float_vector;
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
} /* bypasses the caches; p is aligned */
INLINE float_vector v_broadcast(const float *p)
{
    return _mm512_set1_ps(*p);
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
/* a * b + c, rounded once */
INLINE float_vector v_fma(float_vector a, float_vector b, float_vector c)
{
    return _mm512_fmadd_ps(a, b, c);
}
/* c - a * b, rounded once */
INLINE float_vector v_fnma(float_vector a, float_vector b, float_vector c)
{
    return _mm512_fnmadd_ps(a, b, c);
}
/* Per lane a > b ? a : b, so b if either is NaN. */
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
} /* bit i: lane i */
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
INLINE float v_sum(float_vector v)
{
    return _mm512_reduce_add_ps(v);
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
} /* to nearest, ties to even */
INLINE float_vector v_from_int(int_vector v)
{
    return _mm512_cvtepi32_ps((__m512i)v);
}
/* Lanes of 8 and 16 bits. i_multiply_add8: unsigned a times signed b, adds pairs in 16 bits, saturating. */
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
#if defined(__AVX512VNNI__)
/* sum + unsigned a times signed b, four products per lane */
INLINE int_vector i_add_products(int_vector sum, int_vector a, int_vector b)
{
    return (int_vector)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
}
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
INLINE double8 d_from_float(__m256 v)
{
    return _mm512_cvtps_pd(v);
}
INLINE __m256 d_to_float(double8 v)
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

#elif defined(__AVX2__)

enum { LANES = 8 };
typedef __m256 float_vector;
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
INLINE float_vector v_broadcast(const float *p)
{
    return _mm256_broadcast_ss(p);
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
/* c - a * b, rounded once */
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
INLINE float v_sum(float_vector v)
{
    __m128 sum = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
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
} /* to nearest, ties to even */
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
INLINE double8 d_from_float(__m256 v)
{
    return (double8){_mm256_cvtps_pd(_mm256_castps256_ps128(v)), _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1))};
}
INLINE __m256 d_to_float(double8 v)
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

#else
#error "vector.h needs AVX-512 or AVX2: portable code is in kernels_c.c"
#endif

/* ---- eight floats, on either --------------------------------------------------------------------- */

#define EACH_OF_8(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)

struct eight_rows { /* named: compilers keep an array of registers in memory */
#define MEMBER(i) __m256 row##i;
    EACH_OF_8(MEMBER)
#undef MEMBER
};

/* Turns rows into columns. */
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
