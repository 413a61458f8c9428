/* The kernels of the exact int8 search: bounds hold, for good and for bad cells, means and sizes; rescoring gives
 * the bits of rowmax_panel; both together find what rowmax_panel finds. With --bench: their speed. */
#include "kernel/kernel_testing.h"

/* ---- panels to try ------------------------------------------------------------------------------- */

enum content { NORMALISED, ALL_EQUAL, ZERO, OUTLIER, SIGNS, ONES, SMALL, LARGE, ONE_BIT, CONTENTS };

static float content_float(enum content content, size_t channel, size_t cell)
{
    switch (content) {
    case ALL_EQUAL:
        return 0.01f * (float)(channel % 7);
    case ZERO:
        return 0.0f;
    case OUTLIER:
        return channel == 0 ? 0.99f : random_float() * 1e-3f;
    case SIGNS:
        return random_bits() % 2 ? 1.0f : -1.0f; /* q at both ends of its range */
    case ONES:
        return channel % 2 ? 1.0f : -1.0f; /* and all products with one sign */
    case SMALL:
        return random_float() * 1e-35f;
    case LARGE:
        return random_float() * 1e15f;
    case ONE_BIT:
        return channel == 3 && cell == 17 ? 0.25f + 0x1p-26f : 0.25f;
    default:
        return random_float() * 0.04f;
    }
}

static float *content_panel(enum content content, size_t channels)
{
    float *panel = guarded_floats(channels * PANEL);
    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < PANEL; i++)
            panel[c * PANEL + i] = content_float(content, c, i);
    return panel;
}

/* The mean of the panel's cells, or something else: any will do. */
static float *content_mean(const float *panel, size_t channels, bool good)
{
    float *mean = guarded_floats(channels);
    for (size_t c = 0; c < channels; c++) {
        mean[c] = 0.0f;
        for (size_t i = 0; i < PANEL; i++)
            mean[c] += panel[c * PANEL + i] / PANEL;
        if (!good)
            mean[c] *= random_float() * 3.0f;
    }
    return mean;
}

/* ---- quantising ---------------------------------------------------------------------------------- */

struct side {
    float *panel, *mean;
    int8_t *q;
    size_t adjacent; /* channels of a cell in q */
    struct quantised *quantised;
};

static struct side make_side(const struct kernels *kernels, enum content content, size_t channels, bool good_mean)
{
    struct side side = {.panel = content_panel(content, channels), .adjacent = kernels->int8_adjacent};
    side.mean = content_mean(side.panel, channels, good_mean);
    side.q = guarded_allocate(int8_panel_bytes(channels));
    side.quantised = guarded_allocate(sizeof *side.quantised);
    kernels->quantise_panel(side.panel, side.mean, channels, side.q, side.quantised);
    guarded_check(side.q, int8_panel_bytes(channels));
    guarded_check(side.quantised, sizeof *side.quantised);
    return side;
}

static void free_side(struct side *side)
{
    guarded_free(side->panel);
    guarded_free(side->mean);
    guarded_free(side->q);
    guarded_free(side->quantised);
}

static int8_t integer(const struct side *side, size_t channel, size_t cell)
{
    return side
        ->q[channel / side->adjacent * side->adjacent * PANEL + side->adjacent * cell + channel % side->adjacent];
}

