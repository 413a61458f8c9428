#include "network/model.h"

#include "base/number.h"
#include "base/options.h"
#include "base/reason.h"
#include "network/aggregation.h"
#include "network/linear.h"
#include "network/residual.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

static const double eps_default = 1e-5; /* PyTorch's default of both norms */
enum { GROUPS_DEFAULT = 32, GROUPS_MOST = 1 << 20 };

/* The file's attributes for norms. */
struct attributes {
    double bn_eps, gn_eps, gn_groups;
};

/* The recognised architecture. */
struct recognised {
    enum architecture architecture;
    struct residual residual;
    struct aggregation aggregation;
    bool projected; /* by a linear layer in front, or alone */
    struct linear_tensors linear;
};

/* ---- recognising -------------------------------------------------------------------------------- */

static void recognise(const struct tensors *tensors, const struct attributes *attributes, struct recognised *found,
                      struct problems *problems)
{
    found->projected = linear_recognise(tensors, &found->linear, problems);
    if (aggregation_recognise(tensors, (size_t)attributes->gn_groups, &found->aggregation, problems))
        found->architecture = ARCHITECTURE_AGGREGATION;
    else if (residual_recognise(tensors, &found->residual, problems))
        found->architecture = ARCHITECTURE_RESIDUAL;
    else if (found->projected) {
        found->architecture = ARCHITECTURE_LINEAR;
        tensors_left_over(tensors, problems);
    } else
        problems_add(problems,
                     "%s: is not a model: it has no dataset with a name such as BLOCK.net.0.weight "
                     "(blocks.0.net.0.weight), bottleneck_layers.0.0.conv1.weight or "
                     "projection.weight" REASON_NOT_OURS,
                     tensors->name);
}

/* A root attribute within low .. high, or its default. */
static double read_attribute(geosc_context *context, const struct tensors *tensors, const char *name, double low,
                             double high, double preset, struct problems *problems)
{
    double value = preset;
    bool found = false;

    if (h5_attribute_double(context, tensors->file, "/", name, &value, &found) != GEOSC_OK)
        problems_add(problems, "%s", context->message);
    else if (!(value >= low && value <= high)) {
        tensors_problem(tensors, problems, "/", "attribute %s is %s, expected %s or more" REASON_BAD_VALUE, name,
                        number_general(value, 6).text, number_general(low, 6).text);
        return preset;
    }
    return value;
}

static struct attributes read_attributes(geosc_context *context, const struct tensors *tensors,
                                         struct problems *problems)
{
    struct attributes attributes = {
        .bn_eps = read_attribute(context, tensors, "bn_eps", 0, DBL_MAX, eps_default, problems),
        .gn_eps = read_attribute(context, tensors, "gn_eps", 0, DBL_MAX, eps_default, problems),
        .gn_groups = read_attribute(context, tensors, "gn_groups", 1, GROUPS_MOST, GROUPS_DEFAULT, problems),
    };

    if (attributes.gn_groups != floor(attributes.gn_groups)) {
        tensors_problem(tensors, problems, "/", "attribute gn_groups is %s, expected a whole number" REASON_BAD_VALUE,
                        number_general(attributes.gn_groups, 6).text);
        attributes.gn_groups = GROUPS_DEFAULT;
    }
    return attributes;
}

/* Adds an attribute of the file to the model's checksum, unless it has its default. */
static uint32_t sum_up_attribute(uint32_t crc, double value, double preset)
{
    uint64_t bits;

    if (value == preset)
        return crc;
    memcpy(&bits, &value, sizeof bits);
    bits = number_little_64(bits);
    return (uint32_t)crc32(crc, (const Bytef *)&bits, sizeof bits);
}

/* ---- opening ------------------------------------------------------------------------------------ */

