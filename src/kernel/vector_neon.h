/*
 * vector_neon: the operations of vector.h for NEON of 64-bit Arm, with SDOT where the flags have it.
 */
#ifndef GEOSC_VECTOR_NEON_H
#define GEOSC_VECTOR_NEON_H

#include <arm_neon.h>

enum { LANES = 4 };
#define REGISTERS 32
typedef float32x4_t float_vector;
typedef int32x4_t int_vector;
typedef uint32x4_t mask_vector;

/* ---- four floats --------------------------------------------------------------------------------- */

INLINE float_vector v_load(const float *p)
{
    return vld1q_f32(p);
}
INLINE void v_store(float *p, float_vector v)
{
    vst1q_f32(p, v);
}
INLINE void v_stream(float *p, float_vector v)
{
    vst1q_f32(p, v);
}
INLINE void v_stream_end(void)
{
}
INLINE float_vector v_set(float x)
{
    return vdupq_n_f32(x);
}
INLINE float_vector v_zero(void)
{
    return vdupq_n_f32(0.0f);
}
INLINE float_vector v_add(float_vector a, float_vector b)
{
    return vaddq_f32(a, b);
}
INLINE float_vector v_sub(float_vector a, float_vector b)
{
    return vsubq_f32(a, b);
}
INLINE float_vector v_mul(float_vector a, float_vector b)
{
    return vmulq_f32(a, b);
}
INLINE float_vector v_fma(float_vector a, float_vector b, float_vector c)
{
    return vfmaq_f32(c, a, b);
}
INLINE float_vector v_fnma(float_vector a, float_vector b, float_vector c)
{
    return vfmsq_f32(c, a, b);
}
INLINE float_vector v_select(mask_vector mask, float_vector yes, float_vector no)
{
    return vbslq_f32(mask, yes, no);
}
INLINE mask_vector v_greater(float_vector a, float_vector b)
{
    return vcgtq_f32(a, b);
}
INLINE mask_vector v_at_least(float_vector a, float_vector b)
{
    return vcgeq_f32(a, b);
}
/* Not vmaxq_f32, which gives NaN if either is NaN, and 0 for 0 and -0 in any order. */
INLINE float_vector v_max(float_vector a, float_vector b)
{
    mask_vector greater = vcgtq_f32(a, b);
#if defined(__clang__) /* which would see a maximum, and make 0 of -0 */
    __asm__("" : "+w"(greater));
#endif
    return vbslq_f32(greater, a, b);
}
INLINE uint32_t v_lanes(mask_vector mask)
{
    static const uint32_t bit[LANES] = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(mask, vld1q_u32(bit)));
}
INLINE float_vector v_abs(float_vector v)
{
    return vabsq_f32(v);
}
INLINE float_vector v_div(float_vector a, float_vector b)
{
    return vdivq_f32(a, b);
}
INLINE float_vector v_sqrt(float_vector v)
{
    return vsqrtq_f32(v);
}
INLINE float_vector v_from_half(const uint16_t *p)
{
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
}
INLINE float_vector v_from_bfloat(const uint16_t *p)
{
    return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16));
}

/* ---- four integers ------------------------------------------------------------------------------- */

INLINE int_vector i_load(const int32_t *p)
{
    return vld1q_s32(p);
}
INLINE void i_store(int32_t *p, int_vector v)
{
    vst1q_s32(p, v);
}
INLINE int_vector i_set(int32_t x)
{
    return vdupq_n_s32(x);
}
INLINE int_vector i_and(int_vector a, int_vector b)
{
    return vandq_s32(a, b);
}
INLINE int_vector i_or(int_vector a, int_vector b)
{
    return vorrq_s32(a, b);
}
INLINE int_vector i_max(int_vector a, int_vector b)
{
    return vmaxq_s32(a, b);
}
INLINE int_vector i_add(int_vector a, int_vector b)
{
    return vaddq_s32(a, b);
}
INLINE int_vector i_sub(int_vector a, int_vector b)
{
    return vsubq_s32(a, b);
}
INLINE int_vector i_shift_left(int_vector v, int bits)
{
    return vshlq_s32(v, vdupq_n_s32(bits));
}
INLINE int_vector i_select(mask_vector mask, int_vector yes, int_vector no)
{
    return vbslq_s32(mask, yes, no);
}
INLINE int_vector i_from_bits(float_vector v)
{
    return vreinterpretq_s32_f32(v);
}
INLINE float_vector v_from_bits(int_vector v)
{
    return vreinterpretq_f32_s32(v);
}
INLINE int_vector i_round(float_vector v)
{
    return vcvtnq_s32_f32(v);
}
INLINE float_vector v_from_int(int_vector v)
{
    return vcvtq_f32_s32(v);
}

