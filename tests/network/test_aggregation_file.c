/* Files of aggregation networks: their contents, differences that change the checksum, and faults. */
#include "network/aggregation_testing.h"

/* Numbers in the weights, norms and mixing weights of a network. */
static size_t count_parameters(const struct net *net)
{
    const struct net_layer *layers = &net->layers[0][0][0];
    size_t parameters = net->parts;

    for (size_t i = 0; i < LEVELS_MOST * DEPTH_MOST * LAYERS; i++)
        parameters += layers[i].outputs * (layers[i].inputs * layers[i].side * layers[i].side + 2);
    return parameters;
}

static void test_facts(void **state)
{
    struct net net = make_net(1, &shapes[0]);
    geosc_model *model = load_net(&net, GEOSC_CONV_DIRECT);
    char text[64];

    (void)state;
    assert_string_equal(model_architecture(model), "aggregation");
    model_describe_widths(model, text, sizeof text);
    assert_string_equal(text, "7+12+5");
    model_describe_widths(model, text, 6);
    assert_string_equal(text, "7+12+");
    assert_int_equal(geosc_model_channels(model), 24);
    assert_int_equal(model_outputs(model, 24), 12);
    assert_true(model_reach(model) == SIZE_MAX);
    assert_true(model_tells_poses(model));
    assert_int_equal(geosc_model_parameters(model), count_parameters(&net));
    assert_true(model_work(model) == (double)count_parameters(&net));
    geosc_model_free(model);
    free_net(&net);
}

/* Channels, weights and work of deep networks of several time steps. */
static void test_deep_facts(void **state)
{
    struct net net = make_net(1, &shapes[8]);
    geosc_model *model = load_net(&net, GEOSC_CONV_DIRECT);
    char text[64];

    (void)state;
    model_describe_widths(model, text, sizeof text);
    assert_string_equal(text, "6+20+28+6+20+28");
    assert_int_equal(geosc_model_channels(model), 2 * (6 + 20 + 28));
    assert_int_equal(model_outputs(model, 108), 20);
    assert_true(model_reach(model) == SIZE_MAX);
    assert_int_equal(geosc_model_parameters(model), count_parameters(&net));
    assert_true(model_work(model) == 2.0 * (double)count_parameters(&net));
    geosc_model_free(model);
    free_net(&net);
}

static uint32_t crc_of(const struct net *net, void (*change)(hid_t))
{
    const char *path = scratch_path("net.h5");
    struct problems problems = {0};
    geosc_model *model;

    hid_t file = write_net(path, "", net);
    if (change)
        change(file);
    H5Fclose(file);
    assert_ok(model_open(context, path, GEOSC_CONV_DIRECT, &model, &problems));
    assert_ok(problems_status(context, &problems));
    uint32_t crc = model->crc32;
    geosc_model_free(model);
    return crc;
}

static void with_eps(hid_t file)
{
    make_number_attribute(file, "/", "gn_eps", 1e-3);
}

static void with_default_eps(hid_t file)
{
    make_number_attribute(file, "/", "gn_eps", 1e-5);
}

static void with_scales(hid_t file)
{
    const float scale = 2.6F;

    make_array(file, "/logit_scale", H5T_NATIVE_FLOAT, 0, NULL, &scale, H5P_DEFAULT);
    make_array(file, "/self_logit_scale", H5T_NATIVE_FLOAT, 0, NULL, &scale, H5P_DEFAULT);
}

static void with_other_groups(hid_t file)
{
    MAKE(H5Adelete(file, "gn_groups"));
    make_number_attribute(file, "/", "gn_groups", 1);
}

/* What is computed tells models apart, and nothing else. */
static void test_crc(void **state)
{
    struct net net = make_net(1, &shapes[0]);
    uint32_t crc = crc_of(&net, NULL);

    (void)state;
    assert_int_equal(crc_of(&net, with_default_eps), crc);
    assert_int_equal(crc_of(&net, with_scales), crc);
    assert_int_not_equal(crc_of(&net, with_eps), crc);
    assert_int_not_equal(crc_of(&net, with_other_groups), crc);
    net.mixing[1] += 1;
    assert_int_not_equal(crc_of(&net, NULL), crc);
    free_net(&net);
}

