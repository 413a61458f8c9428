/*
 * pair_view: the contents of a picture of one pair: both images as the run saw them (the source in its chosen pose),
 * masks, points and answers, in fractions of the picture's width and height, with (0, 0) the top left corner. Does not
 * draw.
 */
#ifndef GEOSC_PAIR_VIEW_H
#define GEOSC_PAIR_VIEW_H

#include "draw/marks.h"
#include "results/output.h"

struct picture {
    size_t width, height;
    unsigned char *rgb; /* [height][width][3] */
};

/* A picture of undefined colours; free its rgb with memory_free. */
enum geosc_status picture_create(geosc_context *context, size_t width, size_t height, struct picture *picture);
void picture_fill(struct picture *picture, const unsigned char colour[3]);

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
    double error;            /* as a fraction of the pair's threshold */
    bool mutual;             /* as /matches/mutual says */
    bool kept;               /* it is there, and passes the least score and --mutual */
    bool shown;              /* as a mark, with a line: a keypoint that is kept, or one of the best */
    const char *name;        /* of the keypoint, owned by the catalog; "": none */
    unsigned char colour[3]; /* of the keypoint, see marks.h */
};

/* Which matches are shown. Zeroed but for least_score -INFINITY: all. */
struct view_choice {
    size_t top; /* only so many, those with the largest scores; 0: all keypoints, and no cells */
    double least_score;
    bool mutual;
};

struct pair_view {
    size_t pair;
    const char *category; /* or NULL */
    enum geosc_pair_status status;
    bool decided; /* a pose was chosen; else the source is shown unposed */
    enum geosc_pose pose;
    bool wrong_pose; /* the input knows the true one, which is another */
    enum geosc_pose true_pose;
    size_t candidates;
    enum geosc_pose candidate[GEOSC_POSES];
    float imd[GEOSC_POSES];
    bool photographs; /* the pictures are /images/rgb, else principal components of the features */
    struct view_side source, target;
    bool dense; /* points are the cells of source.grid, row by row, as shown */
    size_t point_count;
    struct view_point *points;
    struct view_choice choice; /* of the points that are shown */
};

/* Loads the view of one pair. The results must be those of the opened input's pairs. Free with pair_view_free. */
enum geosc_status pair_view_load(geosc_context *context, const struct catalog *catalog, const struct results *results,
                                 size_t pair, struct pair_view *view);
void pair_view_free(struct pair_view *view); /* for a zeroed or filled one */
/* Loads only the pictures of a pair's source and target, both as they are in the input; free their rgb, also after a
 * failure. */
enum geosc_status pair_view_pictures(geosc_context *context, const struct catalog *catalog, size_t pair,
                                     struct picture pictures[2]);
/* Sets `kept` and `shown` of each point; after loading, those that are there are. */
enum geosc_status pair_view_choose(geosc_context *context, struct pair_view *view, const struct view_choice *choice);
enum mark view_mark(const struct view_point *point, double alpha);
/* Whether a keypoint lies in its source: an answer to one outside would be of another place. */
bool view_is_inside(const struct view_point *point);
/* The chosen pose, with the true one beside it if that is another, and whether that was tried. */
void view_pose_describe(const struct pair_view *view, char *out, size_t size);

/* The image's name, or "image 3". */
void view_side_describe(const struct view_side *side, char *out, size_t size);

#endif
