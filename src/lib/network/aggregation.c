#include "network/aggregation.h"

#include "base/reason.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LAYERS = 4, SHORTCUT = LAYERS - 1, KEY_SIZE = 2 * H5_PATH };

static const char layers_key[] = "bottleneck_layers.", mixing_key[] = "mixing_weights";

/* A level's layers. Widths: of the level's input channels, of its hidden channels, of the output. */
enum width { INPUT, HIDDEN, OUTPUT, WIDTHS };
static const struct {
    const char *name;
    enum width from, to;
    size_t side;
} layers[LAYERS] = {{"conv1", INPUT, HIDDEN, 1},
                    {"conv2", HIDDEN, HIDDEN, 3},
                    {"conv3", HIDDEN, OUTPUT, 1},
                    {"shortcut", INPUT, OUTPUT, 1}};

/* The tensors of one layer. */
struct aggregation_layer {
    struct tensor *weight, *scale, *shift;
};

/* ---- keys --------------------------------------------------------------------------------------- */

static void key_of(const struct aggregation *aggregation, size_t level, size_t layer, const char *name, char *key)
{
    snprintf(key, KEY_SIZE, "%s%s%zu.0.%s.%s", aggregation->prefix, layers_key, level, layers[layer].name, name);
}

static struct tensor *find(const struct tensors *tensors, const struct aggregation *aggregation, size_t level,
                           size_t layer, const char *name)
{
    char key[KEY_SIZE];

    key_of(aggregation, level, layer, name, key);
    return tensors_find(tensors, key);
}

/* Parses the number after the prefix and "bottleneck_layers."; false for other keys. */
static bool parse_level(const char *key, const struct aggregation *aggregation, size_t *level)
{
    size_t prefix = strlen(aggregation->prefix), name = sizeof layers_key - 1;
    int length = 0;

    if (strncmp(key, aggregation->prefix, prefix) != 0 || strncmp(key + prefix, layers_key, name) != 0)
        return false;
    key += prefix + name;
    return key[0] >= '0' && key[0] <= '9' && sscanf(key, "%9zu%n", level, &length) == 1 && key[length] == '.';
}

/* Takes the prefix from the first key of a level, and the number of levels from the highest one. */
static bool find_levels(const struct tensors *tensors, struct aggregation *aggregation)
{
    const char *name = NULL;

    *aggregation = (struct aggregation){.levels = 0};
    for (size_t i = 0; !name && i < tensors->count; i++) {
        const char *key = tensors->items[i].key;
        name = strstr(key, layers_key);
        if (name)
            snprintf(aggregation->prefix, sizeof aggregation->prefix, "%.*s", (int)(name - key), key);
    }
    for (size_t i = 0, level; name && i < tensors->count; i++)
        if (parse_level(tensors->items[i].key, aggregation, &level) && level >= aggregation->levels)
            aggregation->levels = level + 1;
    return name != NULL;
}

/* ---- shapes ------------------------------------------------------------------------------------- */

/* Width of a level, from the first of its weights that exists; 0 if none does. */
static void find_widths(const struct tensors *tensors, const struct aggregation *aggregation, size_t level,
                        size_t widths[WIDTHS])
{
    memset(widths, 0, WIDTHS * sizeof *widths);
    for (size_t layer = 0; layer < LAYERS; layer++) {
        const struct tensor *weight = find(tensors, aggregation, level, layer, "weight");
        if (!weight || weight->rank != 4)
            continue;
        if (!widths[layers[layer].to])
            widths[layers[layer].to] = weight->dims[0];
        if (!widths[layers[layer].from])
            widths[layers[layer].from] = weight->dims[1];
    }
}

/* Without a shortcut, the shortcut is the identity. */
static bool has_shortcut(const struct tensors *tensors, const struct aggregation *aggregation, size_t level,
                         const size_t widths[WIDTHS])
{
    return widths[INPUT] != widths[OUTPUT] || find(tensors, aggregation, level, SHORTCUT, "weight");
}

