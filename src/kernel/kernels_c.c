/*
 * kernels_c: the kernels of kernel.h in plain C, for every machine, and the readable twin of the others. No compiler
 * contracts a * b + c: where the machine has fused multiply-adds, multiply_add is one, and the set is of class "fma";
 * else it rounds twice, with the same bits everywhere. Inner loops run over the cells of a panel with constant bounds,
 * which compilers vectorise.
 */
#include "block_sums.h"
#include "variants.h"

#include <math.h>
#include <string.h>

/* ---- a * b + c ----------------------------------------------------------------------------------- */

/* On machines of which each has them (clang does not define FP_FAST_FMA), and in a test. On x86 they depend on the
 * user's flags, which may change no result. */
#if defined GEOSC_C_FUSES || defined __aarch64__ || defined __powerpc64__ || defined __s390x__ || \
    (defined __riscv_flen && __riscv_flen >= 64) ||                                               \
    (defined FP_FAST_FMA && defined FP_FAST_FMAF && !defined __x86_64__ && !defined __i386__)
enum { FUSES = true };
#define UNROLL_ROWS _Pragma("GCC unroll 4") /* which gcc does not do by itself with fmaf: sums would stay in memory */
#else
enum { FUSES = false };
#define UNROLL_ROWS
#endif

static inline float multiply_add(float a, float b, float c)
{
    return FUSES ? fmaf(a, b, c) : a * b + c;
}

static inline double multiply_add_double(double a, double b, double c)
{
    return FUSES ? fma(a, b, c) : a * b + c;
}

/* Negative values become 0; NaN and -0 stay. */
static inline float positive(float value)
{
    float compared = value;
#if defined __clang__ && defined __aarch64__ /* which would see a maximum, and make 0 of -0 */
    __asm__("" : "+w"(compared));
#endif
    return compared < 0.0f ? 0.0f : value;
}

/* ---- the tile ------------------------------------------------------------------------------------ */

enum {
    TILE_ROWS = 4,
    TILE_COLUMNS = 12 /* 4 x 12 sums are 12 of SSE2's 16 registers, or of NEON's 32 */
};

/* out[r][n] += sum_k a[k * a_stride + r] * b[k * PANEL + n], in local sums, which compilers keep in registers. */
static inline void tile_products(float out[TILE_ROWS][TILE_COLUMNS], const float *restrict a, size_t a_stride,
                                 const float *restrict b, size_t depth)
{
    float sum[TILE_ROWS][TILE_COLUMNS];
    for (size_t r = 0; r < TILE_ROWS; r++)
        for (size_t n = 0; n < TILE_COLUMNS; n++)
            sum[r][n] = out[r][n];
    for (size_t k = 0; k < depth; k++) {
        UNROLL_ROWS
        for (size_t r = 0; r < TILE_ROWS; r++)
            for (size_t n = 0; n < TILE_COLUMNS; n++)
                sum[r][n] = multiply_add(a[k * a_stride + r], b[k * PANEL + n], sum[r][n]);
    }
    for (size_t r = 0; r < TILE_ROWS; r++)
        for (size_t n = 0; n < TILE_COLUMNS; n++)
            out[r][n] = sum[r][n];
}

/* The same in the blocks of kernel.h; all arrays are sums of one tile with the layout of `sum`. */
static inline void tile_sums(float sum[TILE_ROWS][TILE_COLUMNS], const float *restrict a, size_t a_stride,
                             const float *restrict b, size_t depth)
{
    enum { COUNT = TILE_ROWS * TILE_COLUMNS };
    float levels[SUM_LEVELS * COUNT];
    size_t blocks = 0;
    for (size_t k = 0; k < depth; k += SUM_BLOCK, blocks++) {
        if (blocks)
            memset(sum, 0, COUNT * sizeof(float));
        tile_products(sum, a + k * a_stride, a_stride, b + k * PANEL, depth - k < SUM_BLOCK ? depth - k : SUM_BLOCK);
        block_sums_add(levels, sum[0], COUNT, blocks);
    }
    block_sums_total(levels, sum[0], COUNT, blocks);
}

