/* The transforms of Winograd's F(4x4,3x3) against its matrices in double, with moves and guards. With --bench: their
 * speed. */
#include "kernel/kernel_testing.h"

enum { MOST_CHANNELS = 5, IN_CELLS = 700, OUT_CELLS = 900 };

static const double a = WINOGRAD_A, b = WINOGRAD_B;

/* The matrices of kernel.h. */
static void input_matrix(double m[6][6])
{
    const double rows[6][6] = {{a * a * b * b, 0, -(a * a + b * b), 0, 1, 0},
                               {0, -a * b * b, -b * b, a, 1, 0},
                               {0, a * b * b, -b * b, -a, 1, 0},
                               {0, -b * a * a, -a * a, b, 1, 0},
                               {0, b * a * a, -a * a, -b, 1, 0},
                               {0, a * a * b * b, 0, -(a * a + b * b), 0, 1}};
    memcpy(m, rows, sizeof rows);
}

static void output_matrix(double m[4][6])
{
    for (int y = 0; y < 4; y++) {
        const double row[6] = {y == 0, pow(a, y), pow(-a, y), pow(b, y), pow(-b, y), y == 3};
        memcpy(m[y], row, sizeof row);
    }
}

static void weight_matrix(double m[6][3])
{
    const double na = 2 * a * a * (a * a - b * b), nb = 2 * b * b * (b * b - a * a);
    const double rows[6][3] = {{1 / (a * a * b * b), 0, 0},   {1 / na, a / na, a * a / na},
                               {1 / na, -a / na, a * a / na}, {1 / nb, b / nb, b * b / nb},
                               {1 / nb, -b / nb, b * b / nb}, {0, 0, 1}};
    memcpy(m, rows, sizeof rows);
}

/* The matrices give a 3x3 convolution at all, in double: else all the rest is worth nothing. */
static void test_matrices(void **state)
{
    (void)state;
    double bt[6][6], at[4][6], g[6][3], d[6][6], w[3][3], m[6][6];
    input_matrix(bt);
    output_matrix(at);
    weight_matrix(g);
    for (int i = 0; i < 36; i++)
        d[i / 6][i % 6] = random_float();
    for (int i = 0; i < 9; i++)
        w[i / 3][i % 3] = random_float();
    for (int y = 0; y < 6; y++)
        for (int x = 0; x < 6; x++) {
            double u = 0, v = 0;
            for (int i = 0; i < 9; i++)
                u += g[y][i / 3] * g[x][i % 3] * w[i / 3][i % 3];
            for (int i = 0; i < 36; i++)
                v += bt[y][i / 6] * bt[x][i % 6] * d[i / 6][i % 6];
            m[y][x] = u * v;
        }
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++) {
            double direct = 0, sum = 0;
            for (int i = 0; i < 9; i++)
                direct += w[i / 3][i % 3] * d[y + i / 3][x + i % 3];
            for (int i = 0; i < 36; i++)
                sum += at[y][i / 6] * at[x][i % 6] * m[i / 6][i % 6];
            assert_true(fabs(sum - direct) < 1e-12);
        }
}

/* ---- weights ------------------------------------------------------------------------------------- */

enum { MOST_INPUTS = 5, GAP = 2 * TILE };

static void check_weights(double g[6][3], const float *w, size_t inputs, const float *u, size_t u_slice)
{
    for (size_t p = 0; p < WINOGRAD_PATCH; p++) {
        for (size_t i = 0; i < inputs * TILE; i++) {
            double sum = 0;
            for (size_t y = 0; y < 3; y++)
                for (size_t x = 0; x < 3; x++)
                    sum += g[p / 6][y] * g[p % 6][x] * w[(i / TILE * WINOGRAD_TAPS + y * 3 + x) * TILE + i % TILE];
            assert_true(fabs((double)u[p * u_slice + i] - sum) <= 0x1p-23 * fabs(sum) + 0x1p-40);
        }
        assert_true(untouched(u + p * u_slice + inputs * TILE, GAP * sizeof *u));
    }
}