/* The tensors' checksum, continued by the attributes that the architecture uses. */
static uint32_t sum_up(const struct tensors *tensors, const struct attributes *attributes, const geosc_model *model)
{
    uint32_t crc = tensors_crc32(tensors);

    if (model->architecture == ARCHITECTURE_LINEAR)
        return crc;
    if (model->architecture == ARCHITECTURE_RESIDUAL)
        return sum_up_attribute(crc, attributes->bn_eps, eps_default);
    return sum_up_attribute(sum_up_attribute(crc, attributes->gn_eps, eps_default), attributes->gn_groups,
                            GROUPS_DEFAULT);
}

static enum geosc_status pack_network(geosc_context *context, struct tensors *tensors,
                                      const struct attributes *attributes, const struct recognised *found,
                                      geosc_model *model, struct problems *problems)
{
    if (found->architecture == ARCHITECTURE_RESIDUAL)
        return residual_fold(context, tensors, &found->residual, attributes->bn_eps, model, problems);
    model->groups = (size_t)attributes->gn_groups;
    model->gn_eps = attributes->gn_eps;
    return aggregation_pack(context, tensors, &found->aggregation, model, problems);
}

/* Loads the tensors, and packs them into the model. */
static enum geosc_status pack(geosc_context *context, struct tensors *tensors, const struct attributes *attributes,
                              const struct recognised *found, geosc_model *model, struct problems *problems)
{
    enum geosc_status status = GEOSC_OK;
    const struct tensor *weight = found->linear.weight;

    model->architecture = found->architecture;
    if (found->architecture != ARCHITECTURE_LINEAR)
        TRY(pack_network(context, tensors, attributes, found, model, problems));
    if (!found->projected)
        goto done;
    if (found->architecture == ARCHITECTURE_LINEAR)
        model->outputs = weight->dims[0];
    else if (weight->dims[0] != model->channels)
        tensors_problem(tensors, problems, weight->path,
                        "has %zu outputs, but the network behind it takes %zu channels" REASON_WRONG_SHAPE,
                        weight->dims[0], model->channels);
    model->channels = weight->dims[1];
    TRY(linear_pack(context, tensors, &found->linear, model, problems));
done:
    return status;
}

/* before: number of problems before the tensors were examined. */
static enum geosc_status build(geosc_context *context, struct tensors *tensors, const struct attributes *attributes,
                               enum geosc_conv conv, geosc_model **model, struct problems *problems, size_t before)
{
    enum geosc_status status;
    struct recognised found;
    geosc_model *made = NULL;

    recognise(tensors, attributes, &found, problems);
    if (problems->count > before)
        return GEOSC_OK;
    TRY(memory_allocate_zero(context, &made, 1, sizeof *made, "a model"));
    made->conv = conv;
    TRY(pack(context, tensors, attributes, &found, made, problems));
    if (problems->count > before)
        goto done;
    made->crc32 = sum_up(tensors, attributes, made);
    *model = made;
    made = NULL;
done:
    geosc_model_free(made);
    return status;
}

enum geosc_status model_look(geosc_context *context, const char *path, struct problems *problems)
{
    enum geosc_status status;
    struct tensors tensors = {0};
    struct recognised found;
    size_t before = problems->count;

    TRY(tensors_open(context, path, &tensors, problems));
    struct attributes attributes = read_attributes(context, &tensors, problems);
    recognise(&tensors, &attributes, &found, problems);
    if (problems->count == before)
        TRY(tensors_walk(context, &tensors, problems));
done:
    tensors_close(&tensors);
    return status;
}

enum geosc_status model_open(geosc_context *context, const char *path, enum geosc_conv conv, geosc_model **model,
                             struct problems *problems)
{
    enum geosc_status status;
    struct tensors tensors = {0};
    size_t before = problems->count;

    *model = NULL;
    TRY(tensors_open(context, path, &tensors, problems));
    struct attributes attributes = read_attributes(context, &tensors, problems);
    TRY(build(context, &tensors, &attributes, conv, model, problems, before));
done:
    tensors_close(&tensors);
    return status;
}

