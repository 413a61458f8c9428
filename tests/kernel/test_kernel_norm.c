/* Tests the kernels that normalise cells, and those of a GroupNorm, of every instruction set against kernel.h, with all
 * kinds of numbers and ragged panels. */
#include "kernel/kernel_testing.h"

enum { CHANNELS = 36, VALUES = CHANNELS * PANEL };

static void kernels_that_fuse_agree(const struct kernels *kernels, float *first, const float *found, size_t n)
{
    static const struct kernels *reference;

    if (!is_fused(kernels))
        return;
    if (!reference || reference == kernels) {
        reference = kernels;
        memcpy(first, found, n * sizeof *first);
    }
    for (size_t i = 0; i < n; i++)
        assert_true(same(first[i], found[i]));
}

/* ---- normalised cells ---------------------------------------------------------------------------- */

static void check_normalise(const struct kernels *kernels, size_t channels, size_t cells, enum pattern pattern)
{
    float *panel = guarded_floats(channels * PANEL), *rows = guarded_floats(cells * channels);
    float *norms = guarded_floats(cells);
    fill(panel, channels * PANEL, pattern);
    for (size_t k = 0; k < channels; k++)
        panel[k * PANEL + 5] = 0.0f;
    assert_true(kernels->normalise_panel(panel, channels, cells, rows, norms));
    for (size_t i = 0; i < cells; i++) {
        double sum = 0.0;
        for (size_t k = 0; k < channels; k++)
            sum += (double)panel[k * PANEL + i] * panel[k * PANEL + i];
        const double factor = 1.0 / (sqrt(sum) + 1e-6);
        assert_true(same(norms[i], (float)(sqrt(sum) + 1e-6)));
        for (size_t k = 0; k < channels; k++)
            assert_true(same(rows[i * channels + k], (float)(panel[k * PANEL + i] * factor)));
    }
    guarded_check(rows, cells * channels * sizeof *rows);
    guarded_check(norms, cells * sizeof *norms);
    guarded_free(panel);
    guarded_free(rows);
    guarded_free(norms);
}

static void test_normalise(void **state)
{
    (void)state;
    static const size_t channels[] = {1, 2, 5, 8, 15, 16, 17, 37, 64, 1536};
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));)
        for (size_t c = 0; c < sizeof channels / sizeof channels[0]; c++)
            for (int pattern = 0; pattern < PATTERNS; pattern++)
                for (size_t cells = 1; cells <= PANEL; cells += cells < 9 ? 1 : 13)
                    check_normalise(kernels, channels[c], cells, (enum pattern)pattern);
}

static void test_normalise_finds_what_is_not_finite(void **state)
{
    (void)state;
    enum { ODD = 19 };
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    float *panel = guarded_floats(ODD * PANEL), *rows = guarded_floats(ODD * PANEL), norms[PANEL];
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));)
        for (size_t place = 0; place < ODD * PANEL; place++) {
            fill(panel, ODD * PANEL, place % 2 ? HUGE_VALUES : RANDOM);
            panel[place] = bad[place % 3];
            assert_false(kernels->normalise_panel(panel, ODD, PANEL, rows, norms));
        }
    guarded_free(panel);
    guarded_free(rows);
}

/* ---- rows and panels ------------------------------------------------------------------------------ */

static void test_gather(void **state)
{
    (void)state;
    static const size_t channels[] = {1, 7, 8, 16, 17, 37, 64};
    const struct kernels *kernels;
    for (size_t c = 0; c < sizeof channels / sizeof channels[0]; c++) {
        const size_t n = channels[c];
        float *values = guarded_floats(PANEL * n);
        const float *rows[PANEL];
        fill(values, PANEL * n, RANDOM);
        for (size_t i = 0; i < PANEL; i++) /* in no order, and some twice */
            rows[i] = values + i * 7 % (PANEL - 5) * n;
        for (size_t k = 0; (kernels = usable_kernels(&k));) {
            float *panel = guarded_floats(n * PANEL);
            kernels->gather_panel(rows, n, panel);
            guarded_check(panel, n * PANEL * sizeof *panel);
            for (size_t i = 0; i < PANEL; i++)
                for (size_t e = 0; e < n; e++)
                    assert_true(panel[e * PANEL + i] == rows[i][e]);
            guarded_free(panel);
        }
        guarded_free(values);
    }
}

/* ---- moments ------------------------------------------------------------------------------------- */

