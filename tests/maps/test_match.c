/* Window soft-argmax against its definition (docs/computation.md, Matching) in double. Features are multiples of
 * 1/4, so that peaks and ties are exact. */
#include "maps/match.h"
#include "naive.h"

enum { MOST = 30 * 30, QUERIES = 450 /* more than the block that is computed at a time */ };

static const size_t channel_counts[] = {1, 5, 37, 64};

enum { TOPS = 5 };

struct answer {
    double x, y, score;
    size_t peak;
    size_t top[TOPS]; /* cells; MOST: none is left */
    double top_score[TOPS];
};

/* Queries of a test: their cells, and where they are. */
struct queries {
    uint32_t cells[QUERIES];
    double points[QUERIES][2];
};

/* What a matching answers. */
struct got {
    float xy[QUERIES][2], score[QUERIES], second[QUERIES], cycle[QUERIES], top_xy[QUERIES * TOPS][2],
        top_score[QUERIES * TOPS];
    int32_t peak[QUERIES][2];
    uint8_t mutual[QUERIES];
};

/* Channel c of a cell as the similarity has it. */
static double naive_value(const geosc_map *map, size_t cell, size_t c, const struct geosc_options *options)
{
    bool dot = options->similarity == GEOSC_SIMILARITY_DOT;

    return (double)map_row(map, cell)[c] * (dot ? (double)map->norms[cell] : 1);
}

/* The four cells around a point, clamped, with their weights. */
static void naive_corners(const geosc_map *map, const double point[2], size_t cell[4], double weight[4])
{
    double x = fmin(fmax(point[0], 0), (double)map->width - 1), y = fmin(fmax(point[1], 0), (double)map->height - 1);

    for (int i = 0; i < 4; i++) {
        double cx = floor(x) + i % 2, cy = floor(y) + i / 2;
        weight[i] = (1 - fabs(x - cx)) * (1 - fabs(y - cy));
        cell[i] = weight[i] > 0 ? (size_t)cy * map->width + (size_t)cx : 0;
    }
}

static void naive_descriptor(const geosc_map *map, uint32_t own, const double point[2],
                             const struct geosc_options *options, double *out)
{
    bool bilinear = options->query == GEOSC_QUERY_BILINEAR;
    size_t cell[4] = {own};
    double weight[4] = {1}, squares = 0;

    if (bilinear)
        naive_corners(map, point, cell, weight);
    for (size_t c = 0; c < map->channels; c++) {
        out[c] = 0;
        for (int i = 0; i < 4; i++)
            out[c] += weight[i] * naive_value(map, cell[i], c, options);
        squares += out[c] * out[c];
    }
    for (size_t c = 0; bilinear && options->similarity == GEOSC_SIMILARITY_COSINE && c < map->channels; c++)
        out[c] /= sqrt(squares) + 1e-6;
}

static double naive_product(const double *query, const geosc_map *map, size_t cell, const struct geosc_options *options)
{
    double sum = 0;

    for (size_t c = 0; c < map->channels; c++)
        sum += query[c] * naive_value(map, cell, c, options);
    return sum;
}

static double naive_radius(const struct geosc_options *options)
{
    return options->window_kind == GEOSC_WINDOW_BOX     ? options->window / 2
           : options->window_kind == GEOSC_WINDOW_GAUSS ? ceil(2 * options->window_sigma)
                                                        : 7;
}

/* What the softmax is taken of; -INFINITY: the cell takes no part. */
static double naive_weighed(double sim, double dx, double dy, const struct geosc_options *options)
{
    double sigma = options->window_sigma;

    if (options->window_kind == GEOSC_WINDOW_GAUSS && !isinf(sim))
        return sim * exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
    if (options->window_kind != GEOSC_WINDOW_BOX || isinf(sim) || fmax(dx, dy) <= options->window / 2)
        return sim;
    return options->outside == GEOSC_OUTSIDE_ZERO ? 0 : -INFINITY;
}

