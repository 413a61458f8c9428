/*
 * pair_view: the contents of a picture of one pair: both images as the run saw them (the source in its chosen pose),
 * masks, points and answers, in fractions of the picture's width and height, with (0, 0) the top left corner. Does not
 * draw.
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
    size_t image;     /* its number in the input */
    const char *name; /* owned by the catalog, or NULL */
    struct picture picture;
    double width, height; /* size for display, in any unit */
    size_t grid_width, grid_height;
    float *mask; /* [grid_height][grid_width], or NULL */
};

/* A keypoint, or a cell of a dense match. Missing values are NaN. */
struct view_point {
    double source[2], match[2], truth[2];
    double score;
    double error; /* as a fraction of the pair's threshold */
};

struct pair_view {
    size_t pair;
    const char *category; /* or NULL */
    enum geosc_pair_status status;
    bool decided; /* a pose was chosen; else the source is shown unposed */
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

/* Loads the view of one pair. The results must be those of the opened input's pairs. Free with pair_view_free. */
enum geosc_status pair_view_load(geosc_context *context, const struct catalog *catalog, const struct results *results,
                                 size_t pair, struct pair_view *view);
void pair_view_free(struct pair_view *view); /* for a zeroed or filled one */

/* The image's name, or "image 3". */
void view_side_describe(const struct view_side *side, char *out, size_t size);

/* Shows a dense match as two pictures: on the source's grid the direction of each match, and in the target's size the
 * warped source. */
enum geosc_status pair_view_flow(geosc_context *context, const struct pair_view *view, struct picture *flow);
enum geosc_status pair_view_warp(geosc_context *context, const struct pair_view *view, struct picture *warped);
/* Colour of a displacement (dx, dy), in fractions of the longest in the picture. */
void flow_colour(double dx, double dy, unsigned char rgb[3]);

#endif
