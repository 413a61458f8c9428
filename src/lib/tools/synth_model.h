/*
 * synth_model: a post-processor with random weights for a synthetic data set, with PyTorch's state_dict keys. The
 * levels of an aggregation network share the channels of a time step evenly; it has 4 * hidden outputs, like the
 * published one.
 */
#ifndef GEOSC_SYNTH_MODEL_H
#define GEOSC_SYNTH_MODEL_H

#include "tools/synth_design.h"

enum geosc_status synth_fill_model(geosc_context *context, struct h5_writer *writer,
                                   const struct synth_options *options);

#endif
