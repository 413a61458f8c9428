/* The order of pairs: each pair once, pairs of one source together, connected images in one stretch; the same every
 * time. */
#include "naive.h"
#include "run/order.h"

enum { MOST_PAIRS = 400, MOST_IMAGES = 60 };

struct pairs {
    struct catalog catalog;
    size_t source[MOST_PAIRS], target[MOST_PAIRS];
};

/* Images are taken from `islands` groups that share none. */
static void make_pairs(struct random *random, struct pairs *pairs)
{
    size_t islands = 1 + random_below(random, 4), size = 1 + random_below(random, MOST_IMAGES / 4);

    pairs->catalog = (struct catalog){.images = islands * size, .pairs = 1 + random_below(random, MOST_PAIRS)};
    pairs->catalog.source = pairs->source;
    pairs->catalog.target = pairs->target;
    for (size_t p = 0; p < pairs->catalog.pairs; p++) {
        size_t island = random_below(random, islands);
        pairs->source[p] = island * size + random_below(random, size);
        pairs->target[p] = island * size + random_below(random, size);
    }
}

static void expect_permutation(const size_t *order, size_t count)
{
    bool seen[MOST_PAIRS] = {false};

    for (size_t i = 0; i < count; i++) {
        assert_true(order[i] < count && !seen[order[i]]);
        seen[order[i]] = true;
    }
}

/* Once another source has come, the one before has had its turn. */
static void expect_sources_together(const struct pairs *pairs, const size_t *order)
{
    bool done[MOST_IMAGES] = {false};

    for (size_t i = 1; i < pairs->catalog.pairs; i++) {
        size_t before = pairs->source[order[i - 1]], here = pairs->source[order[i]];
        done[before] |= before != here;
        assert_false(done[here]);
        assert_true(before != here || order[i - 1] < order[i]); /* within a source, as in the file */
    }
}

/* group[image]: the lowest image that it hangs together with, by spreading numbers along pairs until nothing changes.
 */
static void find_groups(const struct pairs *pairs, size_t group[MOST_IMAGES])
{
    bool changed = true;

    for (size_t i = 0; i < pairs->catalog.images; i++)
        group[i] = i;
    while (changed) {
        changed = false;
        for (size_t p = 0; p < pairs->catalog.pairs; p++) {
            size_t *a = &group[pairs->source[p]], *b = &group[pairs->target[p]];
            changed |= *a != *b;
            *a = *b = *a < *b ? *a : *b;
        }
    }
}

static void expect_groups_together(const struct pairs *pairs, const size_t *order)
{
    size_t group[MOST_IMAGES];
    bool done[MOST_IMAGES] = {false};

    find_groups(pairs, group);
    for (size_t i = 1; i < pairs->catalog.pairs; i++) {
        size_t before = group[pairs->source[order[i - 1]]], here = group[pairs->source[order[i]]];
        done[before] |= before != here;
        assert_false(done[here]);
    }
}

static void test_random(void **state)
{
    struct random random = {1};
    static struct pairs pairs;
    size_t order[MOST_PAIRS], again[MOST_PAIRS];

    (void)state;
    for (size_t round = 0; round < 500; round++) {
        make_pairs(&random, &pairs);
        assert_ok(order_pairs(context, &pairs.catalog, order));
        expect_permutation(order, pairs.catalog.pairs);
        expect_sources_together(&pairs, order);
        expect_groups_together(&pairs, order);
        assert_ok(order_pairs(context, &pairs.catalog, again));
        assert_memory_equal(order, again, pairs.catalog.pairs * sizeof *order);
    }
}

/* Two sources that share their targets come one after the other, though the file has a third between them. */
static void test_closest_source(void **state)
{
    size_t source[] = {0, 0, 1, 2, 2, 2}, target[] = {5, 6, 5, 5, 6, 7}, order[6];
    const size_t expected[] = {0, 1, 3, 4, 5, 2};
    struct catalog catalog = {.images = 8, .pairs = 6, .source = source, .target = target};

    (void)state;
    assert_ok(order_pairs(context, &catalog, order));
    assert_memory_equal(order, expected, sizeof expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random), cmocka_unit_test(test_closest_source)};

    return cmocka_run_group_tests_name("order", tests, make_context, free_context);
}
