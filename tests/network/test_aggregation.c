/* The aggregation network against its definition (docs/computation.md, Post-processor) in double. Models are files
 * with PyTorch's keys; they run through geosc_refine and through batches of poses. */
#include "network/aggregate_layout.h"
#include "network/aggregation_testing.h"
#include "network/refine.h"

static const size_t grids[][2] = {{3, 2}, {13, 29}, {6, 8}, {1, 5}};
enum { GRIDS = sizeof grids / sizeof *grids };

static void expect_same(const geosc_map *map, const geosc_map *other)
{
    assert_int_equal(map->channels, other->channels);
    assert_memory_equal(map->values, other->values, map->cells * map->channels * sizeof(float));
}

/* One network on one grid in one pose: all instruction sets, threads and convolutions. */
static void check_network(const struct net *net, size_t H, size_t W, enum geosc_pose pose)
{
    float *features = random_features(&(struct random){H * 100 + W}, net->channels * H * W);
    double *expected = expected_features(net, features, H, W, pose);

    for (enum geosc_conv conv = GEOSC_CONV_AUTO; conv <= GEOSC_CONV_WINOGRAD; conv++) {
        geosc_model *model = load_net(net, conv);
        geosc_map *map, *first = NULL;
        const char *isa, *first_class = "";
        for (size_t set = 0; (isa = usable_isa(set)); set++)
            for (int t = 0; t < THREAD_COUNTS; t++) {
                assert_ok(geosc_configure(context, thread_counts[t], isa));
                assert_ok(geosc_refine(context, model, features, net->channels, H, W, pose, &map));
                if (strcmp(first_class, context->kernels->isa_class) == 0) {
                    expect_same(map, first);
                    geosc_map_free(map);
                    continue;
                }
                first_class = context->kernels->isa_class;
                geosc_map_free(first);
                first = map;
                expect_close(map, expected, isa);
            }
        geosc_map_free(first);
        geosc_model_free(model);
    }
    free(features);
    free(expected);
}

static void test_network(void **state)
{
    (void)state;
    for (size_t s = 0; s < SHAPES; s++) {
        struct net net = make_net(s, &shapes[s]);
        for (size_t g = 0; g < GRIDS; g++)
            check_network(&net, grids[g][0], grids[g][1], (enum geosc_pose)((s + 3 * g) % GEOSC_POSES));
        free_net(&net);
    }
}

/* All poses of an image together: the same bits as each alone, within the memory foretold. */
static void check_poses_together(const struct shape *shape)
{
    enum { H = 9, W = 11 };
    struct net net = make_net(9, shape);
    float *features = random_features(&(struct random){8}, net.channels * H * W);
    geosc_model *model = load_net(&net, GEOSC_CONV_AUTO);
    const struct grids one_grid = {.channels = net.channels, .height = H, .width = W};
    struct refine_scratch scratch = {0};
    struct refine_job jobs[GEOSC_POSES];
    static uint32_t from[GEOSC_POSES][H * W];
    bool finite[GEOSC_POSES];
    geosc_map *alone;

    assert_ok(geosc_configure(context, 2, NULL));
    for (int p = 0; p < GEOSC_POSES; p++) {
        size_t height, width;
        pose_size((enum geosc_pose)p, H, W, &height, &width);
        pose_permutation((enum geosc_pose)p, H, W, from[p]);
        jobs[p] = (struct refine_job){.from = from[p]};
        assert_ok(map_create(context, shape->outputs, height, width, &jobs[p].map));
    }
    assert_ok(refine_take(context, model, &one_grid, features, jobs, GEOSC_POSES, &scratch));
    assert_ok(refine(context, model, jobs, GEOSC_POSES, &scratch, finite));
    for (int p = 0; p < GEOSC_POSES; p++) {
        assert_true(finite[p]);
        assert_ok(geosc_refine(context, model, features, net.channels, H, W, (enum geosc_pose)p, &alone));
        expect_same(jobs[p].map, alone);
        geosc_map_free(alone);
        geosc_map_free(jobs[p].map);
    }
    assert_true(scratch.aggregate.capacity * sizeof(float) <= aggregate_scratch_bytes(model, map_panels(H * W), 2));
    assert_true(aggregate_scratch_bytes(model, SIZE_MAX / PANEL / 8, 2) == SIZE_MAX);
    assert_ok(refine_take(context, model, &one_grid, features, jobs, 0, &scratch));
    refine_scratch_free(&scratch);
    geosc_model_free(model);
    free(features);
    free_net(&net);
}

static void test_poses_together(void **state)
{
    (void)state;
    for (size_t s = 0; s < SHAPES; s++)
        check_poses_together(&shapes[s]);
}

/* What float32 can't hold on the way is told. */
static void test_not_finite(void **state)
{
    struct net net = make_net(5, &shapes[0]);
    geosc_model *model = load_net(&net, GEOSC_CONV_AUTO);
    float *features = random_features(&(struct random){8}, net.channels * 12);
    geosc_map *map;
    const char *isa;

    (void)state;
    features[3] = 3e38F;
    features[4] = 3e38F;
    for (size_t set = 0; (isa = usable_isa(set)); set++) {
        assert_ok(geosc_configure(context, 2, isa));
        for (size_t i = 0; i < 7 * 12; i++)
            features[i] = i % 2 ? 3e38F : -3e38F;
        assert_int_equal(geosc_refine(context, model, features, net.channels, 3, 4, GEOSC_POSE_NONE, &map),
                         GEOSC_FAILED);
    }
    geosc_model_free(model);
    free(features);
    free_net(&net);
}

/* A stop is seen, in networks of one bottleneck and of several. */
static void check_stop_in(const struct shape *shape)
{
    struct net net = make_net(5, shape);
    geosc_model *model = load_net(&net, GEOSC_CONV_AUTO);
    float *features = random_features(&(struct random){8}, net.channels * 12);
    volatile int stop = 1;
    geosc_map *map;

    context->stop = &stop;
    assert_int_equal(geosc_refine(context, model, features, net.channels, 3, 4, GEOSC_POSE_NONE, &map), GEOSC_STOPPED);
    context->stop = NULL;
    geosc_model_free(model);
    free(features);
    free_net(&net);
}

static void test_stop(void **state)
{
    (void)state;
    for (size_t s = 0; s < SHAPES; s++)
        check_stop_in(&shapes[s]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_network),
        cmocka_unit_test(test_poses_together),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_stop),
    };

    return cmocka_run_group_tests_name("aggregation", tests, make_all, free_all);
}