/* The best cells, each outside the windows of those before it. */
static void naive_top(const double *sim, const geosc_map *target, const struct geosc_options *options,
                      struct answer *answer)
{
    size_t W = target->width;

    for (size_t i = 0; i < TOPS; i++) {
        answer->top[i] = MOST;
        for (size_t t = 0; t < target->cells; t++) {
            bool allowed = !isinf(sim[t]);
            for (size_t j = 0; j < i && answer->top[j] < MOST; j++) {
                size_t other = answer->top[j];
                double dx = fabs((double)(t % W) - (double)(other % W));
                double dy = fabs((double)(t / W) - (double)(other / W));
                allowed = allowed && fmax(dx, dy) > naive_radius(options);
            }
            if (allowed && (answer->top[i] == MOST || sim[t] > sim[answer->top[i]]))
                answer->top[i] = t;
        }
        answer->top_score[i] = answer->top[i] < MOST ? sim[answer->top[i]] : NAN;
    }
}

static struct answer naive_match(const double *query, const geosc_map *target, const float *mask,
                                 const struct geosc_options *options)
{
    double sim[MOST], weighed[MOST], sum = 0, largest = -INFINITY;
    size_t W = target->width, peak = 0;
    struct answer answer = {0};

    for (size_t t = 0; t < target->cells; t++) {
        sim[t] = mask && mask[t] == 0 ? -INFINITY : naive_product(query, target, t, options);
        peak = sim[t] > sim[peak] ? t : peak;
    }
    for (size_t t = 0; t < target->cells; t++) {
        double dx = fabs((double)(t % W) - (double)(peak % W)), dy = fabs((double)(t / W) - (double)(peak / W));
        weighed[t] = naive_weighed(sim[t], dx, dy, options);
        largest = fmax(largest, weighed[t]);
    }
    for (size_t t = 0; t < target->cells; t++) {
        double weight = exp((weighed[t] - largest) / options->temperature);
        sum += weight;
        answer.x += weight * (double)(t % W);
        answer.y += weight * (double)(t / W);
    }
    answer.x /= sum;
    answer.y /= sum;
    answer.score = sim[peak];
    answer.peak = peak;
    naive_top(sim, target, options, &answer);
    return answer;
}

/* The source cell most similar to a target cell, among those of the mask and `own`. */
static size_t naive_back(const geosc_map *source, const float *mask, const geosc_map *target, size_t cell, size_t own,
                         const struct geosc_options *options)
{
    struct geosc_options as_cell = *options;
    double query[64], best = 0;
    size_t nearest = source->cells;

    as_cell.query = GEOSC_QUERY_CELL;
    naive_descriptor(target, (uint32_t)cell, NULL, &as_cell, query);
    for (size_t s = 0; s < source->cells; s++) {
        double similarity = naive_product(query, source, s, options);
        if ((!mask || mask[s] != 0 || s == own) && (nearest == source->cells || similarity > best)) {
            best = similarity;
            nearest = s;
        }
    }
    return nearest;
}

static bool about(float got, double expected, double tolerance)
{
    return isnan(expected) ? isnan(got) : fabs((double)got - expected) < tolerance;
}

/* The best cells; features are such that none are equally good but where they are exact. */
static void check_top(const struct matching *of, const struct answer *expected, const struct got *got, size_t q,
                      double scale)
{
    size_t W = of->target->width;

    for (size_t i = 0; i < TOPS; i++) {
        const float *xy = got->top_xy[q * TOPS + i];
        bool there = expected->top[i] < MOST;
        if (!about(got->top_score[q * TOPS + i], expected->top_score[i], 1e-5 * scale))
            fail_msg("cell %zu of the best: %g instead of %g", i, (double)got->top_score[q * TOPS + i],
                     expected->top_score[i]);
        assert_true(there ? xy[0] == (float)(expected->top[i] % W) && xy[1] == (float)(expected->top[i] / W)
                          : isnan(xy[0]) && isnan(xy[1]));
    }
}

