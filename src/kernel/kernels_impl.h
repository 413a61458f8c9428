/*
 * kernels_impl: the kernels of kernel.h with the operations of vector.h; included by table_impl.h. Contracts are in
 * kernel.h.
 */
#ifndef GEOSC_KERNELS_IMPL_H
#define GEOSC_KERNELS_IMPL_H

#include "kernel.h"
#include "vector.h"

#include <math.h>
#include <string.h>

/* ---- the tile ------------------------------------------------------------------------------------ */

/*
 * A register tile is TILE_ROWS x 3 vectors: 8 x 48 in 24 of 32 zmm, 4 x 24 in 12 of 16 ymm, 8 x 12 in 24 of NEON's 32;
 * three vectors of B and one broadcast element of A, for NEON two vectors of A, fill the rest. The accumulators are
 * named variables, since compilers keep arrays of them in memory. With the FMA pipes (x86: 2 per cycle, latency 4; Arm:
 * up to 4 and 4), 12 and 24 chains hide the latency.
 */
#if REGISTERS == 32
enum { TILE_ROWS = 8 };
#define EACH_ROW(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#else
enum { TILE_ROWS = 4 };
#define EACH_ROW(DO) DO(0) DO(1) DO(2) DO(3)
#endif

enum {
    TILE_COLUMNS = 3 * LANES,
    PREFETCH_A = 2048 /* bytes ahead in A, which streams from L3: 64 steps of a packed matrix, nearly 800 cycles */
};

struct row {
    float_vector v0, v1, v2;
};

struct tile {
#define MEMBER(r) struct row row##r;
    EACH_ROW(MEMBER)
#undef MEMBER
};

INLINE struct row row_load(const float *p)
{
    return (struct row){v_load(p), v_load(p + LANES), v_load(p + 2 * LANES)};
}

INLINE void row_store(float *p, struct row row)
{
    v_store(p, row.v0);
    v_store(p + LANES, row.v1);
    v_store(p + 2 * LANES, row.v2);
}

INLINE struct row row_fma(scalar a, struct row b, struct row c)
{
    return (struct row){v_fma_scalar(a, b.v0, c.v0), v_fma_scalar(a, b.v1, c.v1), v_fma_scalar(a, b.v2, c.v2)};
}

INLINE struct row row_add(struct row a, struct row b)
{
    return (struct row){v_add(a.v0, b.v0), v_add(a.v1, b.v1), v_add(a.v2, b.v2)};
}

INLINE struct row row_set(float x)
{
    return (struct row){v_set(x), v_set(x), v_set(x)};
}

/* tile[r] += sum_k a[k * a_stride + r] * b[k * PANEL ...] */
INLINE struct tile tile_products(struct tile tile, const float *a, size_t a_stride, const float *b, size_t depth)
{
    for (size_t k = 0; k < depth; k++) {
        const struct row b_row = row_load(b);
        const scalars a_column = s_load(a);
        prefetch((const char *)a + PREFETCH_A);
#define PRODUCT(r) tile.row##r = row_fma(s_at(a_column, r), b_row, tile.row##r);
        EACH_ROW(PRODUCT)
#undef PRODUCT
        a += a_stride;
        b += PANEL;
    }
    return tile;
}

INLINE struct tile tile_zero(void)
{
    struct tile tile;
#define START(r) tile.row##r = row_set(0.0f);
    EACH_ROW(START)
#undef START
    return tile;
}

INLINE struct tile tile_add(const struct tile *a, struct tile b)
{
#define ADD(r) b.row##r = row_add(a->row##r, b.row##r);
    EACH_ROW(ADD)
#undef ADD
    return b;
}

