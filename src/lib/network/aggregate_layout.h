/*
 * aggregate_layout: how the scratch of aggregate is divided: activations of a bottleneck on one map, and the norms of
 * its layers. Pure functions.
 */
#ifndef GEOSC_AGGREGATE_LAYOUT_H
#define GEOSC_AGGREGATE_LAYOUT_H

#include "network/layers.h"

/* Offsets of the parts of the scratch, in floats. */
struct aggregate_layout {
    size_t desk, channels; /* floats of one thread's panel of operands; most channels of a norm */
    size_t desks, reduced, shortcut, hidden[2], expanded, passed, side, columns, winograd, norms, moments, total;
};

/* Passes of a bottleneck, each with its own norm and moments: those of the first one's 1x1s last for all poses. */
enum { PASS_REDUCE, PASS_SPATIAL, PASS_EXPAND, PASS_SHORTCUT, PASS_SIDE /* a later shortcut */, PASSES };

/* Bytes for one map of so many panels; SIZE_MAX: too many. */
size_t aggregate_scratch_bytes(const geosc_model *model, size_t panels, int threads);

/* For one map of so many panels, for which aggregate_scratch_bytes() gives a figure. */
struct aggregate_layout aggregate_lay_out(const geosc_model *model, size_t panels, int threads);

#endif
