/* The residual-bottleneck post-processor of SPEC 2.2 with random weights. */
#include "random.h"
#include "synth_design.h"

#include "memory.h"

#include <math.h>
#include <stdio.h>

enum { KINDS_PER_NORM = 16 };

/*
 * How much of a block's output is its own and not the skip connection's. The more, the better the poses can be told
 * apart (only the 3x3 convolutions see them); the less, the more of the features' own contrast is left for matching.
 */
static const double residual_share = 0.5;

/* A random tensor of one block; `values` are drawn one after the other from a stream of its own. */
struct tensor {
    const char *key; /* behind "blocks.I.net." */
    int kind;
    double base, spread; /* of uniform(0, 1), or normal with that deviation */
    bool normal;
};

static enum geosc_status write_tensor(geosc_context *context, struct h5_writer *writer,
                                      const struct synth_options *options, size_t block, const struct tensor *tensor,
                                      size_t rank, const size_t *dims)
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
    snprintf(path, sizeof path, "/blocks.%zu.net.%s", block, tensor->key);
    status = h5_write_array(context, writer, path, NUMBER_F32, rank, dims, values, NULL);
    memory_free(values);
    return status;
}

/* Convolution `place` of a block, scaled after He et al. 2015 so that ReLU keeps the variance. */
static enum geosc_status write_convolution(geosc_context *context, struct h5_writer *writer,
                                           const struct synth_options *options, size_t block, int place,
                                           const size_t dims[4])
{
    char key[32];
    struct tensor tensor = {key, place, 0, sqrt(2.0 / (double)(dims[1] * dims[2] * dims[3])), true};

    snprintf(key, sizeof key, "%d.weight", place);
    return write_tensor(context, writer, options, block, &tensor, 4, dims);
}

static enum geosc_status write_norm(geosc_context *context, struct h5_writer *writer,
                                    const struct synth_options *options, size_t block, int place, size_t channels,
                                    double share)
{
    static const struct tensor tensors[] = {
        {"weight", 8, 0.5, 1, false},
        {"bias", 9, 0, 0.2, true},
        {"running_mean", 10, 0, 0.2, true},
        {"running_var", 11, 0.5, 1, false},
    };
    const int64_t batches = 1;
    enum geosc_status status;
    char key[32], path[H5_PATH];

    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
        struct tensor tensor = tensors[i];
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

enum geosc_status synth_fill_model(geosc_context *context, struct h5_writer *writer,
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
