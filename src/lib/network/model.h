/*
 * model: a post-processor, from PyTorch's state_dict keys to packed matrices that the kernels take as they are
 * (layers.h). Read-only after that; any thread.
 */
#ifndef GEOSC_MODEL_H
#define GEOSC_MODEL_H

#include "base/problems.h"
#include "network/layers.h"

/* "residual-bottleneck", "aggregation" */
const char *model_architecture(const geosc_model *model);

/* How many cells to each side of a cell its refined features depend on; SIZE_MAX: on the whole map. */
size_t model_reach(const geosc_model *model);

/* Channels of the refined features of a map with `channels`; model NULL: none. */
size_t model_outputs(const geosc_model *model, size_t channels);

/* The levels' shares of the input channels, "640+1280+1280+768", as far as it fits; "" for a residual-bottleneck. */
void model_describe_widths(const geosc_model *model, char *text, size_t size);

/* Loads a model file; everything wrong goes to `problems` as in catalog_open. *model stays NULL if there is any. conv:
 * how its 3x3s are to run. */
enum geosc_status model_open(geosc_context *context, const char *path, enum geosc_conv conv, geosc_model **model,
                             struct problems *problems);

#endif