/* The statistics against the same in double; close as well. */
static void check_side(const struct side *side, size_t channels)
{
    const struct quantised *quantised = side->quantised;
    for (size_t i = 0; i < PANEL; i++) {
        double error = 0, length = 0, rounded = 0, scale = quantised->scale[i], most = 0;
        int32_t sum = 0;
        for (size_t c = 0; c < channels; c++) {
            const double value = (double)side->panel[c * PANEL + i] - side->mean[c], q = scale * integer(side, c, i);
            error += (value - q) * (value - q);
            length += value * value;
            rounded += q * q;
            most = fmax(most, fabs(value));
            sum += integer(side, c, i);
        }
        assert_int_equal(quantised->sum[i], sum);
        assert_true(quantised->length[i] >= sqrt(length) && quantised->length[i] >= sqrt(rounded));
        assert_true(quantised->error[i] >= sqrt(error) + 0x1p-20 * sqrt(length));
        /* Rounding loses half a step of most / 63 at worst in each channel. */
        const double coarse = most / 63 * 0.51 * sqrt((double)channels) + 1e-5 * sqrt(length) + 0x1p-59;
        assert_true(quantised->error[i] <= coarse + 0.01 * sqrt(error));
        assert_true(quantised->length[i] <= (sqrt(length) + coarse) * 1.02);
    }
    for (size_t c = channels; c * PANEL < int8_panel_bytes(channels); c++)
        for (size_t i = 0; i < PANEL; i++)
            assert_int_equal(integer(side, c, i), 0);
}

/* ---- bounds -------------------------------------------------------------------------------------- */

static void check_bounds(const struct kernels *kernels, const struct side *source, const struct side *target,
                         size_t channels)
{
    const size_t stride = PANEL + 9;
    float *upper = guarded_floats(PANEL * stride), shift[PANEL];
    double exact_shift[PANEL];
    for (size_t n = 0; n < PANEL; n++) {
        exact_shift[n] = (double)random_float() * target->quantised->length[n] * (double)(random_bits() % 3);
        shift[n] = (float)(exact_shift[n] + fabs(exact_shift[n]) * 0x1.4p-22);
    }
    kernels->bound_panel(source->q, source->quantised, target->q, target->quantised, shift, channels, upper, stride);
    for (size_t m = 0; m < PANEL; m++) {
        for (size_t n = 0; n < PANEL; n++) {
            double product = exact_shift[n];
            for (size_t c = 0; c < channels; c++)
                product += ((double)source->panel[c * PANEL + m] - source->mean[c]) *
                           ((double)target->panel[c * PANEL + n] - target->mean[c]);
            const double room = (double)source->quantised->error[m] * target->quantised->length[n] +
                                (double)source->quantised->length[m] * target->quantised->error[n];
            if (!(upper[m * stride + n] >= product &&
                  upper[m * stride + n] <= product + 2.001 * room + 1e-6 * fabs(shift[n])))
                fail_msg("%s, %zu channels: bound %g of %g, room %g", kernels->name, channels,
                         (double)upper[m * stride + n], product, room);
        }
        assert_true(untouched(upper + m * stride + PANEL, 9 * sizeof *upper));
    }
    guarded_check(upper, PANEL * stride * sizeof *upper);
    guarded_free(upper);
}

static void check_contents(const struct kernels *kernels, size_t channels, enum content source_content,
                           enum content target_content)
{
    for (int good = 0; good < 2; good++) {
        struct side source = make_side(kernels, source_content, channels, good);
        struct side target = make_side(kernels, target_content, channels, good);
        check_side(&source, channels);
        check_side(&target, channels);
        check_bounds(kernels, &source, &target, channels);
        free_side(&source);
        free_side(&target);
    }
}

static void test_bounds(void **state)
{
    (void)state;
    static const size_t channels[] = {1, 2, 3, 4, 5, 7, 8, 9, 37, 64, 300};
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));) {
        for (size_t c = 0; c < sizeof channels / sizeof channels[0]; c++)
            for (int source = 0; source < CONTENTS; source++)
                for (int target = 0; target < CONTENTS; target += c < 9 ? 1 : 3)
                    check_contents(kernels, channels[c], (enum content)source, (enum content)target);
        check_contents(kernels, 1536, NORMALISED, NORMALISED);
        check_contents(kernels, 1536, SIGNS, ONES);
    }
}