/* Gives the caller a complete model or none. */
static enum geosc_status give(enum geosc_status status, geosc_model **model)
{
    if (status != GEOSC_OK) {
        geosc_model_free(*model);
        *model = NULL;
    }
    return status;
}

/* The algorithm for convolutions that the caller's options name. */
static enum geosc_status take_conv(geosc_context *context, const struct geosc_options *options, enum geosc_conv *conv)
{
    struct geosc_options complete;
    enum geosc_status status;

    TRY(options_take(context, options, &complete));
    TRY(options_check(context, &complete));
    *conv = complete.conv;
done:
    return status;
}

enum geosc_status geosc_model_load_with(geosc_context *context, const char *path, const struct geosc_options *options,
                                        geosc_model **model)
{
    enum geosc_status status;
    enum geosc_conv conv;
    struct problems problems = {0};

    if (!context)
        return GEOSC_BAD_USAGE;
    if (!path || !options || !model)
        return fail(context, GEOSC_BAD_USAGE, "geosc_model_load: path, options and model must not be NULL");
    *model = NULL;
    context->message[0] = '\0';
    TRY(take_conv(context, options, &conv));
    TRY(model_open(context, path, conv, model, &problems));
    TRY(problems_status(context, &problems));
done:
    problems_free(&problems);
    return give(status, model);
}

enum geosc_status geosc_model_load(geosc_context *context, const char *path, geosc_model **model)
{
    struct geosc_options options;

    geosc_options_init(&options);
    return geosc_model_load_with(context, path, &options, model);
}

static enum geosc_status check_given(geosc_context *context, const struct geosc_tensor *tensors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct geosc_tensor *tensor = &tensors[i];
        size_t items = 1;
        if (!tensor->key || !tensor->data || tensor->rank > 4 || strlen(tensor->key) >= H5_PATH)
            return fail(context, GEOSC_BAD_USAGE,
                        "geosc_model_from_tensors: tensor %zu needs a key of less than %d bytes, data, and at most 4 "
                        "dimensions",
                        i, H5_PATH);
        for (size_t d = 0; d < tensor->rank; d++)
            if (tensor->dims[d] == 0 || !size_multiply(items, tensor->dims[d], &items))
                return fail(context, GEOSC_BAD_USAGE, "geosc_model_from_tensors: %s has an impossible shape",
                            tensor->key);
    }
    return GEOSC_OK;
}

/* The caller's numbers for norms, where they are not the defaults. */
static enum geosc_status take_norms(geosc_context *context, const struct geosc_norms *norms,
                                    struct attributes *attributes)
{
    *attributes = (struct attributes){eps_default, eps_default, GROUPS_DEFAULT};
    if (!norms)
        return GEOSC_OK;
    if (!(norms->bn_eps >= 0 && norms->bn_eps <= DBL_MAX) || !(norms->gn_eps >= 0 && norms->gn_eps <= DBL_MAX) ||
        norms->gn_groups > GROUPS_MOST)
        return fail(context, GEOSC_BAD_USAGE,
                    "norms: bn_eps %s, gn_eps %s and gn_groups %zu: 0 or more; at most %d groups",
                    number_general(norms->bn_eps, 6).text, number_general(norms->gn_eps, 6).text, norms->gn_groups,
                    (int)GROUPS_MOST);
    if (norms->bn_eps > 0)
        attributes->bn_eps = norms->bn_eps;
    if (norms->gn_eps > 0)
        attributes->gn_eps = norms->gn_eps;
    if (norms->gn_groups)
        attributes->gn_groups = (double)norms->gn_groups;
    return GEOSC_OK;
}