/* tile[r] + sum_k a[k * a_stride + r] * b[k * PANEL ...], in the blocks of kernel.h. */
INLINE struct tile tile_sums(struct tile tile, const float *a, size_t a_stride, const float *b, size_t depth)
{
    struct tile level[SUM_LEVELS];
    size_t blocks = 0;

    if (depth <= SUM_BLOCK)
        return tile_products(tile, a, a_stride, b, depth);
    for (size_t k = 0; k < depth; k += SUM_BLOCK, blocks++) {
        size_t place = 0;
        tile = tile_products(blocks ? tile_zero() : tile, a + k * a_stride, a_stride, b + k * PANEL,
                             depth - k < SUM_BLOCK ? depth - k : SUM_BLOCK);
        for (size_t carry = blocks; carry & 1; carry >>= 1)
            tile = tile_add(&level[place++], tile);
        level[place] = tile;
    }
    size_t place = (size_t)__builtin_ctzll(blocks);
    tile = level[place];
    for (blocks >>= place + 1; blocks; blocks >>= 1)
        if (place++, blocks & 1)
            tile = tile_add(&level[place], tile);
    return tile;
}

/* ---- gemm ---------------------------------------------------------------------------------------- */

INLINE struct row gemm_start(const struct gemm *gemm, size_t m, size_t column)
{
    if (gemm->accumulate && m < gemm->rows)
        return row_load(gemm->c + m * gemm->c_stride + column);
    return row_set(0.0f);
}

INLINE void gemm_finish(const struct gemm *gemm, size_t m, size_t column, struct row row)
{
    if (m >= gemm->rows)
        return;
    const size_t place = m * gemm->c_stride + column;
    if (gemm->bias)
        row = row_add(row, row_set(gemm->bias[m]));
    if (gemm->residual)
        row = row_add(row, row_load(gemm->residual + place));
    if (gemm->relu)
        row = (struct row){v_max(v_zero(), row.v0), v_max(v_zero(), row.v1), v_max(v_zero(), row.v2)};
    row_store(gemm->c + place, row);
}

/* Rows m .. m + TILE_ROWS - 1, columns column .. column + TILE_COLUMNS - 1. */
static void gemm_tile(const struct gemm *gemm, size_t m, size_t column)
{
    const float *a = gemm->a + m / TILE * gemm->a_tile + m % TILE;
    struct tile tile;
#define START(r) tile.row##r = gemm_start(gemm, m + r, column);
    EACH_ROW(START)
#undef START
    tile = tile_sums(tile, a, gemm->a_stride, gemm->b + column, gemm->depth);
#define FINISH(r) gemm_finish(gemm, m + r, column, tile.row##r);
    EACH_ROW(FINISH)
#undef FINISH
}

static void gemm_panel(const struct gemm *gemm)
{
    for (size_t first = 0; first < gemm->rows; first += TILE)
        for (size_t column = 0; column < PANEL; column += TILE_COLUMNS)
            for (size_t m = first; m < first + TILE && m < gemm->rows; m += TILE_ROWS)
                gemm_tile(gemm, m, column);
}

/* ---- running row maximum ------------------------------------------------------------------------- */

INLINE void rowmax_vector(float *best, int32_t *panel, float_vector similarity, int_vector this_panel)
{
    const float_vector old = v_load(best);
    const mask_vector better = v_greater(similarity, old);
    v_store(best, v_select(better, similarity, old));
    i_store(panel, i_select(better, this_panel, i_load(panel)));
}

