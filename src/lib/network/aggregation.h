/*
 * aggregation: the published GeoAware-SC network (docs/computation.md, Post-processor): its keys and shapes; packs its
 * tensors into convolutions and the scales and shifts of their GroupNorms.
 */
#ifndef GEOSC_AGGREGATION_H
#define GEOSC_AGGREGATION_H

#include "network/layers.h"
#include "network/tensors.h"

/* The levels found in a file. */
struct aggregation {
    char prefix[H5_PATH]; /* of all keys, before "bottleneck_layers" */
    size_t levels, outputs;
};

/* Finds prefix and levels, takes the tensors of each, and adds missing tensors and wrong shapes to `problems`. groups:
 * of each GroupNorm, a divisor of all widths. False if no key belongs to this architecture. */
bool aggregation_recognise(const struct tensors *tensors, size_t groups, struct aggregation *aggregation,
                           struct problems *problems);

/* Loads the tensors and makes the levels of a model from them. After a problem the model is incomplete. */
enum geosc_status aggregation_pack(geosc_context *context, struct tensors *tensors,
                                   const struct aggregation *aggregation, geosc_model *model,
                                   struct problems *problems);

#endif
