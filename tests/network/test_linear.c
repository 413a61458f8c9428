/*
 * The linear layer (docs/computation.md, Post-processor) against its definition in double: alone, with and without mean
 * and bias; in front of the other architectures, beside the same network given projected features; and faulty files.
 */
#include "network/aggregation_testing.h"
#include "network/linear.h"
#include "network/refine.h"

enum { INPUTS = 21, OUTPUTS = 13, MOST_OUTPUTS = 808 };

/* y = W (x - mean) + bias */
struct projection {
    size_t outputs;
    bool has_mean, has_bias, as_convolution; /* as_convolution: W is [outputs, inputs, 1, 1] */
    float weight[MOST_OUTPUTS * INPUTS], mean[INPUTS], bias[MOST_OUTPUTS];
};

static struct projection projection;

static void make_projection(uint64_t seed, size_t outputs, bool has_mean, bool has_bias, bool as_convolution)
{
    struct random random = {seed};

    projection = (struct projection){outputs, has_mean, has_bias, as_convolution, {0}, {0}, {0}};
    for (size_t i = 0; i < outputs * INPUTS; i++)
        projection.weight[i] = random_float(&random, -1, 1) * sqrtf(3.0F / INPUTS);
    for (size_t c = 0; c < INPUTS; c++)
        projection.mean[c] = random_float(&random, -50, 50);
    random_fill(&random, projection.bias, outputs);
}

static void add_projection(hid_t file, const char *prefix)
{
    const hsize_t dims[4] = {projection.outputs, INPUTS, 1, 1};
    char key[64];

    snprintf(key, sizeof key, "/%sprojection.weight", prefix);
    make_array(file, key, H5T_NATIVE_FLOAT, projection.as_convolution ? 4 : 2, dims, projection.weight, H5P_DEFAULT);
    snprintf(key, sizeof key, "/%sprojection.mean", prefix);
    if (projection.has_mean)
        make_array(file, key, H5T_NATIVE_FLOAT, 1, &dims[1], projection.mean, H5P_DEFAULT);
    snprintf(key, sizeof key, "/%sprojection.bias", prefix);
    if (projection.has_bias)
        make_array(file, key, H5T_NATIVE_FLOAT, 1, &dims[0], projection.bias, H5P_DEFAULT);
}

static geosc_model *load(hid_t file, const char *path)
{
    geosc_model *model;

    MAKE(H5Fclose(file));
    assert_ok(geosc_model_load(context, path, &model));
    return model;
}

static geosc_model *load_alone(const char *prefix)
{
    const char *path = scratch_path("linear.h5");
    hid_t file = make_file(path);

    add_projection(file, prefix);
    return load(file, path);
}

/* Features around the mean, which is large where there is one. */
static float *make_features(uint64_t seed, size_t cells)
{
    float *features = random_features(&(struct random){seed}, INPUTS * cells);

    for (size_t i = 0; projection.has_mean && i < INPUTS * cells; i++)
        features[i] += projection.mean[i / cells];
    return features;
}

/* [outputs][cells], in double; free() it. */
static double *naive_projected(const float *features, size_t cells)
{
    double *out = malloc(projection.outputs * cells * sizeof *out);

    for (size_t o = 0; o < projection.outputs; o++)
        for (size_t i = 0; i < cells; i++) {
            double sum = projection.has_bias ? (double)projection.bias[o] : 0;
            for (size_t c = 0; c < INPUTS; c++)
                sum += (double)projection.weight[o * INPUTS + c] *
                       ((double)features[c * cells + i] - (projection.has_mean ? (double)projection.mean[c] : 0));
            out[o * cells + i] = sum;
        }
    return out;
}

static void normalise(double *features, size_t channels, size_t cells)
{
    for (size_t i = 0; i < cells; i++) {
        double norm = 0;
        for (size_t c = 0; c < channels; c++)
            norm += features[c * cells + i] * features[c * cells + i];
        for (size_t c = 0; c < channels; c++)
            features[c * cells + i] /= sqrt(norm) + 1e-6;
    }
}

static void expect_same(const geosc_map *map, const geosc_map *other)
{
    assert_int_equal(map->channels, other->channels);
    assert_memory_equal(map->values, other->values, map->cells * map->channels * sizeof(float));
}

