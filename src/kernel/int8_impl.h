/*
 * int8_impl: quantised panels, and what is done with their bounds, with the operations of vector.h; included like
 * kernels_impl.h. The bounds themselves are in bound_impl.h.
 */
#ifndef GEOSC_INT8_IMPL_H
#define GEOSC_INT8_IMPL_H

#include "block_sums.h"
#include "bound_impl.h"
#include "kernels_impl.h"

/* ---- centring and rounding ------------------------------------------------------------------------ */

static void sum_rows(const float *const *rows, size_t count, size_t channels, float *sums)
{
    size_t c = 0;
    for (; c + 2 * LANES <= channels; c += 2 * LANES) {
        float_vector first = v_load(sums + c), second = v_load(sums + c + LANES);
        for (size_t i = 0; i < count; i++) {
            first = v_add(first, v_load(rows[i] + c));
            second = v_add(second, v_load(rows[i] + c + LANES));
        }
        v_store(sums + c, first);
        v_store(sums + c + LANES, second);
    }
    for (; c < channels; c++)
        for (size_t i = 0; i < count; i++)
            sums[c] += rows[i][c];
}

/* The lanes' sum of products of four rows with a direction. */
INLINE void project_four(const float *const *rows, const float *direction, size_t channels, double *out)
{
    double8 sum0 = d_zero(), sum1 = d_zero(), sum2 = d_zero(), sum3 = d_zero();
    const size_t whole = channels / 8 * 8;
    for (size_t c = 0; c < whole; c += 8) {
        const double8 along = d_from_float(f_load(direction + c));
        sum0 = d_fma(along, d_from_float(f_load(rows[0] + c)), sum0);
        sum1 = d_fma(along, d_from_float(f_load(rows[1] + c)), sum1);
        sum2 = d_fma(along, d_from_float(f_load(rows[2] + c)), sum2);
        sum3 = d_fma(along, d_from_float(f_load(rows[3] + c)), sum3);
    }
    double lanes[4][8];
    d_store(lanes[0], sum0);
    d_store(lanes[1], sum1);
    d_store(lanes[2], sum2);
    d_store(lanes[3], sum3);
    for (size_t i = 0; i < 4; i++) {
        out[i] = 0;
        for (size_t j = 0; j < 8; j++)
            out[i] += lanes[i][j];
        for (size_t c = whole; c < channels; c++)
            out[i] += (double)direction[c] * rows[i][c];
    }
}

static void project_rows(const float *const rows[PANEL], const float *direction, size_t channels, double out[PANEL])
{
    for (size_t i = 0; i < PANEL; i += 4)
        project_four(rows + i, direction, channels, out + i);
}

/* State of rounding LANES cells. */
struct rounding {
    float_vector scale, inverse;
    float_vector error, length; /* squared */
    int_vector sum;
};

/* Largest magnitude of each of LANES centred cells. */
INLINE float_vector largest_magnitude(const float *cells, const float *mean, size_t channels)
{
    float_vector largest = v_zero();
    for (size_t c = 0; c < channels; c++)
        largest = v_max(largest, v_abs(v_sub(v_load(cells + c * PANEL), v_set(mean[c]))));
    return largest;
}

/* Rounds one channel of LANES cells to integers. */
INLINE int_vector round_cells(struct rounding *rounding, const float *cells, float mean)
{
    const float_vector value = v_sub(v_load(cells), v_set(mean));
    const int_vector q = i_round(v_mul(value, rounding->inverse));
    const float_vector lost = v_fnma(rounding->scale, v_from_int(q), value);
    rounding->error = v_fma(lost, lost, rounding->error);
    rounding->length = v_fma(value, value, rounding->length);
    rounding->sum = i_add(rounding->sum, q);
    return q;
}

/* Packs up to four channels of LANES cells into the four bytes of each cell. */
INLINE int_vector round_four(struct rounding *rounding, const float *cells, const float *mean, size_t channels)
{
    const int_vector byte = i_set(255);
    int_vector four = i_set(0);
    if (channels > 0)
        four = i_and(round_cells(rounding, cells, mean[0]), byte);
    if (channels > 1)
        four = i_or(four, i_shift_left(i_and(round_cells(rounding, cells + PANEL, mean[1]), byte), 8));
    if (channels > 2)
        four = i_or(four, i_shift_left(i_and(round_cells(rounding, cells + 2 * PANEL, mean[2]), byte), 16));
    if (channels > 3)
        four = i_or(four, i_shift_left(round_cells(rounding, cells + 3 * PANEL, mean[3]), 24));
    return four;
}

/* Stores up to eight channels of LANES cells, of which the first is `lane`, to their place in a group of channels. */
INLINE void round_group(struct rounding *rounding, const float *cells, const float *mean, size_t channels, size_t lane,
                        int32_t *group)
{
    const int_vector first = round_four(rounding, cells, mean, channels);
    const int_vector second = round_four(rounding, cells + 4 * PANEL, mean + 4, channels > 4 ? channels - 4 : 0);
#if VECTOR_BYTE_PRODUCTS == BYTE_MATRICES
    i_store(group + 2 * lane, i_zip_low(first, second));
    i_store(group + 2 * lane + LANES, i_zip_high(first, second));
#else
    i_store(group + lane, first);
    i_store(group + PANEL + lane, second);
#endif
}

/*
 * Bounds from the sums of squares, each a chain of at most 65,536 roundings, and a square root. Subtracting the mean
 * rounded the value (2^-24), and squares below 2^-149 are lost: 2^-60 exceeds the sum of these errors.
 */