/* Takes the tensors of a layer; NULL for each with a problem. */
static struct aggregation_layer take_layer(const struct tensors *tensors, const struct aggregation *aggregation,
                                           size_t level, size_t number, const size_t widths[WIDTHS],
                                           struct problems *problems)
{
    size_t outputs = widths[layers[number].to];
    size_t shape[4] = {outputs, widths[layers[number].from], layers[number].side, layers[number].side};
    struct aggregation_layer layer;
    char key[KEY_SIZE];

    key_of(aggregation, level, number, "weight", key);
    layer.weight = tensors_take(tensors, problems, key, 4, shape);
    key_of(aggregation, level, number, "norm.weight", key);
    layer.scale = tensors_take(tensors, problems, key, 1, &outputs);
    key_of(aggregation, level, number, "norm.bias", key);
    layer.shift = tensors_take(tensors, problems, key, 1, &outputs);
    return layer;
}

static void check_groups(const struct tensors *tensors, const struct aggregation_layer *layer, size_t groups,
                         struct problems *problems)
{
    if (layer->weight && layer->weight->dims[0] % groups != 0)
        tensors_problem(
            tensors, problems, layer->weight->path,
            "its %zu outputs are not a multiple of %zu groups: set the file's attribute gn_groups" REASON_BAD_VALUE,
            layer->weight->dims[0], groups);
}

/* Takes all tensors of a level. False if its widths are unknown. */
static bool take_level(const struct tensors *tensors, struct aggregation *aggregation, size_t level, size_t groups,
                       struct problems *problems)
{
    size_t widths[WIDTHS];
    char key[KEY_SIZE];

    find_widths(tensors, aggregation, level, widths);
    if (level > 0 && aggregation->outputs)
        widths[OUTPUT] = aggregation->outputs;
    aggregation->outputs = widths[OUTPUT];
    if (!widths[INPUT] || !widths[HIDDEN] || !widths[OUTPUT]) {
        key_of(aggregation, level, widths[INPUT] && widths[HIDDEN] ? 2 : 0, "weight", key);
        tensors_problem(tensors, problems, key, "missing, or without the shape [outputs, inputs, 1, 1]" REASON_MISSING);
        return false;
    }
    for (size_t number = 0; number < LAYERS; number++) {
        if (number == SHORTCUT && !has_shortcut(tensors, aggregation, level, widths))
            continue;
        struct aggregation_layer layer = take_layer(tensors, aggregation, level, number, widths, problems);
        check_groups(tensors, &layer, groups, problems);
    }
    return true;
}

static void key_at_root(const struct aggregation *aggregation, const char *name, char *key)
{
    snprintf(key, KEY_SIZE, "%s%s", aggregation->prefix, name);
}

bool aggregation_recognise(const struct tensors *tensors, size_t groups, struct aggregation *aggregation,
                           struct problems *problems)
{
    static const char *const unused[] = {"logit_scale", "self_logit_scale"};
    char key[KEY_SIZE];
    bool whole = true;

    if (!find_levels(tensors, aggregation))
        return false;
    if (aggregation->levels == 0) {
        key_of(aggregation, 0, 0, "weight", key);
        tensors_problem(tensors, problems, key, "missing" REASON_MISSING);
        return true;
    }
    /* Stop at the first gap: a level number of millions would fill the list. */
    for (size_t level = 0; whole && level < aggregation->levels; level++)
        whole = take_level(tensors, aggregation, level, groups, problems);
    if (!whole)
        return true;
    key_at_root(aggregation, mixing_key, key);
    tensors_take(tensors, problems, key, 1, &aggregation->levels);
    for (size_t i = 0; i < sizeof unused / sizeof *unused; i++) {
        key_at_root(aggregation, unused[i], key);
        tensors_ignore(tensors, key);
    }
    tensors_left_over(tensors, problems);
    return true;
}

/* ---- packing ------------------------------------------------------------------------------------ */

static enum geosc_status copy_floats(geosc_context *context, const struct tensor *tensor, float **out)
{
    size_t items = tensor_items(tensor);

    if (memory_allocate(context, out, items, sizeof **out, "a norm") != GEOSC_OK)
        return GEOSC_FAILED;
    memcpy(*out, tensor->data, items * sizeof **out);
    return GEOSC_OK;
}