/* A map on all sets and threads: near what is expected, and the same bits within a class. */
static void check_refined(const geosc_model *model, const float *features, size_t H, size_t W, enum geosc_pose pose,
                          const double *expected)
{
    geosc_map *map, *first = NULL;
    const char *isa, *first_class = "";

    for (size_t set = 0; (isa = usable_isa(set)); set++)
        for (int t = 0; t < THREAD_COUNTS; t++) {
            assert_ok(geosc_configure(context, thread_counts[t], isa));
            assert_ok(geosc_refine(context, model, features, INPUTS, H, W, pose, &map));
            expect_close(map, expected, isa);
            if (strcmp(first_class, context->kernels->isa_class) == 0)
                expect_same(map, first);
            else {
                first_class = context->kernels->isa_class;
                geosc_map_free(first);
                assert_ok(geosc_refine(context, model, features, INPUTS, H, W, pose, &first));
            }
            geosc_map_free(map);
        }
    geosc_map_free(first);
}

/* ---- alone -------------------------------------------------------------------------------------- */

static const size_t sizes[][2] = {{3, 2}, {13, 29}, {6, 8}, {1, 5}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void test_alone(void **state)
{
    static const size_t outputs[] = {1, OUTPUTS, INPUTS, 40}; /* fewer than the inputs, and more */

    (void)state;
    for (size_t i = 0; i < 16; i++) {
        const size_t *size = sizes[i % SIZES], cells = size[0] * size[1];
        make_projection(i, outputs[i / 4], i & 1, i & 2, i & 4);
        geosc_model *model = load_alone(i & 8 ? "module." : "");
        float *features = make_features(i, cells);
        double *expected = naive_projected(features, cells);
        normalise(expected, projection.outputs, cells);
        check_refined(model, features, size[0], size[1], GEOSC_POSE_NONE, expected);
        geosc_model_free(model);
        free(features);
        free(expected);
    }
}

static void test_facts(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        make_projection(3, OUTPUTS, i & 1, i & 2, false);
        geosc_model *model = load_alone("");
        size_t parameters = (size_t)OUTPUTS * INPUTS + (i & 1 ? INPUTS : 0) + (i & 2 ? OUTPUTS : 0);
        assert_string_equal(model_architecture(model), "linear");
        assert_int_equal(geosc_model_channels(model), INPUTS);
        assert_int_equal(model_outputs(model, INPUTS), OUTPUTS);
        assert_int_equal(geosc_model_parameters(model), parameters);
        assert_true(model_work(model) == (double)parameters);
        assert_int_equal(model_reach(model), 0);
        assert_false(model_tells_poses(model));
        geosc_model_free(model);
    }
}

/* A pose moves the cells and changes no bit of them. */
static void test_poses(void **state)
{
    enum { H = 5, W = 7 };
    geosc_map *plain, *posed;
    uint32_t from[H * W];

    (void)state;
    make_projection(4, OUTPUTS, true, true, false);
    geosc_model *model = load_alone("");
    float *features = make_features(4, (size_t)H * W);
    assert_ok(geosc_configure(context, 2, NULL));
    assert_ok(geosc_refine(context, model, features, INPUTS, H, W, GEOSC_POSE_NONE, &plain));
    for (int p = 0; p < GEOSC_POSES; p++) {
        assert_ok(geosc_refine(context, model, features, INPUTS, H, W, (enum geosc_pose)p, &posed));
        pose_permutation((enum geosc_pose)p, H, W, from);
        for (size_t i = 0; i < H * W; i++)
            assert_memory_equal(map_row(posed, i), map_row(plain, from[i]), OUTPUTS * sizeof(float));
        geosc_map_free(posed);
    }
    geosc_map_free(plain);
    geosc_model_free(model);
    free(features);
}

/* The checksum tells each of the tensors; the same model from memory has the same. */
static void test_crc(void **state)
{
    const struct geosc_tensor tensors[] = {
        {.key = "projection.weight", .rank = 2, .dims = {OUTPUTS, INPUTS}, .data = projection.weight},
        {.key = "projection.mean", .rank = 1, .dims = {INPUTS}, .data = projection.mean},
        {.key = "projection.bias", .rank = 1, .dims = {OUTPUTS}, .data = projection.bias},
    };
    uint32_t crc[4];
    geosc_model *model;

    (void)state;
    make_projection(5, OUTPUTS, true, true, false);
    for (int i = 0; i < 4; i++) {
        float *changed = i == 1 ? projection.weight : i == 2 ? projection.mean : projection.bias, kept = changed[7];
        changed[7] += i > 0 ? 1 : 0;
        model = load_alone("");
        crc[i] = model->crc32;
        geosc_model_free(model);
        changed[7] = kept;
    }
    for (int i = 1; i < 4; i++)
        assert_int_not_equal(crc[i], crc[0]);
    assert_ok(geosc_model_from_tensors(context, tensors, 3, &model));
    assert_int_equal(model->crc32, crc[0]);
    geosc_model_free(model);
}

