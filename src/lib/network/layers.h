/*
 * layers: what a loaded model is made of. BatchNorm is folded into weights and bias (in double) when it is loaded; a
 * GroupNorm depends on the map, and stays.
 */
#ifndef GEOSC_LAYERS_H
#define GEOSC_LAYERS_H

#include "network/winograd.h"

enum architecture { ARCHITECTURE_RESIDUAL, ARCHITECTURE_AGGREGATION };

/* relu(x + expand(relu(spatial(relu(reduce(x)))))) */
struct bottleneck {
    struct convolution reduce, spatial, expand;
    struct winograd winograd; /* spatial's weights, transformed, in their place; none where it runs directly */
};

/* A convolution with a GroupNorm behind it. */
struct normed {
    struct convolution convolution; /* without bias; no weights: the layer is not there */
    float *scale, *shift;           /* [outputs], of the norm */
};

/* weight * relu(expand(relu(spatial(relu(reduce(x))))) + shortcut(x)), each one with its norm */
struct level {
    struct normed reduce, spatial, expand;
    struct normed shortcut;   /* none: the identity */
    struct winograd winograd; /* as of a bottleneck */
    float weight;             /* softmax of the mixing weights */
};

struct geosc_model {
    enum architecture architecture;
    enum geosc_conv conv;
    size_t channels, outputs; /* of raw and of refined features */
    size_t hidden;            /* the largest of the blocks' or levels' */
    size_t block_count;       /* residual-bottleneck: one after the other */
    struct bottleneck *blocks;
    size_t level_count; /* aggregation: each takes its share of the channels, in order; their sum is the output */
    struct level *levels;
    size_t groups; /* of each GroupNorm */
    double gn_eps;
    size_t parameters; /* weights, norm weights and biases, mixing weights */
    uint32_t crc32; /* over the tensors by sorted key, see tensors_load; and over bn_eps, gn_eps, gn_groups not at their
                       defaults */
};

#endif