INLINE void finish_rounding(const struct rounding *rounding, size_t channels, size_t lane, struct quantised *quantised)
{
    const float_vector grow = v_set(1.0f + (float)(channels + 8) * 0x1p-23f), least = v_set(0x1p-60f);
    const float_vector lost = v_fma(v_sqrt(rounding->error), grow, least);
    const float_vector length = v_fma(v_sqrt(rounding->length), grow, v_add(lost, least));
    v_store(quantised->scale + lane, rounding->scale);
    v_store(quantised->length + lane, length);
    v_store(quantised->error + lane, v_fma(length, v_set(0x1.2p-20f), lost));
    i_store(quantised->sum + lane, rounding->sum);
}

static void quantise_panel(const float *panel, const float *mean, size_t channels, int8_t *q,
                           struct quantised *quantised)
{
    const float_vector reach = v_set(INT8_LARGEST), tiny = v_set(0x1p-100f);
    for (size_t lane = 0; lane < PANEL; lane += LANES) {
        const float_vector largest = largest_magnitude(panel + lane, mean, channels);
        const mask_vector any = v_greater(largest, tiny); /* else all q are 0, and nothing overflows */
        struct rounding rounding = {.scale = v_select(any, v_div(largest, reach), v_zero()),
                                    .inverse = v_select(any, v_div(reach, largest), v_zero()),
                                    .error = v_zero(),
                                    .length = v_zero(),
                                    .sum = i_set(0)};
        int32_t *out = (int32_t *)(void *)q;
        size_t c = 0;
        for (; c + INT8_GROUP <= channels; c += INT8_GROUP, out += INT8_GROUP / 4 * PANEL)
            round_group(&rounding, panel + c * PANEL + lane, mean + c, INT8_GROUP, lane, out);
        if (c < channels)
            round_group(&rounding, panel + c * PANEL + lane, mean + c, channels - c, lane, out);
        finish_rounding(&rounding, channels, lane, quantised);
    }
}

/* ---- candidates ------------------------------------------------------------------------------------ */

static float largest(const float *values, size_t n)
{
    if (n < LANES) {
        float most = values[0];
        for (size_t i = 1; i < n; i++)
            most = values[i] > most ? values[i] : most;
        return most;
    }
    float_vector most = v_load(values + n - LANES); /* the last ones, possibly seen twice */
    for (size_t i = 0; i + LANES <= n; i += LANES)
        most = v_max(most, v_load(values + i));
    float lane[LANES];
    v_store(lane, most);
    for (size_t i = 1; i < LANES; i++)
        lane[0] = lane[i] > lane[0] ? lane[i] : lane[0];
    return lane[0];
}

static size_t find_at_least(const float *values, size_t n, float threshold, int32_t *places, size_t most)
{
    const float_vector least = v_set(threshold);
    size_t found = 0, i = 0;
    for (; i + LANES <= n; i += LANES)
        for (uint32_t lanes = v_lanes(v_at_least(v_load(values + i), least)); lanes; lanes &= lanes - 1) {
            if (found < most)
                places[found] = (int32_t)(i + (size_t)__builtin_ctz(lanes));
            found++;
        }
    for (; i < n; i++)
        if (values[i] >= threshold) {
            if (found < most)
                places[found] = (int32_t)i;
            found++;
        }
    return found;
}

/* Chains of eight pairs of rows, one per lane: transposes eight columns at a time and continues from sum. */
INLINE float8 dot_eight(const float *const *a, const float *const *b, size_t k, float8 sum)
{
    struct eight_rows left, right;
#define LOAD(i)                     \
    left.row##i = f_load(a[i] + k); \
    right.row##i = f_load(b[i] + k);
    EACH_OF_8(LOAD)
#undef LOAD
    left = transpose8(left);
    right = transpose8(right);
#define ADD(i) sum = f_fma(left.row##i, right.row##i, sum);
    EACH_OF_8(ADD)
#undef ADD
    return sum;
}

/* One block of 16 pairs, k .. end - 1; two chains hide each other's latency. */
INLINE void dot_block(const float *const *a, const float *const *b, size_t k, size_t end, float out[16])
{
    float8 first = f_zero(), second = f_zero();
    for (; k + 8 <= end; k += 8) {
        first = dot_eight(a, b, k, first);
        second = dot_eight(a + 8, b + 8, k, second);
    }
    f_store(out, first);
    f_store(out + 8, second);
    for (; k < end; k++)
        for (size_t i = 0; i < 16; i++)
            out[i] = fmaf(a[i][k], b[i][k], out[i]);
}

/* 16 pairs, in the blocks of kernel.h. */
static void dot_sixteen(const float *const *a, const float *const *b, size_t n, float out[16])
{
    float levels[SUM_LEVELS * 16];
    size_t blocks = 0;
    memset(out, 0, 16 * sizeof *out);
    for (size_t k = 0; k < n; k += SUM_BLOCK, blocks++) {
        dot_block(a, b, k, n - k < SUM_BLOCK ? n : k + SUM_BLOCK, out);
        block_sums_add(levels, out, 16, blocks);
    }
    block_sums_total(levels, out, 16, blocks);
}

static void dot_rows(const float *const *a, const float *const *b, size_t count, size_t n, float *out)
{
    for (size_t first = 0; first < count; first += 16) {
        const float *left[16], *right[16];
        float sum[16];
        const size_t pairs = count - first < 16 ? count - first : 16;
        for (size_t i = 0; i < 16; i++) { /* repeats the last pair if there are fewer */
            left[i] = a[first + (i < pairs ? i : pairs - 1)];
            right[i] = b[first + (i < pairs ? i : pairs - 1)];
        }
        dot_sixteen(left, right, n, sum);
        memcpy(out + first, sum, pairs * sizeof *out);
    }
}

#endif
