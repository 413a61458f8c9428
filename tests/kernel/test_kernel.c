/*
 * The kernels of each instruction set that this machine has. Results must equal, bit for bit, the chain of operations
 * that kernel.h promises, written out here one by one; they are also compared with sums in double. Memory that a kernel
 * must not write has a pattern that must survive. With --bench: speed against the measured peak, on one thread.
 */
#include "kernel/kernel_testing.h"

/* ---- dispatch ------------------------------------------------------------------------------------ */

static void test_dispatch(void **state)
{
    (void)state;
    const struct kernels *kernels, *best = NULL;
    bool usable = false, found_c = false;
    for (size_t i = 0; (kernels = kernels_list(i, &usable)); i++) {
        assert_ptr_equal(kernels_find(kernels->name), usable ? kernels : NULL);
        if (usable && !best)
            best = kernels;
        found_c = found_c || (usable && strcmp(kernels->name, "c") == 0);
    }
    assert_true(found_c);
    assert_ptr_equal(kernels_find(NULL), best);
    assert_null(kernels_find("pdp11"));
    assert_null(kernels_find(""));
}

/* ---- gemm ---------------------------------------------------------------------------------------- */

enum { MOST_ROWS = 100, C_STRIDE = PANEL + 5 };

/* One shape: what goes in, and the sums that must come out with and without accumulation. */
struct gemm_case {
    size_t depth;
    enum pattern pattern;
    float *a, *b, *c_old, *residual, *bias; /* a packed in tiles; c_old, residual [MOST_ROWS][C_STRIDE] */
    float *sum[2][2];                       /* [fused][accumulate], [MOST_ROWS][PANEL] */
};

static float packed(const struct gemm_case *in, size_t m, size_t k)
{
    return in->a[(m / TILE * in->depth + k) * TILE + m % TILE];
}

static void gemm_case_make(struct gemm_case *in, size_t depth, enum pattern pattern)
{
    const size_t tiles = (MOST_ROWS + TILE - 1) / TILE;
    *in = (struct gemm_case){.depth = depth, .pattern = pattern};
    in->a = guarded_floats(tiles * TILE * depth);
    in->b = guarded_floats(depth * PANEL);
    in->c_old = guarded_floats(MOST_ROWS * C_STRIDE);
    in->residual = guarded_floats(MOST_ROWS * C_STRIDE);
    in->bias = guarded_floats(MOST_ROWS);
    fill(in->a, tiles * TILE * depth, pattern);
    fill(in->b, depth * PANEL, pattern);
    fill(in->c_old, MOST_ROWS * C_STRIDE, pattern);
    fill(in->residual, MOST_ROWS * C_STRIDE, pattern);
    fill(in->bias, MOST_ROWS, pattern);
    for (int i = 0; i < 4; i++) {
        const bool fused = i / 2, accumulate = i % 2;
        float *sum = in->sum[fused][accumulate] = guarded_floats(MOST_ROWS * PANEL);
        for (size_t m = 0; m < MOST_ROWS; m++)
            for (size_t n = 0; n < PANEL; n++) {
                struct sum one = {.fused = fused, .chain = accumulate ? in->c_old[m * C_STRIDE + n] : 0.0f};
                for (size_t k = 0; k < depth; k++)
                    sum_add(&one, packed(in, m, k), in->b[k * PANEL + n]);
                sum[m * PANEL + n] = sum_end(&one);
            }
    }
}

static void gemm_case_free(struct gemm_case *in)
{
    void *all[] = {in->a,         in->b,         in->c_old,     in->residual, in->bias,
                   in->sum[0][0], in->sum[0][1], in->sum[1][0], in->sum[1][1]};
    guarded_free_all(all, sizeof all / sizeof *all);
}

/* flags: 1 accumulate, 2 bias, 4 residual, 8 relu, 16 residual is c itself */
static float expected(const struct gemm_case *in, bool fused, size_t m, size_t n, unsigned flags)
{
    float value = in->sum[fused][flags & 1][m * PANEL + n];
    if (flags & 2)
        value += in->bias[m];
    if (flags & 4)
        value += in->residual[m * C_STRIDE + n];
    if (flags & 16)
        value += in->c_old[m * C_STRIDE + n];
    return flags & 8 && value < 0.0f ? 0.0f : value;
}

