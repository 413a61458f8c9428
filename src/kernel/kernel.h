/*
 * kernel: the few loops in which all time is spent, one implementation per instruction set.
 *
 * Leaf code: no malloc, I/O, OpenMP or global state. Callers hold one `const struct kernels *` and never name an
 * instruction set. All but `c` give the same bits (isa_class "fma"): every output element is the same sum of fused
 * multiply-adds (below) for any vector width, and every reduction has fixed lanes. `c` is the readable twin; it fuses,
 * and is of class "fma", on machines other than x86 that have fused multiply-adds, else of class "c".
 *
 * Sums of products. sum_k a[k] * b[k] takes k in blocks of SUM_BLOCK. A block is one chain of multiply-adds over
 * ascending k; the first starts from the start value, the others from 0. Blocks are added in pairs, their sums in
 * pairs, and so on, like a binary counter carries: block i goes to level 0, and if a level already holds a sum, both
 * are added (that one first) and move to the next level. At the end the remaining sums are added from the lowest level
 * up. So no product goes through more than SUM_BLOCK + SUM_LEVELS = 160 roundings: a sum is off by less than 160 *
 * 2^-24 < 1e-5 of sum_k |a[k] * b[k]|, which is 1 for two cells of length 1, for any number of channels. One chain of
 * 140,000 would be off by 9e-4.
 *
 * Cell panels. A feature map is computed as [panels][channels][PANEL]: PANEL consecutive cells (row-major over the
 * grid), channel by channel. A refined one is stored as rows, [cells][channels]. Copies of the last cell fill the last
 * panel, so that no kernel needs an edge case: a copy can tie with the last cell, never win. All panels and packed
 * matrices are aligned to 64 bytes.
 */
#ifndef GEOSC_KERNEL_H
#define GEOSC_KERNEL_H

#include "arithmetic.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PANEL = 48, /* cells per panel: 3 zmm, 6 ymm, 12 of NEON's registers */
    TILE = 8,   /* rows of A packed together; divides PANEL */
    SUM_BLOCK = 128,
    SUM_LEVELS = 32 /* enough for 2^39 products */
};

/* Most roundings that a product goes through in a sum of n. */
static inline size_t sum_roundings(size_t n)
{
    size_t roundings = n < SUM_BLOCK ? n : SUM_BLOCK;

    for (size_t blocks = (n + SUM_BLOCK - 1) / SUM_BLOCK; blocks > 1; blocks = (blocks + 1) / 2)
        roundings++;
    return roundings;
}

/*
 * C[m][n] = start + sum_k A[k][m] * B[k][n], then the epilogue, for one panel B of PANEL columns.
 *   start     0, or C's old value if `accumulate`
 *   epilogue  + bias[m] if bias; + residual[m][n] if residual; if relu, negative values become 0 (NaN stays NaN,
 *             so that an overflow is found at the end); in this order
 * A: rows in tiles of TILE; element (k, m) of tile t = m / TILE is at a[t * a_tile + k * a_stride + m % TILE].
 *    A packed matrix has a_stride = TILE, a_tile = depth * TILE; a cell panel used as A has a_stride = PANEL,
 *    a_tile = TILE. The last tile must be readable as a whole; only its rows < rows are stored.
 * c may be residual (each element is read before it is written) but must not overlap a or b.
 */
struct gemm {
    size_t rows, depth;
    const float *a;
    size_t a_stride, a_tile;
    const float *b; /* [depth][PANEL] */
    float *c;       /* row m at c + m * c_stride, PANEL columns */
    size_t c_stride;
    bool accumulate;
    const float *bias;     /* [rows] or NULL */
    const float *residual; /* row m at residual + m * c_stride, or NULL */
    bool relu;
};

/*
 * Running maximum of similarities, which are never stored: for each of PANEL source cells (rows) the best target cell
 * so far, lane by lane. Call rowmax_start, rowmax_panel once per target panel in ascending order, then rowmax_finish.
 * Ties go to the lowest index.
 */
struct rowmax {
    float best[PANEL][PANEL];    /* [source cell of the panel][lane] */
    int32_t panel[PANEL][PANEL]; /* target panel of that best */
};

