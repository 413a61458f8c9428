/*
 * aggregation: the published GeoAware-SC network (docs/computation.md, Post-processor): which keys and shapes it has,
 * and how its tensors become packed convolutions and the scales and shifts of their GroupNorms.
 */
#ifndef GEOSC_AGGREGATION_H
#define GEOSC_AGGREGATION_H

#include "network/layers.h"
#include "network/tensors.h"

/* Where the levels are. */
struct aggregation {
    char prefix[H5_PATH]; /* common to all keys, in front of "bottleneck_layers" */
    size_t levels, outputs;
};

/* Finds prefix and levels, takes the tensors of each, and adds what is missing or of a wrong shape to `problems`.
 * groups: of each GroupNorm, a divisor of all widths. False if there is not one key of this architecture. */
bool aggregation_recognise(const struct tensors *tensors, size_t groups, struct aggregation *aggregation,
                           struct problems *problems);

/* Makes the levels of a model from loaded tensors that have no problem; unloads them on the way. */
enum geosc_status aggregation_pack(geosc_context *context, const struct tensors *tensors,
                                   const struct aggregation *aggregation, geosc_model *model);

#endif