static void check_gemm(const struct kernels *kernels, const struct gemm_case *in, size_t rows, unsigned flags,
                       const float *a, size_t a_stride, size_t a_tile)
{
    float *c = guarded_floats(rows * C_STRIDE);
    for (size_t m = 0; m < rows; m++)
        memcpy(c + m * C_STRIDE, in->c_old + m * C_STRIDE, PANEL * sizeof *c);
    const struct gemm gemm = {.rows = rows,
                              .depth = in->depth,
                              .a = a,
                              .a_stride = a_stride,
                              .a_tile = a_tile,
                              .b = in->b,
                              .c = c,
                              .c_stride = C_STRIDE,
                              .accumulate = flags & 1,
                              .bias = flags & 2 ? in->bias : NULL,
                              .residual = flags & 4    ? in->residual
                                          : flags & 16 ? c
                                                       : NULL,
                              .relu = flags & 8};
    kernels->gemm_panel(&gemm);
    for (size_t m = 0; m < rows; m++) {
        for (size_t n = 0; n < PANEL; n++)
            if (!same(c[m * C_STRIDE + n], expected(in, is_fused(kernels), m, n, flags)))
                fail_msg("%s, pattern %d, depth %zu, rows %zu, flags %u: C[%zu][%zu] is %a, not %a", kernels->name,
                         (int)in->pattern, in->depth, rows, flags, m, n, (double)c[m * C_STRIDE + n],
                         (double)expected(in, is_fused(kernels), m, n, flags));
        assert_true(untouched(c + m * C_STRIDE + PANEL, (C_STRIDE - PANEL) * sizeof *c));
    }
    guarded_check(c, rows * C_STRIDE * sizeof *c);
    guarded_free(c);
}

/* Those themselves against sums in double. */
static void check_sums(const struct gemm_case *in)
{
    if (in->pattern == HUGE_VALUES) /* overflows, as it must */
        return;
    for (size_t m = 0; m < MOST_ROWS; m++)
        for (size_t n = 0; n < PANEL; n++) {
            double sum = 0.0, magnitude = 0.0;
            for (size_t k = 0; k < in->depth; k++) {
                const double product = (double)packed(in, m, k) * in->b[k * PANEL + n];
                sum += product;
                magnitude += fabs(product);
            }
            const double bound = ((double)sum_roundings(in->depth) + 1.0) * (0x1p-23 * magnitude + 0x1p-149);
            assert_true(fabs(in->sum[0][0][m * PANEL + n] - sum) <= bound);
            assert_true(fabs(in->sum[1][0][m * PANEL + n] - sum) <= bound);
        }
}

/* Of one block of a sum, of whole ones, and of any. */
static const size_t depths[] = {1, 2, 5, 37, 64, SUM_BLOCK, SUM_BLOCK + 1, 3 * SUM_BLOCK, 1000, 1536};

static void for_each_gemm_case(void (*check)(const struct gemm_case *))
{
    for (size_t d = 0; d < sizeof depths / sizeof depths[0]; d++)
        for (int pattern = 0; pattern < PATTERNS; pattern++) {
            if (depths[d] > SUM_BLOCK && pattern != RANDOM && pattern != MIXED)
                continue;
            struct gemm_case in;
            gemm_case_make(&in, depths[d], (enum pattern)pattern);
            check(&in);
            gemm_case_free(&in);
        }
}

static void check_packed(const struct gemm_case *in)
{
    check_sums(in);
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));)
        for (size_t rows = 1; rows <= MOST_ROWS; rows += rows < 17 ? 1 : rows == 17 ? 31 : 52) {
            if (in->depth > SUM_BLOCK && rows > 3 && rows < 13)
                continue;
            /* Flags concern what follows the sums: with deep ones, which take long, a few are enough. */
            for (unsigned flags = 0; flags<32; flags += in->depth> SUM_BLOCK ? 11 : 1)
                if ((flags & 20) != 20)
                    check_gemm(kernels, in, rows, flags, in->a, TILE, in->depth * TILE);
        }
}

