/*
 * query: from keypoints to the source cells that are asked (docs/computation.md, Matching), and which part of a source
 * they and its mask need. A posed source is never a target: only that part is refined. Over a catalog, any thread.
 */
#ifndef GEOSC_QUERY_H
#define GEOSC_QUERY_H

#include "input/catalog.h"

/* Cells y0 <= y < y1, x0 <= x < x1; empty where y0 == y1. */
struct box {
    size_t y0, x0, y1, x1;
};

/* What all pairs of a file, whatever part of them is run, ask of each image: so that it is always refined in the same
 * way. Zeroed at first. */
struct queries {
    struct box *boxes; /* [images] around all query cells that any pair asks of the image; empty where there are none */
    bool *sources, *targets; /* [images] whether any pair has it as a source, as a target */
};

enum query_place { QUERY_ABSENT, QUERY_OUTSIDE, QUERY_INSIDE };

/* The cell of an unposed image that a point, in the units of the keypoints, lies in. */
enum query_place query_point_cell(const struct catalog *catalog, size_t image, const double point[2], size_t *x,
                                  size_t *y);
/* The cell of keypoint k of a pair in its unposed source. */
enum query_place query_cell(const struct catalog *catalog, size_t pair, size_t k, size_t *x, size_t *y);

/* The first keypoint of a pair that lies outside its source; as many as there are keypoints, if none does. */
size_t query_first_outside(const struct catalog *catalog, size_t pair);

enum geosc_status queries_create(geosc_context *context, const struct catalog *catalog, struct queries *queries);
void queries_free(struct queries *queries);

/* The smallest box around both. */
struct box box_join(struct box a, struct box b);
/* Where the box of a height x width map goes under a pose. */
struct box box_pose(struct box box, enum geosc_pose pose, size_t height, size_t width);
/* A box grown by `reach` cells on each side, within a height x width map. */
struct box box_grow(struct box box, size_t reach, size_t height, size_t width);
/* Around the cells of a mask that are not 0. */
struct box box_mask(const float *mask, size_t height, size_t width);

#endif