/*
 * Winograd's F(4x4,3x3): a 3x3 convolution as 36 products, with a quarter of the operations. An output tile of 4x4
 * cells needs a patch d of 6x6 input cells and 3x3 weights g:
 *
 *   Y = At [ (G g Gt) * (Bt d B) ] A        * element by element, summed over the input channels
 *
 * with a2 = a squared and so on,
 *
 *   Bt: [ a2b2     0  -(a2+b2)     0   1  0 ]     At: [ 1  1   1  1   1  0 ]     G: [ 1   0   0 ] / a2b2
 *       [    0  -ab2       -b2     a   1  0 ]         [ 0  a  -a  b  -b  0 ]        [ 1   a  a2 ] / (2 a2 (a2-b2))
 *       [    0   ab2       -b2    -a   1  0 ]         [ 0 a2  a2 b2  b2  0 ]        [ 1  -a  a2 ] / (2 a2 (a2-b2))
 *       [    0  -ba2       -a2     b   1  0 ]         [ 0 a3 -a3 b3 -b3  1 ]        [ 1   b  b2 ] / (2 b2 (b2-a2))
 *       [    0   ba2       -a2    -b   1  0 ]                                       [ 1  -b  b2 ] / (2 b2 (b2-a2))
 *       [    0  a2b2         0 -(a2+b2)  0  1 ]                                     [ 0   0   1 ]
 *
 * a = 5/8 and b = 3/2 give half the rounding error of the usual 1 and 2, and all of Bt and At is exact in a float.
 * Tiles come in panels of PANEL, too, from one map or several: a list of moves gives the positions of their cells.
 */
#define WINOGRAD_A 0.625
#define WINOGRAD_B 1.5
enum {
    WINOGRAD_SIDE = 6, /* of a patch */
    WINOGRAD_PATCH = 36,
    WINOGRAD_TAPS = 9,      /* weights of a 3x3 */
    WINOGRAD_TILE_SIDE = 4, /* of an output tile */
    WINOGRAD_TILE = 16
};

/*
 * The cells of one panel of tiles. Move i: element in_place[i] = p * PANEL + t of the patches (p of 36, row-major; tile
 * t of the panel) is the input cell at in_offset[i], in floats from the first map's first channel. Patch elements
 * without a move are outside the map: 0. Likewise element out_place[i] = q * PANEL + t of the output tiles (q of 16)
 * goes to out_offset[i].
 */
struct winograd_tiles {
    size_t in_count, out_count;
    uint16_t in_place[WINOGRAD_PATCH * PANEL], out_place[WINOGRAD_TILE * PANEL];
    uint32_t in_offset[WINOGRAD_PATCH * PANEL], out_offset[WINOGRAD_TILE * PANEL];
};

/*
 * Exact nearest neighbours from int8. Cells are centred, f' = f - mean, and rounded to scale * q with integers q;
 * with the norms of the rounding errors, an integer product bounds the inner product of real numbers:
 *
 *   <s, t>   = <s, mean_t> + <mean_s, t'> + <s', t'>
 *   <s', t'> <= scale_s scale_t <q_s, q_t> + error_s length_t + length_s error_t        (Cauchy-Schwarz)
 *
 * A target whose bound is below a score already reached is not the nearest; the few others are scored by the same
 * chain of operations as in rowmax_panel (dot_rows). Any means are correct; good ones make the bounds tight.
 */
struct quantised {
    float scale[PANEL];  /* >= 0 */
    float error[PANEL];  /* > |f - mean - scale q|, with a margin for the rounding of bound_panel: 2^-20 length */
    float length[PANEL]; /* > |f - mean| and |scale q| */
    int32_t sum[PANEL];  /* of q */
};

enum {
    INT8_GROUP = 8,            /* a quantised panel has a multiple of 8 channels, padded with zeros */
    INT8_CHANNELS_MOST = 65536 /* with more, sums might not fit 32 bits */
};

/* Bytes of a quantised panel, [channels / A][PANEL][A]: A channels of a cell, 4 or 8, are adjacent. */
static inline size_t int8_panel_bytes(size_t channels)
{
    return (channels + INT8_GROUP - 1) / INT8_GROUP * INT8_GROUP * PANEL;
}