static void gemm_tile(const struct gemm *gemm, size_t m, size_t column)
{
    const float *a = gemm->a + m / TILE * gemm->a_tile + m % TILE;
    const size_t rows = gemm->rows - m < TILE_ROWS ? gemm->rows - m : TILE_ROWS;
    float sum[TILE_ROWS][TILE_COLUMNS] = {{0}};
    for (size_t r = 0; gemm->accumulate && r < rows; r++)
        memcpy(sum[r], gemm->c + (m + r) * gemm->c_stride + column, sizeof sum[r]);
    tile_sums(sum, a, gemm->a_stride, gemm->b + column, gemm->depth);
    for (size_t r = 0; r < rows; r++) {
        const size_t place = (m + r) * gemm->c_stride + column;
        for (size_t n = 0; n < TILE_COLUMNS; n++) {
            float value = sum[r][n];
            if (gemm->bias)
                value += gemm->bias[m + r];
            if (gemm->residual)
                value += gemm->residual[place + n];
            if (gemm->relu)
                value = positive(value);
            gemm->c[place + n] = value;
        }
    }
}

static void gemm_panel(const struct gemm *gemm)
{
    for (size_t column = 0; column < PANEL; column += TILE_COLUMNS)
        for (size_t m = 0; m < gemm->rows; m += TILE_ROWS)
            gemm_tile(gemm, m, column);
}

static void rowmax_tile(struct rowmax *state, const float *source, const float *target, size_t depth, size_t m,
                        size_t column, int32_t target_panel)
{
    float sum[TILE_ROWS][TILE_COLUMNS] = {{0}};
    tile_sums(sum, source + m, PANEL, target + column, depth);
    for (size_t r = 0; r < TILE_ROWS; r++)
        for (size_t n = 0; n < TILE_COLUMNS; n++)
            if (sum[r][n] > state->best[m + r][column + n]) {
                state->best[m + r][column + n] = sum[r][n];
                state->panel[m + r][column + n] = target_panel;
            }
}

static void rowmax_panel(struct rowmax *state, const float *source, const float *target, size_t depth,
                         int32_t target_panel)
{
    for (size_t column = 0; column < PANEL; column += TILE_COLUMNS)
        for (size_t m = 0; m < PANEL; m += TILE_ROWS)
            rowmax_tile(state, source, target, depth, m, column, target_panel);
}

/* ---- normalisation ------------------------------------------------------------------------------- */

static bool normalise_panel(const float *panel, size_t channels, size_t cells, float *rows, float *norms)
{
    double factor[PANEL] = {0};
    for (size_t k = 0; k < channels; k++)
        for (size_t i = 0; i < PANEL; i++)
            factor[i] += (double)panel[k * PANEL + i] * panel[k * PANEL + i];
    bool finite = true;
    for (size_t i = 0; i < PANEL; i++) {
        finite = finite && isfinite(factor[i]); /* squares of floats cannot overflow a double */
        const double norm = sqrt(factor[i]) + 1e-6;
        if (i < cells)
            norms[i] = (float)norm;
        factor[i] = 1.0 / norm;
    }
    enum { BLOCK = 64 }; /* channels: few enough for L1, and long runs of a row */
    for (size_t first = 0; first < channels; first += BLOCK)
        for (size_t i = 0; i < cells; i++)
            for (size_t k = first; k < first + BLOCK && k < channels; k++)
                rows[i * channels + k] = (float)(panel[k * PANEL + i] * factor[i]);
    return finite;
}

static void gather_panel(const float *const rows[PANEL], size_t channels, float *panel)
{
    enum { LINE = 16 }; /* floats of a cache line: of each row, a whole one at a time */
    for (size_t first = 0; first < channels; first += LINE)
        for (size_t i = 0; i < PANEL; i++)
            for (size_t k = first; k < first + LINE && k < channels; k++)
                panel[k * PANEL + i] = rows[i][k];
}

static double fold8(double lane[8])
{
    for (size_t width = 4; width > 0; width /= 2)
        for (size_t j = 0; j < width; j++)
            lane[j] += lane[j + width];
    return lane[0];
}

/* ---- softmax ------------------------------------------------------------------------------------- */

