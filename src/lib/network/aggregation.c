#include "network/aggregation.h"

#include "base/guard.h"
#include "base/reason.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    LAYERS = 4,
    REDUCE = 0,
    SHORTCUT = LAYERS - 1,
    PARTS_MOST = 4096, /* levels times time steps */
    KEY_SIZE = 2 * H5_PATH
};

static const char layers_key[] = "bottleneck_layers.", mixing_key[] = "mixing_weights";

/* A bottleneck's layers. Widths: of its input channels, of its hidden channels, of its output. */
enum width { INPUT, HIDDEN, OUTPUT, WIDTHS };
static const struct {
    const char *name;
    enum width from, to;
    size_t side;
} layers[LAYERS] = {[REDUCE] = {"conv1", INPUT, HIDDEN, 1}, /* or 3, as its weight says */
                    {"conv2", HIDDEN, HIDDEN, 3},
                    {"conv3", HIDDEN, OUTPUT, 1},
                    [SHORTCUT] = {"shortcut", INPUT, OUTPUT, 1}};

/* Where a bottleneck stands. */
struct place {
    const struct aggregation *aggregation;
    size_t level, number;
};

/* The tensors of one layer. */
struct aggregation_layer {
    struct tensor *weight, *scale, *shift;
};

/* ---- keys --------------------------------------------------------------------------------------- */

static void key_of(const struct place *place, size_t layer, const char *name, char *key)
{
    snprintf(key, KEY_SIZE, "%s%s%zu.%zu.%s.%s", place->aggregation->prefix, layers_key, place->level, place->number,
             layers[layer].name, name);
}

static struct tensor *find(const struct tensors *tensors, const struct place *place, size_t layer, const char *name)
{
    char key[KEY_SIZE];

    key_of(place, layer, name, key);
    return tensors_find(tensors, key);
}

/* Parses the two numbers after the prefix and "bottleneck_layers."; false for other keys. */
static bool parse_place(const char *key, const struct aggregation *aggregation, struct place *place)
{
    size_t prefix = strlen(aggregation->prefix), name = sizeof layers_key - 1;
    int point = 0, length = 0;

    *place = (struct place){.aggregation = aggregation};
    if (strncmp(key, aggregation->prefix, prefix) != 0 || strncmp(key + prefix, layers_key, name) != 0)
        return false;
    key += prefix + name;
    if (sscanf(key, "%9zu.%n%9zu%n", &place->level, &point, &place->number, &length) != 2)
        return false;
    return key[0] >= '0' && key[0] <= '9' && key[point] >= '0' && key[point] <= '9' && key[length] == '.';
}

/* Takes the prefix from the first key of a level, and the number of levels from the highest one. */
static bool find_levels(const struct tensors *tensors, struct aggregation *aggregation)
{
    const char *name = NULL;
    struct place place;

    *aggregation = (struct aggregation){.levels = 0};
    for (size_t i = 0; !name && i < tensors->count; i++) {
        const char *key = tensors->items[i].key;
        name = strstr(key, layers_key);
        if (name)
            snprintf(aggregation->prefix, sizeof aggregation->prefix, "%.*s", (int)(name - key), key);
    }
    for (size_t i = 0; name && i < tensors->count; i++)
        if (parse_place(tensors->items[i].key, aggregation, &place) && place.level >= aggregation->levels)
            aggregation->levels = place.level + 1;
    return name != NULL;
}

/* Number of bottlenecks of a level, from the highest one; 1 if there is none. */
static size_t count_bottlenecks(const struct tensors *tensors, const struct aggregation *aggregation, size_t level)
{
    size_t count = 1;
    struct place place;

    for (size_t i = 0; i < tensors->count; i++)
        if (parse_place(tensors->items[i].key, aggregation, &place) && place.level == level && place.number >= count)
            count = place.number + 1;
    return count;
}

/* ---- shapes ------------------------------------------------------------------------------------- */

/* Widths of a bottleneck, each from the first of its weights that exists; 0 if none does. */
static void find_widths(const struct tensors *tensors, const struct place *place, size_t widths[WIDTHS])
{
    memset(widths, 0, WIDTHS * sizeof *widths);
    for (size_t layer = 0; layer < LAYERS; layer++) {
        const struct tensor *weight = find(tensors, place, layer, "weight");
        if (!weight || weight->rank != 4)
            continue;
        if (!widths[layers[layer].to])
            widths[layers[layer].to] = weight->dims[0];
        if (!widths[layers[layer].from])
            widths[layers[layer].from] = weight->dims[1];
    }
}

/* Without a shortcut, the shortcut is the identity. */
static bool has_shortcut(const struct tensors *tensors, const struct place *place, const size_t widths[WIDTHS])
{
    return widths[INPUT] != widths[OUTPUT] || find(tensors, place, SHORTCUT, "weight");
}