/*
 * One level's part of a sum over levels, for one panel; each a * b + c is fused in class "fma":
 *   out[c][i] = weight * max(0, (scale[c] * in[c][i] + shift[c]) + side'[c][i]) + start     NaN stays NaN
 *   side'     side_scale[c] * side[c][i] + side_shift[c], or side[c][i] if side_scale is NULL
 *   start     0, or out's old value if `accumulate`
 */
struct mix {
    size_t channels;
    const float *in, *scale, *shift;
    const float *side, *side_scale, *side_shift; /* in, side, out: [channels][PANEL] */
    float weight;
    bool accumulate;
    float *out;
};

/*
 * Softmax weights of a row of cells, and their sums:
 *   w[i] = exp(((values[i] * factors[i]) * factor - reference) * scale), or with factors NULL the same without both
 * The argument of exp is at most 0; where it is below -87, and where a value is -INFINITY, the weight is 0. Each
 * weight is a float, off by less than 2^-21 of itself for its argument as rounded.
 */
struct softmax_row {
    const float *values, *factors; /* [count]; factors > 0 */
    size_t count;
    float factor, reference, scale;
};

struct kernels {
    const char *name;      /* "c", "avx2", "avx512", "neon", "neon-dotprod" */
    const char *isa_class; /* "c" or "fma": equal within a class */

    void (*gemm_panel)(const struct gemm *gemm);

    /* source, target: one cell panel each, [depth][PANEL]; target_panel: number of the target panel. */
    void (*rowmax_panel)(struct rowmax *state, const float *source, const float *target, size_t depth,
                         int32_t target_panel);

    /* Normalises the first `cells` cells of one panel and writes them as rows [cells][channels], which must not overlap
     * the panel: each value v becomes (float)(v * (1 / (norm + 1e-6))), computed in double; the squares of a cell's
     * norm are summed in double over ascending channels: the same bits in every implementation. norms[i]: what cell i
     * was divided by, norm + 1e-6. Returns false if a value of the panel was not finite. */
    bool (*normalise_panel)(const float *panel, size_t channels, size_t cells, float *rows, float *norms);

    /* Writes PANEL rows, which may be the same ones, as a panel [channels][PANEL]. */
    void (*gather_panel)(const float *const rows[PANEL], size_t channels, float *panel);

    /* sums[0] = sum_i w[i], sums[1] = sum_i i * w[i]; both in double, 8 lanes by i % 8, folded 8 -> 4 -> 2 -> 1. */
    void (*sum_weights)(const struct softmax_row *row, double sums[2]);

    /* sum_i (m * f[i] - g[i])^2 in double, 8 lanes by i % 8, folded 8 -> 4 -> 2 -> 1; m is finite. */
    double (*distance_squared)(const float *f, const float *g, size_t n, float m);

    /* IEEE half (native byte order) to float; false if any value is not finite. */
    bool (*from_half)(const uint16_t *in, float *out, size_t n);
    /* bfloat16, the upper half of a float, to float, bit for bit; false likewise. */
    bool (*from_bfloat)(const uint16_t *in, float *out, size_t n);

    /* G w Gt of one tile of weights for `inputs` channels: w [inputs][WINOGRAD_TAPS][TILE]; element p of 36 of input i
     * at u + p * u_slice + i * TILE. In double, each product and sum rounded by itself, in the order of the matrices:
     * the same bits in every implementation. u is aligned to 32 bytes, u_slice is a multiple of TILE. */
    void (*winograd_weights)(const double g[WINOGRAD_SIDE * 3], const float *w, size_t inputs, float *u,
                             size_t u_slice);

    /* Bt d B of one panel of tiles, channel by channel: input channel c of a cell at in + offset + c * PANEL; element p
     * of 36 at v + p * v_slice + c * PANEL, PANEL tiles. v is aligned to 64 bytes; v_slice is a multiple of 16 floats
     * (but better not of 1024: such slices compete for the same cache sets). */
    void (*winograd_input)(const struct winograd_tiles *tiles, const float *in, size_t channels, float *v,
                           size_t v_slice);

    /* At m A + bias[c] (if bias), then max(0, .) if relu, as in gemm_panel; m and out have the layouts of v and in
     * above. */
    void (*winograd_output)(const struct winograd_tiles *tiles, const float *m, size_t m_slice, size_t channels,
                            const float *bias, bool relu, float *out);