/* exp(x) for x <= 0: 2^n exp(r) with |r| <= ln(2) / 2 and eight terms of the series. */
static float exponential(float x)
{
    if (!(x >= EXPONENT_LEAST))
        return 0.0f;
    const float units = 0x1.8p23f, whole = x * LOG2_E + units - units; /* a float of this size has no fraction */
    const int32_t bits = ((int32_t)whole + 127) << 23;
    const float r = multiply_add(-whole, LN2_LOW, multiply_add(-whole, LN2_HIGH, x));
    float sum = SERIES_7, power;
    sum = multiply_add(sum, r, SERIES_6);
    sum = multiply_add(sum, r, SERIES_5);
    sum = multiply_add(sum, r, SERIES_4);
    sum = multiply_add(sum, r, SERIES_3);
    sum = multiply_add(sum, r, 0.5f);
    sum = multiply_add(sum, r, 1.0f);
    sum = multiply_add(sum, r, 1.0f);
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

static void sum_weights(const struct softmax_row *row, double sums[2])
{
    double sum[8] = {0}, moment[8] = {0};
    for (size_t i = 0; i < row->count; i++) {
        const float value = row->factors ? row->values[i] * row->factors[i] * row->factor : row->values[i];
        const double weight = (double)exponential((value - row->reference) * row->scale);
        sum[i % 8] += weight;
        moment[i % 8] += (double)i * weight;
    }
    sums[0] = fold8(sum);
    sums[1] = fold8(moment);
}

static double distance_squared(const float *f, const float *g, size_t n, float m)
{
    double sum[8] = {0};
    for (size_t i = 0; i < n; i++) {
        const double difference = (double)m * f[i] - g[i]; /* exact product: as if fused */
        sum[i % 8] = multiply_add_double(difference, difference, sum[i % 8]);
    }
    return fold8(sum);
}

/* ---- GroupNorm ----------------------------------------------------------------------------------- */

static double fold16(double lane[16])
{
    for (size_t width = 8; width > 0; width /= 2)
        for (size_t j = 0; j < width; j++)
            lane[j] += lane[j + width];
    return lane[0];
}

static void moments_panel(const float *panel, size_t channels, size_t size, size_t cells, double *moments)
{
    for (size_t first = 0; first < channels; first += size, moments += 2) {
        double sum[16] = {0}, square[16] = {0};
        for (size_t k = first; k < first + size; k++)
            for (size_t i = 0; i < cells; i++) {
                const double value = panel[k * PANEL + i];
                sum[i % 16] += value;
                square[i % 16] += value * value; /* exact product: as if fused */
            }
        moments[0] = fold16(sum);
        moments[1] = fold16(square);
    }
}

static void affine_panel(const float *in, size_t channels, const float *scale, const float *shift, float *out)
{
    for (size_t k = 0; k < channels; k++)
        for (size_t i = 0; i < PANEL; i++) {
            const float value = multiply_add(scale[k], in[k * PANEL + i], shift[k]);
            out[k * PANEL + i] = positive(value);
        }
}

static void mix_panel(const struct mix *mix)
{
    for (size_t k = 0; k < mix->channels; k++)
        for (size_t i = 0; i < PANEL; i++) {
            const size_t place = k * PANEL + i;
            float side = mix->side[place];
            if (mix->side_scale)
                side = multiply_add(mix->side_scale[k], side, mix->side_shift[k]);
            float value = multiply_add(mix->scale[k], mix->in[place], mix->shift[k]) + side;
            value = positive(value);
            mix->out[place] = multiply_add(mix->weight, value, mix->accumulate ? mix->out[place] : 0.0f);
        }
}

/* ---- conversion ---------------------------------------------------------------------------------- */

static float half_to_float(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 0x3ff;
    uint32_t bits;
    float value;
    if (exponent == 31) /* infinity or quieted NaN */
        bits = 0x7f800000 | fraction << 13 | (fraction ? 0x00400000 : 0);
    else if (exponent > 0)
        bits = (exponent + 112) << 23 | fraction << 13; /* 112: the difference of the biases, 127 - 15 */
    else {
        value = (float)fraction * 0x1p-24f; /* subnormal, exact */
        memcpy(&bits, &value, sizeof bits);
    }
    bits |= sign;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool from_half(const uint16_t *in, float *out, size_t n)
{
    bool finite = true;
    for (size_t i = 0; i < n; i++) {
        out[i] = half_to_float(in[i]);
        finite = finite && (in[i] & 0x7c00) != 0x7c00;
    }
    return finite;
}

static bool from_bfloat(const uint16_t *in, float *out, size_t n)
{
    bool finite = true;
    for (size_t i = 0; i < n; i++) {
        const uint32_t bits = (uint32_t)in[i] << 16;
        memcpy(&out[i], &bits, sizeof bits);
        finite = finite && (in[i] & 0x7f80) != 0x7f80;
    }
    return finite;
}

/* ---- Winograd ------------------------------------------------------------------------------------ */

/* Bt times the column d (matrix in kernel.h). Rows for +a and -a share an even and an odd part. */
static void input_line(const float d[WINOGRAD_SIDE], float v[WINOGRAD_SIDE])
{
    const float a = (float)WINOGRAD_A, a2 = a * a, b = (float)WINOGRAD_B, b2 = b * b; /* all exact */
    const float even_a = multiply_add(-b2, d[2], d[4]), odd_a = multiply_add(-b2, d[1], d[3]);
    const float even_b = multiply_add(-a2, d[2], d[4]), odd_b = multiply_add(-a2, d[1], d[3]);
    v[0] = multiply_add(a2 * b2, d[0], multiply_add(-(a2 + b2), d[2], d[4]));
    v[1] = multiply_add(a, odd_a, even_a);
    v[2] = multiply_add(-a, odd_a, even_a);
    v[3] = multiply_add(b, odd_b, even_b);
    v[4] = multiply_add(-b, odd_b, even_b);
    v[5] = multiply_add(a2 * b2, d[1], multiply_add(-(a2 + b2), d[3], d[5]));
}

/* At times the column m. */
static void output_line(const float m[WINOGRAD_SIDE], float y[WINOGRAD_TILE_SIDE])
{
    const float a = (float)WINOGRAD_A, a2 = a * a, b = (float)WINOGRAD_B, b2 = b * b;
    const float even_a = m[1] + m[2], odd_a = m[1] - m[2], even_b = m[3] + m[4], odd_b = m[3] - m[4];
    y[0] = m[0] + (even_a + even_b);
    y[1] = multiply_add(a, odd_a, b * odd_b);
    y[2] = multiply_add(a2, even_a, b2 * even_b);
    y[3] = m[5] + multiply_add(a2 * a, odd_a, b2 * b * odd_b);
}

static void input_tile(const float *patch, float *v, size_t v_slice)
{
    float columns[WINOGRAD_SIDE][WINOGRAD_SIDE], line[WINOGRAD_SIDE], row[WINOGRAD_SIDE]; /* columns[x][y] */
    for (size_t x = 0; x < WINOGRAD_SIDE; x++) {
        for (size_t y = 0; y < WINOGRAD_SIDE; y++)
            line[y] = patch[(y * WINOGRAD_SIDE + x) * PANEL];
        input_line(line, columns[x]);
    }
    for (size_t y = 0; y < WINOGRAD_SIDE; y++) {
        for (size_t x = 0; x < WINOGRAD_SIDE; x++)
            line[x] = columns[x][y];
        input_line(line, row);
        for (size_t x = 0; x < WINOGRAD_SIDE; x++)
            v[(y * WINOGRAD_SIDE + x) * v_slice] = row[x];
    }
}

/* One input's weights [9][TILE]. */
static void transform_weights(const double g[WINOGRAD_SIDE * 3], const float *w, float *u, size_t u_slice)
{
    double gw[WINOGRAD_SIDE][3][TILE];
    for (size_t y = 0; y < WINOGRAD_SIDE; y++)
        for (size_t x = 0; x < 3; x++)
            for (size_t row = 0; row < TILE; row++)
                gw[y][x][row] = g[y * 3] * w[x * TILE + row] + g[y * 3 + 1] * w[(3 + x) * TILE + row] +
                                g[y * 3 + 2] * w[(6 + x) * TILE + row];
    for (size_t y = 0; y < WINOGRAD_SIDE; y++)
        for (size_t x = 0; x < WINOGRAD_SIDE; x++)
            for (size_t row = 0; row < TILE; row++)
                u[(y * WINOGRAD_SIDE + x) * u_slice + row] =
                    (float)(g[x * 3] * gw[y][0][row] + g[x * 3 + 1] * gw[y][1][row] + g[x * 3 + 2] * gw[y][2][row]);
}

static void winograd_weights(const double g[WINOGRAD_SIDE * 3], const float *w, size_t inputs, float *u, size_t u_slice)
{
    for (size_t i = 0; i < inputs; i++)
        transform_weights(g, w + i * WINOGRAD_TAPS * TILE, u + i * TILE, u_slice);
}

static void winograd_input(const struct winograd_tiles *tiles, const float *in, size_t channels, float *v,
                           size_t v_slice)
{
    float patch[WINOGRAD_PATCH * PANEL] = {0}; /* moves never write cells outside the map */
    for (size_t c = 0; c < channels; c++) {
        for (size_t i = 0; i < tiles->in_count; i++)
            patch[tiles->in_place[i]] = in[tiles->in_offset[i] + c * PANEL];
        for (size_t t = 0; t < PANEL; t++)
            input_tile(patch + t, v + c * PANEL + t, v_slice);
    }
}

static void output_tile(const float *m, size_t m_slice, float bias, bool relu, float *tile)
{
    float columns[WINOGRAD_SIDE][WINOGRAD_TILE_SIDE], line[WINOGRAD_SIDE], row[WINOGRAD_TILE_SIDE]; /* columns[x][y] */
    for (size_t x = 0; x < WINOGRAD_SIDE; x++) {
        for (size_t y = 0; y < WINOGRAD_SIDE; y++)
            line[y] = m[(y * WINOGRAD_SIDE + x) * m_slice];
        output_line(line, columns[x]);
    }
    for (size_t y = 0; y < WINOGRAD_TILE_SIDE; y++) {
        for (size_t x = 0; x < WINOGRAD_SIDE; x++)
            line[x] = columns[x][y];
        output_line(line, row);
        for (size_t x = 0; x < WINOGRAD_TILE_SIDE; x++) {
            const float value = row[x] + bias;
            tile[(y * WINOGRAD_TILE_SIDE + x) * PANEL] = relu ? positive(value) : value;
        }
    }
}

static void winograd_output(const struct winograd_tiles *tiles, const float *m, size_t m_slice, size_t channels,
                            const float *bias, bool relu, float *out)
{
    float tile[WINOGRAD_TILE * PANEL];
    for (size_t c = 0; c < channels; c++) {
        for (size_t t = 0; t < PANEL; t++)
            output_tile(m + c * PANEL + t, m_slice, bias ? bias[c] : 0.0f, relu, tile + t);
        for (size_t i = 0; i < tiles->out_count; i++)
            out[tiles->out_offset[i] + c * PANEL] = tile[tiles->out_place[i]];
    }
}

/* ---- int8 ---------------------------------------------------------------------------------------- */

static void sum_rows(const float *const *rows, size_t count, size_t channels, float *sums)
{
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < channels; c++)
            sums[c] += rows[i][c];
}

static void project_rows(const float *const rows[PANEL], const float *direction, size_t channels, double out[PANEL])
{
    for (size_t i = 0; i < PANEL; i++) {
        out[i] = 0;
        for (size_t c = 0; c < channels; c++)
            out[i] += (double)direction[c] * rows[i][c];
    }
}

static void quantise_cell(const float *cell, const float *mean, size_t channels, int8_t *q, struct quantised *quantised,
                          size_t i)
{
    float most = 0.0f;
    for (size_t c = 0; c < channels; c++)
        most = fmaxf(most, fabsf(cell[c * PANEL] - mean[c]));
    const bool any = most > 0x1p-100f; /* else all q are 0, and nothing overflows */
    const float scale = any ? most / 127.0f : 0.0f, inverse = any ? 127.0f / most : 0.0f;
    double error = 0.0, length = 0.0; /* squared */
    int32_t sum = 0;
    for (size_t c = 0; c < channels; c++) {
        const float value = cell[c * PANEL] - mean[c];
        const int8_t rounded = (int8_t)lrintf(value * inverse);
        const double lost = value - (double)scale * rounded;
        q[c / 4 * 4 * PANEL + c % 4] = rounded;
        error += lost * lost;
        length += (double)value * value;
        sum += rounded;
    }
    /* Margin for the rounding of the sums, of value - mean, and of bound_panel. */
    const double bound = sqrt(error) * (1.0 + 0x1p-20) + 0x1p-60;
    quantised->length[i] = (float)((sqrt(length) + bound) * (1.0 + 0x1p-20));
    quantised->error[i] = (float)(bound + quantised->length[i] * 0x1.2p-20);
    quantised->scale[i] = scale;
    quantised->sum[i] = sum;
}

static void quantise_panel(const float *panel, const float *mean, size_t channels, int8_t *q,
                           struct quantised *quantised)
{
    memset(q, 0, int8_panel_bytes(channels));
    for (size_t i = 0; i < PANEL; i++)
        quantise_cell(panel + i, mean, channels, q + 4 * i, quantised, i);
}

static int32_t int_product(const int8_t *source, const int8_t *target, size_t channels)
{
    int32_t product = 0;
    for (size_t c = 0; c < channels; c += 4, source += 4 * PANEL, target += 4 * PANEL)
        for (size_t j = 0; j < 4; j++) /* beyond the last channel both are 0 */
            product += source[j] * target[j];
    return product;
}

static void bound_panel(const int8_t *source, const struct quantised *source_quantised, const int8_t *target,
                        const struct quantised *target_quantised, const float shift[PANEL], size_t channels,
                        float *upper, size_t stride)
{
    for (size_t m = 0; m < PANEL; m++)
        for (size_t n = 0; n < PANEL; n++) {
            const float scaled =
                (float)int_product(source + 4 * m, target + 4 * n, channels) * source_quantised->scale[m];
            upper[m * stride + n] = scaled * target_quantised->scale[n] + shift[n] +
                                    source_quantised->error[m] * target_quantised->length[n] +
                                    source_quantised->length[m] * target_quantised->error[n];
        }
}

static float largest(const float *values, size_t n)
{
    float most = values[0];
    for (size_t i = 1; i < n; i++)
        most = values[i] > most ? values[i] : most;
    return most;
}

static size_t find_at_least(const float *values, size_t n, float threshold, int32_t *places, size_t most)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        if (values[i] >= threshold) {
            if (found < most)
                places[found] = (int32_t)i;
            found++;
        }
    return found;
}

