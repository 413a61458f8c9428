/*
 * The aggregation network against SPEC 2.2 in double: models are files as PyTorch's keys make them, and run through
 * geosc_refine and through batches of poses.
 */
#include "aggregate.h"
#include "aggregation.h"
#include "naive.h"
#include "pose.h"
#include "refine.h"
#include "scratch.h"

#include "h5_make.h"

static geosc_context *context;

/* ---- a network ---------------------------------------------------------------------------------- */

enum { LEVELS_MOST = 4, LAYERS = 4 };

static const char *const layer_names[LAYERS] = {"conv1", "conv2", "conv3", "shortcut"};

struct shape {
    size_t levels, widths[LEVELS_MOST], hidden[LEVELS_MOST], outputs, groups;
};

/* As PyTorch has it. */
struct net_layer {
    size_t outputs, inputs, side; /* outputs 0: not there */
    float *weight, *scale, *shift;
};

struct net {
    struct shape shape;
    size_t channels;
    double eps;
    struct net_layer layers[LEVELS_MOST][LAYERS];
    float mixing[LEVELS_MOST];
};

static void make_layer(struct random *random, size_t outputs, size_t inputs, size_t side, struct net_layer *layer)
{
    size_t depth = inputs * side * side;

    *layer = (struct net_layer){outputs,
                                inputs,
                                side,
                                malloc(outputs * depth * sizeof(float)),
                                malloc(outputs * sizeof(float)),
                                malloc(outputs * sizeof(float))};
    for (size_t i = 0; i < outputs * depth; i++)
        layer->weight[i] = random_float(random, -1, 1) * sqrtf(3.0F / (float)depth);
    for (size_t o = 0; o < outputs; o++) {
        layer->scale[o] = random_float(random, -0.5F, 1.5F);
        layer->shift[o] = random_float(random, -0.5F, 0.5F);
    }
}

static struct net make_net(uint64_t seed, const struct shape *shape)
{
    struct random random = {seed};
    struct net net = {.shape = *shape, .eps = 1e-5};

    for (size_t l = 0; l < shape->levels; l++) {
        size_t n = shape->widths[l], b = shape->hidden[l];
        net.channels += n;
        make_layer(&random, b, n, 1, &net.layers[l][0]);
        make_layer(&random, b, b, 3, &net.layers[l][1]);
        make_layer(&random, shape->outputs, b, 1, &net.layers[l][2]);
        if (n != shape->outputs)
            make_layer(&random, shape->outputs, n, 1, &net.layers[l][3]);
        net.mixing[l] = random_float(&random, -2, 2);
    }
    return net;
}

static void free_net(struct net *net)
{
    for (size_t l = 0; l < LEVELS_MOST; l++)
        for (size_t i = 0; i < LAYERS; i++) {
            free(net->layers[l][i].weight);
            free(net->layers[l][i].scale);
            free(net->layers[l][i].shift);
        }
}

static hid_t write_net(const char *path, const char *prefix, const struct net *net)
{
    hid_t file = make_file(path);
    hsize_t levels = net->shape.levels;
    char key[256];

    for (size_t l = 0; l < net->shape.levels; l++)
        for (size_t i = 0; i < LAYERS; i++) {
            const struct net_layer *layer = &net->layers[l][i];
            const hsize_t dims[4] = {layer->outputs, layer->inputs, layer->side, layer->side};
            const struct {
                const char *name;
                int rank;
                const float *data;
            } parts[] = {
                {"weight", 4, layer->weight}, {"norm.weight", 1, layer->scale}, {"norm.bias", 1, layer->shift}};
            for (size_t p = 0; layer->outputs && p < 3; p++) {
                snprintf(key, sizeof key, "/%sbottleneck_layers.%zu.0.%s.%s", prefix, l, layer_names[i], parts[p].name);
                make_array(file, key, H5T_NATIVE_FLOAT, parts[p].rank, dims, parts[p].data, H5P_DEFAULT);
            }
        }
    snprintf(key, sizeof key, "/%smixing_weights", prefix);
    make_array(file, key, H5T_NATIVE_FLOAT, 1, &levels, net->mixing, H5P_DEFAULT);
    make_number_attribute(file, "/", "gn_groups", (double)net->shape.groups);
    return file;
}

static geosc_model *load_net(const struct net *net, enum geosc_conv conv)
{
    struct problems problems = {0};
    geosc_model *model;

    H5Fclose(write_net(scratch_path("net.h5"), "module.aggregation_network.", net));
    assert_ok(model_open(context, scratch_path("net.h5"), &model, &problems));
    assert_ok(problems_status(context, &problems));
    assert_ok(model_transform(context, model, conv));
    problems_free(&problems);
    return model;
}

