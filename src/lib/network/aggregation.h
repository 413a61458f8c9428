/*
 * aggregation: the published GeoAware-SC network and its deeper kin (docs/computation.md, Post-processor): their keys
 * and shapes; packs their tensors into convolutions and the scales and shifts of their GroupNorms.
 */
#ifndef GEOSC_AGGREGATION_H
#define GEOSC_AGGREGATION_H

#include "network/layers.h"
#include "network/tensors.h"

/* The levels found in a file. */
struct aggregation {
    char prefix[H5_PATH]; /* of all keys, before "bottleneck_layers" */
    size_t levels, outputs;
    size_t parts; /* of the channels: levels times time steps */
};

/* Finds prefix, levels and time steps, takes the tensors of each, and adds missing tensors and wrong shapes to
 * `problems`. groups: of each GroupNorm, a divisor of all widths. False if no key belongs to this architecture. */
bool aggregation_recognise(const struct tensors *tensors, size_t groups, struct aggregation *aggregation,
                           struct problems *problems);

/* Loads the tensors and makes the levels of a model from them. After a problem the model is incomplete. */
enum geosc_status aggregation_pack(geosc_context *context, struct tensors *tensors,
                                   const struct aggregation *aggregation, geosc_model *model,
                                   struct problems *problems);

#endif