/* Right, and the same bits in every implementation. */
static void test_weights(void **state)
{
    (void)state;
    double g[6][3];
    weight_matrix(g);
    for (size_t inputs = 1; inputs <= MOST_INPUTS; inputs++) {
        const size_t u_slice = inputs * TILE + GAP, floats = WINOGRAD_PATCH * u_slice;
        float *w = guarded_floats(inputs * WINOGRAD_TAPS * TILE), *first = NULL;
        fill(w, inputs * WINOGRAD_TAPS * TILE, RANDOM);
        const struct kernels *kernels;
        for (size_t i = 0; (kernels = usable_kernels(&i));) {
            float *u = guarded_floats(floats);
            kernels->winograd_weights(g[0], w, inputs, u, u_slice);
            guarded_check(u, floats * sizeof *u);
            check_weights(g, w, inputs, u, u_slice);
            if (first) {
                assert_memory_equal(u, first, floats * sizeof *u);
                guarded_free(u);
            } else
                first = u;
        }
        guarded_free(w);
        guarded_free(first);
    }
}

/* Moves from and to random cells; about one in `sparse` patch elements and tiles' cells is outside the map. */
static struct winograd_tiles *random_tiles(unsigned sparse)
{
    struct winograd_tiles *tiles = guarded_allocate(sizeof *tiles);
    tiles->in_count = tiles->out_count = 0;
    for (size_t i = 0; i < WINOGRAD_PATCH * PANEL; i++)
        if (sparse == 0 || random_bits() % sparse) {
            const size_t cell = random_bits() % IN_CELLS;
            tiles->in_place[tiles->in_count] = (uint16_t)i;
            tiles->in_offset[tiles->in_count++] = (uint32_t)(cell / PANEL * MOST_CHANNELS * PANEL + cell % PANEL);
        }
    for (size_t i = 0; i < WINOGRAD_TILE * PANEL; i++)
        if (sparse == 0 || random_bits() % sparse) {
            const size_t cell = (i * 7 + 11) % OUT_CELLS; /* all different, since 7 and 900 share no factor */
            tiles->out_place[tiles->out_count] = (uint16_t)i;
            tiles->out_offset[tiles->out_count++] = (uint32_t)(cell / PANEL * MOST_CHANNELS * PANEL + cell % PANEL);
        }
    return tiles;
}

static size_t map_floats(size_t cells)
{
    return (cells + PANEL - 1) / PANEL * MOST_CHANNELS * PANEL;
}

/* ---- inputs -------------------------------------------------------------------------------------- */

static void patches_of(const struct winograd_tiles *tiles, const float *in, size_t channel,
                       double patch[WINOGRAD_PATCH * PANEL])
{
    memset(patch, 0, WINOGRAD_PATCH * PANEL * sizeof *patch);
    for (size_t i = 0; i < tiles->in_count; i++)
        patch[tiles->in_place[i]] = in[tiles->in_offset[i] + channel * PANEL];
}

static void check_input(const struct winograd_tiles *tiles, const float *in, size_t channels, const float *v,
                        size_t v_slice)
{
    double bt[6][6];
    input_matrix(bt);
    for (size_t c = 0; c < channels; c++) {
        double patch[WINOGRAD_PATCH * PANEL];
        patches_of(tiles, in, c, patch);
        for (size_t p = 0; p < WINOGRAD_PATCH; p++)
            for (size_t t = 0; t < PANEL; t++) {
                double sum = 0, magnitude = 0;
                for (size_t i = 0; i < WINOGRAD_PATCH; i++) {
                    const double term = bt[p / 6][i / 6] * bt[p % 6][i % 6] * patch[i * PANEL + t];
                    sum += term;
                    magnitude += fabs(term);
                }
                assert_true(fabs((double)v[p * v_slice + c * PANEL + t] - sum) <= 12 * 0x1p-24 * magnitude + 0x1p-140);
            }
    }
}

static void run_input(const struct winograd_tiles *tiles, const float *in, size_t channels, size_t v_slice,
                      bool first_class, float *first_v)
{
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));) {
        if (is_fused(kernels) != first_class)
            continue;
        float *v = guarded_floats(WINOGRAD_PATCH * v_slice);
        kernels->winograd_input(tiles, in, channels, v, v_slice);
        guarded_check(v, WINOGRAD_PATCH * v_slice * sizeof *v);
        for (size_t p = 0; p < WINOGRAD_PATCH; p++)
            assert_true(untouched(v + p * v_slice + channels * PANEL, (v_slice - channels * PANEL) * sizeof *v));
        check_input(tiles, in, channels, v, v_slice);
        if (untouched(first_v, sizeof *first_v))
            memcpy(first_v, v, WINOGRAD_PATCH * v_slice * sizeof *v);
        assert_memory_equal(v, first_v, WINOGRAD_PATCH * v_slice * sizeof *v); /* equal within a class */
        guarded_free(v);
    }
}

