#include "model.h"

#include "reason.h"
#include "residual.h"

#include <endian.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

static const double bn_eps_default = 1e-5; /* PyTorch's */

/* ---- recognising -------------------------------------------------------------------------------- */

/* Keys of the published network. */
static bool is_aggregation(const struct tensors *tensors)
{
    for (size_t i = 0; i < tensors->count; i++)
        if (strstr(tensors->items[i].key, "bottleneck_layers.") || strstr(tensors->items[i].key, "mixing_weights"))
            return true;
    return false;
}

static void recognise(const struct tensors *tensors, struct residual *residual, struct problems *problems)
{
    if (is_aggregation(tensors))
        problems_add(problems, "%s: is a model of the architecture aggregation, which this version does not compute" REASON_NOT_OURS,
                     tensors->name);
    else if (!residual_recognise(tensors, residual, problems))
        problems_add(problems, "%s: is no model: no dataset is named like BLOCK.net.0.weight (blocks.0.net.0.weight, say)" REASON_NOT_OURS,
                     tensors->name);
}

/* Root attribute bn_eps, or the default. */
static double read_bn_eps(geosc_context *context, const struct tensors *tensors, struct problems *problems)
{
    double eps = bn_eps_default;
    bool found = false;

    if (!tensors->file)
        return eps;
    if (h5_attribute_double(context, tensors->file, "/", "bn_eps", &eps, &found) != GEOSC_OK)
        problems_add(problems, "%s", context->message);
    else if (!(eps >= 0) || !isfinite(eps))
        tensors_problem(tensors, problems, "/", "attribute bn_eps is %g, expected 0 or more" REASON_BAD_VALUE, eps);
    return eps;
}

/* An eps of the file's own is part of what the model computes. */
static uint32_t sum_up_eps(uint32_t crc, double eps)
{
    uint64_t bits;

    if (eps == bn_eps_default)
        return crc;
    memcpy(&bits, &eps, sizeof bits);
    bits = htole64(bits);
    return (uint32_t)crc32(crc, (const Bytef *)&bits, sizeof bits);
}

/* ---- opening ------------------------------------------------------------------------------------ */

/* before: problems that were there when the tensors had not been looked at. */
static enum geosc_status build(geosc_context *context, const struct tensors *tensors, geosc_model **model,
                               struct problems *problems, size_t before)
{
    enum geosc_status status;
    struct residual residual;
    geosc_model *made = NULL;
    uint32_t crc;

    double eps = read_bn_eps(context, tensors, problems);
    recognise(tensors, &residual, problems);
    if (problems->count > before)
        return GEOSC_OK;
    TRY(tensors_load(context, tensors, problems, &crc));
    if (problems->count > before)
        goto done;
    TRY(memory_allocate_zero(context, &made, 1, sizeof *made, "a model"));
    made->crc32 = sum_up_eps(crc, eps);
    TRY(residual_fold(context, tensors, &residual, eps, made, problems));
    if (problems->count > before)
        goto done;
    *model = made;
    made = NULL;
done:
    geosc_model_free(made);
    return status;
}

enum geosc_status model_open(geosc_context *context, const char *path, geosc_model **model, struct problems *problems)
{
    enum geosc_status status;
    struct tensors tensors = {0};
    size_t before = problems->count;

    *model = NULL;
    TRY(tensors_open(context, path, &tensors, problems));
    TRY(build(context, &tensors, model, problems, before));
done:
    tensors_close(&tensors);
    return status;
}

enum geosc_status model_transform(geosc_context *context, geosc_model *model, enum geosc_conv conv)
{
    enum { WORTH_IT = 16 }; /* channels: below, the transforms cost more than they save */
    enum geosc_status status = GEOSC_OK;

    for (size_t i = 0; i < model->block_count; i++) {
        struct bottleneck *block = &model->blocks[i];
        bool wide = block->spatial.inputs >= WORTH_IT && block->spatial.outputs >= WORTH_IT;
        if (conv == GEOSC_CONV_WINOGRAD || (conv == GEOSC_CONV_AUTO && wide))
            TRY(winograd_create(context, &block->spatial, &block->winograd));
    }
done:
    return status;
}

/* The caller gets a whole model or none. */
static enum geosc_status give(enum geosc_status status, geosc_model **model)
{
    if (status != GEOSC_OK) {
        geosc_model_free(*model);
        *model = NULL;
    }
    return status;
}

enum geosc_status geosc_model_load(geosc_context *context, const char *path, geosc_model **model)
{
    enum geosc_status status;
    struct problems problems = {0};

    if (!context)
        return GEOSC_BAD_USAGE;
    if (!path || !model)
        return fail(context, GEOSC_BAD_USAGE, "geosc_model_load: path and model must not be NULL");
    context->message[0] = '\0';
    TRY(model_open(context, path, model, &problems));
    TRY(problems_status(context, &problems));
    TRY(model_transform(context, *model, GEOSC_CONV_AUTO));
done:
    problems_free(&problems);
    return give(status, model);
}

static enum geosc_status check_given(geosc_context *context, const struct geosc_tensor *tensors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct geosc_tensor *tensor = &tensors[i];
        size_t items = 1;
        if (!tensor->key || !tensor->data || tensor->rank > 4 || strlen(tensor->key) >= H5_PATH)
            return fail(context, GEOSC_BAD_USAGE, "geosc_model_from_tensors: tensor %zu needs a key below %d bytes, data, and "
                                                  "4 dimensions at most", i, H5_PATH);
        for (size_t d = 0; d < tensor->rank; d++)
            if (tensor->dims[d] == 0 || !size_multiply(items, tensor->dims[d], &items))
                return fail(context, GEOSC_BAD_USAGE, "geosc_model_from_tensors: %s has an impossible shape", tensor->key);
    }
    return GEOSC_OK;
}

enum geosc_status geosc_model_from_tensors(geosc_context *context, const struct geosc_tensor *tensors, size_t count,
                                           geosc_model **model)
{
    enum geosc_status status;
    struct problems problems = {0};
    struct tensors wrapped = {0};

    if (!context)
        return GEOSC_BAD_USAGE;
    if (!model || (!tensors && count))
        return fail(context, GEOSC_BAD_USAGE, "geosc_model_from_tensors: tensors and model must not be NULL");
    *model = NULL;
    context->message[0] = '\0';
    TRY(check_given(context, tensors, count));
    TRY(tensors_wrap(context, tensors, count, &wrapped, &problems));
    TRY(build(context, &wrapped, model, &problems, 0));
    TRY(problems_status(context, &problems));
    TRY(model_transform(context, *model, GEOSC_CONV_AUTO));
done:
    tensors_close(&wrapped);
    problems_free(&problems);
    return give(status, model);
}

/* ---- the rest ----------------------------------------------------------------------------------- */

void geosc_model_free(geosc_model *model)
{
    if (!model)
        return;
    for (size_t i = 0; i < model->block_count; i++) {
        convolution_free(&model->blocks[i].reduce);
        convolution_free(&model->blocks[i].spatial);
        convolution_free(&model->blocks[i].expand);
        winograd_free(&model->blocks[i].winograd);
    }
    memory_free(model->blocks);
    memory_free(model);
}

size_t model_reach(const geosc_model *model)
{
    return model->block_count; /* each block has one 3x3 */
}

size_t geosc_model_channels(const geosc_model *model)
{
    return model ? model->channels : 0;
}

size_t geosc_model_parameters(const geosc_model *model)
{
    return model ? model->parameters : 0;
}