#define VECTOR_BYTES_SIGNED true
INLINE int_vector i_zip_low(int_vector a, int_vector b)
{
    return vzip1q_s32(a, b);
}
INLINE int_vector i_zip_high(int_vector a, int_vector b)
{
    return vzip2q_s32(a, b);
}

#if defined(__ARM_FEATURE_MATMUL_INT8)
#define VECTOR_BYTE_PRODUCTS BYTE_MATRICES
INLINE int_vector i_add_matrix(int_vector sum, int_vector a, int_vector b)
{
    return vmmlaq_s32(sum, vreinterpretq_s8_s32(a), vreinterpretq_s8_s32(b));
}
INLINE int_vector i_low_halves(int_vector a, int_vector b)
{
    return vreinterpretq_s32_s64(vtrn1q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)));
}
INLINE int_vector i_high_halves(int_vector a, int_vector b)
{
    return vreinterpretq_s32_s64(vtrn2q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)));
}
#else
#define VECTOR_BYTE_PRODUCTS BYTE_DOTS
INLINE int_vector i_add_products(int_vector sum, int_vector a, int_vector b)
{
    const int8x16_t left = vreinterpretq_s8_s32(a), right = vreinterpretq_s8_s32(b);
#if defined(__ARM_FEATURE_DOTPROD)
    return vdotq_s32(sum, left, right);
#else
    const int16x8_t low = vmull_s8(vget_low_s8(left), vget_low_s8(right)), high = vmull_high_s8(left, right);
    return vpadalq_s16(sum, vpaddq_s16(low, high)); /* two products fit 16 bits unless all four bytes are -128 */
#endif
}

typedef struct {
    int32x4_t low, high; /* in registers: SDOT takes a lane */
} eight_fours;

INLINE eight_fours i_load_fours(const int32_t *p)
{
    return (eight_fours){vld1q_s32(p), vld1q_s32(p + 4)};
}
INLINE int_vector i_add_products_of(int_vector sum, int_vector b, eight_fours fours, int i)
{
#if defined(__ARM_FEATURE_DOTPROD)
#define AT(half, lane) vdotq_laneq_s32(sum, vreinterpretq_s8_s32(b), vreinterpretq_s8_s32(fours.half), lane)
#else
#define AT(half, lane) i_add_products(sum, b, vdupq_laneq_s32(fours.half, lane))
#endif
    switch (i) { /* the instructions have the lane's number in themselves */
    case 0:
        return AT(low, 0);
    case 1:
        return AT(low, 1);
    case 2:
        return AT(low, 2);
    case 3:
        return AT(low, 3);
    case 4:
        return AT(high, 0);
    case 5:
        return AT(high, 1);
    case 6:
        return AT(high, 2);
    default:
        return AT(high, 3);
    }
#undef AT
}
#endif

/* ---- eight floats -------------------------------------------------------------------------------- */

typedef struct {
    float32x4_t low, high; /* lanes 0..3, 4..7 */
} float8;

INLINE float8 f_load(const float *p)
{
    return (float8){vld1q_f32(p), vld1q_f32(p + 4)};
}
INLINE void f_store(float *p, float8 v)
{
    vst1q_f32(p, v.low);
    vst1q_f32(p + 4, v.high);
}
INLINE float8 f_zero(void)
{
    return (float8){vdupq_n_f32(0.0f), vdupq_n_f32(0.0f)};
}
INLINE float8 f_fma(float8 a, float8 b, float8 c)
{
    return (float8){vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)};
}

typedef float8 scalars; /* in registers: a multiplication takes a lane */
typedef float scalar;

INLINE scalars s_load(const float *p)
{
    return f_load(p);
}
INLINE scalar s_at(scalars of, int i)
{
    return i < 4 ? of.low[i] : of.high[i - 4];
}
INLINE float_vector v_fma_scalar(scalar a, float_vector b, float_vector c)
{
    return vfmaq_n_f32(c, b, a);
}

struct four_rows {
    float32x4_t row0, row1, row2, row3;
};

