/* Window soft-argmax against its definition (docs/computation.md, Matching) in double. Features are multiples of
 * 1/4, so that peaks and ties are exact. */
#include "maps/match.h"
#include "naive.h"

enum { MOST = 30 * 30, QUERIES = 450 /* more than the block that is computed at a time */ };

static const size_t channel_counts[] = {1, 5, 37, 64};

struct answer {
    double x, y, score;
};

static struct answer naive_match(const geosc_map *source, size_t cell, const geosc_map *target, const float *mask,
                                 int window, double temperature)
{
    double sim[MOST], sum = 0, radius = window / 2;
    size_t peak = MOST, W = target->width;
    struct answer answer = {0};

    for (size_t t = 0; t < target->cells; t++) {
        sim[t] = naive_similarity(source, cell, target, t);
        if ((!mask || mask[t] != 0) && (peak == MOST || sim[t] > sim[peak]))
            peak = t;
    }
    for (size_t t = 0; t < target->cells; t++) {
        double dx = fabs((double)(t % W) - (double)(peak % W)), dy = fabs((double)(t / W) - (double)(peak / W));
        if (dx > radius || dy > radius || (mask && mask[t] == 0))
            continue;
        double weight = exp((sim[t] - sim[peak]) / temperature);
        sum += weight;
        answer.x += weight * (double)(t % W);
        answer.y += weight * (double)(t / W);
    }
    return (struct answer){answer.x / sum, answer.y / sum, sim[peak]};
}

static void check_answers(const geosc_map *source, const uint32_t *cells, size_t count, const geosc_map *target,
                          const float *mask, const struct match_options *options, float (*xy)[2], const float *score)
{
    for (size_t q = 0; q < count; q++) {
        struct answer expected = naive_match(source, cells[q], target, mask, options->window, options->temperature);
        if (!(fabs((double)xy[q][0] - expected.x) < 1e-4) || !(fabs((double)xy[q][1] - expected.y) < 1e-4) ||
            !(fabs((double)score[q] - expected.score) < 1e-5))
            fail_msg("%zu x %zu, window %d, temperature %g: (%.9g, %.9g) %.9g instead of (%.9g, %.9g) %.9g",
                     target->width, target->height, options->window, options->temperature, (double)xy[q][0],
                     (double)xy[q][1], (double)score[q], expected.x, expected.y, expected.score);
    }
}

/* What is outside the window, and the way back, in double over all cells. */
static void check_confidence(const geosc_map *source, const float *source_mask, const uint32_t *cells, size_t count,
                             const geosc_map *target, const float *mask, const struct match_options *options,
                             const struct match_confidence *confidence)
{
    for (size_t q = 0; q < count; q++) {
        size_t peak = target->cells, nearest = source->cells, W = target->width;
        double best = 0, second = NAN, back = 0, radius = options->window / 2;

        for (size_t t = 0; t < target->cells; t++) {
            double similarity = naive_similarity(source, cells[q], target, t);
            if ((!mask || mask[t] != 0) && (peak == target->cells || similarity > best)) {
                best = similarity;
                peak = t;
            }
        }
        for (size_t t = 0; t < target->cells; t++) {
            double dx = fabs((double)(t % W) - (double)(peak % W)), dy = fabs((double)(t / W) - (double)(peak / W));
            double similarity = naive_similarity(source, cells[q], target, t);
            if ((dx > radius || dy > radius) && (!mask || mask[t] != 0) && !(similarity <= second))
                second = similarity;
        }
        for (size_t s = 0; s < source->cells; s++) {
            double similarity = naive_similarity(source, s, target, peak);
            if ((!source_mask || source_mask[s] != 0 || s == cells[q]) &&
                (nearest == source->cells || similarity > back)) {
                back = similarity;
                nearest = s;
            }
        }
        assert_int_equal(confidence->peak[q][0], peak % W);
        assert_int_equal(confidence->peak[q][1], peak / W);
        assert_true(isnan(second) ? isnan(confidence->second[q]) : fabs((double)confidence->second[q] - second) < 1e-5);
        assert_int_equal(confidence->mutual[q], nearest == cells[q]);
    }
}