enum geosc_status geosc_model_from_tensors_with(geosc_context *context, const struct geosc_tensor *tensors,
                                                size_t count, const struct geosc_norms *norms,
                                                const struct geosc_options *options, geosc_model **model)
{
    enum geosc_status status;
    enum geosc_conv conv;
    struct attributes attributes;
    struct problems problems = {0};
    struct tensors wrapped = {0};

    if (!context)
        return GEOSC_BAD_USAGE;
    if (!model || !options || (!tensors && count))
        return fail(context, GEOSC_BAD_USAGE, "geosc_model_from_tensors: tensors, options and model must not be NULL");
    *model = NULL;
    context->message[0] = '\0';
    TRY(take_conv(context, options, &conv));
    TRY(take_norms(context, norms, &attributes));
    TRY(check_given(context, tensors, count));
    TRY(tensors_wrap(context, tensors, count, &wrapped, &problems));
    TRY(build(context, &wrapped, &attributes, conv, model, &problems, 0));
    TRY(problems_status(context, &problems));
done:
    tensors_close(&wrapped);
    problems_free(&problems);
    return give(status, model);
}

enum geosc_status geosc_model_from_tensors(geosc_context *context, const struct geosc_tensor *tensors, size_t count,
                                           geosc_model **model)
{
    struct geosc_options options;

    geosc_options_init(&options);
    return geosc_model_from_tensors_with(context, tensors, count, NULL, &options, model);
}

/* ---- the rest ----------------------------------------------------------------------------------- */

static void normed_free(struct normed *normed)
{
    convolution_free(&normed->convolution);
    winograd_free(&normed->winograd);
    memory_free(normed->scale);
    memory_free(normed->shift);
}

static void level_free(struct level *level)
{
    for (size_t b = 0; b < level->count; b++) {
        normed_free(&level->bottlenecks[b].reduce);
        normed_free(&level->bottlenecks[b].spatial);
        normed_free(&level->bottlenecks[b].expand);
        normed_free(&level->bottlenecks[b].shortcut);
    }
    memory_free(level->bottlenecks);
}

void geosc_model_free(geosc_model *model)
{
    if (!model)
        return;
    linear_free(&model->linear);
    for (size_t i = 0; i < model->block_count; i++) {
        convolution_free(&model->blocks[i].reduce);
        convolution_free(&model->blocks[i].spatial);
        convolution_free(&model->blocks[i].expand);
        winograd_free(&model->blocks[i].winograd);
    }
    for (size_t i = 0; i < model->level_count; i++)
        level_free(&model->levels[i]);
    memory_free(model->blocks);
    memory_free(model->levels);
    memory_free(model->weights);
    memory_free(model);
}

const char *model_architecture(const geosc_model *model)
{
    static const char *const names[][2] = {
        [ARCHITECTURE_RESIDUAL] = {"residual-bottleneck", "linear, residual-bottleneck"},
        [ARCHITECTURE_AGGREGATION] = {"aggregation", "linear, aggregation"},
        [ARCHITECTURE_LINEAR] = {"linear", "linear"}};

    return names[model->architecture][model->linear.matrix.weights != NULL];
}

bool model_tells_poses(const geosc_model *model)
{
    return model && model->architecture != ARCHITECTURE_LINEAR;
}

size_t model_reach(const geosc_model *model)
{
    /* Each block has one 3x3; a GroupNorm uses statistics of all cells. */
    return model->architecture == ARCHITECTURE_AGGREGATION ? SIZE_MAX : model->block_count;
}

size_t model_outputs(const geosc_model *model, size_t channels)
{
    return model ? model->outputs : channels;
}

double model_work(const geosc_model *model)
{
    double steps = model->level_count ? (double)(model->part_count / model->level_count) : 1;
    double linear = (double)(model->linear.matrix.inputs * model->linear.matrix.outputs);

    return linear + ((double)model->parameters - linear) * steps;
}

void model_describe_widths(const geosc_model *model, char *text, size_t size)
{
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < model->part_count && length < size; i++)
        length += (size_t)snprintf(text + length, size - length, "%s%zu", i ? "+" : "",
                                   model->levels[i % model->level_count].inputs);
}

size_t geosc_model_channels(const geosc_model *model)
{
    return model ? model->channels : 0;
}

size_t geosc_model_parameters(const geosc_model *model)
{
    return model ? model->parameters : 0;
}