/* The scratch is what the budget was told; what float32 can't hold is told. */
static void test_scratch_and_range(void **state)
{
    enum { H = 9, W = 11, CELLS = H * W };
    struct linear_scratch scratch = {0};
    geosc_map *map;

    (void)state;
    make_projection(6, OUTPUTS, false, false, false);
    geosc_model *model = load_alone("");
    float *features = make_features(6, CELLS);
    assert_ok(geosc_configure(context, 3, NULL));
    assert_ok(linear_run(context, &model->linear, features, CELLS, &scratch));
    assert_true((scratch.out_capacity + scratch.desks_capacity) * sizeof(float) <=
                linear_scratch_bytes(model, CELLS, 3));
    assert_int_equal(linear_scratch_bytes(NULL, CELLS, 3), 0);
    linear_scratch_free(&scratch);
    for (size_t i = 0; i < INPUTS * CELLS; i++)
        features[i] = projection.weight[i / CELLS] > 0 ? 3e38F : -3e38F;
    assert_int_equal(geosc_refine(context, model, features, INPUTS, H, W, GEOSC_POSE_NONE, &map), GEOSC_FAILED);
    geosc_model_free(model);
    free(features);
}

/* ---- in front of others -------------------------------------------------------------------------- */

/* A residual network of one block, as PyTorch's keys have it. */
static void add_residual(hid_t file, size_t channels)
{
    const hsize_t dims[3][4] = {{6, channels, 1, 1}, {6, 6, 3, 3}, {channels, 6, 1, 1}};
    static const char *const norms[] = {"weight", "bias", "running_mean", "running_var"};
    struct random random = {11};
    float values[6 * 6 * 40];
    char key[64];

    for (size_t layer = 0; layer < 3; layer++) {
        random_fill(&random, values, sizeof values / sizeof *values);
        snprintf(key, sizeof key, "/blocks.0.net.%zu.weight", 3 * layer);
        make_array(file, key, H5T_NATIVE_FLOAT, 4, dims[layer], values, H5P_DEFAULT);
        for (size_t n = 0; n < 4; n++) {
            for (size_t c = 0; c < dims[layer][0]; c++)
                values[c] = random_float(&random, 0.5F, 1.5F);
            snprintf(key, sizeof key, "/blocks.0.net.%zu.%s", 3 * layer + 1, norms[n]);
            make_array(file, key, H5T_NATIVE_FLOAT, 1, dims[layer], values, H5P_DEFAULT);
        }
    }
}

/* The model, of which `alone` is all but the projection, on all sets and poses, beside `alone` on projected features.
 */
static void check_in_front(const geosc_model *model, const geosc_model *alone, enum geosc_pose pose)
{
    enum { H = 7, W = 9, CELLS = H * W };
    size_t given = geosc_model_channels(alone), channels = model_outputs(alone, given);
    float *features = make_features(7, CELLS), *projected = malloc(given * CELLS * sizeof *projected);
    float *copy = malloc(channels * CELLS * sizeof *copy);
    double *expected = naive_projected(features, CELLS), *refined = malloc(channels * CELLS * sizeof *refined);
    geosc_map *map;

    assert_int_equal(geosc_model_channels(model), INPUTS);
    for (size_t i = 0; i < given * CELLS; i++)
        projected[i] = (float)expected[i];
    assert_ok(geosc_configure(context, 1, "c"));
    assert_ok(geosc_refine(context, alone, projected, given, H, W, pose, &map));
    geosc_map_copy(map, copy);
    for (size_t i = 0; i < channels * CELLS; i++)
        refined[i] = (double)copy[i];
    check_refined(model, features, H, W, pose, refined);
    geosc_map_free(map);
    free(features);
    free(projected);
    free(copy);
    free(expected);
    free(refined);
}

static void test_before_residual(void **state)
{
    const char *path = scratch_path("net.h5");

    (void)state;
    for (int i = 0; i < 4; i++) {
        make_projection(8, OUTPUTS, i & 1, i & 2, i == 2);
        hid_t file = make_file(path);
        add_residual(file, OUTPUTS);
        geosc_model *alone = load(file, path);
        file = make_file(path);
        add_residual(file, OUTPUTS);
        add_projection(file, "");
        geosc_model *model = load(file, path);
        assert_string_equal(model_architecture(model), "linear, residual-bottleneck");
        assert_true(model_tells_poses(model));
        assert_int_equal(model_reach(model), 1);
        check_in_front(model, alone, (enum geosc_pose)(2 * i));
        geosc_model_free(alone);
        geosc_model_free(model);
    }
}