/* ---- SPEC 2.2 in double -------------------------------------------------------------------------- */

/* out [outputs][H][W] = norm(weight * in) */
static void naive_normed(const struct net *net, const struct net_layer *layer, const double *in, size_t H, size_t W,
                         double *out)
{
    size_t cells = H * W, size = layer->outputs / net->shape.groups;
    long reach = layer->side == 3;

    for (size_t o = 0; o < layer->outputs; o++)
        for (long y = 0; y < (long)H; y++)
            for (long x = 0; x < (long)W; x++) {
                const float *weight = layer->weight + o * layer->inputs * layer->side * layer->side;
                double sum = 0;
                for (size_t i = 0; i < layer->inputs; i++)
                    for (long dy = -reach; dy <= reach; dy++)
                        for (long dx = -reach; dx <= reach; dx++, weight++)
                            if (y + dy >= 0 && y + dy < (long)H && x + dx >= 0 && x + dx < (long)W)
                                sum += (double)*weight * in[(i * H + (size_t)(y + dy)) * W + (size_t)(x + dx)];
                out[(o * H + (size_t)y) * W + (size_t)x] = sum;
            }
    for (size_t g = 0; g < net->shape.groups; g++) {
        double *group = out + g * size * cells, mean = 0, variance = 0, n = (double)(size * cells);
        for (size_t i = 0; i < size * cells; i++)
            mean += group[i] / n;
        for (size_t i = 0; i < size * cells; i++)
            variance += (group[i] - mean) * (group[i] - mean) / n;
        for (size_t i = 0; i < size * cells; i++) {
            size_t c = g * size + i / cells;
            group[i] =
                (group[i] - mean) / sqrt(variance + net->eps) * (double)layer->scale[c] + (double)layer->shift[c];
        }
    }
}

static void naive_relu(double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        values[i] = values[i] > 0 ? values[i] : 0;
}

/* out [outputs][H][W]: the refined features of x [channels][H][W]. */
static void naive_network(const struct net *net, const double *x, size_t H, size_t W, double *out)
{
    size_t cells = H * W, n = net->shape.outputs * cells, most = 0;
    double total = 0;

    for (size_t l = 0; l < net->shape.levels; l++) {
        total += exp((double)net->mixing[l]);
        most = net->shape.hidden[l] > most ? net->shape.hidden[l] : most;
    }
    double *a = malloc(most * cells * sizeof *a), *b = malloc(most * cells * sizeof *b);
    double *y = malloc(n * sizeof *y), *side = malloc(n * sizeof *side);
    memset(out, 0, n * sizeof *out);
    for (size_t l = 0; l < net->shape.levels; l++) {
        const struct net_layer *layers = net->layers[l];
        naive_normed(net, &layers[0], x, H, W, a);
        naive_relu(a, layers[0].outputs * cells);
        naive_normed(net, &layers[1], a, H, W, b);
        naive_relu(b, layers[1].outputs * cells);
        naive_normed(net, &layers[2], b, H, W, y);
        if (layers[3].outputs)
            naive_normed(net, &layers[3], x, H, W, side);
        else
            memcpy(side, x, n * sizeof *side);
        for (size_t i = 0; i < n; i++)
            out[i] += exp((double)net->mixing[l]) / total * (y[i] + side[i] > 0 ? y[i] + side[i] : 0);
        x += net->shape.widths[l] * cells;
    }
    for (size_t i = 0; i < cells; i++) {
        double norm = 0;
        for (size_t c = 0; c < net->shape.outputs; c++)
            norm += out[c * cells + i] * out[c * cells + i];
        for (size_t c = 0; c < net->shape.outputs; c++)
            out[c * cells + i] /= sqrt(norm) + 1e-6;
    }
    free(a);
    free(b);
    free(y);
    free(side);
}

/* ---- running ------------------------------------------------------------------------------------- */

