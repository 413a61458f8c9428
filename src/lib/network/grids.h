/*
 * grids: on which grid each level of an image comes to the post-processor. Bilinear resizing works on cells and a 1x1
 * convolution without bias on channels, so they may change places: where a stored level is just one level of an
 * aggregation network, and smaller than the first level, it keeps its grid, and the network resizes what its 1x1s make
 * of it (aggregate.h). That saves most of the products and of the memory. All others are resized to the first level's
 * grid when they are loaded.
 */
#ifndef GEOSC_GRIDS_H
#define GEOSC_GRIDS_H

#include "input/catalog.h"

/* A level that keeps its grid. */
struct own_grid {
    size_t first, channels; /* of the image's */
    size_t height, width;
};

/* Loaded features lie channel by channel, each [height][width] of its own grid, or else of the first level's. */
struct grids {
    size_t channels, height, width;
    size_t own_count;
    struct own_grid own[CATALOG_LEVELS];
};

/* model NULL: none, all levels are resized. */
void grids_choose(const geosc_model *model, const struct features *features, struct grids *grids);
/* The grid of the level that begins with this channel; NULL: the first level's. */
const struct own_grid *grids_find(const struct grids *grids, size_t channel);
/* Of an image's loaded features. */
size_t grids_floats(const struct grids *grids);

#endif