static void test_gemm(void **state)
{
    (void)state;
    for_each_gemm_case(check_packed);
}

/* The same A, laid out as a cell panel. */
static void check_cell_panel(const struct gemm_case *in)
{
    float *panel = guarded_floats(in->depth * PANEL);
    for (size_t k = 0; k < in->depth; k++)
        for (size_t m = 0; m < PANEL; m++)
            panel[k * PANEL + m] = packed(in, m, k);
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));)
        for (size_t rows = 1; rows <= PANEL; rows += 7)
            check_gemm(kernels, in, rows, (unsigned)rows & 3, panel, PANEL, TILE);
    guarded_free(panel);
}

static void test_gemm_cell_panel(void **state)
{
    (void)state;
    for_each_gemm_case(check_cell_panel);
}

static void test_gemm_keeps_nan(void **state)
{
    (void)state;
    struct gemm_case in;
    gemm_case_make(&in, 5, RANDOM);
    in.b[2 * PANEL + 31] = NAN;
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));) {
        float *c = guarded_floats(TILE * PANEL);
        kernels->gemm_panel(&(struct gemm){.rows = TILE,
                                           .depth = in.depth,
                                           .a = in.a,
                                           .a_stride = TILE,
                                           .a_tile = in.depth * TILE,
                                           .b = in.b,
                                           .c = c,
                                           .c_stride = PANEL,
                                           .relu = true});
        for (size_t m = 0; m < TILE; m++)
            for (size_t n = 0; n < PANEL; n++)
                assert_int_equal(!!isnan(c[m * PANEL + n]), n == 31);
        guarded_free(c);
    }
    gemm_case_free(&in);
}

/* ---- running row maximum ------------------------------------------------------------------------- */

/* Panels of `cells` cells; few different values make ties; the last panel is filled up with the last cell. */
static float *make_panels(size_t cells, size_t depth, bool coarse)
{
    const size_t panels = (cells + PANEL - 1) / PANEL;
    float *data = guarded_floats(panels * depth * PANEL);
    for (size_t i = 0; i < panels * PANEL; i++)
        for (size_t k = 0; k < depth; k++) {
            const float *last = data + ((cells - 1) / PANEL * depth + k) * PANEL + (cells - 1) % PANEL;
            data[(i / PANEL * depth + k) * PANEL + i % PANEL] = i >= cells ? *last
                                                                : coarse   ? (float)(int)(random_bits() % 3) - 1.0f
                                                                           : random_float();
        }
    return data;
}

static void check_rowmax(const struct kernels *kernels, const float *source, const float *target, size_t target_cells,
                         size_t depth)
{
    struct rowmax *running = guarded_allocate(sizeof *running);
    rowmax_start(running);
    for (size_t panel = 0; panel < (target_cells + PANEL - 1) / PANEL; panel++)
        kernels->rowmax_panel(running, source, target + panel * depth * PANEL, depth, (int32_t)panel);
    guarded_check(running, sizeof *running);
    for (size_t rows = 1; rows <= PANEL; rows += 47) {
        float *value = guarded_floats(rows);
        int32_t *index = guarded_allocate(rows * sizeof *index);
        rowmax_finish(running, rows, target_cells, value, index);
        for (size_t m = 0; m < rows; m++) {
            float best = -INFINITY;
            size_t best_index = 0;
            for (size_t n = 0; n < target_cells; n++) {
                struct sum sum = {.fused = is_fused(kernels)};
                for (size_t k = 0; k < depth; k++)
                    sum_add(&sum, source[k * PANEL + m], target[(n / PANEL * depth + k) * PANEL + n % PANEL]);
                const float score = sum_end(&sum);
                if (score > best) {
                    best = score;
                    best_index = n;
                }
            }
            assert_int_equal(index[m], best_index);
            assert_true(value[m] == best);
        }
        guarded_check(value, rows * sizeof *value);
        guarded_check(index, rows * sizeof *index);
        guarded_free(value);
        guarded_free(index);
    }
    guarded_free(running);
}