/* The largest products that 32 bits must hold: all integers at the ends of their range, all products of one sign. */
static void test_most_channels(void **state)
{
    (void)state;
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));) {
        float *panel = content_panel(ONES, INT8_CHANNELS_MOST), *mean = guarded_floats(INT8_CHANNELS_MOST);
        memset(mean, 0, INT8_CHANNELS_MOST * sizeof *mean);
        for (size_t c = 0; c < INT8_CHANNELS_MOST; c++)
            panel[c * PANEL + 11] = 1.0f; /* and the largest sum of integers */
        int8_t *q = guarded_allocate(int8_panel_bytes(INT8_CHANNELS_MOST));
        struct quantised *quantised = guarded_allocate(sizeof *quantised);
        float *upper = guarded_floats(PANEL * PANEL);
        const float shift[PANEL] = {0};
        kernels->quantise_panel(panel, mean, INT8_CHANNELS_MOST, q, quantised);
        kernels->bound_panel(q, quantised, q, quantised, shift, INT8_CHANNELS_MOST, upper, PANEL);
        for (size_t m = 0; m < PANEL; m++)
            for (size_t n = 0; n < PANEL; n++) {
                const double product = (m == 11) == (n == 11) ? INT8_CHANNELS_MOST : 0;
                assert_true(upper[m * PANEL + n] >= product &&
                            upper[m * PANEL + n] < product + 0.02 * INT8_CHANNELS_MOST);
            }
        guarded_free(panel);
        guarded_free(mean);
        guarded_free(q);
        guarded_free(quantised);
        guarded_free(upper);
    }
}

/* ---- means --------------------------------------------------------------------------------------- */

static void test_sums_and_projections(void **state)
{
    (void)state;
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));)
        for (size_t channels = 1; channels < 1600; channels = channels * 3 + 2) {
            float *panel = content_panel(NORMALISED, channels), *sums = guarded_floats(channels),
                  *direction = guarded_floats(channels);
            double *out = guarded_allocate(PANEL * sizeof *out);
            const float *rows[PANEL];
            float *row_values = guarded_floats(PANEL * channels);
            for (size_t j = 0; j < PANEL; j++) {
                rows[j] = row_values + j * channels;
                for (size_t c = 0; c < channels; c++)
                    row_values[j * channels + c] = panel[c * PANEL + j];
            }
            fill(sums, channels, EQUAL);
            fill(direction, channels, MIXED);
            kernels->sum_rows(rows, PANEL - channels % 5, channels, sums);
            kernels->project_rows(rows, direction, channels, out);
            for (size_t c = 0; c < channels; c++) {
                double sum = 0.1f;
                for (size_t j = 0; j < PANEL - channels % 5; j++)
                    sum += panel[c * PANEL + j];
                assert_true(fabs(sums[c] - sum) < 1e-5);
            }
            for (size_t j = 0; j < PANEL; j++) {
                double sum = 0, magnitude = 0;
                for (size_t c = 0; c < channels; c++) {
                    sum += (double)direction[c] * panel[c * PANEL + j];
                    magnitude += fabs((double)direction[c] * panel[c * PANEL + j]);
                }
                assert_true(fabs(out[j] - sum) <= (double)channels * 0x1p-53 * magnitude);
            }
            guarded_check(sums, channels * sizeof *sums);
            guarded_check(out, PANEL * sizeof *out);
            guarded_free(panel);
            guarded_free(row_values);
            guarded_free(sums);
            guarded_free(direction);
            guarded_free(out);
        }
}

/* ---- candidates ---------------------------------------------------------------------------------- */

static void check_search(const struct kernels *kernels, const float *values, size_t n, float threshold, size_t most)
{
    int32_t *places = guarded_allocate(most * sizeof *places);
    const size_t found = kernels->find_at_least(values, n, threshold, places, most);
    size_t expected = 0;
    for (size_t i = 0; i < n; i++)
        if (values[i] >= threshold) {
            if (expected < most)
                assert_int_equal(places[expected], i);
            expected++;
        }
    assert_int_equal(found, expected);
    const size_t stored = found < most ? found : most;
    assert_true(untouched(places + stored, (most - stored) * sizeof *places));
    guarded_check(places, most * sizeof *places);
    guarded_free(places);
}