    /* Statistics for a GroupNorm: channels in groups of `size` (a divisor of their number); moments[2 * g] is the sum,
     * and [2 * g + 1] the sum of squares, of group g's values in the first `cells` cells, in double: lanes by i % 16
     * over ascending channels and cells i, folded 16 -> 8 -> 4 -> 2 -> 1. */
    void (*moments_panel)(const float *panel, size_t channels, size_t size, size_t cells, double *moments);

    /* out[c][i] = max(0, scale[c] * in[c][i] + shift[c]), fused in class "fma"; out may be in. NaN stays NaN. */
    void (*affine_panel)(const float *in, size_t channels, const float *scale, const float *shift, float *out);

    void (*mix_panel)(const struct mix *mix);

    bool int8_is_faster;  /* bound_panel is faster than rowmax_panel */
    size_t int8_adjacent; /* channels of a cell in a quantised panel */

    /* sums[c] += sum over `count` rows of element c, for c < channels. */
    void (*sum_rows)(const float *const *rows, size_t count, size_t channels, float *sums);

    /* out[i] = sum_c direction[c] * element c of row i, for PANEL rows, in double. */
    void (*project_rows)(const float *const rows[PANEL], const float *direction, size_t channels, double out[PANEL]);

    /* Quantises a cell panel of finite values to q [int8_panel_bytes()], aligned to 64. The largest q (127 or 63) and
     * the adjacent channels depend on the implementation: use its panels only with its own bound_panel. */
    void (*quantise_panel)(const float *panel, const float *mean, size_t channels, int8_t *q,
                           struct quantised *quantised);

    /* upper[m * stride + n] = an upper bound of <s' of source cell m, t' of target cell n> + shift[n], for all PANEL x
     * PANEL. shift: the target's other terms, in real numbers, plus at least 2^-22 of their size. */
    void (*bound_panel)(const int8_t *source, const struct quantised *source_quantised, const int8_t *target,
                        const struct quantised *target_quantised, const float shift[PANEL], size_t channels,
                        float *upper, size_t stride);

    /* The largest of n >= 1 values (none NaN). */
    float (*largest)(const float *values, size_t n);

    /* Writes the first `most` places of values >= threshold in ascending order; returns the number of all such
     * values. */
    size_t (*find_at_least)(const float *values, size_t n, float threshold, int32_t *places, size_t most);

    /* out[i] = sum_k a[i][k] * b[i][k] for `count` pairs of rows; each sum equals that of gemm_panel and
     * rowmax_panel. */
    void (*dot_rows)(const float *const *a, const float *const *b, size_t count, size_t n, float *out);

    /* Chains of FMAs for the peak measurement of `bench`: returns the number of operations (2 per lane and FMA). */
    double (*peak)(size_t iterations);

    /* The same for the products of bound_panel; NULL unless int8_is_faster. */
    double (*peak_int8)(size_t iterations);
};

/* For exp(x) in float. ln(2) in two parts: products of the first with n <= 127 are exact. */
#define EXPONENT_LEAST (-87.0f)
#define LOG2_E         0x1.715476p+0f
#define LN2_HIGH       0x1.62e4p-1f
#define LN2_LOW        0x1.7f7d1cp-20f
#define SERIES_3       (1.0f / 6)
#define SERIES_4       (1.0f / 24)
#define SERIES_5       (1.0f / 120)
#define SERIES_6       (1.0f / 720)
#define SERIES_7       (1.0f / 5040)

void rowmax_start(struct rowmax *state);
/* For the first `rows` source cells: out_index[i] is the first target cell with the largest similarity,
 * out_value[i]. */
void rowmax_finish(const struct rowmax *state, size_t rows, size_t target_cells, float *out_value, int32_t *out_index);

/* The implementation `name`; NULL: the best usable. Returns NULL if it is unknown, not built in or not on this CPU. */
const struct kernels *kernels_find(const char *name);
/* The i-th built-in implementation, best first; NULL after the last. *usable: this CPU has it. */
const struct kernels *kernels_list(size_t i, bool *usable);

#endif