/* The way back from the peak, and from the cell nearest to the answer. */
static void check_back(const struct matching *of, size_t own, size_t peak, const struct got *got, size_t q)
{
    const float *xy = got->xy[q];
    size_t W = of->source->width;
    size_t nearest = (size_t)floor((double)xy[1] + 0.5) * of->target->width + (size_t)floor((double)xy[0] + 0.5);
    size_t back = naive_back(of->source, of->source_mask, of->target, nearest, own, of->options);
    double dx = (double)(back % W) - (double)(own % W), dy = (double)(back / W) - (double)(own / W);

    assert_true(about(got->cycle[q], sqrt(dx * dx + dy * dy), 1e-5));
    back = naive_back(of->source, of->source_mask, of->target, peak, own, of->options);
    assert_int_equal(got->mutual[q], back == own);
}

/* scale: of similarities. */
static void check_answers(const struct matching *of, const struct queries *queries, size_t count, const struct got *got,
                          double scale)
{
    const struct geosc_options *options = of->options;

    for (size_t q = 0; q < count; q++) {
        double query[64];
        naive_descriptor(of->source, queries->cells[q], queries->points[q], options, query);
        struct answer expected = naive_match(query, of->target, of->target_mask, options);
        if (!about(got->xy[q][0], expected.x, 1e-4) || !about(got->xy[q][1], expected.y, 1e-4) ||
            !about(got->score[q], expected.score, 1e-5 * scale))
            fail_msg(
                "%zu x %zu, window %d %d %g, outside %d, similarity %d, query %d, temperature %g: (%.9g, %.9g) %.9g "
                "instead of (%.9g, %.9g) %.9g",
                of->target->width, of->target->height, (int)options->window_kind, options->window,
                options->window_sigma, (int)options->outside, (int)options->similarity, (int)options->query,
                options->temperature, (double)got->xy[q][0], (double)got->xy[q][1], (double)got->score[q], expected.x,
                expected.y, expected.score);
        if (!of->answers.peak)
            continue;
        assert_int_equal(got->peak[q][0] + got->peak[q][1] * (int32_t)of->target->width, expected.peak);
        assert_true(about(got->second[q], expected.top_score[1], 1e-5 * scale));
        check_top(of, &expected, got, q, scale);
        check_back(of, queries->cells[q], expected.peak, got, q);
    }
}

static struct geosc_answers answers_in(struct got *got, bool confident)
{
    if (!confident)
        return (struct geosc_answers){.xy = got->xy, .score = got->score};
    return (struct geosc_answers){got->xy,     got->score, got->peak,   got->second,
                                  got->mutual, got->cycle, got->top_xy, got->top_score};
}

/* Matches with every instruction set and number of threads. */
static void check_matching(struct matching *of, const struct queries *queries, size_t count, bool confident,
                           double scale)
{
    static struct got got[2], fused;
    struct match_scratch scratch = {0};
    bool any_fused = false;
    const char *isa;

    of->scratch = &scratch;
    for (size_t i = 0; (isa = usable_isa(i)); i++) {
        for (int t = 0; t < THREAD_COUNTS; t++) {
            struct got *here = memset(&got[t > 0], 0, sizeof *got);
            of->answers = answers_in(here, confident);
            assert_ok(geosc_configure(context, thread_counts[t], isa));
            assert_ok(match_find(context, of, &(struct match_queries){queries->cells, queries->points, count}));
            if (t > 0)
                assert_memory_equal(&got[1], &got[0], sizeof *got);
        }
        check_answers(of, queries, count, &got[0], scale);
        if (strcmp(isa, "c") == 0)
            continue;
        if (any_fused)
            assert_memory_equal(&fused, &got[0], sizeof fused);
        fused = got[0];
        any_fused = true;
    }
    match_scratch_free(&scratch);
}