static void test_input(void **state)
{
    (void)state;
    static const size_t slices[] = {MOST_CHANNELS * PANEL + 16, 8192}; /* the second is large enough to be streamed */
    float *in = guarded_floats(map_floats(IN_CELLS));
    for (unsigned sparse = 0; sparse < 4; sparse += sparse ? 1 : 2)
        for (int pattern = 0; pattern < PATTERNS; pattern++) {
            struct winograd_tiles *tiles = random_tiles(sparse);
            fill(in, map_floats(IN_CELLS), pattern == HUGE_VALUES ? RANDOM : (enum pattern)pattern);
            for (size_t i = 0; i < 4; i++)
                for (size_t channels = 1; channels <= MOST_CHANNELS; channels += i / 2 ? 4 : 1) {
                    float *first_v = guarded_floats(WINOGRAD_PATCH * slices[i / 2]);
                    run_input(tiles, in, channels, slices[i / 2], i % 2, first_v);
                    guarded_free(first_v);
                }
            guarded_free(tiles);
        }
    guarded_free(in);
}

/* ---- outputs ------------------------------------------------------------------------------------- */

struct output_case {
    const struct winograd_tiles *tiles;
    const float *m, *bias;
    size_t m_slice, channels;
    bool relu;
};

/* out: what was written; everything else must still be the guards' pattern. Cells written are overwritten with it. */
static void check_output(const struct output_case *in, float *out)
{
    double at[4][6];
    output_matrix(at);
    for (size_t c = 0; c < in->channels; c++)
        for (size_t i = 0; i < in->tiles->out_count; i++) {
            const size_t q = in->tiles->out_place[i] / PANEL, t = in->tiles->out_place[i] % PANEL;
            float *got = &out[in->tiles->out_offset[i] + c * PANEL];
            double sum = in->bias ? in->bias[c] : 0, magnitude = fabs(sum);
            for (size_t p = 0; p < WINOGRAD_PATCH; p++) {
                const double term = at[q / 4][p / 6] * at[q % 4][p % 6] * in->m[p * in->m_slice + c * PANEL + t];
                sum += term;
                magnitude += fabs(term);
            }
            assert_true(!in->relu || *got >= 0);
            sum = in->relu && sum < 0 ? 0 : sum;
            assert_true(fabs((double)*got - sum) <= 14 * 0x1p-24 * magnitude + 0x1p-140);
            memset(got, GUARD_BYTE, sizeof *got);
        }
    assert_true(untouched(out, map_floats(OUT_CELLS) * sizeof *out));
    guarded_check(out, map_floats(OUT_CELLS) * sizeof *out);
}

static void run_output(const struct output_case *in)
{
    const size_t bytes = map_floats(OUT_CELLS) * sizeof(float);
    float *first[2] = {NULL, NULL}; /* of each class */
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));) {
        float *out = guarded_allocate(bytes), **same_class = &first[is_fused(kernels)];
        kernels->winograd_output(in->tiles, in->m, in->m_slice, in->channels, in->bias, in->relu, out);
        if (*same_class)
            assert_memory_equal(out, *same_class, bytes);
        else
            memcpy(*same_class = guarded_allocate(bytes), out, bytes);
        check_output(in, out);
        guarded_free(out);
    }
    for (size_t i = 0; i < 2; i++)
        if (first[i])
            guarded_free(first[i]);
}

static void test_output(void **state)
{
    (void)state;
    const size_t m_slice = MOST_CHANNELS * PANEL + 16;
    float *m = guarded_floats(WINOGRAD_PATCH * m_slice), bias[MOST_CHANNELS];
    for (unsigned sparse = 0; sparse < 4; sparse += sparse ? 1 : 2)
        for (int pattern = 0; pattern < PATTERNS; pattern++) {
            struct winograd_tiles *tiles = random_tiles(sparse);
            fill(m, WINOGRAD_PATCH * m_slice, pattern == HUGE_VALUES ? RANDOM : (enum pattern)pattern);
            fill(bias, MOST_CHANNELS, pattern == HUGE_VALUES ? RANDOM : (enum pattern)pattern);
            for (size_t channels = 1; channels <= MOST_CHANNELS; channels++)
                for (int flags = 0; flags < 4; flags++)
                    run_output(&(struct output_case){tiles, m, flags & 1 ? bias : NULL, m_slice, channels, flags & 2});
            guarded_free(tiles);
        }
    guarded_free(m);
}

