/* Nearest cells found by int8 equal those of fp32 for all features: random ones, near copies, and hard ones: equal
 * cells, cells that differ in one bit, a channel much larger than the others, zero vectors, thousands of candidates. */
#include "maps/nearest.h"
#include "naive.h"

enum { HEIGHT = 23, WIDTH = 17, CELLS = HEIGHT * WIDTH, ROOM = (CELLS + PANEL) / PANEL * PANEL };

struct scene {
    const char *name;
    void (*fill)(struct random *random, float *source, float *target, size_t count, size_t channels);
    bool easy, hopeless; /* int8 must do it all, or give up on all of it */
};

static void fill_random(struct random *random, float *source, float *target, size_t count, size_t channels)
{
    (void)channels;
    random_fill(random, source, count);
    random_fill(random, target, count);
}

static void fill_copies(struct random *random, float *source, float *target, size_t count, size_t channels)
{
    (void)channels;
    random_fill(random, source, count);
    for (size_t i = 0; i < count; i++)
        target[count - 1 - i] = source[i] + random_float(random, -0.1F, 0.1F);
}

static void fill_alike(struct random *random, float *source, float *target, size_t count, size_t channels)
{
    (void)random;
    for (size_t i = 0; i < count; i++)
        source[i] = target[i] = (float)(i / (count / channels) % 7) + 1; /* channels differ, cells do not */
}

/* All target cells alike but two, whose last channel is one bit larger: the first of these wins. */
static void fill_one_bit(struct random *random, float *source, float *target, size_t count, size_t channels)
{
    fill_alike(random, source, target, count, channels);
    target[count - 5] = nextafterf(target[count - 5], 100);
    target[count - 90] = nextafterf(target[count - 90], 100);
}

static void fill_outliers(struct random *random, float *source, float *target, size_t count, size_t channels)
{
    size_t cells = count / channels;

    fill_random(random, source, target, count, channels);
    for (size_t i = 0; i < cells; i++) {
        source[2 * cells + i] *= 1e5F;
        target[2 * cells + i] *= 1e5F;
    }
}

static void fill_zeros(struct random *random, float *source, float *target, size_t count, size_t channels)
{
    size_t cells = count / channels;

    fill_random(random, source, target, count, channels);
    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < cells; i += 3)
            source[c * cells + i] = target[c * cells + i] = 0;
}

/* Cells in a narrow cone: every bound reaches every score. */
static void fill_cone(struct random *random, float *source, float *target, size_t count, size_t channels)
{
    (void)channels;
    for (size_t i = 0; i < count; i++) {
        source[i] = 1 + random_float(random, -1e-4F, 1e-4F);
        target[i] = source[i] + random_float(random, -1e-6F, 1e-6F);
    }
}

static void fill_tiny(struct random *random, float *source, float *target, size_t count, size_t channels)
{
    fill_random(random, source, target, count, channels);
    for (size_t i = 0; i < count; i++) {
        source[i] *= 1e-30F;
        target[i] *= 1e-38F;
    }
}

static const struct scene scenes[] = {
    {"random", fill_random, true, false},      {"copies", fill_copies, true, false},
    {"all alike", fill_alike, false, true},    {"one bit", fill_one_bit, false, true},
    {"outliers", fill_outliers, false, false}, {"zeros", fill_zeros, false, false},
    {"a cone", fill_cone, false, false},       {"tiny", fill_tiny, false, false},
};

static struct cell_set all_cells(const geosc_map *map)
{
    return (struct cell_set){map, NULL, map->cells, map->panels};
}

static void check_scene(const struct scene *scene, size_t channels, int threads, struct random *random)
{
    size_t count = channels * CELLS;
    float *source = malloc(count * sizeof *source), *target = malloc(count * sizeof *target);
    geosc_map *from, *to;
    int32_t found[ROOM], expected[ROOM], *place = found, *expected_place = expected;
    struct nearest_scratch scratch = {0};

    scene->fill(random, source, target, count, channels);
    assert_ok(geosc_refine(context, NULL, source, channels, HEIGHT, WIDTH, GEOSC_POSE_NONE, &from));
    assert_ok(geosc_refine(context, NULL, target, channels, HEIGHT, WIDTH, GEOSC_POSE_NONE, &to));
    struct cell_set sources = all_cells(from), targets = all_cells(to);
    context->scores_in_fp32 = true;
    assert_ok(nearest_find(context, &sources, 1, &targets, &scratch, &expected_place));
    context->scores_in_fp32 = false;
    context->threads = threads;
    scratch.statistics = (struct nearest_statistics){0};
    assert_ok(nearest_find(context, &sources, 1, &targets, &scratch, &place));
    for (size_t i = 0; i < CELLS; i++)
        if (found[i] != expected[i])
            fail_msg("%s, %zu channels, %s: cell %zu has %d, not %d", scene->name, channels, context->kernels->name, i,
                     found[i], expected[i]);
    assert_int_equal(scratch.statistics.rows + scratch.statistics.rows_in_fp32, CELLS);
    if (context->kernels->int8_is_faster && channels >= 260) {
        assert_true(!scene->easy || scratch.statistics.rows == CELLS);
        assert_true(!scene->hopeless || scratch.statistics.rows == 0);
    }
    nearest_scratch_free(&scratch);
    geosc_map_free(from);
    geosc_map_free(to);
    free(source);
    free(target);
}

static void test_scenes(void **state)
{
    static const size_t channels[] = {3, 64, 97, 260, 1536};
    struct random random = {7};
    bool usable;
    const char *isa;

    (void)state;
    for (size_t i = 0; (isa = geosc_isa_name(i, &usable)); i++)
        for (size_t s = 0; usable && s < sizeof scenes / sizeof *scenes; s++)
            for (size_t c = 0; c < sizeof channels / sizeof *channels; c++) {
                assert_ok(geosc_configure(context, thread_counts[(s + c) % THREAD_COUNTS], isa));
                check_scene(&scenes[s], channels[c], context->threads, &random);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_scenes)};

    return cmocka_run_group_tests(tests, make_context, free_context);
}
