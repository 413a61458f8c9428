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

static inline struct net make_net(uint64_t seed, const struct shape *shape)
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

static inline void free_net(struct net *net)
{
    for (size_t l = 0; l < LEVELS_MOST; l++)
        for (size_t i = 0; i < LAYERS; i++) {
            free(net->layers[l][i].weight);
            free(net->layers[l][i].scale);
            free(net->layers[l][i].shift);
        }
}

static inline hid_t write_net(const char *path, const char *prefix, const struct net *net)
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

/* out [outputs][H][W]: the refined features of x [channels][H][W]. */
static inline void naive_network(const struct net *net, const double *x, size_t H, size_t W, double *out)
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

static const struct shape shapes[] = {
    {3, {7, 12, 5}, {6, 4, 2}, 12, 2}, /* the second level has no shortcut */
    {1, {3}, {3}, 3, 1},               /* one level, the identity, one group */
    {2, {37, 20}, {24, 16}, 40, 8},    /* wide enough for Winograd's */
    {2, {5, 9}, {8, 16}, 808, 8},      /* more outputs than one unit computes: groups of 101 */
    {4, {1, 1, 2, 1}, {2, 2, 2, 2}, 4, 2},
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

static inline void expect_close(const geosc_map *map, const double *expected, const char *isa)
{
    float *copy = malloc(map->channels * map->cells * sizeof *copy);

    geosc_map_copy(map, copy);
    for (size_t i = 0; i < map->channels * map->cells; i++)
        if (!(fabs((double)copy[i] - expected[i]) <= 1e-5))
            fail_msg("%s: element %zu: %.9g instead of %.9g", isa, i, (double)copy[i], expected[i]);
    free(copy);
}

#endif