static void test_rowmax(void **state)
{
    (void)state;
    static const size_t cells[] = {1, 2, 47, 48, 49, 97, 145, 480};
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));)
        for (size_t c = 0; c < sizeof cells / sizeof cells[0]; c++)
            for (size_t depth = 1; depth < 500; depth = depth * 3 + 1 + (depth == 40) * 300)
                for (int coarse = 0; coarse < 2; coarse++) { /* coarse: ties within and between panels */
                    float *source = make_panels(PANEL, depth, coarse), *target = make_panels(cells[c], depth, coarse);
                    check_rowmax(kernels, source, target, cells[c], depth);
                    guarded_free(source);
                    guarded_free(target);
                }
}

/* Whatever stands where copies of the last cell should, no index points beyond the cells. */
/* The promise of 1e-5 for similarities of cells of length 1, however many channels there are: equal channels are the
 * worst, since what is rounded off is the same each time. */
static void test_sums_of_many_channels(void **state)
{
    static const size_t channels[] = {1536, 20000, 140000};
    const struct kernels *kernels;
    (void)state;
    for (size_t i = 0; (kernels = usable_kernels(&i));)
        for (size_t c = 0; c < sizeof channels / sizeof *channels; c++)
            for (int equal = 0; equal < 2; equal++) {
                const size_t depth = channels[c];
                float *panel = guarded_floats(PANEL * depth), *row = guarded_floats(depth), score, value[PANEL];
                int32_t index[PANEL];
                struct rowmax *running = guarded_allocate(sizeof *running);
                double length = 0, exact = 0;
                for (size_t k = 0; k < depth; k++) {
                    row[k] = equal ? 1.0f : random_float();
                    length += (double)row[k] * row[k];
                }
                for (size_t k = 0; k < depth; k++) {
                    row[k] = (float)(row[k] / sqrt(length));
                    exact += (double)row[k] * row[k];
                    for (size_t n = 0; n < PANEL; n++)
                        panel[k * PANEL + n] = row[k];
                }
                const float *rows[1] = {row};
                kernels->dot_rows(rows, rows, 1, depth, &score);
                rowmax_start(running);
                kernels->rowmax_panel(running, panel, panel, depth, 0);
                rowmax_finish(running, PANEL, PANEL, value, index);
                assert_true(fabs(score - exact) < 1e-5);
                assert_true(value[0] == score);
                guarded_free(running);
                guarded_free(row);
                guarded_free(panel);
            }
}

static void test_rowmax_stays_within_cells(void **state)
{
    (void)state;
    enum { DEPTH = 2, CELLS = 50 };
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));) {
        float *target = make_panels(2 * PANEL, DEPTH, false), *source = make_panels(PANEL, DEPTH, false), value[PANEL];
        int32_t index[PANEL];
        struct rowmax *running = guarded_allocate(sizeof *running);
        rowmax_start(running);
        for (int32_t panel = 0; panel < 2; panel++)
            kernels->rowmax_panel(running, source, target + panel * DEPTH * PANEL, DEPTH, panel);
        rowmax_finish(running, PANEL, CELLS, value, index);
        for (size_t m = 0; m < PANEL; m++)
            assert_between(index[m], 0, CELLS - 1);
        guarded_free(running);
        guarded_free(target);
        guarded_free(source);
    }
}

static void test_rowmax_survives_nan(void **state)
{
    (void)state;
    enum { DEPTH = 3 };
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));) {
        float *panel = guarded_floats(DEPTH * PANEL), value[PANEL];
        int32_t index[PANEL];
        for (size_t j = 0; j < DEPTH * PANEL; j++)
            panel[j] = NAN;
        struct rowmax *running = guarded_allocate(sizeof *running);
        rowmax_start(running);
        kernels->rowmax_panel(running, panel, panel, DEPTH, 7);
        rowmax_finish(running, PANEL, 8 * PANEL, value, index);
        for (size_t m = 0; m < PANEL; m++)
            assert_between(index[m], 0, 8 * PANEL - 1);
        guarded_free(running);
        guarded_free(panel);
    }
}

/* ---- distance ------------------------------------------------------------------------------------ */

