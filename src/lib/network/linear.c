#include "network/linear.h"

#include "base/reason.h"
#include "base/share.h"
#include "maps/map.h"

#include <stdio.h>
#include <string.h>

enum { KEY_SIZE = 2 * H5_PATH };

static const char layer_key[] = "projection.";

/* ---- keys --------------------------------------------------------------------------------------- */

/* Takes the prefix from the first key that has the layer's name at its start or after a point. */
static bool find_prefix(const struct tensors *tensors, char *prefix)
{
    for (size_t i = 0; i < tensors->count; i++) {
        const char *key = tensors->items[i].key, *name = strstr(key, layer_key);
        if (!name || (name > key && name[-1] != '.'))
            continue;
        snprintf(prefix, H5_PATH, "%.*s", (int)(name - key), key);
        return true;
    }
    return false;
}

/* Takes a vector if it is there. */
static struct tensor *take_vector(const struct tensors *tensors, const char *prefix, const char *name, size_t length,
                                  struct problems *problems)
{
    char key[KEY_SIZE];

    snprintf(key, sizeof key, "%s%s%s", prefix, layer_key, name);
    return tensors_find(tensors, key) ? tensors_take(tensors, problems, key, 1, &length) : NULL;
}

/* Without a weight, whose shape gives theirs, the vectors' shapes are no problems of their own. */
static void ignore_vector(const struct tensors *tensors, const char *prefix, const char *name)
{
    char key[KEY_SIZE];

    snprintf(key, sizeof key, "%s%s%s", prefix, layer_key, name);
    tensors_ignore(tensors, key);
}

bool linear_recognise(const struct tensors *tensors, struct linear_tensors *found, struct problems *problems)
{
    char prefix[H5_PATH], key[KEY_SIZE];
    size_t shape[4] = {1, 1, 1, 1}, rank = 2;

    *found = (struct linear_tensors){NULL, NULL, NULL};
    if (!find_prefix(tensors, prefix))
        return false;
    snprintf(key, sizeof key, "%s%sweight", prefix, layer_key);
    const struct tensor *weight = tensors_find(tensors, key);
    if (weight && (weight->rank == 2 || weight->rank == 4)) {
        rank = weight->rank; /* [outputs, inputs], or that of a 1x1 convolution */
        memcpy(shape, weight->dims, 2 * sizeof *shape);
    }
    found->weight = tensors_take(tensors, problems, key, rank, shape);
    if (found->weight) {
        found->mean = take_vector(tensors, prefix, "mean", shape[1], problems);
        found->bias = take_vector(tensors, prefix, "bias", shape[0], problems);
    } else {
        ignore_vector(tensors, prefix, "mean");
        ignore_vector(tensors, prefix, "bias");
    }
    return true;
}

/* ---- packing ------------------------------------------------------------------------------------ */

/* A copy of a vector's numbers; zeros without one. */
static enum geosc_status copy_vector(geosc_context *context, struct tensors *tensors, struct tensor *vector,
                                     size_t count, float **out, struct problems *problems)
{
    enum geosc_status status;
    size_t before = problems->count;

    TRY(memory_allocate_zero(context, out, count, sizeof **out, "weights"));
    if (!vector)
        goto done;
    TRY(tensor_load(context, tensors, vector, problems));
    if (problems->count == before)
        memcpy(*out, vector->data, count * sizeof **out);
done:
    return status;
}

enum geosc_status linear_pack(geosc_context *context, struct tensors *tensors, const struct linear_tensors *found,
                              geosc_model *model, struct problems *problems)
{
    enum geosc_status status;
    struct linear *linear = &model->linear;
    size_t inputs = found->weight->dims[1], outputs = found->weight->dims[0], before = problems->count;
    bool finite;

    linear->matrix = (struct convolution){.inputs = inputs, .outputs = outputs, .taps = 1};
    TRY(copy_vector(context, tensors, found->mean, inputs, &linear->mean, problems));
    TRY(copy_vector(context, tensors, found->bias, outputs, &linear->matrix.bias, problems));
    TRY(tensor_load(context, tensors, found->weight, problems));
    if (problems->count > before)
        goto done;
    TRY(convolution_create(context, found->weight->data, NULL, &linear->matrix, &finite));
    model->parameters += tensor_items(found->weight) + (found->mean ? inputs : 0) + (found->bias ? outputs : 0);
done:
    return status;
}

void linear_free(struct linear *linear)
{
    convolution_free(&linear->matrix);
    memory_free(linear->mean);
    *linear = (struct linear){.mean = NULL};
}

/* ---- running ------------------------------------------------------------------------------------ */

/* A loop over the panels of an image. */
struct linear_loop {
    const struct kernels *kernels;
    const struct linear *linear;
    const float *features;
    size_t cells;
    float *out;
};

static size_t desk_floats(const struct linear *linear)
{
    return (linear->matrix.inputs + linear->matrix.outputs) * PANEL;
}

/* The mean is taken from the cells, not from the bias: of numbers around a large mean, that keeps the digits. */
static void subtract_mean(const float *mean, size_t channels, float *panel)
{
    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < PANEL; i++)
            panel[c * PANEL + i] -= mean[c];
}

static void panel_unit(const void *work, size_t panel, void *desk)
{
    const struct linear_loop *of = work;
    const struct convolution *matrix = &of->linear->matrix;
    float *in = desk, *product = in + matrix->inputs * PANEL;
    size_t first = panel * PANEL, count = size_smaller(of->cells - first, PANEL);

    map_fill_panel(of->features, of->cells, matrix->inputs, NULL, of->cells, panel, in);
    subtract_mean(of->linear->mean, matrix->inputs, in);
    of->kernels->gemm_panel(&(struct gemm){
        .rows = matrix->outputs,
        .depth = matrix->inputs,
        .a = matrix->weights,
        .a_stride = TILE,
        .a_tile = matrix->inputs * TILE,
        .b = in,
        .c = product,
        .c_stride = PANEL,
        .bias = matrix->bias,
    });
    for (size_t o = 0; o < matrix->outputs; o++)
        memcpy(of->out + o * of->cells + first, product + o * PANEL, count * sizeof *product);
}

enum geosc_status linear_run(geosc_context *context, const struct linear *linear, const float *features, size_t cells,
                             struct linear_scratch *scratch)
{
    enum geosc_status status;
    size_t desk = desk_floats(linear), floats;

    if (!size_multiply(linear->matrix.outputs, cells, &floats))
        return fail_memory(context, SIZE_MAX, "projected features");
    TRY(memory_grow(context, &scratch->out, &scratch->out_capacity, floats, sizeof(float), "projected features"));
    TRY(memory_grow(context, &scratch->desks, &scratch->desks_capacity, (size_t)context->threads * desk, sizeof(float),
                    "activations of a thread"));
    const struct linear_loop of = {context->kernels, linear, features, cells, scratch->out};
    share(context, map_panels(cells), panel_unit, &of, scratch->desks, desk * sizeof(float));
    TRY(check_stop(context));
done:
    return status;
}

size_t linear_scratch_bytes(const geosc_model *model, size_t cells, int threads)
{
    if (!model || !model->linear.matrix.weights)
        return 0;
    return (model->linear.matrix.outputs * cells + (size_t)threads * desk_floats(&model->linear)) * sizeof(float);
}

void linear_scratch_free(struct linear_scratch *scratch)
{
    memory_free(scratch->out);
    memory_free(scratch->desks);
    *scratch = (struct linear_scratch){.out = NULL};
}