static void test_search(void **state)
{
    (void)state;
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));)
        for (size_t n = 1; n < 4000; n += n < 70 ? 1 : 1111) {
            float *values = guarded_floats(n);
            for (int coarse = 0; coarse < 3; coarse++) {
                float most = -INFINITY;
                for (size_t j = 0; j < n; j++) {
                    values[j] = coarse == 2 ? -1.0f : coarse ? floorf(random_float() * 4.0f) : random_float();
                    most = fmaxf(most, values[j]);
                }
                assert_true(kernels->largest(values, n) == most);
                check_search(kernels, values, n, most, 1);
                check_search(kernels, values, n, most, n);
                check_search(kernels, values, n, 0.5f, n / 4 + 1);
                check_search(kernels, values, n, -INFINITY, 0);
            }
            guarded_free(values);
        }
}

static void test_dot_rows(void **state)
{
    (void)state;
    enum { ROWS = 40, LENGTH = 1536 };
    static float rows[2 * ROWS][LENGTH];
    const float *a[ROWS], *b[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        a[i] = rows[random_bits() % (2 * ROWS)];
        b[i] = rows[random_bits() % (2 * ROWS)];
    }
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));)
        for (int pattern = 0; pattern < PATTERNS; pattern++) {
            fill(rows[0], 2 * ROWS * LENGTH, (enum pattern)pattern);
            for (size_t n = 1; n <= LENGTH; n = n < 20        ? n + 1
                                                : n == 20     ? 5 * SUM_BLOCK + 3
                                                : n == LENGTH ? n + 1
                                                              : LENGTH)
                for (size_t count = 0; count <= ROWS; count += count < 18 ? 1 : 11) {
                    float *out = guarded_floats(count);
                    kernels->dot_rows(a, b, count, n, out);
                    for (size_t j = 0; j < count; j += n == LENGTH ? 7 : 1) {
                        struct sum sum = {.fused = is_fused(kernels)};
                        for (size_t k = 0; k < n; k++)
                            sum_add(&sum, a[j][k], b[j][k]);
                        assert_true(same(out[j], sum_end(&sum)));
                    }
                    guarded_check(out, count * sizeof *out);
                    guarded_free(out);
                }
        }
}

/* ---- the search as a whole ----------------------------------------------------------------------- */

enum scene { COPIES, UNRELATED, SHARED_OFFSET, SAME_CELLS, ALMOST_SAME, DUPLICATES, ZEROS, SCENES };

/* Cells of length 1 as rows and panels; ALMOST_SAME ones differ in the last bits, so that nothing but the chain
 * decides. */
struct cells {
    size_t count, panels, channels;
    float *panel, *rows;
    float *mean;
    int8_t *q;
    struct quantised *quantised;
};

/* Copies of the last row fill the last panel. */
static void rows_of_panel(const struct cells *cells, size_t panel, const float *rows[PANEL])
{
    for (size_t i = 0; i < PANEL; i++) {
        const size_t cell = panel * PANEL + i;
        rows[i] = cells->rows + (cell < cells->count ? cell : cells->count - 1) * cells->channels;
    }
}

