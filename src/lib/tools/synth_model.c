#include "tools/synth_model.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdio.h>

enum { KINDS_PER_NORM = 16 };

/*
 * Share of a block's output that does not come from the skip connection. A larger share distinguishes poses better
 * (only the 3x3 convolutions see them); a smaller one keeps more of the features' own contrast for matching.
 */
static const double residual_share = 0.5;

/* A random tensor of a block or level; its values come from its own stream. */
struct synth_tensor {
    const char *key; /* after "blocks.I.net." or "bottleneck_layers.I.J." */
    int kind;
    double base, spread; /* of uniform(0, 1), or of a normal distribution with that deviation */
    bool normal;
};

static enum geosc_status write_tensor(geosc_context *context, struct h5_writer *writer,
                                      const struct synth_options *options, size_t block,
                                      const struct synth_tensor *tensor, size_t rank, const size_t *dims)
{
    struct random_stream stream = random_stream(options->seed, KIND_WEIGHTS + (uint64_t)tensor->kind, block);
    char path[H5_PATH];
    size_t count = 1;
    float *values;
    enum geosc_status status;

    for (size_t d = 0; d < rank; d++)
        if (!size_multiply(count, dims[d], &count))
            return fail(context, GEOSC_BAD_USAGE, "a model of %zu channels and %zu hidden is too large",
                        options->channels, options->hidden);
    status = memory_allocate(context, &values, count, sizeof *values, "a tensor of the model");
    if (status != GEOSC_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        double x = tensor->normal ? random_normal(&stream) * (1.0 / RANDOM_NORMAL_DEVIATION) : random_uniform(&stream);
        values[i] = (float)(tensor->base + tensor->spread * x);
    }
    if (options->aggregation)
        snprintf(path, sizeof path, "/bottleneck_layers.%zu.%zu.%s", block % options->blocks, block / options->blocks,
                 tensor->key);
    else
        snprintf(path, sizeof path, "/blocks.%zu.net.%s", block, tensor->key);
    status = h5_write_array(context, writer, path, NUMBER_F32, rank, dims, values, NULL);
    memory_free(values);
    return status;
}

/* A convolution's weights, scaled after He et al. 2015 so that ReLU keeps the variance. */
static enum geosc_status write_weights(geosc_context *context, struct h5_writer *writer,
                                       const struct synth_options *options, size_t block, const char *key, int kind,
                                       const size_t dims[4])
{
    struct synth_tensor tensor = {key, kind, 0, sqrt(2.0 / (double)(dims[1] * dims[2] * dims[3])), true};

    return write_tensor(context, writer, options, block, &tensor, 4, dims);
}

/* ---- residual-bottleneck ------------------------------------------------------------------------- */

/* Convolution `place` of a block. */
static enum geosc_status write_convolution(geosc_context *context, struct h5_writer *writer,
                                           const struct synth_options *options, size_t block, int place,
                                           const size_t dims[4])
{
    char key[32];

    snprintf(key, sizeof key, "%d.weight", place);
    return write_weights(context, writer, options, block, key, place, dims);
}

static enum geosc_status write_norm(geosc_context *context, struct h5_writer *writer,
                                    const struct synth_options *options, size_t block, int place, size_t channels,
                                    double share)
{
    static const struct synth_tensor tensors[] = {
        {"weight", 8, 0.5, 1, false},
        {"bias", 9, 0, 0.2, true},
        {"running_mean", 10, 0, 0.2, true},
        {"running_var", 11, 0.5, 1, false},
    };
    const int64_t batches = 1;
    enum geosc_status status;
    char key[32], path[H5_PATH];

    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
        struct synth_tensor tensor = tensors[i];
        snprintf(key, sizeof key, "%d.%s", place, tensor.key);
        tensor.key = key;
        tensor.kind += place * KINDS_PER_NORM;
        if (i == 0) {
            tensor.base *= share;
            tensor.spread *= share;
        }
        TRY(write_tensor(context, writer, options, block, &tensor, 1, &channels));
    }
    snprintf(path, sizeof path, "/blocks.%zu.net.%d.num_batches_tracked", block, place);
    TRY(h5_write_array(context, writer, path, NUMBER_I64, 0, NULL, &batches, NULL));
done:
    return status;
}