/* gn_eps is what the norms take. */
static void test_eps(void **state)
{
    struct net net = make_net(1, &shapes[0]);
    float *features = random_features(&(struct random){8}, net.channels * 12);
    geosc_model *model;
    geosc_map *map;

    (void)state;
    net.eps = 0.25;
    hid_t file = write_net(scratch_path("net.h5"), "", &net);
    make_number_attribute(file, "/", "gn_eps", net.eps);
    H5Fclose(file);
    assert_ok(geosc_configure(context, 1, NULL));
    assert_ok(geosc_model_load(context, scratch_path("net.h5"), &model));
    assert_ok(geosc_refine(context, model, features, net.channels, 3, 4, GEOSC_POSE_NONE, &map));
    double *expected = expected_features(&net, features, 3, 4, GEOSC_POSE_NONE);
    expect_close(map, expected, "eps");
    free(expected);
    free(features);
    geosc_map_free(map);
    geosc_model_free(model);
    free_net(&net);
}

#define ARRAY(key, ...) make_array(file, key, H5T_NATIVE_FLOAT, DIMS(__VA_ARGS__), numbers, H5P_DEFAULT)

static const float numbers[3 * 4096] = {1, 2, 3};

CHANGE(head, ARRAY("/head.weight", 2))
CHANGE(short_mixing, ARRAY("/mixing_weights", 2))
CHANGE(no_mixing, ARRAY("/mixing_weights", 1, 3))
CHANGE(long_mixing, ARRAY("/mixing_weights", 3 * 4096))
CHANGE(far_bottleneck, ARRAY("/bottleneck_layers.1.99999999.conv1.weight", 4, 12, 1, 1))
CHANGE(odd_bottleneck, ARRAY("/bottleneck_layers.1.1.conv1.weight", 4, 10, 1, 1);
       ARRAY("/bottleneck_layers.1.1.conv3.weight", 12, 4, 1, 1))
CHANGE(no_number, ARRAY("/bottleneck_layers.1.conv1.weight", 4, 12, 1, 1))
CHANGE(wide_reduce, ARRAY("/bottleneck_layers.1.0.conv1.weight", 4, 12, 5, 5))
CHANGE(oblong_reduce, ARRAY("/bottleneck_layers.1.0.conv1.weight", 4, 12, 3, 1))
CHANGE(biased, ARRAY("/bottleneck_layers.1.0.conv1.bias", 4))
CHANGE(wide_spatial, ARRAY("/bottleneck_layers.1.0.conv2.weight", 4, 4, 5, 5))
CHANGE(other_outputs, ARRAY("/bottleneck_layers.2.0.conv3.weight", 10, 2, 1, 1))
CHANGE(flat_reduce, ARRAY("/bottleneck_layers.0.0.conv1.weight", 6, 7))
CHANGE(odd_reduce, ARRAY("/bottleneck_layers.0.0.conv1.weight", 5, 7, 1, 1))
CHANGE(far_level, ARRAY("/bottleneck_layers.99999999.0.conv1.weight", 6, 7, 1, 1))
CHANGE(no_groups, MAKE(H5Adelete(file, "gn_groups")); make_number_attribute(file, "/", "gn_groups", 0))
CHANGE(half_groups, MAKE(H5Adelete(file, "gn_groups")); make_number_attribute(file, "/", "gn_groups", 1.5))
CHANGE(many_groups, MAKE(H5Adelete(file, "gn_groups")); make_number_attribute(file, "/", "gn_groups", 4))
CHANGE(negative_eps, make_number_attribute(file, "/", "gn_eps", -1))