static void make_cells(struct cells *cells, size_t count, size_t channels, enum scene scene, const struct cells *other)
{
    *cells = (struct cells){.count = count, .panels = (count + PANEL - 1) / PANEL, .channels = channels};
    cells->panel = guarded_floats(cells->panels * channels * PANEL);
    cells->rows = guarded_floats(count * channels);
    cells->mean = guarded_floats(channels);
    cells->q = guarded_allocate(cells->panels * int8_panel_bytes(channels));
    cells->quantised = guarded_allocate(cells->panels * sizeof *cells->quantised);
    for (size_t i = 0; i < cells->panels * PANEL; i++)
        for (size_t c = 0; c < channels; c++) {
            const size_t cell = i < count ? i : count - 1;
            const float noise = i < count ? random_float() : 0.0f;
            float value = noise;
            if (scene == COPIES && other)
                value = other->rows[cell % other->count * channels + c] + 0.01f * noise;
            else if (scene == SHARED_OFFSET)
                value = 5.0f * (float)(c % 3) + noise;
            else if (scene == SAME_CELLS)
                value = (float)(c % 5);
            else if (scene == ALMOST_SAME)
                value = 1.0f + (float)(c % 5) + 3e-7f * noise;
            else if (scene == DUPLICATES)
                value = (float)((cell % 3 * 7 + c * 5) % 11);
            else if (scene == ZEROS)
                value = cell % 2 ? 0.0f : noise;
            cells->panel[(i / PANEL * channels + c) * PANEL + i % PANEL] =
                i < count ? value : cells->panel[(cell / PANEL * channels + c) * PANEL + cell % PANEL];
        }
    for (size_t p = 0; p < cells->panels; p++) {
        const float *rows[PANEL];
        float norms[PANEL];
        kernels_find("c")->normalise_panel(cells->panel + p * channels * PANEL, channels,
                                           count - p * PANEL < PANEL ? count - p * PANEL : PANEL,
                                           cells->rows + p * PANEL * channels, norms);
        rows_of_panel(cells, p, rows);
        kernels_find("c")->gather_panel(rows, channels, cells->panel + p * channels * PANEL);
    }
}

static void free_cells(struct cells *cells)
{
    guarded_free(cells->panel);
    guarded_free(cells->rows);
    guarded_free(cells->mean);
    guarded_free(cells->q);
    guarded_free(cells->quantised);
}

static void quantise_cells(const struct kernels *kernels, struct cells *cells)
{
    const size_t floats = cells->channels * PANEL;
    memset(cells->mean, 0, cells->channels * sizeof *cells->mean);
    const float *rows[PANEL];
    for (size_t p = 0; p < cells->panels; p++) {
        rows_of_panel(cells, p, rows);
        kernels->sum_rows(rows, PANEL, cells->channels, cells->mean);
    }
    for (size_t c = 0; c < cells->channels; c++)
        cells->mean[c] /= (float)(cells->panels * PANEL);
    for (size_t p = 0; p < cells->panels; p++)
        kernels->quantise_panel(cells->panel + p * floats, cells->mean, cells->channels,
                                cells->q + p * int8_panel_bytes(cells->channels), &cells->quantised[p]);
}

/* shift[t] >= <mean_s, t - mean_t> as bound_panel wants it. */
static void make_shift(const struct kernels *kernels, const struct cells *source, const struct cells *target,
                       float *shift)
{
    double base = 0;
    for (size_t c = 0; c < source->channels; c++)
        base += (double)source->mean[c] * target->mean[c];
    for (size_t p = 0; p < target->panels; p++) {
        double along[PANEL];
        const float *rows[PANEL];
        rows_of_panel(target, p, rows);
        kernels->project_rows(rows, source->mean, target->channels, along);
        for (size_t i = 0; i < PANEL; i++)
            shift[p * PANEL + i] = (float)(along[i] - base + fabs(along[i] - base) * 0x1p-21 + 0x1p-50);
    }
}

