/*
 * aggregation_testing: the aggregation network (docs/computation.md, Post-processor), made up, written as PyTorch's
 * keys have it, and computed in double.
 */
#ifndef TESTS_AGGREGATION_TESTING_H
#define TESTS_AGGREGATION_TESTING_H

#include "h5/h5_make.h"
#include "maps/pose.h"
#include "naive.h"
#include "network/model.h"

/* ---- a network ---------------------------------------------------------------------------------- */

enum { LEVELS_MOST = 4, LAYERS = 4, DEPTH_MOST = 3, STEPS_MOST = 3 };

static const char *const layer_names[LAYERS] = {"conv1", "conv2", "conv3", "shortcut"};

struct shape {
    size_t levels, widths[LEVELS_MOST], hidden[LEVELS_MOST], outputs, groups;
    size_t more[LEVELS_MOST]; /* bottlenecks after the first */
    size_t between;           /* outputs of all but the last of a level; 0: `outputs`, too */
    bool wide[LEVELS_MOST];   /* the first convolutions are 3x3 */
    bool shortcuts;           /* also where the identity would do */
    size_t more_steps;        /* time steps after the first */
};

/* As PyTorch has it. */
struct net_layer {
    size_t outputs, inputs, side; /* outputs 0: not there */
    float *weight, *scale, *shift;
};

struct net {
    struct shape shape;
    size_t channels, parts; /* parts: levels times time steps */
    double eps;
    struct net_layer layers[LEVELS_MOST][DEPTH_MOST][LAYERS];
    float mixing[LEVELS_MOST * STEPS_MOST];
};

static inline void make_layer(struct random *random, size_t outputs, size_t inputs, size_t side,
                              struct net_layer *layer)
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

/* The layers of a bottleneck from these inputs. */
static inline void make_bottleneck(struct random *random, const struct shape *shape, size_t level, size_t inputs,
                                   size_t outputs, struct net_layer layers[LAYERS])
{
    size_t b = shape->hidden[level];

    make_layer(random, b, inputs, shape->wide[level] ? 3 : 1, &layers[0]);
    make_layer(random, b, b, 3, &layers[1]);
    make_layer(random, outputs, b, 1, &layers[2]);
    if (inputs != outputs || shape->shortcuts)
        make_layer(random, outputs, inputs, 1, &layers[3]);
}

static inline struct net make_net(uint64_t seed, const struct shape *shape)
{
    struct random random = {seed};
    struct net net = {.shape = *shape, .eps = 1e-5, .parts = shape->levels * (1 + shape->more_steps)};

    for (size_t l = 0; l < shape->levels; l++) {
        size_t inputs = shape->widths[l];
        net.channels += inputs * (1 + shape->more_steps);
        for (size_t b = 0; b <= shape->more[l]; b++) {
            size_t outputs = b < shape->more[l] && shape->between ? shape->between : shape->outputs;
            make_bottleneck(&random, shape, l, inputs, outputs, net.layers[l][b]);
            inputs = outputs;
        }
    }
    for (size_t p = 0; p < net.parts; p++)
        net.mixing[p] = random_float(&random, -2, 2);
    return net;
}

static inline void free_net(struct net *net)
{
    struct net_layer *layers = &net->layers[0][0][0];

    for (size_t i = 0; i < LEVELS_MOST * DEPTH_MOST * LAYERS; i++) {
        free(layers[i].weight);
        free(layers[i].scale);
        free(layers[i].shift);
    }
}

static inline void write_layer(hid_t file, const char *place, const char *name, const struct net_layer *layer)
{
    const hsize_t dims[4] = {layer->outputs, layer->inputs, layer->side, layer->side};
    const struct {
        const char *name;
        int rank;
        const float *data;
    } parts[] = {{"weight", 4, layer->weight}, {"norm.weight", 1, layer->scale}, {"norm.bias", 1, layer->shift}};
    char key[256];

    for (size_t p = 0; layer->outputs && p < 3; p++) {
        snprintf(key, sizeof key, "%s.%s.%s", place, name, parts[p].name);
        make_array(file, key, H5T_NATIVE_FLOAT, parts[p].rank, dims, parts[p].data, H5P_DEFAULT);
    }
}

static inline hid_t write_net(const char *path, const char *prefix, const struct net *net)
{
    hid_t file = make_file(path);
    hsize_t parts = net->parts;
    char key[128];

    for (size_t l = 0; l < net->shape.levels; l++)
        for (size_t b = 0; b <= net->shape.more[l]; b++) {
            snprintf(key, sizeof key, "/%sbottleneck_layers.%zu.%zu", prefix, l, b);
            for (size_t i = 0; i < LAYERS; i++)
                write_layer(file, key, layer_names[i], &net->layers[l][b][i]);
        }
    snprintf(key, sizeof key, "/%smixing_weights", prefix);
    make_array(file, key, H5T_NATIVE_FLOAT, 1, &parts, net->mixing, H5P_DEFAULT);
    make_number_attribute(file, "/", "gn_groups", (double)net->shape.groups);
    return file;
}

static inline geosc_model *load_net(const struct net *net, enum geosc_conv conv)
{
    struct problems problems = {0};
    geosc_model *model;

    H5Fclose(write_net(scratch_path("net.h5"), "module.aggregation_network.", net));
    assert_ok(model_open(context, scratch_path("net.h5"), conv, &model, &problems));
    assert_ok(problems_status(context, &problems));
    problems_free(&problems);
    return model;
}

/* ---- the definition in double -------------------------------------------------------------------- */