static void rowmax_tile(struct rowmax *state, const float *source, const float *target, size_t depth, size_t m,
                        size_t column, int32_t target_panel)
{
    const struct tile tile = tile_sums(tile_zero(), source + m, PANEL, target + column, depth);
    const int_vector this_panel = i_set(target_panel);
#define FINISH(r)                                                                                                    \
    rowmax_vector(state->best[m + r] + column, state->panel[m + r] + column, tile.row##r.v0, this_panel);            \
    rowmax_vector(state->best[m + r] + column + LANES, state->panel[m + r] + column + LANES, tile.row##r.v1,         \
                  this_panel);                                                                                       \
    rowmax_vector(state->best[m + r] + column + 2 * LANES, state->panel[m + r] + column + 2 * LANES, tile.row##r.v2, \
                  this_panel);
    EACH_ROW(FINISH)
#undef FINISH
}

static void rowmax_panel(struct rowmax *state, const float *source, const float *target, size_t depth,
                         int32_t target_panel)
{
    for (size_t column = 0; column < PANEL; column += TILE_COLUMNS)
        for (size_t m = 0; m < PANEL; m += TILE_ROWS)
            rowmax_tile(state, source, target, depth, m, column, target_panel);
}

/* ---- normalisation ------------------------------------------------------------------------------- */

#define EACH_EIGHT(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) /* the groups of eight cells in a panel */

/* Computes the factor of each cell, and the norms of the first ones; false if a norm, and so a value, is not finite:
 * squares of floats cannot overflow a double. */
static bool panel_factors(const float *panel, size_t channels, size_t cells, double factor[PANEL], float *norms)
{
#define START(i) double8 sum##i = d_zero();
    EACH_EIGHT(START)
#undef START
    for (size_t k = 0; k < channels; k++) {
#define SUM(i)                                                                  \
    const double8 value##i = d_from_float(f_load(panel + k * PANEL + 8 * (i))); \
    sum##i = d_fma(value##i, value##i, sum##i);
        EACH_EIGHT(SUM)
#undef SUM
    }
#define FINISH(i) d_store(factor + 8 * (i), sum##i);
    EACH_EIGHT(FINISH)
#undef FINISH
    bool finite = true;
    for (size_t i = 0; i < PANEL; i++) {
        finite = finite && isfinite(factor[i]);
        const double norm = sqrt(factor[i]) + 1e-6;
        if (i < cells)
            norms[i] = (float)norm;
        factor[i] = 1.0 / norm;
    }
    return finite;
}

INLINE float8 normalise8(const float *values, double8 factor)
{
    return d_to_float(d_mul(d_from_float(f_load(values)), factor));
}

/* Normalises eight channels of eight cells, and stores them to the first `cells` of eight rows. */
INLINE void normalise_block(const float *panel, double8 factor, size_t cells, float *rows, size_t row_stride)
{
    struct eight_rows block;
#define LOAD(i) block.row##i = normalise8(panel + i * PANEL, factor);
    EACH_OF_8(LOAD)
#undef LOAD
    block = transpose8(block);
#define STORE(i)   \
    if (i < cells) \
        f_store(rows + i * row_stride, block.row##i);
    EACH_OF_8(STORE)
#undef STORE
}

static bool normalise_panel(const float *panel, size_t channels, size_t cells, float *rows, float *norms)
{
    enum { BLOCK = 64 }; /* channels: few enough for L1, and long runs if rows are a multiple of 4 KB apart */
    double factor[PANEL];
    const bool finite = panel_factors(panel, channels, cells, factor, norms);
    const size_t whole = channels / 8 * 8;
    for (size_t first = 0; first < whole; first += BLOCK)
        for (size_t i = 0; i < PANEL; i += 8)
            for (size_t k = first; k < first + BLOCK && k < whole; k += 8)
                normalise_block(panel + k * PANEL + i, d_load(factor + i), i < cells ? cells - i : 0,
                                rows + i * channels + k, channels);
    for (size_t k = whole; k < channels; k++)
        for (size_t i = 0; i < cells; i++)
            rows[i * channels + k] = (float)(panel[k * PANEL + i] * factor[i]);
    return finite;
}

/* Writes eight channels of eight rows, from element `first` on, to eight cells of a panel. */
INLINE void gather_block(const float *const *rows, size_t first, float *panel)
{
    struct eight_rows block;
#define LOAD(i) block.row##i = f_load(rows[i] + first);
    EACH_OF_8(LOAD)
#undef LOAD
    block = transpose8(block);
#define STORE(i) f_store(panel + i * PANEL, block.row##i);
    EACH_OF_8(STORE)
#undef STORE
}

/* Of each row a whole cache line at a time, and ahead of it: processors do not foresee so many streams. */
static void gather_panel(const float *const rows[PANEL], size_t channels, float *panel)
{
    enum { LINE = 16, AHEAD = 6 * LINE }; /* floats */
    const size_t whole = channels / 8 * 8;
    for (size_t first = 0; first < whole; first += LINE)
        for (size_t i = 0; i < PANEL; i += 8) {
            for (size_t j = i; j < i + 8; j++)
                prefetch(rows[j] + first + AHEAD);
            for (size_t k = first; k < first + LINE && k < whole; k += 8)
                gather_block(rows + i, k, panel + k * PANEL + i);
        }
    for (size_t k = whole; k < channels; k++)
        for (size_t i = 0; i < PANEL; i++)
            panel[k * PANEL + i] = rows[i][k];
}

/* ---- softmax ------------------------------------------------------------------------------------- */

/* As in kernels_c.c. */
INLINE float_vector exponential(float_vector x)
{
    const int_vector n = i_round(v_mul(x, v_set(LOG2_E)));
    const float_vector whole = v_from_int(n);
    const float_vector r = v_fnma(whole, v_set(LN2_LOW), v_fnma(whole, v_set(LN2_HIGH), x));
    float_vector sum = v_set(SERIES_7);
    sum = v_fma(sum, r, v_set(SERIES_6));
    sum = v_fma(sum, r, v_set(SERIES_5));
    sum = v_fma(sum, r, v_set(SERIES_4));
    sum = v_fma(sum, r, v_set(SERIES_3));
    sum = v_fma(sum, r, v_set(0.5f));
    sum = v_fma(sum, r, v_set(1.0f));
    sum = v_fma(sum, r, v_set(1.0f));
    const float_vector power = v_from_bits(i_shift_left(i_add(n, i_set(127)), 23));
    return v_select(v_at_least(x, v_set(EXPONENT_LEAST)), v_mul(sum, power), v_zero());
}

enum { SOFTMAX_CELLS = LANES < 8 ? 8 : LANES }; /* whole vectors, and whole double8 */

/* The weights of SOFTMAX_CELLS cells. */
INLINE void softmax_weights(const struct softmax_row *row, const float *values, const float *factors, float *weights)
{
    for (size_t i = 0; i < SOFTMAX_CELLS; i += LANES) {
        float_vector value = v_load(values + i);
        if (factors)
            value = v_mul(v_mul(value, v_load(factors + i)), v_set(row->factor));
        v_store(weights + i, exponential(v_mul(v_sub(value, v_set(row->reference)), v_set(row->scale))));
    }
}

INLINE double fold8(double8 sum)
{
    double lane[8];
    d_store(lane, sum);
    for (size_t width = 4; width > 0; width /= 2)
        for (size_t j = 0; j < width; j++)
            lane[j] += lane[j + width];
    return lane[0];
}

INLINE void sum_weights_of(const struct softmax_row *row, bool has_factors, double sums[2])
{
    static const double first[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    const double8 eight = d_set(8.0);
    double8 sum = d_zero(), moment = d_zero(), place = d_load(first);
    for (size_t i = 0; i < row->count; i += SOFTMAX_CELLS) {
        const float *values = row->values + i, *factors = has_factors ? row->factors + i : NULL;
        float rest[2][SOFTMAX_CELLS], weights[SOFTMAX_CELLS];
        if (row->count - i < SOFTMAX_CELLS) { /* lanes beyond the end weigh 0 */
            for (size_t j = 0; j < SOFTMAX_CELLS; j++) {
                rest[0][j] = i + j < row->count ? values[j] : -INFINITY;
                rest[1][j] = has_factors && i + j < row->count ? factors[j] : 1.0f;
            }
            values = rest[0];
            factors = has_factors ? rest[1] : NULL;
        }
        softmax_weights(row, values, factors, weights);
        for (size_t j = 0; j < SOFTMAX_CELLS; j += 8) {
            const double8 weight = d_from_float(f_load(weights + j));
            sum = d_add(sum, weight);
            moment = d_fma(place, weight, moment);
            place = d_add(place, eight);
        }
    }
    sums[0] = fold8(sum);
    sums[1] = fold8(moment);
}

static void sum_weights(const struct softmax_row *row, double sums[2])
{
    if (row->factors)
        sum_weights_of(row, true, sums);
    else
        sum_weights_of(row, false, sums);
}

static double distance_squared(const float *f, const float *g, size_t n, float m)
{
    const double8 factor = d_set(m);
    double8 sum = d_zero();
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const double8 difference = d_fms(factor, d_from_float(f_load(f + i)), d_from_float(f_load(g + i)));
        sum = d_fma(difference, difference, sum);
    }
    if (i < n) { /* lanes beyond the end add 0 */
        float f_rest[8] = {0}, g_rest[8] = {0};
        memcpy(f_rest, f + i, (n - i) * sizeof *f);
        memcpy(g_rest, g + i, (n - i) * sizeof *g);
        const double8 difference = d_fms(factor, d_from_float(f_load(f_rest)), d_from_float(f_load(g_rest)));
        sum = d_fma(difference, difference, sum);
    }
    return fold8(sum);
}

/* ---- conversion ---------------------------------------------------------------------------------- */

/* Floats of 16 bits, LANES at a time, by `widen`. */
INLINE bool from_16_bits(const uint16_t *in, float *out, size_t n, float_vector (*widen)(const uint16_t *))
{
    const int_vector magnitude = i_set(0x7fffffff);
    int_vector largest = i_set(0); /* magnitudes of floats sort like integers, with infinity and NaN on top */
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const float_vector value = widen(in + i);
        v_store(out + i, value);
        largest = i_max(largest, i_and(i_from_bits(value), magnitude));
    }
    if (i < n) {
        uint16_t last[LANES] = {0};
        float value[LANES];
        memcpy(last, in + i, (n - i) * sizeof *in);
        const float_vector rest = widen(last);
        v_store(value, rest);
        memcpy(out + i, value, (n - i) * sizeof *out);
        largest = i_max(largest, i_and(i_from_bits(rest), magnitude));
    }
    int32_t lane[LANES];
    i_store(lane, largest);
    bool finite = true;
    for (size_t j = 0; j < LANES; j++)
        finite = finite && lane[j] < 0x7f800000;
    return finite;
}

static bool from_half(const uint16_t *in, float *out, size_t n)
{
    return from_16_bits(in, out, n, v_from_half);
}

static bool from_bfloat(const uint16_t *in, float *out, size_t n)
{
    return from_16_bits(in, out, n, v_from_bfloat);
}

/* ---- the peak ------------------------------------------------------------------------------------ */

static double peak(size_t iterations)
{
    const float_vector factor = v_set(0.5f), one = v_set(1.0f);
    struct tile tile;
#define START(r) tile.row##r = (struct row){v_set(3 * r), v_set(3 * r + 1), v_set(3 * r + 2)}; /* all chains differ */
    EACH_ROW(START)
#undef START
    for (size_t i = 0; i < iterations; i++) {
#define CHAINS(r)                                        \
    tile.row##r.v0 = v_fma(tile.row##r.v0, factor, one); \
    tile.row##r.v1 = v_fma(tile.row##r.v1, factor, one); \
    tile.row##r.v2 = v_fma(tile.row##r.v2, factor, one);
        EACH_ROW(CHAINS)
#undef CHAINS
    }
    float used[TILE_COLUMNS];
    volatile float sink = 0.0f; /* keeps the chains from being optimised away */
#define FINISH(r)                 \
    row_store(used, tile.row##r); \
    sink = sink + used[0] + used[LANES] + used[2 * LANES];
    EACH_ROW(FINISH)
#undef FINISH
    (void)sink;
    return 2.0 * (double)iterations * TILE_ROWS * TILE_COLUMNS;
}

#endif