static const struct spoil spoils[] = {
    {"/bottleneck_layers.1.0.conv3.norm.bias", NULL, "/bottleneck_layers.1.0.conv3.norm.bias: missing"},
    {"/bottleneck_layers.0.0.conv1.weight", NULL, "/bottleneck_layers.0.0.conv1.weight: missing"},
    {"/bottleneck_layers.2.0.shortcut.weight", NULL, "/bottleneck_layers.2.0.shortcut.weight: missing"},
    {"/mixing_weights", NULL, "/mixing_weights: missing"},
    {"/mixing_weights", short_mixing,
     "/mixing_weights: has 2 numbers, expected 3, one for each level, or a multiple of them (time steps)"},
    {"/mixing_weights", no_mixing, "/mixing_weights: has shape [1, 3], expected [3]"},
    {"/mixing_weights", long_mixing, "/mixing_weights: has 12288 numbers, more than 4096"},
    {NULL, far_bottleneck, "/bottleneck_layers.1.1.conv1.weight: missing"},
    {NULL, odd_bottleneck, "/bottleneck_layers.1.1.conv1.weight: has shape [4, 10, 1, 1], expected [4, 12, 1, 1]"},
    {NULL, odd_bottleneck, "/bottleneck_layers.1.1.conv2.weight: missing"},
    {NULL, no_number, "/bottleneck_layers.1.conv1.weight: is not part of this model"},
    {NULL, biased, "/bottleneck_layers.1.0.conv1.bias: is not part of this model"},
    {"/bottleneck_layers.1.0.conv1.weight", wide_reduce,
     "conv1.weight: has shape [4, 12, 5, 5], expected [4, 12, 1, 1]"},
    {"/bottleneck_layers.1.0.conv1.weight", oblong_reduce,
     "conv1.weight: has shape [4, 12, 3, 1], expected [4, 12, 1, 1]"},
    {NULL, head, "/head.weight: is not part of this model"},
    {"/bottleneck_layers.1.0.conv2.weight", wide_spatial,
     "conv2.weight: has shape [4, 4, 5, 5], expected [4, 4, 3, 3]"},
    {"/bottleneck_layers.2.0.conv3.weight", other_outputs,
     "conv3.weight: has shape [10, 2, 1, 1], expected [12, 2, 1, 1]"},
    {"/bottleneck_layers.0.0.conv1.weight", flat_reduce, "conv1.weight: has shape [6, 7], expected [6, 7, 1, 1]"},
    {"/bottleneck_layers.0.0.conv1.weight", odd_reduce, "conv1.weight: its 5 outputs are not a multiple of 2 groups"},
    {NULL, far_level, "/bottleneck_layers.3.0.conv1.weight: missing"},
    {NULL, no_groups, "/: attribute gn_groups is 0, expected 1 or more"},
    {NULL, half_groups, "/: attribute gn_groups is 1.5, expected a whole number"},
    {NULL, many_groups, "conv1.weight: its 6 outputs are not a multiple of 4 groups"},
    {NULL, negative_eps, "/: attribute gn_eps is -1, expected 0 or more"},
};

static void test_bad_models(void **state)
{
    const char *path = scratch_path("bad.h5");
    struct net net = make_net(1, &shapes[0]);

    (void)state;
    for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++) {
        struct problems problems = {0};
        geosc_model *model;
        H5Fclose(write_net(path, "", &net));
        make_spoilt(path, &spoils[i]);
        assert_ok(model_open(context, path, GEOSC_CONV_DIRECT, &model, &problems));
        assert_null(model);
        assert_true(problems.count >= 1);
        bool found = false;
        for (size_t p = 0; p < problems.count; p++)
            found |= strstr(problems.lines[p], spoils[i].line) != NULL;
        if (!found)
            fail_msg("%zu problems, the first: %s; expected: %s", problems.count, problems.lines[0], spoils[i].line);
        problems_free(&problems);
    }
    free_net(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts), cmocka_unit_test(test_deep_facts), cmocka_unit_test(test_crc),
        cmocka_unit_test(test_eps),   cmocka_unit_test(test_bad_models),
    };

    return cmocka_run_group_tests_name("aggregation_file", tests, make_all, free_all);
}
