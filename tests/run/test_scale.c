/* The replay of tests/bench/scale, on workloads whose schedule is known by hand. Seconds are sums of halves, so that
 * they are exact. */
#include "bench/replay.h"
#include "testing.h"

#include <math.h>

enum { PAIRS = 4, SLOTS = 2 * PAIRS };

static const double NOTHING[2 * PAIRS] = {0}, ONES[2 * PAIRS] = {1, 1, 1, 1, 1, 1, 1, 1}, TWOS[PAIRS] = {2, 2, 2, 2};

/* Pairs whose two images nobody else needs: pair p is made of images 2p and 2p + 1. */
static void plan_independent(size_t slots, struct plan *plan)
{
    static size_t source[PAIRS] = {0, 2, 4, 6}, target[PAIRS] = {1, 3, 5, 7}, order[PAIRS] = {0, 1, 2, 3};
    struct image_set set = {.count = 2 * PAIRS, .pose[0] = {.level_count = 1, .channels = 4, .height = 2, .width = 2}};
    struct catalog catalog = {.indexed = true,
                              .set_count = 1,
                              .sets = &set,
                              .images = 2 * PAIRS,
                              .pairs = PAIRS,
                              .channels = 4,
                              .source = source,
                              .target = target,
                              .keypoints = 1};
    struct geosc_options options;

    geosc_options_init(&options);
    options.pose_count = 1;
    assert_ok(plan_create(
        context,
        &(struct plan_request){
            .catalog = &catalog, .options = &options, .order = order, .count = PAIRS, .slots = slots, .workers = 2},
        plan));
    assert_ok(replay_split(context, plan));
    assert_int_equal(plan->batch_count, 2 * PAIRS);
}

/* An image takes 1 s, a pair 2 s; nothing else takes time. */
static struct replay replay(const struct plan *plan, size_t workers, struct replay_task change)
{
    struct replay result;
    struct replay_task task = {.plan = plan,
                               .cores = change.cores ? change.cores : workers,
                               .threads = change.threads ? change.threads : workers,
                               .workers = workers,
                               .depth = change.depth ? change.depth : SLOTS,
                               .reading = change.reading ? change.reading : NOTHING,
                               .decoding = change.decoding ? change.decoding : NOTHING,
                               .refining = ONES,
                               .answering = TWOS,
                               .serial = change.helpers ? change.serial : 1,
                               .helpers = change.helpers};

    assert_ok(replay_run(context, &task, &result));
    double all = result.busy + result.helping, cores = (double)(task.cores < task.threads ? task.cores : task.threads);
    for (int i = 0; i < GRAPH_WAITS; i++)
        all += result.idle[i];
    assert_true(all == cores * result.seconds);
    return result;
}

static void test_one_worker(void **state)
{
    struct plan plan;

    (void)state;
    plan_independent(SLOTS, &plan);
    struct replay one = replay(&plan, 1, (struct replay_task){0});
    assert_true(one.seconds == 16 && one.busy == 16);
    plan_free(&plan);
}

/* Two workers: images 0 1, then pair 0 beside image 2, 3, and so on. */
static void test_two_workers(void **state)
{
    struct plan plan;

    (void)state;
    plan_independent(SLOTS, &plan);
    /* 0-1: images 0, 1. 1-3: pair 0; images 2, 3. 3-5: pair 1; images 4, 5. 5-7, 7-9: the other pairs, alone at last.
     */
    struct replay two = replay(&plan, 2, (struct replay_task){0});
    assert_true(two.seconds == 9 && two.busy == 16 && two.idle[GRAPH_END] == 2);
    /* 0-1: eight images. 1-3: four pairs. */
    struct replay eight = replay(&plan, 8, (struct replay_task){0});
    assert_true(eight.seconds == 3 && eight.busy == 16 && eight.idle[GRAPH_END] == 8);
    plan_free(&plan);
}

/* With slots for one pair at a time, images wait for the pair before. */
static void test_slots(void **state)
{
    struct plan plan;

    (void)state;
    plan_independent(2, &plan);
    assert_int_equal(plan.slot_count, 2);
    struct replay two = replay(&plan, 2, (struct replay_task){0});
    assert_true(two.seconds == 12 && two.idle[GRAPH_SLOTS] == 6 && two.idle[GRAPH_END] == 2);
    plan_free(&plan);
}

/* A reading of 2 s for each image: image i is there at 2i + 2. */
static void test_reading(void **state)
{
    static const double slow[2 * PAIRS] = {2, 2, 2, 2, 2, 2, 2, 2};
    struct plan plan;

    (void)state;
    plan_independent(SLOTS, &plan);
    struct replay eight = replay(&plan, 8, (struct replay_task){.reading = slow});
    assert_true(eight.seconds == 19 && eight.idle[GRAPH_READING] == 8 * 16 - (16 - 3));
    plan_free(&plan);
}

/* With a place for one image, reading waits until it is decoded: 1 s to read, 1 s to decode, each after the other. */
static void test_read_ahead(void **state)
{
    struct plan plan;

    (void)state;
    plan_independent(SLOTS, &plan);
    struct replay eight = replay(&plan, 8, (struct replay_task){.reading = ONES, .decoding = ONES, .depth = 1});
    assert_true(eight.seconds == 16 + 1 + 2);
    eight = replay(&plan, 8, (struct replay_task){.reading = ONES, .decoding = ONES, .depth = 2});
    assert_true(eight.seconds == 8 + 1 + 1 + 2);
    plan_free(&plan);
}

/* Threads without work of their own: a second one halves what it may, or nothing. */
static void test_help(void **state)
{
    struct plan plan;

    (void)state;
    plan_independent(SLOTS, &plan);
    struct replay two = replay(&plan, 1, (struct replay_task){.threads = 2, .cores = 2, .helpers = 1});
    assert_true(two.seconds == 8 && two.busy == 8 && two.helping == 8);
    two = replay(&plan, 1, (struct replay_task){.threads = 4, .cores = 4, .helpers = 1});
    assert_true(two.seconds == 8 && two.helping == 8);
    two = replay(&plan, 1, (struct replay_task){.threads = 2, .cores = 2, .helpers = 1, .serial = 0.5});
    assert_true(fabs(two.seconds - 12) < 1e-9);
    plan_free(&plan);
}

/* Eight workers on two cores: all images, then all pairs, each with its share of a core. */
static void test_few_cores(void **state)
{
    struct plan plan;

    (void)state;
    plan_independent(SLOTS, &plan);
    struct replay eight = replay(&plan, 8, (struct replay_task){.cores = 2});
    assert_true(eight.seconds == 8 && eight.busy == 16);
    plan_free(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_worker), cmocka_unit_test(test_two_workers), cmocka_unit_test(test_slots),
        cmocka_unit_test(test_reading),    cmocka_unit_test(test_read_ahead),  cmocka_unit_test(test_help),
        cmocka_unit_test(test_few_cores),
    };

    return cmocka_run_group_tests_name("scale", tests, make_plain_context, free_context);
}