static void random_mask(struct random *random, size_t cells, float *mask)
{
    for (size_t i = 0; i < cells; i++)
        mask[i] = (float)random_below(random, 3) / 2;
    mask[random_below(random, cells)] = 0.5F;
}

/* Cells, and points within them, at quarters of a cell. */
static void random_queries(struct random *random, const geosc_map *source, size_t count, struct queries *queries)
{
    for (size_t q = 0; q < count; q++) {
        queries->cells[q] = (uint32_t)random_below(random, source->cells);
        queries->points[q][0] = (double)(queries->cells[q] % source->width) + (double)random_below(random, 5) / 4 - 0.5;
        queries->points[q][1] = (double)(queries->cells[q] / source->width) + (double)random_below(random, 5) / 4 - 0.5;
    }
}

static void check_match(struct random *random, size_t C, size_t count, const struct geosc_options *options, bool masked)
{
    static struct queries queries;
    static float mask[MOST];
    geosc_map *source = random_map(random, C, true), *target = random_map(random, C, true);

    random_mask(random, target->cells, mask);
    random_queries(random, source, count, &queries);
    check_matching(
        &(struct matching){.source = source, .target = target, .target_mask = masked ? mask : NULL, .options = options},
        &queries, count, false, 1);
    geosc_map_free(source);
    geosc_map_free(target);
}

static struct geosc_options box(int window, double temperature)
{
    struct geosc_options options;

    geosc_options_init(&options);
    options.window = window;
    options.temperature = temperature;
    options.top = TOPS;
    return options;
}

static void test_random(void **state)
{
    const int windows[] = {1, 3, 15, 61, 2147483647};
    const double temperatures[] = {1e-6, 0.02, 1, 1e6};
    struct random random = {1};

    (void)state;
    for (size_t w = 0; w < 5; w++)
        for (size_t t = 0; t < 4; t++) {
            struct geosc_options options = box(windows[w], temperatures[t]);
            check_match(&random, channel_counts[(w + t) % 4], 1 + random_below(&random, 60), &options, (w + t) % 2);
        }
}

/* More queries than one block holds: each place has its own answer. */
static void test_many_queries(void **state)
{
    struct random random = {2};
    struct geosc_options options = box(5, 0.5);

    (void)state;
    check_match(&random, 5, QUERIES, &options, false);
    check_match(&random, 1, 385, &options, true);
    check_match(&random, 1, 384, &options, true);
}

/* Maps of cells of length 1 with norms, as refine leaves them: only the first channels of a few differ. */
static geosc_map *unit_map(struct random *random, size_t C, bool negative)
{
    geosc_map *map = random_map(random, C, false);

    for (size_t i = 0; i < map->cells; i++) {
        float *row = map->values + i * C;
        double sum = 0;
        for (size_t c = 0; c < C; c++) {
            row[c] = negative ? -fabsf(row[c]) : row[c];
            sum += (double)row[c] * (double)row[c];
        }
        for (size_t c = 0; c < C; c++)
            row[c] = (float)((double)row[c] / (sqrt(sum) + 1e-6));
        map->norms[i] = random_float(random, 0.5F, 20);
    }
    return map;
}

static void random_decoder(struct random *random, struct geosc_options *options)
{
    static const double temperatures[] = {0.02, 0.3, 1};

    options->window_kind = (enum geosc_window)random_below(random, 3);
    options->window = 1 + 2 * (int)random_below(random, 12);
    options->window_sigma = 0.3 * (double)(1 + random_below(random, 40));
    options->outside = (enum geosc_outside)random_below(random, 2);
    options->query = (enum geosc_query)random_below(random, 2);
    options->similarity = (enum geosc_similarity)random_below(random, 2);
    options->temperature = temperatures[random_below(random, 3)];
    if (options->similarity == GEOSC_SIMILARITY_DOT)
        options->temperature *= 100;
}

