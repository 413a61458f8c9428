/*
 * draw: draws a pair as a picture in memory. The only code that uses cairo (draw_cairo.c); a build without cairo has
 * draw_none.c, which says what is missing. The same view gives the same bytes.
 *
 * marks.h says how keypoints look. Right and wrong differ in shape, and points have numbers, so that colour alone
 * carries no information.
 */
#ifndef GEOSC_DRAW_H
#define GEOSC_DRAW_H

#include "draw/pair_view.h"

enum draw_format {
    DRAW_PNG,
    DRAW_SVG,
    DRAW_PDF,
    DRAW_HTML /* a page, which blends a dense match; not for draw_pair */
};

struct drawing {
    enum draw_format format;
    double side;   /* longest side of each image in the picture, in points; above 420 all else grows with it, below it
                      stays */
    double alpha;  /* a match with an error below alpha times the threshold counts as right */
    bool no_lines; /* between the images */
};

/* "png", "svg", "pdf", "html"; NULL after the last. */
const char *draw_format_name(int format);

/* GEOSC_FAILED with the remedy if geosc was built without cairo. */
enum geosc_status draw_check(geosc_context *context);
/* cairo's version, "1.16.0", or NULL. */
const char *draw_version(void);

/* Appends the picture of a pair to `bytes`, which starts zeroed; free it with memory_free(bytes->data). */
enum geosc_status draw_pair(geosc_context *context, const struct pair_view *view, const struct drawing *drawing,
                            struct bytes *bytes);

#endif