/* The nearest target of source cell i, from its row of bounds; *candidates grows by how many were scored. */
static int32_t nearest(const struct kernels *kernels, const struct cells *source, const struct cells *target, size_t i,
                       double along_mean, const float *upper, int32_t *places, size_t *candidates)
{
    const size_t channels = source->channels;
    const float *row = source->rows + i * channels;
    kernels->find_at_least(upper, target->count, kernels->largest(upper, target->count), places, 1);
    const float *first = target->rows + (size_t)places[0] * channels;
    float best;
    kernels->dot_rows(&row, &first, 1, channels, &best);
    /* The sum is off by sum_roundings * 2^-24 |s| |t| at most, lengths being 1 or a little less; twice that is more
     * than enough. */
    const double threshold = best - (double)sum_roundings(channels) * 0x1p-23 - along_mean - 0x1p-40;
    const size_t found =
        kernels->find_at_least(upper, target->count, nextafterf((float)threshold, -INFINITY), places, target->count);
    *candidates += found;
    int32_t best_place = places[0];
    best = -INFINITY;
    for (size_t j = 0; j < found; j++) {
        const float *other = target->rows + (size_t)places[j] * channels;
        float score;
        kernels->dot_rows(&row, &other, 1, channels, &score);
        if (score > best) {
            best = score;
            best_place = places[j];
        }
    }
    return best_place;
}

static void check_scene(const struct kernels *kernels, struct cells *source, struct cells *target, size_t *candidates)
{
    const size_t channels = source->channels, floats = channels * PANEL, bytes = int8_panel_bytes(channels),
                 stride = target->panels * PANEL;
    float *upper = guarded_floats(PANEL * stride), *shift = guarded_floats(stride);
    int32_t *places = guarded_allocate(target->count * sizeof *places);
    struct rowmax *running = guarded_allocate(sizeof *running);
    quantise_cells(kernels, source);
    quantise_cells(kernels, target);
    make_shift(kernels, source, target, shift);
    for (size_t p = 0; p < source->panels; p++) {
        const size_t rows = source->count - p * PANEL < PANEL ? source->count - p * PANEL : PANEL;
        double along_mean[PANEL];
        float value[PANEL];
        int32_t index[PANEL];
        const float *source_rows[PANEL];
        rows_of_panel(source, p, source_rows);
        kernels->project_rows(source_rows, target->mean, channels, along_mean);
        rowmax_start(running);
        for (size_t t = 0; t < target->panels; t++) {
            kernels->bound_panel(source->q + p * bytes, &source->quantised[p], target->q + t * bytes,
                                 &target->quantised[t], shift + t * PANEL, channels, upper + t * PANEL, stride);
            kernels->rowmax_panel(running, source->panel + p * floats, target->panel + t * floats, channels,
                                  (int32_t)t);
        }
        rowmax_finish(running, rows, target->count, value, index);
        for (size_t i = 0; i < rows; i++)
            assert_int_equal(
                nearest(kernels, source, target, p * PANEL + i, along_mean[i], upper + i * stride, places, candidates),
                index[i]);
    }
    guarded_free(upper);
    guarded_free(shift);
    guarded_free(places);
    guarded_free(running);
}

static void test_exact(void **state)
{
    (void)state;
    static const size_t channels[] = {3, 64, 333};
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));)
        for (int scene = 0; scene < SCENES; scene++)
            for (size_t c = 0; c < 3; c++) {
                struct cells target, source;
                size_t candidates = 0;
                make_cells(&target, 301, channels[c], (enum scene)scene, NULL);
                make_cells(&source, 100, channels[c], (enum scene)scene, &target);
                check_scene(kernels, &source, &target, &candidates);
                if (scene == COPIES && channels[c] == 333) /* or the bounds are no good */
                    assert_true(candidates == source.count);
                free_cells(&target);
                free_cells(&source);
            }
}

/* ---- speed --------------------------------------------------------------------------------------- */

enum { BENCH_CHANNELS = 1536, BENCH_TARGETS = 3600, BENCH_PAIRS = 64 };

struct bench {
    float *panel, *mean, *upper, *rows;
    int8_t *q;
    struct quantised *quantised;
    int32_t *places;
};

static double bench_quantise(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    kernels->quantise_panel(bench->panel, bench->mean, BENCH_CHANNELS, bench->q, bench->quantised);
    return 4.0 * BENCH_CHANNELS * PANEL;
}