static void dot_rows(const float *const *a, const float *const *b, size_t count, size_t n, float *out)
{
    for (size_t i = 0; i < count; i++) {
        float sum = 0.0f, levels[SUM_LEVELS];
        size_t blocks = 0;
        for (size_t first = 0; first < n; first += SUM_BLOCK, blocks++) {
            sum = 0.0f;
            for (size_t k = first; k < n && k < first + SUM_BLOCK; k++)
                sum = multiply_add(a[i][k], b[i][k], sum);
            block_sums_add(levels, &sum, 1, blocks);
        }
        block_sums_total(levels, &sum, 1, blocks);
        out[i] = sum;
    }
}

/* ---- the peak ------------------------------------------------------------------------------------ */

static double peak(size_t iterations)
{
    enum { CHAINS = 48 };
    float chain[CHAINS];
    for (size_t j = 0; j < CHAINS; j++)
        chain[j] = (float)j;
    for (size_t i = 0; i < iterations; i++)
        for (size_t j = 0; j < CHAINS; j++)
            chain[j] = multiply_add(chain[j], 0.5f, 1.0f);
    volatile float sink = 0.0f; /* keeps the chains from being optimised away */
    for (size_t j = 0; j < CHAINS; j++)
        sink = sink + chain[j];
    (void)sink;
    return 2.0 * (double)iterations * CHAINS;
}

const struct kernels kernels_c = {
    .name = "c",
    .isa_class = FUSES ? "fma" : "c",
    .gemm_panel = gemm_panel,
    .rowmax_panel = rowmax_panel,
    .normalise_panel = normalise_panel,
    .gather_panel = gather_panel,
    .sum_weights = sum_weights,
    .distance_squared = distance_squared,
    .from_half = from_half,
    .from_bfloat = from_bfloat,
    .winograd_weights = winograd_weights,
    .winograd_input = winograd_input,
    .winograd_output = winograd_output,
    .moments_panel = moments_panel,
    .affine_panel = affine_panel,
    .mix_panel = mix_panel,
    .int8_is_faster = false,
    .int8_adjacent = 4,
    .sum_rows = sum_rows,
    .project_rows = project_rows,
    .quantise_panel = quantise_panel,
    .bound_panel = bound_panel,
    .largest = largest,
    .find_at_least = find_at_least,
    .dot_rows = dot_rows,
    .peak = peak,
};