INLINE struct four_rows transpose4(float32x4_t a, float32x4_t b, float32x4_t c, float32x4_t d)
{
    const float64x2_t even0 = vreinterpretq_f64_f32(vtrn1q_f32(a, b)), odd0 = vreinterpretq_f64_f32(vtrn2q_f32(a, b));
    const float64x2_t even1 = vreinterpretq_f64_f32(vtrn1q_f32(c, d)), odd1 = vreinterpretq_f64_f32(vtrn2q_f32(c, d));
    return (struct four_rows){
        vreinterpretq_f32_f64(vtrn1q_f64(even0, even1)), vreinterpretq_f32_f64(vtrn1q_f64(odd0, odd1)),
        vreinterpretq_f32_f64(vtrn2q_f64(even0, even1)), vreinterpretq_f32_f64(vtrn2q_f64(odd0, odd1))};
}

EIGHT_ROWS_OF(float8);

INLINE struct eight_rows transpose8(struct eight_rows in)
{
    const struct four_rows a = transpose4(in.row0.low, in.row1.low, in.row2.low, in.row3.low);
    const struct four_rows b = transpose4(in.row4.low, in.row5.low, in.row6.low, in.row7.low);
    const struct four_rows c = transpose4(in.row0.high, in.row1.high, in.row2.high, in.row3.high);
    const struct four_rows d = transpose4(in.row4.high, in.row5.high, in.row6.high, in.row7.high);
    return (struct eight_rows){{a.row0, b.row0}, {a.row1, b.row1}, {a.row2, b.row2}, {a.row3, b.row3},
                               {c.row0, d.row0}, {c.row1, d.row1}, {c.row2, d.row2}, {c.row3, d.row3}};
}

/* ---- eight doubles ------------------------------------------------------------------------------- */

typedef struct {
    float64x2_t d0, d1, d2, d3; /* lanes 0..1, 2..3, 4..5, 6..7 */
} double8;

INLINE double8 d_set(double x)
{
    return (double8){vdupq_n_f64(x), vdupq_n_f64(x), vdupq_n_f64(x), vdupq_n_f64(x)};
}
INLINE double8 d_zero(void)
{
    return d_set(0.0);
}
INLINE double8 d_load(const double *p)
{
    return (double8){vld1q_f64(p), vld1q_f64(p + 2), vld1q_f64(p + 4), vld1q_f64(p + 6)};
}
INLINE void d_store(double *p, double8 v)
{
    vst1q_f64(p, v.d0);
    vst1q_f64(p + 2, v.d1);
    vst1q_f64(p + 4, v.d2);
    vst1q_f64(p + 6, v.d3);
}
INLINE double8 d_from_float(float8 v)
{
    return (double8){vcvt_f64_f32(vget_low_f32(v.low)), vcvt_high_f64_f32(v.low), vcvt_f64_f32(vget_low_f32(v.high)),
                     vcvt_high_f64_f32(v.high)};
}
INLINE float8 d_to_float(double8 v)
{
    return (float8){vcvt_high_f32_f64(vcvt_f32_f64(v.d0), v.d1), vcvt_high_f32_f64(vcvt_f32_f64(v.d2), v.d3)};
}
INLINE double8 d_mul(double8 a, double8 b)
{
    return (double8){vmulq_f64(a.d0, b.d0), vmulq_f64(a.d1, b.d1), vmulq_f64(a.d2, b.d2), vmulq_f64(a.d3, b.d3)};
}
INLINE double8 d_add(double8 a, double8 b)
{
    return (double8){vaddq_f64(a.d0, b.d0), vaddq_f64(a.d1, b.d1), vaddq_f64(a.d2, b.d2), vaddq_f64(a.d3, b.d3)};
}
INLINE double8 d_fma(double8 a, double8 b, double8 c)
{
    return (double8){vfmaq_f64(c.d0, a.d0, b.d0), vfmaq_f64(c.d1, a.d1, b.d1), vfmaq_f64(c.d2, a.d2, b.d2),
                     vfmaq_f64(c.d3, a.d3, b.d3)};
}
INLINE double8 d_fms(double8 a, double8 b, double8 c)
{
    return d_fma(a, b, (double8){vnegq_f64(c.d0), vnegq_f64(c.d1), vnegq_f64(c.d2), vnegq_f64(c.d3)});
}

#endif