static void check_match(struct random *random, size_t C, size_t count, const struct match_options *options, bool masked)
{
    static uint32_t cells[QUERIES];
    static float xy[2][QUERIES][2], score[2][QUERIES], mask[MOST];
    struct match_scratch scratch = {0};
    geosc_map *source = random_map(random, C, true), *target = random_map(random, C, true);
    const char *isa;

    for (size_t i = 0; i < target->cells; i++)
        mask[i] = (float)random_below(random, 3) / 2;
    mask[random_below(random, target->cells)] = 0.5F;
    for (size_t q = 0; q < count; q++)
        cells[q] = (uint32_t)random_below(random, source->cells);
    for (size_t i = 0; (isa = usable_isa(i)); i++) {
        for (int t = 0; t < THREAD_COUNTS; t++) {
            int place = t > 0;
            assert_ok(geosc_configure(context, thread_counts[t], isa));
            assert_ok(match_cells(context,
                                  &(struct matching){source, target, masked ? mask : NULL, options, &scratch, xy[place],
                                                     score[place], NULL},
                                  cells, count));
            if (t > 0) {
                assert_memory_equal(xy[1], xy[0], count * sizeof xy[0][0]);
                assert_memory_equal(score[1], score[0], count * sizeof score[0][0]);
            }
        }
        check_answers(source, cells, count, target, masked ? mask : NULL, options, xy[0], score[0]);
    }
    match_scratch_free(&scratch);
    geosc_map_free(source);
    geosc_map_free(target);
}

static void test_random(void **state)
{
    const int windows[] = {1, 3, 15, 61, 2147483647};
    const double temperatures[] = {1e-6, 0.02, 1, 1e6};
    struct random random = {1};

    (void)state;
    for (size_t w = 0; w < 5; w++)
        for (size_t t = 0; t < 4; t++) {
            struct match_options options = {windows[w], temperatures[t]};
            check_match(&random, channel_counts[(w + t) % 4], 1 + random_below(&random, 60), &options, (w + t) % 2);
        }
}

/* More queries than one block holds: each place has its own answer. */
static void test_many_queries(void **state)
{
    struct random random = {2};
    struct match_options options = {5, 0.5};

    (void)state;
    check_match(&random, 5, QUERIES, &options, false);
    check_match(&random, 1, 385, &options, true);
    check_match(&random, 1, 384, &options, true);
}

/* A target that is bright at one place: queries see the window clipped at each border. */
static void test_confidence(void **state)
{
    static float xy[QUERIES][2], score[QUERIES], second[QUERIES], mask[2][MOST];
    static int32_t peak[QUERIES][2];
    static uint8_t mutual[QUERIES];
    static uint32_t cells[QUERIES];
    struct random random = {23};
    struct match_scratch scratch = {0};

    (void)state;
    assert_ok(geosc_configure(context, 2, NULL));
    for (int round = 0; round < 24; round++) {
        /* The same image on both sides makes mutual matches likely. */
        geosc_map *source = random_map(&random, 37, true), *target = round % 2 ? random_map(&random, 37, true) : source;
        struct match_options options = {round % 3 ? 1 + 2 * (int)random_below(&random, 4) : 61, 0.02};
        struct match_confidence confidence = {round % 4 < 2 ? mask[0] : NULL, peak, second, mutual};
        const float *target_mask = round % 8 < 4 ? mask[1] : NULL;
        size_t count = 1 + random_below(&random, QUERIES);

        for (size_t i = 0; i < MOST; i++) {
            mask[0][i] = (float)random_below(&random, 2);
            mask[1][i] = (float)random_below(&random, 2);
        }
        mask[0][0] = mask[1][0] = 1;
        for (size_t q = 0; q < count; q++)
            cells[q] = (uint32_t)random_below(&random, source->cells);
        assert_ok(match_cells(
            context, &(struct matching){source, target, target_mask, &options, &scratch, xy, score, &confidence}, cells,
            count));
        check_answers(source, cells, count, target, target_mask, &options, xy, score);
        check_confidence(source, confidence.source_mask, cells, count, target, target_mask, &options, &confidence);
        if (target != source)
            geosc_map_free(target);
        geosc_map_free(source);
    }
    match_scratch_free(&scratch);
}

