/* Nearest cells and IMD against their definitions (docs/computation.md, IMD) in double. Features are multiples of
 * 1/4, so that similarities are exact, ties are common, and results must be equal. */
#include "maps/imd.h"
#include "naive.h"

enum { MOST = 30 * 30 };

static const size_t channel_counts[] = {1, 5, 37, 64};

/* The first target cell (allowed by the mask) with the largest similarity. */
static size_t naive_nearest(const geosc_map *source, size_t s, const geosc_map *target, const float *mask)
{
    size_t best = MOST;
    double most = -INFINITY;

    for (size_t t = 0; t < target->cells; t++)
        if ((!mask || mask[t] != 0) && naive_similarity(source, s, target, t) > most) {
            most = naive_similarity(source, s, target, t);
            best = t;
        }
    return best;
}

static double naive_distance_squared(const geosc_map *source, size_t s, double m, const geosc_map *target, size_t t)
{
    double sum = 0;

    for (size_t c = 0; c < source->channels; c++) {
        double d = m * (double)map_row(source, s)[c] - (double)map_row(target, t)[c];
        sum += d * d;
    }
    return sum;
}

static double naive_mutual(const geosc_map *source, const float *mask, const geosc_map *target,
                           const float *target_mask)
{
    double sum = 0;
    size_t count = 0;

    for (size_t s = 0; s < source->cells; s++) {
        if (mask && mask[s] == 0)
            continue;
        size_t t = naive_nearest(source, s, target, target_mask);
        if (naive_nearest(target, t, source, mask) != s)
            continue;
        sum += sqrt(naive_distance_squared(source, s, 1, target, t));
        count++;
    }
    return count ? sum / (double)count : NAN;
}

static double naive_imd(const geosc_map *source, const float *mask, const geosc_map *target, const float *target_mask,
                        enum geosc_imd kind)
{
    double sum = 0, weights = 0;

    if (kind == GEOSC_IMD_MUTUAL)
        return naive_mutual(source, mask, target, target_mask);
    for (size_t s = 0; s < source->cells; s++) {
        double m = mask ? (double)mask[s] : 1;
        double d = naive_distance_squared(source, s, m, target, naive_nearest(source, s, target, target_mask));
        sum += m * (kind == GEOSC_IMD_SQUARED ? d : sqrt(d));
        weights += m;
    }
    return sum / (weights + 1e-6);
}

/* Zeros, ones and fractions; one cell at least is not 0. */
static const float *random_mask(struct random *random, const geosc_map *map, float mask[MOST])
{
    if (random_below(random, 3) == 0)
        return NULL;
    for (size_t i = 0; i < map->cells; i++)
        mask[i] = (float)random_below(random, 5) / 4;
    mask[random_below(random, map->cells)] = 0.75F;
    return mask;
}

static void test_nearest(void **state)
{
    struct random random = {1};
    struct nearest_scratch scratch = {0};
    static int32_t index[2][MOST + PANEL];
    int32_t *const places[2] = {index[0], index[1]};

    (void)state;
    for (size_t round = 0; round < 24; round++) {
        size_t C = channel_counts[round % 4];
        geosc_map *a = random_map(&random, C, true), *b = random_map(&random, C, true),
                  *target = random_map(&random, C, true);
        const geosc_map *maps[2] = {a, b};
        struct cell_set sources[2], targets = {target, NULL, target->cells, target->panels};
        for (int s = 0; s < 2; s++)
            sources[s] = (struct cell_set){maps[s], NULL, maps[s]->cells, maps[s]->panels};
        const char *isa;
        for (size_t i = 0; (isa = usable_isa(i)); i++) {
            assert_ok(geosc_configure(context, thread_counts[round % THREAD_COUNTS], isa));
            assert_ok(nearest_find(context, sources, 2, &targets, &scratch, places));
            for (int s = 0; s < 2; s++)
                for (size_t c = 0; c < maps[s]->cells; c++)
                    assert_int_equal(index[s][c], naive_nearest(maps[s], c, target, NULL));
        }
        geosc_map_free(a);
        geosc_map_free(b);
        geosc_map_free(target);
    }
    nearest_scratch_free(&scratch);
}

/* One target, several masked sources of other shapes, every kind; the same bits on any number of threads. */
static void check_imd(struct random *random, size_t C, size_t count, bool exact, struct imd_scratch *scratch)
{
    static float masks[IMD_JOBS][MOST], target_mask_room[MOST];
    struct imd_job jobs[IMD_JOBS];
    geosc_map *maps[IMD_JOBS], *target = random_map(random, C, exact);
    const float *target_mask = random_mask(random, target, target_mask_room);
    const char *isa;

    for (size_t j = 0; j < count; j++) {
        maps[j] = random_map(random, C, exact);
        jobs[j] = (struct imd_job){.source = maps[j], .mask = random_mask(random, maps[j], masks[j])};
    }
    for (int kind = GEOSC_IMD_SQUARED; kind <= (exact ? GEOSC_IMD_MUTUAL : GEOSC_IMD_EUCLIDEAN); kind++)
        for (size_t i = 0; (isa = usable_isa(i)); i++) {
            double first[IMD_JOBS];
            for (int t = 0; t < THREAD_COUNTS; t++) {
                assert_ok(geosc_configure(context, thread_counts[t], isa));
                assert_ok(imd_compute(context, jobs, count, target, target_mask, (enum geosc_imd)kind, scratch));
                for (size_t j = 0; j < count; j++) {
                    double expected = naive_imd(maps[j], jobs[j].mask, target, target_mask, (enum geosc_imd)kind);
                    if (t == 0)
                        first[j] = jobs[j].imd;
                    assert_memory_equal(&jobs[j].imd, &first[j], sizeof first[j]);
                    assert_int_equal(isnan(jobs[j].imd), isnan(expected));
                    if (!isnan(expected) && !(fabs(jobs[j].imd - expected) <= 1e-6 * (1 + fabs(expected))))
                        fail_msg("%s, %s: %.9g instead of %.9g", isa, geosc_imd_name((enum geosc_imd)kind), jobs[j].imd,
                                 expected);
                }
            }
        }
    for (size_t j = 0; j < count; j++)
        geosc_map_free(maps[j]);
    geosc_map_free(target);
}

