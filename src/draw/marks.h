/*
 * marks: how a keypoint looks in every picture: the mark that says how its match was judged, its colour, and where its
 * mark stands if others would cover it. The page of geosc report follows the same rules. Does not draw; pure functions
 * but for the memory of one call.
 */
#ifndef GEOSC_MARKS_H
#define GEOSC_MARKS_H

#include "base/memory.h"

/* Right and wrong differ in shape and not only in colour; a keypoint that nobody judged looks like neither. */
enum mark {
    MARK_RIGHT,    /* filled circle */
    MARK_WRONG,    /* red cross, with a dashed line to the ring at the true place */
    MARK_UNJUDGED, /* filled diamond: there is an answer, but no truth */
    MARK_MISSING,  /* open square, in the source alone: no answer; a ring in the target if the truth is known */
    MARKS
};

/* "right", "wrong", "not judged", "no answer". */
const char *mark_name(enum mark mark);
/* Whether a place is known. */
bool mark_is_there(const double place[2]);
/* error: as a share of the threshold, NaN without truth or answer. */
enum mark mark_of(bool answered, bool has_truth, double error, double alpha);

/* Up to this many keypoints have colours of their own; the colours of more follow from their places. */
enum { MARK_COLOURS = 12 };
/* No two are alike for any common kind of colour vision; none is black. */
extern const unsigned char mark_palette[MARK_COLOURS][3];
extern const unsigned char mark_wrong[3]; /* of each cross, which has the keypoint's own colour in its middle */
/* Of the places left, middle and right, in the top row and in the bottom row, between which the colours of many are
 * mixed. */
extern const unsigned char mark_grid[2][3][3];

/* Colours of the keypoints at `places` (in the source before any pose, NaN: absent), so that a keypoint keeps its
 * colour in all pictures of a pair. The i-th present one has colour i of the palette. Of more than MARK_COLOURS, one at
 * the ranks u from left to right and v from top to bottom (0 to 1, equal ones by number) has the colours of the grid,
 * mixed linearly: between left and middle for u below 0.5, else between middle and right. */
enum geosc_status mark_colours(geosc_context *context, const double (*places)[2], size_t count,
                               unsigned char (*colours)[3]);

/* Moves places nearer than `reach` to each other side by side, `step` apart: in a row, or in several of more than four.
 * Places that are NaN stay. */
enum geosc_status marks_part(geosc_context *context, double (*places)[2], size_t count, double reach, double step);

#endif