static double distance_oracle(bool fused, const float *f, const float *g, size_t n, float m)
{
    double lane[8] = {0};
    for (size_t i = 0; i < n; i++) {
        const double difference = (double)m * f[i] - g[i]; /* the product is exact: fused or not is the same */
        const double square = difference * difference;
        lane[i % 8] = fused ? fma(difference, difference, lane[i % 8]) : lane[i % 8] + square;
    }
    for (size_t i = 0; i < 4; i++)
        lane[i] += lane[i + 4];
    return (lane[0] + lane[2]) + (lane[1] + lane[3]);
}

static void test_distance(void **state)
{
    (void)state;
    enum { MOST = 1536 };
    float f[MOST], g[MOST];
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));)
        for (int pattern = 0; pattern < PATTERNS; pattern++) {
            fill(f, MOST, (enum pattern)pattern);
            fill(g, MOST, (enum pattern)pattern);
            for (size_t n = 0; n <= MOST; n += n < 40 ? 1 : 187)
                for (float m = 0.0f; m <= 1.0f; m += 0.3f)
                    assert_true(kernels->distance_squared(f, g, n, m) ==
                                distance_oracle(is_fused(kernels), f, g, n, m));
            assert_true(kernels->distance_squared(f, f, MOST, 1.0f) == 0.0);
        }
}

/* ---- conversion ---------------------------------------------------------------------------------- */

static float half_oracle(uint16_t half)
{
    const int exponent = half >> 10 & 31, fraction = half & 1023;
    float value = exponent == 31  ? fraction ? NAN : INFINITY
                  : exponent == 0 ? ldexpf((float)fraction, -24)
                                  : ldexpf((float)(fraction + 1024), exponent - 25);
    return half & 0x8000 ? -value : value;
}

static float bfloat_oracle(uint16_t bfloat)
{
    const int exponent = bfloat >> 7 & 255, fraction = bfloat & 127;
    float value = exponent == 255 ? fraction ? NAN : INFINITY
                  : exponent == 0 ? ldexpf((float)fraction, -133)
                                  : ldexpf((float)(fraction + 128), exponent - 134);
    return bfloat & 0x8000 ? -value : value;
}

/* The two floats of 16 bits. */
static const struct float16 {
    bool brain;
    float (*oracle)(uint16_t);
    uint16_t finite, infinity, nan; /* bits that leave a number finite; two that are not */
} floats16[] = {{false, half_oracle, 0xfbff, 0x7c00, 0xfe01}, {true, bfloat_oracle, 0xff7f, 0x7f80, 0xffc1}};

static bool from_float16(const struct kernels *kernels, const struct float16 *type, const uint16_t *in, float *out,
                         size_t n)
{
    return type->brain ? kernels->from_bfloat(in, out, n) : kernels->from_half(in, out, n);
}

static void test_from_float16(void **state)
{
    (void)state;
    enum { ALL = 65536 };
    static uint16_t in[ALL];
    static float first[ALL], out[ALL];
    for (size_t j = 0; j < ALL; j++)
        in[j] = (uint16_t)j;
    for (size_t t = 0; t < 2; t++) {
        const struct kernels *kernels;
        from_float16(kernels_find("c"), &floats16[t], in, first, ALL);
        for (size_t i = 0; (kernels = usable_kernels(&i));) {
            assert_false(from_float16(kernels, &floats16[t], in, out, ALL));
            assert_memory_equal(out, first, sizeof out); /* NaN's bits too */
            for (size_t j = 0; j < ALL; j++)
                assert_true(same(out[j], floats16[t].oracle(in[j])));
        }
    }
}

static void check_ragged(const struct kernels *kernels, const struct float16 *type, size_t n)
{
    uint16_t in[70];
    float *out = guarded_floats(n);
    for (size_t j = 0; j < n; j++)
        in[j] = (uint16_t)(random_bits() & type->finite);
    assert_true(from_float16(kernels, type, in, out, n));
    for (size_t j = 0; j < n; j++)
        assert_true(same(out[j], type->oracle(in[j])));
    guarded_check(out, n * sizeof *out);
    for (size_t j = 0; j < n; j++) {
        const uint16_t old = in[j];
        in[j] = j % 2 ? type->infinity : type->nan;
        assert_false(from_float16(kernels, type, in, out, n));
        in[j] = old;
    }
    guarded_free(out);
}

