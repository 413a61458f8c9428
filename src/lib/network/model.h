/*
 * model: a post-processor: converts tensors with PyTorch's state_dict keys to packed matrices for the kernels
 * (layers.h). Read-only once loaded; any thread.
 */
#ifndef GEOSC_MODEL_H
#define GEOSC_MODEL_H

#include "base/problems.h"
#include "network/layers.h"

/* "residual-bottleneck", "aggregation", "linear", or "linear, " and one of the first two */
const char *model_architecture(const geosc_model *model);

/* Whether the features of a posed image differ from the posed features of the image by more than the order of cells;
 * not without a model, nor with a linear one alone, whose features are also normalised like those without a model. */
bool model_tells_poses(const geosc_model *model);

/* Radius in cells of the input that a refined cell depends on; SIZE_MAX: the whole map. */
size_t model_reach(const geosc_model *model);

/* Channels of the refined features for a map with `channels`; model NULL: unchanged. */
size_t model_outputs(const geosc_model *model, size_t channels);

/* Number of products with weights for each cell, nearly: each weight is used once, or once for each time step. */
double model_work(const geosc_model *model);

/* Each part's number of input channels, "640+1280+1280+768", as far as it fits; "" for a residual-bottleneck. */
void model_describe_widths(const geosc_model *model, char *text, size_t size);

/* Examines a model file: keys, shapes and where its numbers are, which it does not read. Faults go to `problems`. */
enum geosc_status model_look(geosc_context *context, const char *path, struct problems *problems);

/* Loads a model file; faults go to `problems` as in catalog_open, and then *model stays NULL. conv: algorithm of its
 * 3x3s. */
enum geosc_status model_open(geosc_context *context, const char *path, enum geosc_conv conv, geosc_model **model,
                             struct problems *problems);

#endif
