/*
 * model: a post-processor, from PyTorch's state_dict keys to packed matrices that the kernels take as they are.
 * BatchNorm is folded into weights and bias (in double) when it is loaded. Read-only after that; any thread.
 */
#ifndef GEOSC_MODEL_H
#define GEOSC_MODEL_H

#include "problems.h"
#include "winograd.h"

/* relu(x + expand(relu(spatial(relu(reduce(x)))))) */
struct bottleneck {
    struct convolution reduce, spatial, expand;
    struct winograd winograd; /* spatial's weights transformed; none where it runs directly */
};

struct geosc_model {
    size_t channels, hidden; /* hidden: the largest of the blocks' */
    size_t block_count;
    struct bottleneck *blocks;
    size_t parameters;    /* weights, norm weights and biases */
    uint32_t crc32;       /* over the tensors by sorted key, see tensors_load; and bn_eps where it is not 1e-5 */
};

/* How many cells to each side of a cell its refined features depend on. */
size_t model_reach(const geosc_model *model);

/* Transforms the weights of those 3x3 convolutions that are to run as Winograd's: chosen by their channels where `conv` is auto. */
enum geosc_status model_transform(geosc_context *context, geosc_model *model, enum geosc_conv conv);

/* Loads a model file; everything wrong goes to `problems` as in catalog_open. *model stays NULL if there is any. Its 3x3s run
 * directly until model_transform. */
enum geosc_status model_open(geosc_context *context, const char *path, geosc_model **model, struct problems *problems);

#endif