static void test_from_float16_ragged(void **state)
{
    (void)state;
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));)
        for (size_t n = 0; n < 70; n++)
            for (size_t t = 0; t < 2; t++)
                check_ragged(kernels, &floats16[t], n);
}

/* ---- softmax ------------------------------------------------------------------------------------- */

/* The argument of exp as kernel.h has it, each operation rounded. */
static double weight_argument(const struct softmax_row *row, size_t i)
{
    volatile float value = row->values[i];
    if (row->factors) {
        value = value * row->factors[i];
        value = value * row->factor;
    }
    value = value - row->reference;
    value = value * row->scale;
    return (double)value;
}

static void check_weights(const struct softmax_row *row)
{
    const struct kernels *kernels;
    double expected[2] = {0}, first[2], sums[2];
    bool fused = false;
    for (size_t i = 0; i < row->count; i++) {
        const double argument = weight_argument(row, i), weight = argument < -87 ? 0 : exp(argument);
        expected[0] += weight;
        expected[1] += weight * (double)i;
    }
    for (size_t k = 0; (kernels = usable_kernels(&k));) {
        kernels->sum_weights(row, sums);
        for (int s = 0; s < 2; s++)
            if (!(fabs(sums[s] - expected[s]) <= 0x1p-21 * expected[s]))
                fail_msg("%s, %zu cells, scale %g: %.9g instead of %.9g", kernels->name, row->count, (double)row->scale,
                         sums[s], expected[s]);
        if (strcmp(kernels->isa_class, "fma") != 0)
            continue;
        if (fused)
            assert_memory_equal(first, sums, sizeof sums);
        memcpy(first, sums, sizeof first);
        fused = true;
    }
}

/* Weights of cells that are far below the reference, at its height, or taken out; rows end anywhere. */
static void test_weights(void **state)
{
    (void)state;
    enum { MOST = 230 };
    static const float scales[] = {1e-6f, 1, 50, 1000, 3.4e38f};
    for (size_t count = 1; count <= MOST; count += count < 40 ? 1 : 19)
        for (size_t s = 0; s < sizeof scales / sizeof *scales; s++)
            for (int variant = 0; variant < 4; variant++) {
                float *values = guarded_floats(count), *factors = guarded_floats(count);
                struct softmax_row row = {.values = values, .count = count, .factor = 0.75f, .scale = scales[s]};
                for (size_t i = 0; i < count; i++) {
                    values[i] = variant % 2 && random_bits() % 3 == 0 ? -INFINITY : random_float();
                    factors[i] = random_bits() % 5 == 0 ? 1e-15f : 0.5f + 0.5f * (random_float() + 1) / 2;
                }
                if (variant >= 2)
                    row.factors = factors;
                row.reference = -INFINITY;
                for (size_t i = 0; i < count; i++) {
                    volatile float value = values[i];
                    if (row.factors) {
                        value = value * factors[i];
                        value = value * row.factor;
                    }
                    row.reference = value > row.reference ? value : row.reference;
                }
                if (isfinite(row.reference))
                    check_weights(&row);
                guarded_free(values);
                guarded_free(factors);
            }
}

/* ---- speed --------------------------------------------------------------------------------------- */

enum { BENCH_DEPTH = 1536, BENCH_ROWS = 768, BENCH_HALVES = 1 << 20 };

struct bench {
    float *a, *b, *c, *rows; /* a: packed matrix; b: a panel */
    uint16_t *halves;
    struct rowmax *running;
};

static double run_gemm(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    kernels->gemm_panel(&(struct gemm){.rows = BENCH_ROWS,
                                       .depth = BENCH_DEPTH,
                                       .a = bench->a,
                                       .a_stride = TILE,
                                       .a_tile = BENCH_DEPTH * TILE,
                                       .b = bench->b,
                                       .c = bench->c,
                                       .c_stride = PANEL});
    return 2.0 * BENCH_ROWS * BENCH_DEPTH * PANEL;
}

