/*
 * resize: bilinear resizing of a grid (align_corners=False; docs/computation.md, Fusion), channel by channel.
 */
#ifndef GEOSC_RESIZE_H
#define GEOSC_RESIZE_H

#include "base/status.h"
#include "kernel/kernel.h"

struct resize {
    const float *in; /* channel c: [in_height][in_width] at in + c * in_step */
    size_t in_step, in_height, in_width;
    float *out; /* channel c of cell i at out + i / PANEL * panel_step + c * channel_step + i % PANEL */
    size_t panel_step, channel_step, height, width;
};

void resize_channel(const struct resize *resize, size_t channel);
/* All channels, shared among threads; check for a stop afterwards. */
void resize_channels(const geosc_context *context, const struct resize *resize, size_t channels);

#endif