static enum geosc_status fill_residual(geosc_context *context, struct h5_writer *writer,
                                       const struct synth_options *options)
{
    const size_t c = options->channels, h = options->hidden;
    enum geosc_status status = GEOSC_OK;

    for (size_t i = 0; i < options->blocks; i++) {
        TRY(write_convolution(context, writer, options, i, 0, (size_t[4]){h, c, 1, 1}));
        TRY(write_norm(context, writer, options, i, 1, h, 1));
        TRY(write_convolution(context, writer, options, i, 3, (size_t[4]){h, h, 3, 3}));
        TRY(write_norm(context, writer, options, i, 4, h, 1));
        TRY(write_convolution(context, writer, options, i, 6, (size_t[4]){c, h, 1, 1}));
        TRY(write_norm(context, writer, options, i, 7, c, residual_share));
    }
done:
    return status;
}

/* ---- aggregation --------------------------------------------------------------------------------- */

/* A convolution of a bottleneck, numbered through all levels' first, second ... ones, and its GroupNorm. */
static enum geosc_status write_normed(geosc_context *context, struct h5_writer *writer,
                                      const struct synth_options *options, size_t number, const char *name, int kind,
                                      const size_t dims[4])
{
    enum geosc_status status;
    char key[32];

    snprintf(key, sizeof key, "%s.weight", name);
    TRY(write_weights(context, writer, options, number, key, kind, dims));
    snprintf(key, sizeof key, "%s.norm.weight", name);
    TRY(write_tensor(context, writer, options, number, &(struct synth_tensor){key, kind + 8, 0.5, 1, false}, 1, dims));
    snprintf(key, sizeof key, "%s.norm.bias", name);
    TRY(write_tensor(context, writer, options, number, &(struct synth_tensor){key, kind + 9, 0, 0.2, true}, 1, dims));
done:
    return status;
}

/* Number of groups of the norms: the largest divisor of all widths up to PyTorch's usual 32. */
static uint32_t count_groups(size_t hidden)
{
    uint32_t groups = 32;

    while (hidden % groups)
        groups /= 2;
    return groups;
}

static enum geosc_status write_bottleneck(geosc_context *context, struct h5_writer *writer,
                                          const struct synth_options *options, size_t number, size_t inputs)
{
    const size_t h = options->hidden, outputs = 4 * h, side = options->wide ? 3 : 1;
    enum geosc_status status;

    TRY(write_normed(context, writer, options, number, "conv1", 0, (size_t[4]){h, inputs, side, side}));
    TRY(write_normed(context, writer, options, number, "conv2", KINDS_PER_NORM, (size_t[4]){h, h, 3, 3}));
    TRY(write_normed(context, writer, options, number, "conv3", 2 * KINDS_PER_NORM, (size_t[4]){outputs, h, 1, 1}));
    if (inputs != outputs)
        TRY(write_normed(context, writer, options, number, "shortcut", 3 * KINDS_PER_NORM,
                         (size_t[4]){outputs, inputs, 1, 1}));
done:
    return status;
}

static enum geosc_status fill_aggregation(geosc_context *context, struct h5_writer *writer,
                                          const struct synth_options *options)
{
    const size_t levels = options->blocks, channels = options->channels / options->time_steps;
    const size_t parts = levels * options->time_steps;
    enum geosc_status status = GEOSC_OK;
    float *mixing = NULL;

    for (size_t i = 0; i < levels * options->bottlenecks; i++) {
        size_t level = i % levels, width = (level + 1) * channels / levels - level * channels / levels;
        TRY(write_bottleneck(context, writer, options, i, i < levels ? width : 4 * options->hidden));
    }
    TRY(memory_allocate_zero(context, &mixing, parts, sizeof *mixing, "mixing weights")); /* equal for all parts */
    TRY(h5_write_array(context, writer, "/mixing_weights", NUMBER_F32, 1, &parts, mixing, NULL));
    TRY(h5_write_attribute_uint32(context, writer, "/", "gn_groups", count_groups(options->hidden)));
done:
    memory_free(mixing);
    return status;
}

enum geosc_status synth_fill_model(geosc_context *context, struct h5_writer *writer,
                                   const struct synth_options *options)
{
    return (options->aggregation ? fill_aggregation : fill_residual)(context, writer, options);
}
