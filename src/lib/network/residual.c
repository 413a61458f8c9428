#include "network/residual.h"

#include "base/guard.h"
#include "base/number.h"
#include "base/reason.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LAYERS = 3, KEY_SIZE = 2 * H5_PATH };

/* A block's layers by their numbers in `net`. Widths: of the block (C) or of its inside (hidden). */
static const struct {
    int convolution, norm;
    bool from_hidden, to_hidden;
    size_t side;
} layers[LAYERS] = {{0, 1, false, true, 1}, {3, 4, true, true, 3}, {6, 7, true, false, 1}};

/* The tensors of one layer. */
struct residual_layer {
    struct tensor *weight, *scale, *shift, *mean, *variance;
};

/* ---- keys --------------------------------------------------------------------------------------- */

static void key_of(const struct residual *residual, size_t block, int place, const char *name, char *key)
{
    snprintf(key, KEY_SIZE, "%s%zu.net.%d.%s", residual->prefix, block, place, name);
}

/* Splits PREFIX{block}.net.{...}. */
static bool parse_key(const char *key, size_t *prefix_length, size_t *block)
{
    const char *net = strstr(key, ".net."), *digits = net;
    int length = 0;

    while (digits && digits > key && digits[-1] >= '0' && digits[-1] <= '9')
        digits--;
    if (digits == net || net - digits > 9 || (net - digits > 1 && digits[0] == '0'))
        return false;
    *prefix_length = (size_t)(digits - key);
    return sscanf(digits, "%zu%n", block, &length) == 1 && digits + length == net;
}

/* Takes the prefix from the first key of a block 0, and the number of blocks from the highest one with this prefix. */
static bool find_blocks(const struct tensors *tensors, struct residual *residual)
{
    size_t length = 0, prefix = 0, block;
    bool found = false;

    for (size_t i = 0; !found && i < tensors->count; i++) {
        found = parse_key(tensors->items[i].key, &prefix, &block) && block == 0;
        if (found)
            snprintf(residual->prefix, sizeof residual->prefix, "%.*s", (int)prefix, tensors->items[i].key);
    }
    for (size_t i = 0; found && i < tensors->count; i++)
        if (parse_key(tensors->items[i].key, &length, &block) && length == prefix &&
            strncmp(tensors->items[i].key, residual->prefix, prefix) == 0 && block >= residual->blocks)
            residual->blocks = block + 1;
    return found;
}

/* Whether any key belongs to this block. */
static bool has_block(const struct tensors *tensors, const struct residual *residual, size_t block)
{
    char start[KEY_SIZE];

    key_of(residual, block, 0, "", start);
    start[strlen(start) - 2] = '\0'; /* keep "net." */
    for (size_t i = 0; i < tensors->count; i++)
        if (strncmp(tensors->items[i].key, start, strlen(start)) == 0)
            return true;
    return false;
}

/* ---- shapes ------------------------------------------------------------------------------------- */

/* Width of a block, from the first of its weights that exists; 0 if none does. */
static size_t width_of(const struct tensors *tensors, const struct residual *residual, size_t block, bool hidden)
{
    static const struct {
        int convolution;
        bool hidden;
        size_t dimension;
    } places[] = {{0, true, 0}, {0, false, 1}, {3, true, 0}, {6, true, 1}, {6, false, 0}};
    char key[KEY_SIZE];

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (places[i].hidden != hidden)
            continue;
        key_of(residual, block, places[i].convolution, "weight", key);
        const struct tensor *weight = tensors_find(tensors, key);
        if (weight && weight->rank == 4)
            return weight->dims[places[i].dimension];
    }
    return 0;
}

static struct tensor *take_vector(const struct tensors *tensors, const struct residual *residual, size_t block,
                                  int place, const char *name, size_t length, struct problems *problems)
{
    char key[KEY_SIZE];

    key_of(residual, block, place, name, key);
    return tensors_take(tensors, problems, key, 1, &length);
}

/* Takes the tensors of a layer; NULL for each with a problem. */
static struct residual_layer take_layer(const struct tensors *tensors, const struct residual *residual, size_t block,
                                        size_t hidden, size_t number, struct problems *problems)
{
    size_t inputs = layers[number].from_hidden ? hidden : residual->channels;
    size_t outputs = layers[number].to_hidden ? hidden : residual->channels;
    size_t shape[4] = {outputs, inputs, layers[number].side, layers[number].side};
    int norm = layers[number].norm;
    struct residual_layer layer;
    char key[KEY_SIZE];

    key_of(residual, block, layers[number].convolution, "weight", key);
    layer.weight = tensors_take(tensors, problems, key, 4, shape);
    layer.scale = take_vector(tensors, residual, block, norm, "weight", outputs, problems);
    layer.shift = take_vector(tensors, residual, block, norm, "bias", outputs, problems);
    layer.mean = take_vector(tensors, residual, block, norm, "running_mean", outputs, problems);
    layer.variance = take_vector(tensors, residual, block, norm, "running_var", outputs, problems);
    return layer;
}

/* Takes all tensors of a block. False if its widths are unknown. */
static bool take_block(const struct tensors *tensors, const struct residual *residual, size_t block,
                       struct problems *problems)
{
    size_t hidden = width_of(tensors, residual, block, true);
    char key[KEY_SIZE];