static void test_imd(void **state)
{
    struct random random = {2};
    struct imd_scratch scratch = {0};

    (void)state;
    for (size_t round = 0; round < 8; round++)
        check_imd(&random, channel_counts[round % 4], 1 + random_below(&random, 3), round % 2 == 0, &scratch);
    check_imd(&random, 3, IMD_JOBS, true, &scratch);
    imd_scratch_free(&scratch);
}

/* Equal features are at distance 0, exactly, in every kind. */
static void test_equal_maps(void **state)
{
    struct random random = {3};
    struct imd_scratch scratch = {0};
    float features[37 * 13 * 29];
    const char *isa;
    geosc_map *map;

    (void)state;
    random_fill(&random, features, 37 * 13 * 29);
    for (size_t i = 0; (isa = usable_isa(i)); i++) {
        assert_ok(geosc_configure(context, 2, isa));
        assert_ok(geosc_refine(context, NULL, features, 37, 13, 29, GEOSC_POSE_NONE, &map));
        for (int kind = GEOSC_IMD_SQUARED; kind < GEOSC_IMD_NONE; kind++) {
            struct imd_job job = {.source = map};
            assert_ok(imd_compute(context, &job, 1, map, NULL, (enum geosc_imd)kind, &scratch));
            assert_true(job.imd == 0);
        }
        geosc_map_free(map);
    }
    imd_scratch_free(&scratch);
}

/* All cells alike: everything ties, and the first wins on both sides. */
static void test_all_alike(void **state)
{
    struct imd_scratch scratch = {0};
    struct nearest_scratch search = {0};
    float features[5 * 60], mask[60] = {0}, target_mask[60] = {0};
    const char *isa;

    (void)state;
    for (size_t i = 0; i < 5 * 60; i++)
        features[i] = 0.25F;
    mask[7] = mask[59] = target_mask[49] = target_mask[50] = 1;
    geosc_map *source = refined_map(features, 5, 6, 10), *target = refined_map(features, 5, 10, 6);
    for (size_t i = 0; (isa = usable_isa(i)); i++) {
        struct cell_set set = {target, NULL, target->cells, target->panels};
        int32_t index[2 * PANEL], *place = index;
        assert_ok(geosc_configure(context, 3, isa));
        assert_ok(nearest_find(context, &set, 1, &set, &search, &place));
        for (size_t c = 0; c < 60; c++)
            assert_int_equal(index[c], 0);
        struct imd_job job = {.source = source, .mask = mask};
        assert_ok(imd_compute(context, &job, 1, target, target_mask, GEOSC_IMD_MUTUAL, &scratch));
        assert_true(job.imd == 0); /* cell 7 and cell 49 are each other's first */
    }
    geosc_map_free(source);
    geosc_map_free(target);
    imd_scratch_free(&scratch);
    nearest_scratch_free(&search);
}

/* Zero features are at the distance of the target's length, and no similarity is negative infinity or NaN. */
static void test_zero_source(void **state)
{
    struct imd_scratch scratch = {0};
    float zero[5 * 4] = {0}, ones[5 * 50];

    (void)state;
    for (size_t i = 0; i < 5 * 50; i++)
        ones[i] = -1;
    geosc_map *source = refined_map(zero, 5, 2, 2), *target = refined_map(ones, 5, 5, 10);
    struct imd_job job = {.source = source};
    assert_ok(geosc_configure(context, 2, NULL));
    assert_ok(imd_compute(context, &job, 1, target, NULL, GEOSC_IMD_SQUARED, &scratch));
    assert_true(fabs(job.imd - 5 * 4 / (4 + 1e-6)) < 1e-12);
    geosc_map_free(source);
    geosc_map_free(target);
    imd_scratch_free(&scratch);
}

/*
 * A mutual pair exists wherever there are cells on both sides: the first source cell of the largest similarity of all,
 * and its nearest. (So NaN is for empty sides alone, which are refused before.) Here both sources want target 0, which
 * wants one.
 */
static void test_mutual_has_one(void **state)
{
    const float source_features[2] = {1, 2}, target_features[2] = {-1, -2};
    struct imd_scratch scratch = {0};
    geosc_map *source = refined_map(source_features, 1, 1, 2), *target = refined_map(target_features, 1, 1, 2);
    struct imd_job job = {.source = source};
    const char *isa;

    (void)state;
    for (size_t i = 0; (isa = usable_isa(i)); i++) {
        assert_ok(geosc_configure(context, 1, isa));
        assert_ok(imd_compute(context, &job, 1, target, NULL, GEOSC_IMD_MUTUAL, &scratch));
        assert_true(job.imd == 2);
    }
    geosc_map_free(source);
    geosc_map_free(target);
    imd_scratch_free(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest),   cmocka_unit_test(test_imd),         cmocka_unit_test(test_equal_maps),
        cmocka_unit_test(test_all_alike), cmocka_unit_test(test_zero_source), cmocka_unit_test(test_mutual_has_one),
    };

    return cmocka_run_group_tests_name("imd", tests, make_context, free_context);
}