static enum geosc_status load_layer(geosc_context *context, struct tensors *tensors,
                                    const struct aggregation_layer *layer, struct problems *problems)
{
    enum geosc_status status;

    TRY(tensor_load(context, tensors, layer->shift, problems));
    TRY(tensor_load(context, tensors, layer->scale, problems));
    TRY(tensor_load(context, tensors, layer->weight, problems));
done:
    return status;
}

/* winograd: of a 3x3; NULL: is a 1x1. */
static enum geosc_status pack_layer(geosc_context *context, struct tensors *tensors,
                                    const struct aggregation_layer *layer, struct normed *normed,
                                    struct winograd *winograd, geosc_model *model, struct problems *problems)
{
    enum geosc_status status;
    const size_t *dims = layer->weight->dims;
    size_t before = problems->count;
    bool finite;

    TRY(load_layer(context, tensors, layer, problems));
    if (problems->count > before)
        return GEOSC_OK;
    normed->convolution = (struct convolution){.inputs = dims[1], .outputs = dims[0], .taps = dims[2] * dims[3]};
    TRY(winograd_or_pack(context, model->conv, layer->weight->data, NULL, &normed->convolution, winograd, &finite));
    TRY(copy_floats(context, layer->scale, &normed->scale));
    TRY(copy_floats(context, layer->shift, &normed->shift));
    model->parameters += tensor_items(layer->weight) + tensor_items(layer->scale) + tensor_items(layer->shift);
done:
    return status;
}

static enum geosc_status pack_level(geosc_context *context, struct tensors *tensors,
                                    const struct aggregation *aggregation, size_t number, geosc_model *model,
                                    struct problems *problems)
{
    enum geosc_status status = GEOSC_OK;
    struct level *level = &model->levels[number];
    struct normed *normed[LAYERS] = {&level->reduce, &level->spatial, &level->expand, &level->shortcut};
    size_t widths[WIDTHS];

    find_widths(tensors, aggregation, number, widths);
    model->channels += widths[INPUT];
    model->hidden = widths[HIDDEN] > model->hidden ? widths[HIDDEN] : model->hidden;
    bool shortcut = has_shortcut(tensors, aggregation, number, widths);
    for (size_t i = 0; i < LAYERS; i++) {
        if (i == SHORTCUT && !shortcut)
            continue;
        struct aggregation_layer layer = take_layer(tensors, aggregation, number, i, widths, problems);
        TRY(pack_layer(context, tensors, &layer, normed[i], layers[i].side > 1 ? &level->winograd : NULL, model,
                       problems));
    }
done:
    return status;
}

/* softmax(mixing_weights), in double. */
static void weigh_levels(const float *mixing, struct level *levels, size_t count)
{
    double most = (double)mixing[0], sum = 0;

    for (size_t i = 1; i < count; i++)
        most = fmax(most, (double)mixing[i]);
    for (size_t i = 0; i < count; i++)
        sum += exp((double)mixing[i] - most);
    for (size_t i = 0; i < count; i++)
        levels[i].weight = (float)(exp((double)mixing[i] - most) / sum);
}

enum geosc_status aggregation_pack(geosc_context *context, struct tensors *tensors,
                                   const struct aggregation *aggregation, geosc_model *model, struct problems *problems)
{
    enum geosc_status status;
    size_t before = problems->count;
    char key[KEY_SIZE];

    TRY(memory_allocate_zero(context, &model->levels, aggregation->levels, sizeof *model->levels, "a model"));
    model->level_count = aggregation->levels;
    model->outputs = aggregation->outputs;
    for (size_t level = 0; level < aggregation->levels; level++)
        TRY(pack_level(context, tensors, aggregation, level, model, problems));
    key_at_root(aggregation, mixing_key, key);
    struct tensor *mixing = tensors_find(tensors, key);
    TRY(tensor_load(context, tensors, mixing, problems));
    if (problems->count == before)
        weigh_levels(mixing->data, model->levels, aggregation->levels);
    model->parameters += aggregation->levels;
done:
    return status;
}