/* The sums as kernel.h has them: lanes by i % 16, folded. Squares of floats are exact in double. */
static void expected_moments(const float *panel, size_t size, size_t cells, double moments[2])
{
    double lane[2][16] = {{0}};

    for (size_t k = 0; k < size; k++)
        for (size_t i = 0; i < cells; i++) {
            const double value = panel[k * PANEL + i];
            lane[0][i % 16] += value;
            lane[1][i % 16] += value * value;
        }
    for (int m = 0; m < 2; m++) {
        for (size_t width = 8; width > 0; width /= 2)
            for (size_t i = 0; i < width; i++)
                lane[m][i] += lane[m][i + width];
        moments[m] = lane[m][0];
    }
}

/* The same bits in every implementation, and nothing beyond the last cell counts. */
static void test_moments(void **state)
{
    static const size_t sizes[] = {1, 2, 3, 4, 6, 9, 12, 18, 36};
    const struct kernels *kernels;

    (void)state;
    for (size_t set = 0; (kernels = usable_kernels(&set));)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (size_t cells = 1; cells <= PANEL; cells += cells < 18 ? 1 : 15)
                for (enum pattern pattern = RANDOM; pattern < PATTERNS; pattern++) {
                    const size_t groups = CHANNELS / sizes[s];
                    float *panel = guarded_floats(VALUES);
                    double *moments = guarded_allocate(2 * groups * sizeof *moments), expected[2];
                    fill(panel, VALUES, pattern);
                    for (size_t k = 0; k < CHANNELS; k++)
                        for (size_t i = cells; i < PANEL; i++)
                            panel[k * PANEL + i] = NAN;
                    kernels->moments_panel(panel, CHANNELS, sizes[s], cells, moments);
                    for (size_t g = 0; g < groups; g++) {
                        expected_moments(panel + g * sizes[s] * PANEL, sizes[s], cells, expected);
                        assert_memory_equal(moments + 2 * g, expected, sizeof expected);
                    }
                    guarded_check(panel, VALUES * sizeof *panel);
                    guarded_check(moments, 2 * groups * sizeof *moments);
                    guarded_free(panel);
                    guarded_free(moments);
                }
}

/* A NaN or an infinity makes its own group's sums NaN or infinite, and no other's. */
static void test_moments_not_finite(void **state)
{
    const struct kernels *kernels;
    float panel[4 * PANEL] = {0};
    double moments[4];

    (void)state;
    for (size_t set = 0; (kernels = usable_kernels(&set));)
        for (int i = 0; i < 2; i++) {
            panel[3 * PANEL + 47] = i ? NAN : INFINITY;
            kernels->moments_panel(panel, 4, 2, PANEL, moments);
            assert_true(moments[0] == 0 && moments[1] == 0 && !isfinite(moments[2]) && !isfinite(moments[3]));
        }
}

/* ---- affine -------------------------------------------------------------------------------------- */

static float relu(float value)
{
    return value < 0 ? 0 : value;
}

static void test_affine(void **state)
{
    const struct kernels *kernels;
    static float first[PATTERNS][VALUES];

    (void)state;
    random_state = 3;
    float *in = guarded_floats(VALUES), *out = guarded_floats(VALUES), scale[CHANNELS], shift[CHANNELS];
    for (enum pattern pattern = RANDOM; pattern < PATTERNS; pattern++) {
        fill(in, VALUES, pattern);
        fill(scale, CHANNELS, pattern);
        fill(shift, CHANNELS, pattern);
        in[5] = NAN;
        for (size_t set = 0; (kernels = usable_kernels(&set));) {
            kernels->affine_panel(in, CHANNELS, scale, shift, out);
            for (size_t i = 0; i < VALUES; i++)
                assert_true(same(out[i], relu(step(is_fused(kernels), scale[i / PANEL], in[i], shift[i / PANEL]))));
            kernels_that_fuse_agree(kernels, first[pattern], out, VALUES);
            guarded_check(out, VALUES * sizeof *out);
            memcpy(out, in, VALUES * sizeof *out); /* in place */
            kernels->affine_panel(out, CHANNELS, scale, shift, out);
            for (size_t i = 0; i < VALUES; i++)
                assert_true(same(out[i], relu(step(is_fused(kernels), scale[i / PANEL], in[i], shift[i / PANEL]))));
        }
    }
    guarded_free(in);
    guarded_free(out);
}

/* ---- mix ----------------------------------------------------------------------------------------- */