    for (size_t number = 0; hidden && number < LAYERS; number++)
        take_layer(tensors, residual, block, hidden, number, problems);
    if (hidden)
        return true;
    key_of(residual, block, layers[0].convolution, "weight", key);
    tensors_problem(tensors, problems, key, "missing, or without the shape [hidden, channels, 1, 1]%s" REASON_MISSING,
                    has_block(tensors, residual, block) ? "" : "; this block has no tensors, but a later one has");
    return false;
}

bool residual_recognise(const struct tensors *tensors, struct residual *residual, struct problems *problems)
{
    bool whole = true;

    *residual = (struct residual){0};
    if (!find_blocks(tensors, residual))
        return false;
    residual->channels = width_of(tensors, residual, 0, false);
    /* Stop at the first gap: a block number of millions would fill the list. */
    for (size_t block = 0; whole && block < residual->blocks; block++)
        whole = take_block(tensors, residual, block, problems);
    if (whole)
        tensors_left_over(tensors, problems);
    return true;
}

/* ---- folding ------------------------------------------------------------------------------------ */

/* running_var must not be negative, and the resulting scale must be finite. */
static bool fold_scales(const struct tensors *tensors, const struct residual_layer *layer, double eps, size_t count,
                        double *factor, struct problems *problems)
{
    for (size_t o = 0; o < count; o++) {
        if (GUARD(hostile_variance) && layer->variance->data[o] < 0) {
            tensors_problem(tensors, problems, layer->variance->path,
                            "element %zu is %s: a variance must not be "
                            "negative" REASON_BAD_WEIGHT,
                            o, number_general(layer->variance->data[o], 6).text);
            return false;
        }
        factor[o] = layer->scale->data[o] / sqrt(layer->variance->data[o] + eps);
        if (!isfinite(factor[o])) {
            tensors_problem(tensors, problems, layer->variance->path,
                            "element %zu with an eps of %s gives no finite "
                            "scale" REASON_BAD_WEIGHT,
                            o, number_general(eps, 6).text);
            return false;
        }
    }
    return true;
}

/* False if a shift is not finite. */
static bool fold_shifts(const struct residual_layer *layer, const double *factor, size_t count, float *bias)
{
    bool finite = true;

    for (size_t o = 0; o < count; o++) {
        bias[o] = (float)(layer->shift->data[o] - layer->mean->data[o] * factor[o]);
        finite &= isfinite(bias[o]) != 0;
    }
    return finite;
}

static enum geosc_status load_layer(geosc_context *context, struct tensors *tensors, const struct residual_layer *layer,
                                    struct problems *problems)
{
    struct tensor *const all[] = {layer->weight, layer->shift, layer->mean, layer->variance, layer->scale};
    enum geosc_status status = GEOSC_OK;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        TRY(tensor_load(context, tensors, all[i], problems));
done:
    return status;
}

/* winograd: of a 3x3; NULL: is a 1x1. */
static enum geosc_status fold_layer(geosc_context *context, struct tensors *tensors, const struct residual_layer *layer,
                                    double eps, enum geosc_conv conv, struct convolution *convolution,
                                    struct winograd *winograd, struct problems *problems)
{
    enum geosc_status status;
    const struct tensor *weight = layer->weight;
    size_t outputs = weight->dims[0], before = problems->count;
    double *factor = NULL;
    bool finite;

    TRY(load_layer(context, tensors, layer, problems));
    if (problems->count > before)
        return GEOSC_OK;
    TRY(memory_allocate(context, &factor, outputs, sizeof *factor, "weights"));
    if (!fold_scales(tensors, layer, eps, outputs, factor, problems))
        goto done;
    *convolution =
        (struct convolution){.inputs = weight->dims[1], .outputs = outputs, .taps = weight->dims[2] * weight->dims[3]};
    TRY(winograd_or_pack(context, conv, weight->data, factor, convolution, winograd, &finite));
    TRY(memory_allocate(context, &convolution->bias, outputs, sizeof(float), "weights"));
    if (!fold_shifts(layer, factor, outputs, convolution->bias) || !finite)
        tensors_problem(tensors, problems, weight->path,
                        "is not finite after folding in its "
                        "BatchNorm" REASON_BAD_WEIGHT);
done:
    memory_free(factor);
    return status;
}

static void count_parameters(const struct residual_layer *layer, geosc_model *model)
{
    model->parameters += tensor_items(layer->weight) + tensor_items(layer->scale) + tensor_items(layer->shift);
}

enum geosc_status residual_fold(geosc_context *context, struct tensors *tensors, const struct residual *residual,
                                double bn_eps, geosc_model *model, struct problems *problems)
{
    enum geosc_status status;

    TRY(memory_allocate_zero(context, &model->blocks, residual->blocks, sizeof *model->blocks, "a model"));
    model->block_count = residual->blocks;
    model->channels = model->outputs = residual->channels;
    for (size_t i = 0; i < residual->blocks; i++) {
        struct bottleneck *block = &model->blocks[i];
        struct convolution *convolutions[LAYERS] = {&block->reduce, &block->spatial, &block->expand};
        size_t hidden = width_of(tensors, residual, i, true);
        model->hidden = hidden > model->hidden ? hidden : model->hidden;
        for (size_t number = 0; number < LAYERS; number++) {
            struct residual_layer layer = take_layer(tensors, residual, i, hidden, number, problems);
            TRY(fold_layer(context, tensors, &layer, bn_eps, model->conv, convolutions[number],
                           layers[number].side > 1 ? &block->winograd : NULL, problems));
            count_parameters(&layer, model);
        }
    }
done:
    return status;
}