static void test_borders(void **state)
{
    enum { H = 7, W = 9 };
    struct match_options options = {5, 1};
    struct match_scratch scratch = {0};
    const float query = 1;
    const uint32_t cell = 0;
    float xy[1][2], score;

    (void)state;
    geosc_map *source = refined_map(&query, 1, 1, 1);
    assert_ok(geosc_configure(context, 2, NULL));
    for (size_t peak = 0; peak < H * W; peak++) {
        float features[H * W] = {0};
        features[peak] = 1;
        geosc_map *target = refined_map(features, 1, H, W);
        assert_ok(match_cells(context, &(struct matching){source, target, NULL, &options, &scratch, xy, &score, NULL},
                              &cell, 1));
        check_answers(source, &cell, 1, target, NULL, &options, xy, &score);
        geosc_map_free(target);
    }
    geosc_map_free(source);
    match_scratch_free(&scratch);
}

/* The first of equal peaks in row-major order, the first allowed one under a mask; alone in a window of 1. */
static void test_ties(void **state)
{
    const float query = 1;
    const uint32_t cell = 0;
    struct match_options options = {1, 0.02};
    struct match_scratch scratch = {0};
    float features[60] = {0}, mask[60], xy[1][2], score;
    const char *isa;

    (void)state;
    features[11] = features[12] = features[53] = features[59] = 0.5F;
    for (size_t i = 0; i < 60; i++)
        mask[i] = i > 12;
    geosc_map *source = refined_map(&query, 1, 1, 1), *target = refined_map(features, 1, 6, 10);
    for (size_t i = 0; (isa = usable_isa(i)); i++) {
        assert_ok(geosc_configure(context, 2, isa));
        assert_ok(match_cells(context, &(struct matching){source, target, NULL, &options, &scratch, xy, &score, NULL},
                              &cell, 1));
        assert_true(xy[0][0] == 1 && xy[0][1] == 1 && score == 0.5F);
        assert_ok(match_cells(context, &(struct matching){source, target, mask, &options, &scratch, xy, &score, NULL},
                              &cell, 1));
        assert_true(xy[0][0] == 3 && xy[0][1] == 5 && score == 0.5F);
    }
    geosc_map_free(source);
    geosc_map_free(target);
    match_scratch_free(&scratch);
}

/* All similarities negative: masked-out cells, and whatever fills up the last panel, are no peaks. */
static void test_negative(void **state)
{
    const float query = -1;
    const uint32_t cell = 0;
    struct match_options options = {3, 1e-6};
    struct match_scratch scratch = {0};
    float features[50], mask[50] = {0}, xy[1][2], score;

    (void)state;
    for (size_t i = 0; i < 50; i++)
        features[i] = (float)(50 - i); /* the last cell is the best */
    mask[3] = mask[17] = 0.25F;
    geosc_map *source = refined_map(&query, 1, 1, 1), *target = refined_map(features, 1, 5, 10);
    assert_ok(geosc_configure(context, 2, NULL));
    assert_ok(
        match_cells(context, &(struct matching){source, target, NULL, &options, &scratch, xy, &score, NULL}, &cell, 1));
    assert_true(xy[0][0] == 9 && xy[0][1] == 4 && score == -1);
    assert_ok(
        match_cells(context, &(struct matching){source, target, mask, &options, &scratch, xy, &score, NULL}, &cell, 1));
    assert_true(xy[0][0] == 7 && xy[0][1] == 1 && score == -33);
    assert_ok(match_cells(context, &(struct matching){source, target, mask, &options, &scratch, xy, &score, NULL},
                          &cell, 0)); /* nothing asked */
    geosc_map_free(source);
    geosc_map_free(target);
    match_scratch_free(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random), cmocka_unit_test(test_many_queries), cmocka_unit_test(test_borders),
        cmocka_unit_test(test_ties),   cmocka_unit_test(test_negative),     cmocka_unit_test(test_confidence),
    };

    return cmocka_run_group_tests_name("match", tests, make_context, free_context);
}
