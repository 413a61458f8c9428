/*
 * grids: selects the grid on which each level of an image enters the post-processor. Bilinear resizing acts on cells
 * and a 1x1 convolution without bias on channels, so their order may change: a stored level that is exactly one level
 * of an aggregation network, and smaller than the first level, keeps its grid, and the network resizes the output of
 * its 1x1s (aggregate.h). That saves most of the products and memory. All other levels are resized to the first level's
 * grid when loaded.
 */
#ifndef GEOSC_GRIDS_H
#define GEOSC_GRIDS_H

#include "input/catalog.h"

/* A level that keeps its grid. */
struct own_grid {
    size_t first, channels; /* among the image's channels */
    size_t height, width;
};

/* Loaded features, channel by channel, each [height][width] on its own grid or on the first level's. */
struct grids {
    size_t channels, height, width;
    size_t own_count;
    struct own_grid own[CATALOG_LEVELS];
};

/* Chooses the grids; model NULL: resizes all levels. */
void grids_choose(const geosc_model *model, const struct features *features, struct grids *grids);
/* The own grid of the level that begins at this channel; NULL: the first level's grid. */
const struct own_grid *grids_find(const struct grids *grids, size_t channel);
/* Number of floats of an image's loaded features. */
size_t grids_floats(const struct grids *grids);

#endif
