/*
 * sheet: a pair's picture while it is drawn with cairo. draw_cairo.c lays it out; draw_points.c draws the keypoints,
 * draw_dense.c what a dense match has beside its images. Lengths are in points before enlarging.
 */
#ifndef GEOSC_SHEET_H
#define GEOSC_SHEET_H

#include "draw/canvas.h"

enum { MARGIN = 16, GAP = 32, TEXT = 12, TITLE = 15, WHEEL = 84, CAPTION = 512 };
extern const struct colour SHEET_BLACK, SHEET_GREY, SHEET_WHITE;

struct view_box {
    double x, y, width, height;
};

struct sheet {
    const struct pair_view *view;
    const struct drawing *drawing;
    cairo_t *cairo;
    double width, height;
    struct view_box source, target, flow, warped; /* flow and warped: only for a dense match */
    double legend, marks, list, caption; /* y of the wheel, and of what the marks mean, the list and the text */
    size_t columns;                      /* of the list */
    double column;                       /* its width */
    double (*at[2])[2]; /* [points] where the marks stand in the source and in the target: beside each other if they
                           coincide */
};

/* How many points are shown. */
size_t sheet_count_shown(const struct sheet *sheet);
void sheet_move(const struct view_box *box, const double place[2], double out[2]);
void sheet_image(const struct sheet *sheet, const struct picture *picture, const struct view_box *box, bool smooth,
                 const char *caption);

#endif