/* out [outputs][H][W] = norm(weight * in) */
static inline void naive_normed(const struct net *net, const struct net_layer *layer, const double *in, size_t H,
                                size_t W, double *out)
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

static inline void naive_relu(double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        values[i] = values[i] > 0 ? values[i] : 0;
}

/* What a bottleneck makes of x [inputs][H][W]; free() it. */
static inline double *naive_bottleneck(const struct net *net, const struct net_layer layers[LAYERS], const double *x,
                                       size_t H, size_t W)
{
    size_t cells = H * W, hidden = layers[0].outputs * cells, n = layers[2].outputs * cells;
    double *a = malloc(hidden * sizeof *a), *b = malloc(hidden * sizeof *b);
    double *y = malloc(n * sizeof *y), *side = malloc(n * sizeof *side);

    naive_normed(net, &layers[0], x, H, W, a);
    naive_relu(a, hidden);
    naive_normed(net, &layers[1], a, H, W, b);
    naive_relu(b, hidden);
    naive_normed(net, &layers[2], b, H, W, y);
    if (layers[3].outputs)
        naive_normed(net, &layers[3], x, H, W, side);
    else
        memcpy(side, x, n * sizeof *side);
    for (size_t i = 0; i < n; i++)
        y[i] += side[i];
    naive_relu(y, n);
    free(a);
    free(b);
    free(side);
    return y;
}

/* What the bottlenecks of a level make of x; free() it. */
static inline double *naive_level(const struct net *net, size_t level, const double *x, size_t H, size_t W)
{
    double *y = NULL;

    for (size_t b = 0; b <= net->shape.more[level]; b++) {
        double *next = naive_bottleneck(net, net->layers[level][b], y ? y : x, H, W);
        free(y);
        y = next;
    }
    return y;
}

/* out [outputs][H][W]: the refined features of x [channels][H][W]. */
static inline void naive_network(const struct net *net, const double *x, size_t H, size_t W, double *out)
{
    size_t cells = H * W, n = net->shape.outputs * cells;
    double total = 0;

    for (size_t p = 0; p < net->parts; p++)
        total += exp((double)net->mixing[p]);
    memset(out, 0, n * sizeof *out);
    for (size_t p = 0; p < net->parts; p++) {
        size_t level = p % net->shape.levels;
        double *y = naive_level(net, level, x, H, W);
        for (size_t i = 0; i < n; i++)
            out[i] += exp((double)net->mixing[p]) / total * y[i];
        x += net->shape.widths[level] * cells;
        free(y);
    }
    for (size_t i = 0; i < cells; i++) {
        double norm = 0;
        for (size_t c = 0; c < net->shape.outputs; c++)
            norm += out[c * cells + i] * out[c * cells + i];
        for (size_t c = 0; c < net->shape.outputs; c++)
            out[c * cells + i] /= sqrt(norm) + 1e-6;
    }
}

static const struct shape shapes[] = {
    {.levels = 3, .widths = {7, 12, 5}, .hidden = {6, 4, 2}, .outputs = 12, .groups = 2}, /* the second: no shortcut */
    {.levels = 1, .widths = {3}, .hidden = {3}, .outputs = 3, .groups = 1}, /* one level, the identity, one group */
    {.levels = 2, .widths = {37, 20}, .hidden = {24, 16}, .outputs = 40, .groups = 8}, /* wide enough for Winograd's */
    {.levels = 2, .widths = {5, 9}, .hidden = {8, 16}, .outputs = 808, .groups = 8},   /* more outputs than one unit
                                                                                        * computes: groups of 101 */
    {.levels = 4, .widths = {1, 1, 2, 1}, .hidden = {2, 2, 2, 2}, .outputs = 4, .groups = 2},
    {.levels = 2, .widths = {10, 20}, .hidden = {16, 24}, .outputs = 32, .groups = 4, .more = {2, 1}}, /* deep */
    {.levels = 3, .widths = {7, 20, 5}, .hidden = {6, 4, 2}, .outputs = 20, .groups = 2, .more_steps = 2},
    {.levels = 2, .widths = {19, 8}, .hidden = {24, 8}, .outputs = 8, .groups = 4, .wide = {true, true}},
    /* all of it: levels of different depths and sides, other widths between, shortcuts instead of the identity */
    {.levels = 3,
     .widths = {6, 20, 28},
     .hidden = {8, 24, 4},
     .outputs = 20,
     .groups = 4,
     .more = {1, 2, 0},
     .between = 28,
     .wide = {true, false, true},
     .shortcuts = true,
     .more_steps = 1},
    {.levels = 1, .widths = {16}, .hidden = {16}, .outputs = 16, .groups = 4, .more = {2}, .wide = {true}},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* The expected features of a pose: those of the posed input. */
static inline double *expected_features(const struct net *net, const float *features, size_t H, size_t W,
                                        enum geosc_pose pose)
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

/* Within 1e-4 of the root mean square, which of cells of length 1 depends on the channels alone. */
static inline void expect_close(const geosc_map *map, const double *expected, const char *isa)
{
    float *copy = malloc(map->channels * map->cells * sizeof *copy);
    double limit = 1e-4 / sqrt((double)map->channels);

    geosc_map_copy(map, copy);
    for (size_t i = 0; i < map->channels * map->cells; i++)
        if (!(fabs((double)copy[i] - expected[i]) <= limit))
            fail_msg("%s: element %zu: %.9g instead of %.9g", isa, i, (double)copy[i], expected[i]);
    free(copy);
}

#endif
