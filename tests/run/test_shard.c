/* Shards: each pair is in one shard, with balanced work, the same every time; and a catalog with only some of its
 * pairs. */
#include "naive.h"
#include "run/order.h"
#include "run/shard.h"

enum { IMAGES = 40, PAIRS = 300, KEYPOINTS = 2, CELLS = 6, SHARDS_MOST = 12 };

struct setting {
    struct catalog catalog;
    struct image_set set;
    size_t source[PAIRS], target[PAIRS], order[PAIRS];
    double keypoints[PAIRS * KEYPOINTS][2];
    struct queries queries;
    struct geosc_options options;
    struct work work;
};

/* Random pairs over images without masks, all of one size; no model. */
static void make_setting(struct random *random, size_t images, size_t pairs, struct setting *s)
{
    *s =
        (struct setting){.catalog = {.indexed = true, .set_count = 1, .images = images, .pairs = pairs, .channels = 3}};
    s->catalog.sets = &s->set;
    s->catalog.keypoints = KEYPOINTS;
    s->catalog.source = s->source;
    s->catalog.target = s->target;
    s->catalog.source_keypoints = s->keypoints;
    s->catalog.sets[0].count = images;
    s->catalog.sets[0].pose[GEOSC_POSE_NONE] =
        (struct features){.level_count = 1, .channels = 3, .height = CELLS, .width = CELLS};
    for (size_t p = 0; p < pairs; p++) {
        s->source[p] = random_below(random, images);
        s->target[p] = random_below(random, images);
        for (size_t k = 0; k < KEYPOINTS; k++)
            s->keypoints[p * KEYPOINTS + k][0] = s->keypoints[p * KEYPOINTS + k][1] = (double)p;
    }
    geosc_options_init(&s->options);
    assert_ok(order_pairs(context, &s->catalog, s->order));
    assert_ok(queries_create(context, &s->catalog, false, &s->queries));
    assert_ok(work_create(context, &s->catalog, &s->options, NULL, &s->queries, &s->work));
}

static void free_setting(struct setting *s)
{
    work_free(&s->work);
    queries_free(&s->queries);
}

/* The rule of shard.h, said once more: work of a stretch, each image's maps once. */
static double work_of(const struct setting *s, size_t first, size_t end)
{
    bool seen[IMAGES] = {false};
    double sum = 0;

    for (size_t i = first; i < end; i++) {
        size_t pair = s->order[i], images[2] = {s->source[pair], s->target[pair]};
        sum += 0.5 * work_score(&s->work, pair) + work_match(&s->work, pair);
        for (size_t j = 0; j < 2; j++) {
            sum += seen[images[j]] ? 0 : s->work.plain[images[j]];
            seen[images[j]] = true;
        }
    }
    return sum;
}

/* No split has a smaller largest shard: checked by filling shards up to just below it. */
static bool fits(const struct setting *s, size_t shards, double most)
{
    size_t first = 0;

    for (size_t shard = 0; shard < shards && first < s->catalog.pairs; shard++) {
        size_t end = first;
        while (end < s->catalog.pairs && work_of(s, first, end + 1) <= most)
            end++;
        if (end == first)
            return false;
        first = end;
    }
    return first == s->catalog.pairs;
}

static void splits_evenly(void **state)
{
    struct random random = {1};
    static struct setting s;

    (void)state;
    for (size_t round = 0; round < 60; round++) {
        size_t shards = 1 + random_below(&random, SHARDS_MOST), first[SHARDS_MOST + 1], again[SHARDS_MOST + 1];
        double largest = 0;
        make_setting(&random, 1 + random_below(&random, IMAGES), 1 + random_below(&random, 120), &s);
        assert_ok(shard_split(context, &s.work, s.order, shards, first));
        assert_ok(shard_split(context, &s.work, s.order, shards, again));
        assert_memory_equal(first, again, (shards + 1) * sizeof *first);
        assert_int_equal(first[0], 0);
        assert_int_equal(first[shards], s.catalog.pairs);
        for (size_t i = 0; i < shards; i++) {
            assert_true(first[i] <= first[i + 1]);
            double work = work_of(&s, first[i], first[i + 1]);
            largest = work > largest ? work : largest;
        }
        assert_false(fits(&s, shards, largest * (1 - 1e-6)));
        free_setting(&s);
    }
}

/* As many shards as pairs, and more: one pair each, and then none. */
static void leaves_the_last_empty(void **state)
{
    struct random random = {2};
    static struct setting s;
    size_t first[SHARDS_MOST + 1];

    (void)state;
    make_setting(&random, 20, 5, &s);
    assert_ok(shard_split(context, &s.work, s.order, 9, first));
    for (size_t i = 0; i <= 9; i++)
        assert_true(first[i] <= 5 && (i == 0 || first[i] - first[i - 1] <= 1));
    assert_int_equal(first[9], 5);
    free_setting(&s);
}

static void selects_pairs(void **state)
{
    struct random random = {3};
    static struct setting s;
    static size_t source[PAIRS], target[PAIRS], order[PAIRS];

    (void)state;
    for (size_t round = 0; round < 40; round++) {
        make_setting(&random, IMAGES, PAIRS, &s);
        size_t first = random_below(&random, PAIRS), count = random_below(&random, PAIRS - first + 1);
        memcpy(source, s.source, sizeof source);
        memcpy(target, s.target, sizeof target);
        memcpy(order, s.order + first, count * sizeof *order);
        assert_ok(shard_select(context, &s.catalog, order, count));
        assert_int_equal(s.catalog.pairs, count);
        for (size_t i = 0; i < count; i++) {
            size_t place = s.catalog.index[i];
            assert_true(i == 0 || place > s.catalog.index[i - 1]);
            assert_int_equal(s.source[i], source[place]);
            assert_int_equal(s.target[i], target[place]);
            assert_true(s.keypoints[i * KEYPOINTS][0] == (double)place &&
                        s.keypoints[i * KEYPOINTS + 1][1] == (double)place);
            assert_int_equal(s.catalog.index[order[i]], s.order[first + i]); /* in the same order as before */
        }
        memory_free(s.catalog.index);
        free_setting(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(splits_evenly), cmocka_unit_test(leaves_the_last_empty),
                                       cmocka_unit_test(selects_pairs)};

    return cmocka_run_group_tests_name("shard", tests, make_context, free_context);
}