static double bench_bound(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    for (int i = 0; i < 16; i++)
        kernels->bound_panel(bench->q, bench->quantised, bench->q, bench->quantised, bench->mean, BENCH_CHANNELS,
                             bench->upper, BENCH_TARGETS);
    return 2.0 * 16 * PANEL * PANEL * BENCH_CHANNELS;
}

static double bench_search(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    const float most = kernels->largest(bench->upper, BENCH_TARGETS);
    kernels->find_at_least(bench->upper, BENCH_TARGETS, most, bench->places, 1);
    return 2.0 * 4.0 * BENCH_TARGETS;
}

static double bench_dot(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    const float *a[BENCH_PAIRS], *b[BENCH_PAIRS];
    float out[BENCH_PAIRS];
    for (size_t i = 0; i < BENCH_PAIRS; i++) {
        a[i] = bench->rows + i * BENCH_CHANNELS;
        b[i] = bench->rows + i * 7 % BENCH_PAIRS * BENCH_CHANNELS;
    }
    kernels->dot_rows(a, b, BENCH_PAIRS, BENCH_CHANNELS, out);
    return 2.0 * BENCH_PAIRS * BENCH_CHANNELS;
}

static void bench_rows(const struct bench *bench, const float *rows[PANEL])
{
    for (size_t i = 0; i < PANEL; i++)
        rows[i] = bench->rows + i * BENCH_CHANNELS;
}

static double bench_project(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    const float *rows[PANEL];
    double out[PANEL];
    bench_rows(bench, rows);
    kernels->project_rows(rows, bench->mean, BENCH_CHANNELS, out);
    return 4.0 * BENCH_CHANNELS * PANEL;
}

static double bench_sum(const struct kernels *kernels, const void *data)
{
    const struct bench *bench = data;
    const float *rows[PANEL];
    bench_rows(bench, rows);
    kernels->sum_rows(rows, PANEL, BENCH_CHANNELS, bench->mean);
    return 4.0 * BENCH_CHANNELS * PANEL;
}

static int run_benchmarks(void)
{
    static const struct benchmark benchmarks[] = {{"bound_panel", "GOP/s", bench_bound},
                                                  {"dot_rows", "GFLOP/s", bench_dot},
                                                  {"quantise_panel", "GB/s", bench_quantise},
                                                  {"project_rows", "GB/s", bench_project},
                                                  {"sum_rows", "GB/s", bench_sum},
                                                  {"search", "GB/s", bench_search}};
    struct bench bench = {.panel = content_panel(NORMALISED, BENCH_CHANNELS),
                          .mean = guarded_floats(BENCH_CHANNELS),
                          .upper = guarded_floats(PANEL * BENCH_TARGETS),
                          .rows = guarded_floats(BENCH_PAIRS * BENCH_CHANNELS),
                          .q = guarded_allocate(int8_panel_bytes(BENCH_CHANNELS)),
                          .quantised = guarded_allocate(sizeof *bench.quantised),
                          .places = guarded_allocate(BENCH_TARGETS * sizeof *bench.places)};
    memset(bench.mean, 0, BENCH_CHANNELS * sizeof *bench.mean);
    fill(bench.rows, BENCH_PAIRS * BENCH_CHANNELS, RANDOM);
    fill(bench.upper, PANEL * BENCH_TARGETS, RANDOM);
    bench_kernels(benchmarks, sizeof benchmarks / sizeof benchmarks[0], &bench);
    void *all[] = {bench.panel, bench.mean, bench.upper, bench.rows, bench.q, bench.quantised, bench.places};
    guarded_free_all(all, sizeof all / sizeof *all);
    return EXIT_SUCCESS;
}

MAIN_WITH_BENCH(cmocka_unit_test(test_bounds), cmocka_unit_test(test_most_channels),
                cmocka_unit_test(test_sums_and_projections), cmocka_unit_test(test_search),
                cmocka_unit_test(test_dot_rows), cmocka_unit_test(test_exact))