static void test_output_keeps_nan(void **state)
{
    (void)state;
    struct winograd_tiles *tiles = random_tiles(0);
    float *m = guarded_floats(WINOGRAD_PATCH * PANEL), *out = guarded_floats(map_floats(OUT_CELLS));
    for (size_t i = 0; i < WINOGRAD_PATCH * PANEL; i++)
        m[i] = NAN;
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));) {
        kernels->winograd_output(tiles, m, PANEL, 1, NULL, true, out);
        for (size_t j = 0; j < tiles->out_count; j++)
            assert_true(isnan(out[tiles->out_offset[j]]));
    }
    guarded_free(tiles);
    guarded_free(m);
    guarded_free(out);
}

/* ---- speed --------------------------------------------------------------------------------------- */

enum { BENCH_CHANNELS = 32 };

struct bench {
    struct winograd_tiles *tiles; /* 12 x 4 tiles of a map 60 cells wide */
    float *map, *slices;
};

static double bench_weights(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    static const double g[WINOGRAD_SIDE * 3] = {1, 1, 1, 1};
    kernels->winograd_weights(g, bench->map, BENCH_CHANNELS, bench->slices, BENCH_CHANNELS * TILE);
    return 4.0 * WINOGRAD_PATCH * TILE * BENCH_CHANNELS;
}

static double bench_input(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    kernels->winograd_input(bench->tiles, bench->map, BENCH_CHANNELS, bench->slices, BENCH_CHANNELS * PANEL);
    return 4.0 * WINOGRAD_PATCH * PANEL * BENCH_CHANNELS;
}

static double bench_output(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    kernels->winograd_output(bench->tiles, bench->slices, BENCH_CHANNELS * PANEL, BENCH_CHANNELS, NULL, true,
                             bench->map);
    return 4.0 * WINOGRAD_PATCH * PANEL * BENCH_CHANNELS;
}

static int run_benchmarks(void)
{
    static const struct benchmark benchmarks[] = {{"winograd_weights", "GB/s of U", bench_weights},
                                                  {"winograd_input", "GB/s of V", bench_input},
                                                  {"winograd_output", "GB/s of M", bench_output}};
    enum { WIDTH = 60, ACROSS = 12, PANELS = 30 };
    struct bench bench = {guarded_allocate(sizeof *bench.tiles), guarded_floats(PANELS * BENCH_CHANNELS * PANEL),
                          guarded_floats(WINOGRAD_PATCH * BENCH_CHANNELS * PANEL)};
    *bench.tiles = (struct winograd_tiles){.in_count = WINOGRAD_PATCH * PANEL, .out_count = WINOGRAD_TILE * PANEL};
    for (size_t i = 0; i < WINOGRAD_PATCH * PANEL; i++) {
        const size_t p = i / PANEL, t = i % PANEL;
        const size_t cell = (t / ACROSS * 4 + p / 6) * WIDTH + t % ACROSS * 4 + p % 6;
        bench.tiles->in_place[i] = (uint16_t)i;
        bench.tiles->in_offset[i] = (uint32_t)(cell / PANEL * BENCH_CHANNELS * PANEL + cell % PANEL);
    }
    for (size_t i = 0; i < WINOGRAD_TILE * PANEL; i++) {
        const size_t q = i / PANEL, t = i % PANEL;
        const size_t cell = (t / ACROSS * 4 + q / 4) * WIDTH + t % ACROSS * 4 + q % 4;
        bench.tiles->out_place[i] = (uint16_t)i;
        bench.tiles->out_offset[i] = (uint32_t)(cell / PANEL * BENCH_CHANNELS * PANEL + cell % PANEL);
    }
    fill(bench.map, PANELS * BENCH_CHANNELS * PANEL, RANDOM);
    bench_kernels(benchmarks, 3, &bench);
    guarded_free(bench.tiles);
    guarded_free(bench.map);
    guarded_free(bench.slices);
    return EXIT_SUCCESS;
}

MAIN_WITH_BENCH(cmocka_unit_test(test_matrices), cmocka_unit_test(test_weights), cmocka_unit_test(test_input),
                cmocka_unit_test(test_output), cmocka_unit_test(test_output_keeps_nan))