/* Side of a layer's convolution: the first one may be 3x3. */
static size_t find_side(const struct tensors *tensors, const struct place *place, size_t number)
{
    const struct tensor *weight = find(tensors, place, number, "weight");
    bool wide = number == REDUCE && weight && weight->rank == 4 && weight->dims[2] == 3 && weight->dims[3] == 3;

    return wide ? 3 : layers[number].side;
}

/* Takes the tensors of a layer; NULL for each with a problem. */
static struct aggregation_layer take_layer(const struct tensors *tensors, const struct place *place, size_t number,
                                           const size_t widths[WIDTHS], struct problems *problems)
{
    size_t outputs = widths[layers[number].to], side = find_side(tensors, place, number);
    size_t shape[4] = {outputs, widths[layers[number].from], side, side};
    struct aggregation_layer layer;
    char key[KEY_SIZE];

    key_of(place, number, "weight", key);
    layer.weight = tensors_take(tensors, problems, key, 4, shape);
    key_of(place, number, "norm.weight", key);
    layer.scale = tensors_take(tensors, problems, key, 1, &outputs);
    key_of(place, number, "norm.bias", key);
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

/* Takes all tensors of a bottleneck of these widths. False if they are unknown. */
static bool take_bottleneck(const struct tensors *tensors, const struct place *place, const size_t widths[WIDTHS],
                            size_t groups, struct problems *problems)
{
    char key[KEY_SIZE];

    if (!widths[INPUT] || !widths[HIDDEN] || !widths[OUTPUT]) {
        key_of(place, widths[INPUT] && widths[HIDDEN] ? 2 : 0, "weight", key);
        tensors_problem(tensors, problems, key, "missing, or without the shape [outputs, inputs, 1, 1]" REASON_MISSING);
        return false;
    }
    for (size_t number = 0; number < LAYERS; number++) {
        if (number == SHORTCUT && !has_shortcut(tensors, place, widths))
            continue;
        struct aggregation_layer layer = take_layer(tensors, place, number, widths, problems);
        check_groups(tensors, &layer, groups, problems);
    }
    return true;
}

/* Takes all tensors of a level, whose bottlenecks take what the one before gives; the last gives the network's output.
 * False, at the first gap, if widths are unknown: a number of millions would fill the list. */
static bool take_level(const struct tensors *tensors, struct aggregation *aggregation, size_t level, size_t groups,
                       struct problems *problems)
{
    size_t widths[WIDTHS], given = 0, count = count_bottlenecks(tensors, aggregation, level);

    for (size_t number = 0; number < count; number++) {
        const struct place place = {aggregation, level, number};
        find_widths(tensors, &place, widths);
        if (number > 0)
            widths[INPUT] = given;
        if (number == count - 1 && aggregation->outputs)
            widths[OUTPUT] = aggregation->outputs;
        if (!take_bottleneck(tensors, &place, widths, groups, problems))
            return false;
        given = widths[OUTPUT];
    }
    aggregation->outputs = given;
    return true;
}

static void key_at_root(const struct aggregation *aggregation, const char *name, char *key)
{
    snprintf(key, KEY_SIZE, "%s%s", aggregation->prefix, name);
}

/* Takes the mixing weights: one for each level of each time step. */
static void take_mixing(const struct tensors *tensors, struct aggregation *aggregation, struct problems *problems)
{
    const struct tensor *tensor;
    char key[KEY_SIZE];

    key_at_root(aggregation, mixing_key, key);
    tensor = tensors_find(tensors, key);
    aggregation->parts = tensor && tensor->rank == 1 ? tensor->dims[0] : aggregation->levels;
    if (!tensors_take(tensors, problems, key, 1, &aggregation->parts))
        return;
    if (aggregation->parts % aggregation->levels || aggregation->parts == 0)
        tensors_problem(tensors, problems, tensor->path,
                        "has %zu numbers, expected %zu, one for each level, or a multiple of them (time "
                        "steps)" REASON_WRONG_SHAPE,
                        aggregation->parts, aggregation->levels);
    else if (GUARD(hostile_time_steps) && aggregation->parts > PARTS_MOST)
        tensors_problem(tensors, problems, tensor->path, "has %zu numbers, more than %d" REASON_TOO_LARGE,
                        aggregation->parts, (int)PARTS_MOST);
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
        key_of(&(struct place){.aggregation = aggregation}, 0, "weight", key);
        tensors_problem(tensors, problems, key, "missing" REASON_MISSING);
        return true;
    }
    for (size_t level = 0; whole && level < aggregation->levels; level++)
        whole = take_level(tensors, aggregation, level, groups, problems);
    if (!whole)
        return true;
    take_mixing(tensors, aggregation, problems);
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

static enum geosc_status pack_layer(geosc_context *context, struct tensors *tensors,
                                    const struct aggregation_layer *layer, struct normed *normed, geosc_model *model,
                                    struct problems *problems)
{
    enum geosc_status status;
    const size_t *dims = layer->weight->dims;
    size_t before = problems->count;
    bool finite;

    TRY(load_layer(context, tensors, layer, problems));
    if (problems->count > before)
        return GEOSC_OK;
    normed->convolution = (struct convolution){.inputs = dims[1], .outputs = dims[0], .taps = dims[2] * dims[3]};
    TRY(winograd_or_pack(context, model->conv, layer->weight->data, NULL, &normed->convolution,
                         dims[2] > 1 ? &normed->winograd : NULL, &finite));
    TRY(copy_floats(context, layer->scale, &normed->scale));
    TRY(copy_floats(context, layer->shift, &normed->shift));
    model->parameters += tensor_items(layer->weight) + tensor_items(layer->scale) + tensor_items(layer->shift);
done:
    return status;
}

static enum geosc_status pack_bottleneck(geosc_context *context, struct tensors *tensors, const struct place *place,
                                         struct normed_bottleneck *bottleneck, geosc_model *model,
                                         struct problems *problems)
{
    enum geosc_status status = GEOSC_OK;
    struct normed *normed[LAYERS] = {&bottleneck->reduce, &bottleneck->spatial, &bottleneck->expand,
                                     &bottleneck->shortcut};
    size_t widths[WIDTHS];

    find_widths(tensors, place, widths);
    model->hidden = size_larger(model->hidden, widths[HIDDEN]);
    bool shortcut = has_shortcut(tensors, place, widths);
    for (size_t i = 0; i < LAYERS; i++) {
        if (i == SHORTCUT && !shortcut)
            continue;
        struct aggregation_layer layer = take_layer(tensors, place, i, widths, problems);
        TRY(pack_layer(context, tensors, &layer, normed[i], model, problems));
    }
done:
    return status;
}

static enum geosc_status pack_level(geosc_context *context, struct tensors *tensors,
                                    const struct aggregation *aggregation, size_t number, geosc_model *model,
                                    struct problems *problems)
{
    enum geosc_status status;
    struct level *level = &model->levels[number];
    size_t widths[WIDTHS], count = count_bottlenecks(tensors, aggregation, number);

    find_widths(tensors, &(struct place){aggregation, number, 0}, widths);
    level->inputs = widths[INPUT];
    TRY(memory_allocate_zero(context, &level->bottlenecks, count, sizeof *level->bottlenecks, "a model"));
    level->count = count;
    for (size_t b = 0; b < count; b++)
        TRY(pack_bottleneck(context, tensors, &(struct place){aggregation, number, b}, &level->bottlenecks[b], model,
                            problems));
done:
    return status;
}

/* Makes the parts' weights, softmax(mixing_weights), in double. */
static void weigh_parts(const float *mixing, geosc_model *model)
{
    double most = (double)mixing[0], sum = 0;

    for (size_t i = 1; i < model->part_count; i++)
        most = fmax(most, (double)mixing[i]);
    for (size_t i = 0; i < model->part_count; i++)
        sum += exp((double)mixing[i] - most);
    for (size_t i = 0; i < model->part_count; i++)
        model->weights[i] = (float)(exp((double)mixing[i] - most) / sum);
}

static enum geosc_status pack_mixing(geosc_context *context, struct tensors *tensors,
                                     const struct aggregation *aggregation, geosc_model *model,
                                     struct problems *problems)
{
    enum geosc_status status;
    size_t before = problems->count;
    char key[KEY_SIZE];

    TRY(memory_allocate(context, &model->weights, aggregation->parts, sizeof *model->weights, "a model"));
    model->part_count = aggregation->parts;
    key_at_root(aggregation, mixing_key, key);
    struct tensor *mixing = tensors_find(tensors, key);
    TRY(tensor_load(context, tensors, mixing, problems));
    if (problems->count == before)
        weigh_parts(mixing->data, model);
    model->parameters += aggregation->parts;
done:
    return status;
}

enum geosc_status aggregation_pack(geosc_context *context, struct tensors *tensors,
                                   const struct aggregation *aggregation, geosc_model *model, struct problems *problems)
{
    enum geosc_status status;
    size_t channels = 0;

    TRY(memory_allocate_zero(context, &model->levels, aggregation->levels, sizeof *model->levels, "a model"));
    model->level_count = aggregation->levels;
    model->outputs = aggregation->outputs;
    for (size_t level = 0; level < aggregation->levels; level++) {
        TRY(pack_level(context, tensors, aggregation, level, model, problems));
        channels += model->levels[level].inputs;
    }
    if (!size_multiply(channels, aggregation->parts / aggregation->levels, &model->channels))
        TRY(fail_memory(context, SIZE_MAX, "features"));
    TRY(pack_mixing(context, tensors, aggregation, model, problems));
done:
    return status;
}