/* All decoders in all combinations, with and without masks and confidence; all similarities negative, too. */
static void test_decoders(void **state)
{
    static struct queries queries;
    static float masks[2][MOST];
    struct random random = {77};

    (void)state;
    for (int round = 0; round < 300; round++) {
        size_t C = channel_counts[1 + random_below(&random, 3)], count = 1 + random_below(&random, 20);
        geosc_map *source = unit_map(&random, C, false), *target = unit_map(&random, C, round % 5 == 0);
        struct geosc_options options = box(15, 0.02);
        for (size_t i = 0; round % 5 == 0 && i < source->cells * C; i++)
            source->values[i] = fabsf(source->values[i]);
        random_decoder(&random, &options);
        random_mask(&random, source->cells, masks[0]);
        random_mask(&random, target->cells, masks[1]);
        random_queries(&random, source, count, &queries);
        check_matching(&(struct matching){.source = source,
                                          .target = target,
                                          .source_mask = round % 2 ? masks[0] : NULL,
                                          .target_mask = round % 3 ? masks[1] : NULL,
                                          .options = &options},
                       &queries, count, true, options.similarity == GEOSC_SIMILARITY_DOT ? 400 : 1);
        geosc_map_free(source);
        geosc_map_free(target);
    }
}

/* Confidence where similarities are exact, so that there are ties. The same image on both sides makes mutual matches
 * likely. */
static void test_confidence(void **state)
{
    static struct queries queries;
    static float mask[2][MOST];
    struct random random = {23};

    (void)state;
    for (int round = 0; round < 24; round++) {
        geosc_map *source = random_map(&random, 37, true), *target = round % 2 ? random_map(&random, 37, true) : source;
        struct geosc_options options = box(round % 3 ? 1 + 2 * (int)random_below(&random, 4) : 61, 0.02);
        size_t count = 1 + random_below(&random, QUERIES);

        random_mask(&random, MOST, mask[0]);
        random_mask(&random, MOST, mask[1]);
        mask[1][0] = 1;
        random_queries(&random, source, count, &queries);
        check_matching(&(struct matching){.source = source,
                                          .target = target,
                                          .source_mask = round % 4 < 2 ? mask[0] : NULL,
                                          .target_mask = round % 8 < 4 ? mask[1] : NULL,
                                          .options = &options},
                       &queries, count, true, 1);
        if (target != source)
            geosc_map_free(target);
        geosc_map_free(source);
    }
}

/* What one query of a map of one cell finds. */
static void find_one(const geosc_map *source, const geosc_map *target, const float *mask,
                     const struct geosc_options *options, struct match_scratch *scratch, struct got *got)
{
    const uint32_t cell = 0;

    assert_ok(match_find(context,
                         &(struct matching){.source = source,
                                            .target = target,
                                            .target_mask = mask,
                                            .options = options,
                                            .scratch = scratch,
                                            .answers = {.xy = got->xy, .score = got->score}},
                         &(struct match_queries){.cells = &cell, .count = 1}));
}

/* A target that is bright at one place: queries see the window clipped at each border. */
static void test_borders(void **state)
{
    enum { H = 7, W = 9 };
    static const struct queries queries;
    const struct geosc_options options = box(5, 1);
    const float query = 1;

    (void)state;
    geosc_map *source = refined_map(&query, 1, 1, 1);
    for (size_t peak = 0; peak < H * W; peak++) {
        float features[H * W] = {0};
        features[peak] = 1;
        geosc_map *target = refined_map(features, 1, H, W);
        check_matching(&(struct matching){.source = source, .target = target, .options = &options}, &queries, 1, false,
                       1);
        geosc_map_free(target);
    }
    geosc_map_free(source);
}