static const struct shape shapes[] = {
    {3, {7, 12, 5}, {6, 4, 2}, 12, 2}, /* the second level has no shortcut */
    {1, {3}, {3}, 3, 1},               /* one level, the identity, one group */
    {2, {37, 20}, {24, 16}, 40, 8},    /* wide enough for Winograd's */
    {2, {5, 9}, {8, 16}, 808, 8},      /* more outputs than one unit computes: groups of 101 */
    {4, {1, 1, 2, 1}, {2, 2, 2, 2}, 4, 2},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static const size_t grids[][2] = {{3, 2}, {13, 29}, {6, 8}, {1, 5}};
enum { GRIDS = sizeof grids / sizeof *grids };

static float *random_features(uint64_t seed, size_t n)
{
    struct random random = {seed};
    float *features = malloc(n * sizeof *features);

    random_fill(&random, features, n);
    return features;
}

/* The expected features of a pose: those of the posed input. */
static double *expected_features(const struct net *net, const float *features, size_t H, size_t W, enum geosc_pose pose)
{
    size_t height, width, cells = H * W;
    double *x = malloc(net->channels * cells * sizeof *x), *out = malloc(net->shape.outputs * cells * sizeof *out);
    uint32_t *from = malloc(cells * sizeof *from);

    pose_permutation(pose, H, W, from);
    pose_size(pose, H, W, &height, &width);
    for (size_t c = 0; c < net->channels; c++)
        for (size_t i = 0; i < cells; i++)
            x[c * cells + i] = (double)features[c * cells + from[i]];
    naive_network(net, x, height, width, out);
    free(x);
    free(from);
    return out;
}

static void expect_close(const geosc_map *map, const double *expected, const char *isa)
{
    float *copy = malloc(map->channels * map->cells * sizeof *copy);

    geosc_map_copy(map, copy);
    for (size_t i = 0; i < map->channels * map->cells; i++)
        if (!(fabs((double)copy[i] - expected[i]) <= 1e-5))
            fail_msg("%s: element %zu: %.9g instead of %.9g", isa, i, (double)copy[i], expected[i]);
    free(copy);
}

static void expect_same(const geosc_map *map, const geosc_map *other)
{
    assert_int_equal(map->channels, other->channels);
    assert_memory_equal(map->panel, other->panel, map->panels * map->channels * PANEL * sizeof(float));
    for (size_t i = 0; i < map->cells; i++)
        assert_memory_equal(map->rows + i * map->row_stride, other->rows + i * map->row_stride,
                            map->channels * sizeof(float));
}

/* One network on one grid in one pose: all instruction sets, threads and convolutions. */
static void check_network(const struct net *net, size_t H, size_t W, enum geosc_pose pose)
{
    float *features = random_features(H * 100 + W, net->channels * H * W);
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

/* All poses of an image together: the same bits as each alone. */
static void test_poses_together(void **state)
{
    enum { H = 9, W = 11 };
    struct net net = make_net(9, &shapes[2]);
    float *features = random_features(8, net.channels * H * W);
    geosc_model *model = load_net(&net, GEOSC_CONV_AUTO);
    struct refine_scratch scratch = {0};
    struct refine_job jobs[GEOSC_POSES];
    static uint32_t from[GEOSC_POSES][H * W];
    bool finite[GEOSC_POSES];
    geosc_map *alone;

    (void)state;
    assert_ok(geosc_configure(context, 2, NULL));
    for (int p = 0; p < GEOSC_POSES; p++) {
        size_t height, width;
        pose_size((enum geosc_pose)p, H, W, &height, &width);
        pose_permutation((enum geosc_pose)p, H, W, from[p]);
        jobs[p] = (struct refine_job){.from = from[p]};
        assert_ok(map_create(context, 40, height, width, &jobs[p].map));
    }
    assert_ok(refine_take(context, model, features, H * W, jobs, GEOSC_POSES, &scratch));
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
    assert_ok(refine_take(context, model, features, H * W, jobs, 0, &scratch));
    refine_scratch_free(&scratch);
    geosc_model_free(model);
    free(features);
    free_net(&net);
}

/* What float32 can't hold on the way is told. */
static void test_not_finite(void **state)
{
    struct net net = make_net(5, &shapes[0]);
    geosc_model *model = load_net(&net, GEOSC_CONV_AUTO);
    float *features = random_features(8, net.channels * 12);
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

/* A stop is seen between the poses. */
static void test_stop(void **state)
{
    struct net net = make_net(5, &shapes[0]);
    geosc_model *model = load_net(&net, GEOSC_CONV_AUTO);
    float *features = random_features(8, net.channels * 12);
    volatile int stop = 1;
    geosc_map *map;

    (void)state;
    context->stop = &stop;
    assert_int_equal(geosc_refine(context, model, features, net.channels, 3, 4, GEOSC_POSE_NONE, &map), GEOSC_STOPPED);
    context->stop = NULL;
    geosc_model_free(model);
    free(features);
    free_net(&net);
}

/* ---- files --------------------------------------------------------------------------------------- */

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
    size_t parameters = 3;
    for (size_t l = 0; l < 3; l++)
        for (size_t i = 0; i < LAYERS; i++) {
            const struct net_layer *layer = &net.layers[l][i];
            parameters += layer->outputs * (layer->inputs * layer->side * layer->side + 2);
        }
    assert_int_equal(geosc_model_parameters(model), parameters);
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
    assert_ok(model_open(context, path, &model, &problems));
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
    float *features = random_features(8, net.channels * 12);
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

#define DIMS(...)                                                          \
    (int)(sizeof((hsize_t[]){__VA_ARGS__}) / sizeof(hsize_t)), (hsize_t[]) \
    {                                                                      \
        __VA_ARGS__                                                        \
    }
#define CHANGE(name, ...)        \
    static void name(hid_t file) \
    {                            \
        __VA_ARGS__;             \
    }
#define ARRAY(key, ...) make_array(file, key, H5T_NATIVE_FLOAT, DIMS(__VA_ARGS__), numbers, H5P_DEFAULT)

static const float numbers[1024] = {1, 2, 3};

CHANGE(head, ARRAY("/head.weight", 2))
CHANGE(short_mixing, ARRAY("/mixing_weights", 2))
CHANGE(wide_spatial, ARRAY("/bottleneck_layers.1.0.conv2.weight", 4, 4, 5, 5))
CHANGE(other_outputs, ARRAY("/bottleneck_layers.2.0.conv3.weight", 10, 2, 1, 1))
CHANGE(flat_reduce, ARRAY("/bottleneck_layers.0.0.conv1.weight", 6, 7))
CHANGE(odd_reduce, ARRAY("/bottleneck_layers.0.0.conv1.weight", 5, 7, 1, 1))
CHANGE(far_level, ARRAY("/bottleneck_layers.99999999.0.conv1.weight", 6, 7, 1, 1))
CHANGE(no_groups, MAKE(H5Adelete(file, "gn_groups")); make_number_attribute(file, "/", "gn_groups", 0))
CHANGE(half_groups, MAKE(H5Adelete(file, "gn_groups")); make_number_attribute(file, "/", "gn_groups", 1.5))
CHANGE(many_groups, MAKE(H5Adelete(file, "gn_groups")); make_number_attribute(file, "/", "gn_groups", 4))
CHANGE(negative_eps, make_number_attribute(file, "/", "gn_eps", -1))

static const struct {
    const char *path;      /* removed, NULL: nothing */
    void (*change)(hid_t); /* NULL: nothing */
    const char *line;      /* of the first problem */
} spoils[] = {
    {"/bottleneck_layers.1.0.conv3.norm.bias", NULL, "/bottleneck_layers.1.0.conv3.norm.bias: missing"},
    {"/bottleneck_layers.0.0.conv1.weight", NULL, "/bottleneck_layers.0.0.conv1.weight: missing"},
    {"/bottleneck_layers.2.0.shortcut.weight", NULL, "/bottleneck_layers.2.0.shortcut.weight: missing"},
    {"/mixing_weights", NULL, "/mixing_weights: missing"},
    {"/mixing_weights", short_mixing, "/mixing_weights: has the shape [2], expected [3]"},
    {NULL, head, "/head.weight: is no part of this model"},
    {"/bottleneck_layers.1.0.conv2.weight", wide_spatial,
     "conv2.weight: has the shape [4, 4, 5, 5], expected [4, 4, 3, 3]"},
    {"/bottleneck_layers.2.0.conv3.weight", other_outputs,
     "conv3.weight: has the shape [10, 2, 1, 1], expected [12, 2, 1, 1]"},
    {"/bottleneck_layers.0.0.conv1.weight", flat_reduce, "conv1.weight: has the shape [6, 7], expected [6, 7, 1, 1]"},
    {"/bottleneck_layers.0.0.conv1.weight", odd_reduce, "conv1.weight: its 5 outputs do not split into 2 groups"},
    {NULL, far_level, "/bottleneck_layers.3.0.conv1.weight: missing"},
    {NULL, no_groups, "/: attribute gn_groups is 0, expected 1 or more"},
    {NULL, half_groups, "/: attribute gn_groups is 1.5, expected a whole number"},
    {NULL, many_groups, "conv1.weight: its 6 outputs do not split into 4 groups"},
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
        hid_t file = write_net(path, "", &net);
        if (spoils[i].path)
            MAKE(H5Ldelete(file, spoils[i].path, H5P_DEFAULT));
        if (spoils[i].change)
            spoils[i].change(file);
        H5Fclose(file);
        assert_ok(model_open(context, path, &model, &problems));
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

static int start(void **state)
{
    return (context = geosc_create()) ? scratch_make(state) : -1;
}

static int finish(void **state)
{
    geosc_destroy(context);
    return scratch_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_network), cmocka_unit_test(test_poses_together), cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_stop),    cmocka_unit_test(test_facts),          cmocka_unit_test(test_crc),
        cmocka_unit_test(test_eps),     cmocka_unit_test(test_bad_models),
    };

    return cmocka_run_group_tests_name("aggregation", tests, start, finish);
}
