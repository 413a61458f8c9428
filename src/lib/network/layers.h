/*
 * layers: the layers of a loaded model. Loading folds BatchNorm into weights and bias (in double). A GroupNorm depends
 * on the map and stays separate.
 */
#ifndef GEOSC_LAYERS_H
#define GEOSC_LAYERS_H

#include "network/winograd.h"

enum architecture { ARCHITECTURE_RESIDUAL, ARCHITECTURE_AGGREGATION, ARCHITECTURE_LINEAR /* alone */ };

/* relu(x + expand(relu(spatial(relu(reduce(x)))))) */
struct bottleneck {
    struct convolution reduce, spatial, expand;
    struct winograd winograd; /* replaces spatial's weights by their transform; empty if spatial runs directly */
};

/* matrix (x - mean) + the matrix' bias, for each cell of the fused features */
struct linear {
    struct convolution matrix; /* a 1x1; without weights: there is no such layer */
    float *mean;               /* [inputs] */
};

/* A convolution followed by a GroupNorm. */
struct normed {
    struct convolution convolution; /* without bias; no outputs: no such layer */
    struct winograd winograd;       /* of a 3x3, as in a bottleneck */
    float *scale, *shift;           /* [outputs] of the norm */
};

/* relu(expand(relu(spatial(relu(reduce(x))))) + shortcut(x)), with a norm after each convolution */
struct normed_bottleneck {
    struct normed reduce; /* 1x1 or 3x3 */
    struct normed spatial, expand;
    struct normed shortcut; /* empty: the identity */
};

/* Bottlenecks in sequence */
struct level {
    size_t inputs, count;
    struct normed_bottleneck *bottlenecks; /* [count] */
};

struct geosc_model {
    enum architecture architecture;
    enum geosc_conv conv;
    size_t channels, outputs; /* of the raw and the refined features */
    struct linear linear;     /* in front of the blocks or levels, or alone */
    size_t hidden;            /* largest width inside the blocks or levels */
    size_t block_count;       /* residual-bottleneck: blocks in sequence */
    struct bottleneck *blocks;
    size_t level_count; /* aggregation: levels, each for the same channels of all time steps */
    struct level *levels;
    size_t part_count; /* of the channels, in order, time step by time step: part i passes level i % level_count */
    float *weights;    /* [part_count] in the sum of the parts' outputs: softmax of the mixing weights */
    size_t groups;     /* number of groups of each GroupNorm */
    double gn_eps;
    size_t parameters; /* weights, norm weights and biases, mixing weights */
    uint32_t crc32; /* over the tensors in the order of keys, see tensors_crc32; and over bn_eps, gn_eps, gn_groups that
                     * are
                     * not defaults */
};

#endif