/* The first of equal peaks in row-major order, the first allowed one under a mask; alone in a window of 1. */
static void test_ties(void **state)
{
    static struct got got;
    const float query = 1;
    const struct geosc_options options = box(1, 0.02);
    struct match_scratch scratch = {0};
    float features[60] = {0}, mask[60];
    const char *isa;

    (void)state;
    features[11] = features[12] = features[53] = features[59] = 0.5F;
    for (size_t i = 0; i < 60; i++)
        mask[i] = i > 12;
    geosc_map *source = refined_map(&query, 1, 1, 1), *target = refined_map(features, 1, 6, 10);
    for (size_t i = 0; (isa = usable_isa(i)); i++) {
        assert_ok(geosc_configure(context, 2, isa));
        find_one(source, target, NULL, &options, &scratch, &got);
        assert_true(got.xy[0][0] == 1 && got.xy[0][1] == 1 && got.score[0] == 0.5F);
        find_one(source, target, mask, &options, &scratch, &got);
        assert_true(got.xy[0][0] == 3 && got.xy[0][1] == 5 && got.score[0] == 0.5F);
    }
    geosc_map_free(source);
    geosc_map_free(target);
    match_scratch_free(&scratch);
}

/* All similarities negative: masked-out cells, and whatever fills up the last panel, are no peaks. */
static void test_negative(void **state)
{
    static struct got got;
    const float query = -1;
    const struct geosc_options options = box(3, 1e-6);
    struct match_scratch scratch = {0};
    float features[50], mask[50] = {0};

    (void)state;
    for (size_t i = 0; i < 50; i++)
        features[i] = (float)(50 - i); /* the last cell is the best */
    mask[3] = mask[17] = 0.25F;
    geosc_map *source = refined_map(&query, 1, 1, 1), *target = refined_map(features, 1, 5, 10);
    assert_ok(geosc_configure(context, 2, NULL));
    find_one(source, target, NULL, &options, &scratch, &got);
    assert_true(got.xy[0][0] == 9 && got.xy[0][1] == 4 && got.score[0] == -1);
    find_one(source, target, mask, &options, &scratch, &got);
    assert_true(got.xy[0][0] == 7 && got.xy[0][1] == 1 && got.score[0] == -33);
    assert_ok(match_find(
        context, &(struct matching){.source = source, .target = target, .options = &options, .scratch = &scratch},
        &(struct match_queries){.count = 0})); /* nothing asked */
    geosc_map_free(source);
    geosc_map_free(target);
    match_scratch_free(&scratch);
}

/* The narrowest window, the smallest temperature: the peak alone, without a NaN. */
static void test_extremes(void **state)
{
    static struct got got;
    const float query = 1;
    struct match_scratch scratch = {0};
    float features[60] = {0}, mask[60] = {0};

    (void)state;
    features[34] = 0.5F;
    features[35] = 0.25F;
    mask[34] = mask[59] = 1;
    geosc_map *source = refined_map(&query, 1, 1, 1), *target = refined_map(features, 1, 6, 10);
    for (int kind = 0; kind < 3; kind++)
        for (int masked = 0; masked < 2; masked++) {
            struct geosc_options options = box(15, 1e-300);
            options.window_kind = (enum geosc_window)kind;
            options.window_sigma = kind == GEOSC_WINDOW_GAUSS ? 1e-300 : 0;
            options.outside = GEOSC_OUTSIDE_ZERO;
            find_one(source, target, masked ? mask : NULL, &options, &scratch, &got);
            assert_true(got.xy[0][0] == 4 && got.xy[0][1] == 3 && got.score[0] == 0.5F);
        }
    geosc_map_free(source);
    geosc_map_free(target);
    match_scratch_free(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),   cmocka_unit_test(test_many_queries), cmocka_unit_test(test_decoders),
        cmocka_unit_test(test_borders),  cmocka_unit_test(test_ties),         cmocka_unit_test(test_negative),
        cmocka_unit_test(test_extremes), cmocka_unit_test(test_confidence),
    };

    return cmocka_run_group_tests_name("match", tests, make_context, free_context);
}