static void check_mix(const struct kernels *kernels, const struct mix *mix, const float *old, const float *out)
{
    const bool fused = is_fused(kernels);

    for (size_t i = 0; i < VALUES; i++) {
        const size_t c = i / PANEL;
        float side = mix->side[i];
        if (mix->side_scale)
            side = step(fused, mix->side_scale[c], side, mix->side_shift[c]);
        const float value = relu((float)((double)step(fused, mix->scale[c], mix->in[i], mix->shift[c]) + side));
        assert_true(same(out[i], step(fused, mix->weight, value, mix->accumulate ? old[i] : 0)));
    }
}

static void test_mix(void **state)
{
    const struct kernels *kernels;
    float *in = guarded_floats(VALUES), *side = guarded_floats(VALUES), *out = guarded_floats(VALUES);
    float old[VALUES], row[4][CHANNELS];

    (void)state;
    random_state = 4;
    for (enum pattern pattern = RANDOM; pattern < PATTERNS; pattern++)
        for (int flags = 0; flags < 4; flags++) {
            fill(in, VALUES, pattern);
            fill(side, VALUES, pattern);
            fill(old, VALUES, pattern);
            for (int i = 0; i < 4; i++)
                fill(row[i], CHANNELS, pattern);
            in[100] = NAN;
            for (size_t set = 0; (kernels = usable_kernels(&set));) {
                struct mix mix = {.channels = CHANNELS,
                                  .in = in,
                                  .scale = row[0],
                                  .shift = row[1],
                                  .side = side,
                                  .side_scale = flags & 1 ? row[2] : NULL,
                                  .side_shift = flags & 1 ? row[3] : NULL,
                                  .weight = 0.3f,
                                  .accumulate = flags & 2,
                                  .out = out};
                memcpy(out, old, sizeof old);
                kernels->mix_panel(&mix);
                check_mix(kernels, &mix, old, out);
                guarded_check(out, VALUES * sizeof *out);
            }
        }
    guarded_free(in);
    guarded_free(side);
    guarded_free(out);
}

/* ---- speed --------------------------------------------------------------------------------------- */

struct bench {
    float *in, *side, *out, *rows;
    double *moments;
};

enum { BENCH_CHANNELS = 768 };

static double run_moments(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;

    kernels->moments_panel(bench->in, BENCH_CHANNELS, 24, PANEL, bench->moments);
    return sizeof(float) * BENCH_CHANNELS * PANEL;
}

static double run_affine(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;

    kernels->affine_panel(bench->in, BENCH_CHANNELS, bench->rows, bench->rows, bench->out);
    return 2.0 * sizeof(float) * BENCH_CHANNELS * PANEL;
}

static double run_mix(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;

    kernels->mix_panel(&(struct mix){BENCH_CHANNELS, bench->in, bench->rows, bench->rows, bench->side, bench->rows,
                                     bench->rows, 0.5f, true, bench->out});
    return 4.0 * sizeof(float) * BENCH_CHANNELS * PANEL;
}

static int run_benchmarks(void)
{
    static const struct benchmark benchmarks[] = {
        {"moments_panel", "GB/s", run_moments}, {"affine_panel", "GB/s", run_affine}, {"mix_panel", "GB/s", run_mix}};
    const size_t values = (size_t)BENCH_CHANNELS * PANEL;
    struct bench bench = {guarded_floats(values), guarded_floats(values), guarded_floats(values),
                          guarded_floats(BENCH_CHANNELS), guarded_allocate(BENCH_CHANNELS * sizeof(double))};

    fill(bench.in, values, RANDOM);
    fill(bench.side, values, RANDOM);
    fill(bench.out, values, RANDOM);
    for (size_t i = 0; i < BENCH_CHANNELS; i++)
        bench.rows[i] = 0.5f;
    bench_kernels(benchmarks, sizeof benchmarks / sizeof *benchmarks, &bench);
    guarded_free(bench.in);
    guarded_free(bench.side);
    guarded_free(bench.out);
    guarded_free(bench.rows);
    guarded_free(bench.moments);
    return EXIT_SUCCESS;
}

MAIN_WITH_BENCH(cmocka_unit_test(test_normalise), cmocka_unit_test(test_normalise_finds_what_is_not_finite),
                cmocka_unit_test(test_gather), cmocka_unit_test(test_moments),
                cmocka_unit_test(test_moments_not_finite), cmocka_unit_test(test_affine), cmocka_unit_test(test_mix))