static double run_rowmax(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    for (int32_t panel = 0; panel < 16; panel++)
        kernels->rowmax_panel(bench->running, bench->a, bench->b, BENCH_DEPTH, panel);
    return 2.0 * 16 * PANEL * BENCH_DEPTH * PANEL;
}

static double run_normalise(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    float norms[PANEL];
    kernels->normalise_panel(bench->b, BENCH_DEPTH, PANEL, bench->rows, norms);
    return 4.0 * BENCH_DEPTH * PANEL;
}

static double run_gather(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    const float *rows[PANEL];
    for (size_t i = 0; i < PANEL; i++)
        rows[i] = bench->rows + i * BENCH_DEPTH;
    kernels->gather_panel(rows, BENCH_DEPTH, bench->b);
    return 4.0 * BENCH_DEPTH * PANEL;
}

static double run_weights(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    const struct softmax_row row = {
        .values = bench->a, .count = BENCH_ROWS * BENCH_DEPTH, .factor = 1, .reference = 1, .scale = 50};
    double sums[2];
    kernels->sum_weights(&row, sums);
    return 4.0 * BENCH_ROWS * BENCH_DEPTH;
}

static double run_distance(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    volatile double sink = 0.0;
    for (size_t i = 0; i < PANEL; i++)
        sink = sink + kernels->distance_squared(bench->rows + i * BENCH_DEPTH, bench->a, BENCH_DEPTH, 1.0f);
    return 4.0 * BENCH_DEPTH * PANEL;
}

static double run_from_half(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    kernels->from_half(bench->halves, bench->a, BENCH_HALVES);
    return 2.0 * BENCH_HALVES;
}

static double run_from_bfloat(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    kernels->from_bfloat(bench->halves, bench->a, BENCH_HALVES);
    return 2.0 * BENCH_HALVES;
}

static int run_benchmarks(void)
{
    static const struct benchmark benchmarks[] = {
        {"gemm_panel", "GFLOP/s", run_gemm},        {"rowmax_panel", "GFLOP/s", run_rowmax},
        {"normalise_panel", "GB/s", run_normalise}, {"gather_panel", "GB/s", run_gather},
        {"sum_weights", "GB/s", run_weights},       {"distance_squared", "GB/s", run_distance},
        {"from_half", "GB/s", run_from_half},       {"from_bfloat", "GB/s", run_from_bfloat}};
    struct bench bench = {.a = guarded_floats(BENCH_ROWS * BENCH_DEPTH),
                          .b = guarded_floats(BENCH_DEPTH * PANEL),
                          .c = guarded_floats(BENCH_ROWS * PANEL),
                          .rows = guarded_floats(BENCH_DEPTH * PANEL),
                          .halves = guarded_allocate(BENCH_HALVES * sizeof(uint16_t)),
                          .running = guarded_allocate(sizeof(struct rowmax))};
    rowmax_start(bench.running);
    fill(bench.a, BENCH_ROWS * BENCH_DEPTH, RANDOM);
    fill(bench.b, BENCH_DEPTH * PANEL, RANDOM);
    bench_kernels(benchmarks, sizeof benchmarks / sizeof benchmarks[0], &bench);
    void *all[] = {bench.a, bench.b, bench.c, bench.rows, bench.halves, bench.running};
    guarded_free_all(all, sizeof all / sizeof *all);
    return EXIT_SUCCESS;
}

MAIN_WITH_BENCH(cmocka_unit_test(test_dispatch), cmocka_unit_test(test_gemm), cmocka_unit_test(test_gemm_cell_panel),
                cmocka_unit_test(test_gemm_keeps_nan), cmocka_unit_test(test_rowmax),
                cmocka_unit_test(test_sums_of_many_channels), cmocka_unit_test(test_rowmax_stays_within_cells),
                cmocka_unit_test(test_rowmax_survives_nan), cmocka_unit_test(test_distance),
                cmocka_unit_test(test_weights), cmocka_unit_test(test_from_float16),
                cmocka_unit_test(test_from_float16_ragged))
