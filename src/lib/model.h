/*
 * model: a post-processor, from PyTorch's state_dict keys to packed matrices that the kernels take as they are.
 * BatchNorm is folded into weights and bias (in double) when it is loaded. Read-only after that; any thread.
 */
#ifndef GEOSC_MODEL_H
#define GEOSC_MODEL_H

#include "problems.h"
#include "../kernel/kernel.h"

/* A convolution with stride 1 and zero padding that keeps H x W. */
struct convolution {
    size_t inputs, outputs, taps; /* taps: 1 (1x1) or 9 (3x3) */
    float *weights;               /* packed [ceil(outputs / TILE)][inputs * taps][TILE], zero rows at the end;
                                     k = input * taps + tap, as PyTorch's [O][I][kh][kw] flattens */
    float *bias;                  /* [outputs], or NULL */
};

/* relu(x + expand(relu(spatial(relu(reduce(x)))))) */
struct bottleneck {
    struct convolution reduce, spatial, expand;
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

/* Loads a model file; everything wrong goes to `problems` as in catalog_open. *model stays NULL if there is any. */
enum geosc_status model_open(geosc_context *context, const char *path, geosc_model **model, struct problems *problems);

#endif