static void test_before_aggregation(void **state)
{
    const char *path = scratch_path("net.h5");

    (void)state;
    for (size_t s = 0; s < SHAPES; s++) {
        struct net net = make_net(s, &shapes[s]);
        make_projection(s, net.channels, true, s & 1, s & 2);
        geosc_model *alone = load(write_net(path, "", &net), path);
        hid_t file = write_net(path, "", &net);
        add_projection(file, "");
        geosc_model *model = load(file, path);
        assert_string_equal(model_architecture(model), "linear, aggregation");
        assert_int_equal(geosc_model_parameters(model),
                         geosc_model_parameters(alone) + net.channels * INPUTS + INPUTS + (s & 1 ? net.channels : 0));
        check_in_front(model, alone, (enum geosc_pose)(s % GEOSC_POSES));
        geosc_model_free(alone);
        geosc_model_free(model);
        free_net(&net);
    }
}

/* ---- faulty files -------------------------------------------------------------------------------- */

#define ARRAY(key, ...) make_array(file, key, H5T_NATIVE_FLOAT, DIMS(__VA_ARGS__), numbers, H5P_DEFAULT)

static const float numbers[MOST_OUTPUTS * 9] = {1, 2, 3};

CHANGE(flat, ARRAY("/projection.weight", OUTPUTS))
CHANGE(deep, ARRAY("/projection.weight", OUTPUTS, INPUTS, 1))
CHANGE(wide, ARRAY("/projection.weight", OUTPUTS, INPUTS, 3, 3))
CHANGE(other_inputs, ARRAY("/projection.weight", OUTPUTS, INPUTS - 1))
CHANGE(long_mean, ARRAY("/projection.mean", OUTPUTS))
CHANGE(square_mean, ARRAY("/projection.mean", INPUTS, 1))
CHANGE(long_bias, ARRAY("/projection.bias", INPUTS))
CHANGE(scale, ARRAY("/projection.scale", OUTPUTS))
CHANGE(head, ARRAY("/head.weight", 2))
CHANGE(network, add_residual(file, OUTPUTS - 1))
CHANGE(whole_numbers, make_array(file, "/projection.bias", H5T_NATIVE_INT, DIMS(OUTPUTS), numbers, H5P_DEFAULT))
CHANGE(endless, make_array(file, "/projection.mean", H5T_NATIVE_FLOAT, DIMS(INPUTS), ((float[INPUTS]){0, HUGE_VALF}),
                           H5P_DEFAULT))

static const struct spoil spoils[] = {
    {"/projection.weight", NULL, "/projection.weight: missing"},
    {"/projection.weight", flat, "/projection.weight: has shape [13], expected [1, 1]"},
    {"/projection.weight", deep, "/projection.weight: has shape [13, 21, 1], expected [1, 1]"},
    {"/projection.weight", wide, "/projection.weight: has shape [13, 21, 3, 3], expected [13, 21, 1, 1]"},
    {"/projection.weight", other_inputs, "/projection.mean: has shape [21], expected [20]"},
    {"/projection.mean", long_mean, "/projection.mean: has shape [13], expected [21]"},
    {"/projection.mean", square_mean, "/projection.mean: has shape [21, 1], expected [21]"},
    {"/projection.mean", endless, "/projection.mean: element 1 is inf"},
    {"/projection.bias", long_bias, "/projection.bias: has shape [21], expected [13]"},
    {"/projection.bias", whole_numbers, "/projection.bias: has type int32"},
    {NULL, scale, "/projection.scale: is not part of this model"},
    {NULL, head, "/head.weight: is not part of this model"},
    {NULL, network, "/projection.weight: has 13 outputs, but the network behind it takes 12 channels"},
};

static void test_bad_models(void **state)
{
    const char *path = scratch_path("bad.h5");

    (void)state;
    make_projection(9, OUTPUTS, true, true, false);
    for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++) {
        struct problems problems = {0};
        geosc_model *model;
        hid_t file = make_file(path);
        add_projection(file, "");
        MAKE(H5Fclose(file));
        make_spoilt(path, &spoils[i]);
        assert_ok(model_open(context, path, GEOSC_CONV_AUTO, &model, &problems));
        assert_null(model);
        if (problems.count != 1 || !strstr(problems.lines[0], spoils[i].line))
            fail_msg("%zu problems, the first: %s; expected: %s", problems.count, problems.lines[0], spoils[i].line);
        problems_free(&problems);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alone),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_poses),
        cmocka_unit_test(test_crc),
        cmocka_unit_test(test_scratch_and_range),
        cmocka_unit_test(test_before_residual),
        cmocka_unit_test(test_before_aggregation),
        cmocka_unit_test(test_bad_models),
    };

    return cmocka_run_group_tests_name("linear", tests, make_all, free_all);
}
