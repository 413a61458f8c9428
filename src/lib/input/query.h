/*
 * query: finds the source cells of keypoints (docs/computation.md, Matching), and the part of a source that they and
 * its mask need. A posed source is never a target: only that part is refined. Reads a catalog; any thread.
 */
#ifndef GEOSC_QUERY_H
#define GEOSC_QUERY_H

#include "input/catalog.h"

/* Cells y0 <= y < y1, x0 <= x < x1; empty if y0 == y1. */
struct box {
    size_t y0, x0, y1, x1;
};

/* The queries of each image in all pairs of the file, not only in the pairs of this run: so an image is always refined
 * in the same way. Initialise with zeros. */
struct queries {
    struct box *boxes;       /* [images] bounding box of all queries of the image; empty if there are none */
    bool *sources, *targets; /* [images] whether any pair has it as source; as target */
};

enum query_place { QUERY_ABSENT, QUERY_OUTSIDE, QUERY_INSIDE };

/* The cell nearest to a coordinate on an axis of n cells: floor(v + 0.5); the far border belongs to the last cell.
 * False further out, and for NaN. */
bool query_nearest_cell(double v, size_t n, size_t *cell);

/* Finds the cell of an unposed image that contains a point, given in the units of the keypoints. */
enum query_place query_point_cell(const struct catalog *catalog, size_t image, const double point[2], size_t *x,
                                  size_t *y);
/* Finds the cell of keypoint k of a pair in its unposed source. */
enum query_place query_cell(const struct catalog *catalog, size_t pair, size_t k, size_t *x, size_t *y);

/* Its position in cells of that source, with cell centres at whole numbers. */
void query_point(const struct catalog *catalog, size_t pair, size_t k, double v[2]);

/* The first keypoint of a pair outside its source; the number of keypoints if there is none. */
size_t query_first_outside(const struct catalog *catalog, size_t pair);

/* bilinear: a query needs the four cells around it. */
enum geosc_status queries_create(geosc_context *context, const struct catalog *catalog, bool bilinear,
                                 struct queries *queries);
void queries_free(struct queries *queries);

/* The smallest box around both. */
struct box box_join(struct box a, struct box b);
/* The box of a height x width map after a pose. */
struct box box_pose(struct box box, enum geosc_pose pose, size_t height, size_t width);
/* The box grown by `reach` cells on each side, within a height x width map. */
struct box box_grow(struct box box, size_t reach, size_t height, size_t width);
/* Bounding box of the nonzero cells of a mask. */
struct box box_mask(const float *mask, size_t height, size_t width);

#endif
