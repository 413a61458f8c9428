/*
 * pair_view: what a picture of one pair shows: both images as the run saw them (the source in its chosen pose), masks,
 * points and answers, all in shares of the picture's width and height (0, 0 the top left corner). No drawing.
 */
#ifndef GEOSC_PAIR_VIEW_H
#define GEOSC_PAIR_VIEW_H

#include "results/output.h"

struct picture {
    size_t width, height;
    unsigned char *rgb; /* [height][width][3] */
};

struct view_side {
    const char *kind; /* what the number counts: images, or sources or targets of a stacked file */
    size_t image;     /* its number, as the input counts */
    const char *name; /* the catalog's, or NULL */
    struct picture picture;
    double width, height; /* that it is shown with, in any unit */
    size_t grid_width, grid_height;
    float *mask; /* [grid_height][grid_width], or NULL */
};

/* A keypoint, or a cell of a dense match. What is not there is NaN. */
struct view_point {
    double source[2], match[2], truth[2];
    double score;
    double error; /* as a share of the pair's threshold */
};

struct pair_view {
    size_t pair;
    const char *category; /* or NULL */
    enum geosc_pair_status status;
    bool decided; /* a pose was chosen; else the source is shown as it is */
    enum geosc_pose pose;
    size_t candidates;
    enum geosc_pose candidate[GEOSC_POSES];
    float imd[GEOSC_POSES];
    bool photographs; /* the pictures are /images/rgb, else principal components of the features */
    struct view_side source, target;
    bool dense; /* points are the cells of source.grid, row by row, as shown */
    size_t point_count;
    struct view_point *points;
};

/* The input must have been opened and the results must be those of its pairs. Free with pair_view_free. */
enum geosc_status pair_view_load(geosc_context *context, const struct catalog *catalog, const struct results *results,
                                 size_t pair, struct pair_view *view);
void pair_view_free(struct pair_view *view); /* of a zeroed or filled one */

/* The image's name, or "image 3". */
void view_side_describe(const struct view_side *side, char *out, size_t size);

/* The dense match as pictures of the source's grid and the target's size: where each cell goes, and what comes there.
 */
enum geosc_status pair_view_flow(geosc_context *context, const struct pair_view *view, struct picture *flow);
enum geosc_status pair_view_warp(geosc_context *context, const struct pair_view *view, struct picture *warped);
/* The colour of a move by (dx, dy), in shares of the longest that the picture has. */
void flow_colour(double dx, double dy, unsigned char rgb[3]);

#endif
