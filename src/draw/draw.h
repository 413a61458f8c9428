/*
 * draw: a pair as a picture for people, in memory. The only code that uses cairo (draw_cairo.c); built without it,
 * draw_none.c stands in, and says what is missing. The same view gives the same bytes.
 *
 * Colours are those of Okabe and Ito, which people with any common kind of colour vision tell apart; points carry
 * numbers, and right and wrong differ in shape, so that nothing is said by colour alone.
 */
#ifndef GEOSC_DRAW_H
#define GEOSC_DRAW_H

#include "draw/pair_view.h"

enum draw_format { DRAW_PNG, DRAW_SVG, DRAW_PDF };

struct drawing {
    enum draw_format format;
    double side;  /* longest side of each image in the picture, in points of a screen; more enlarges the whole */
    double alpha; /* a match within this share of the threshold counts as right */
};

/* A picture's file, grown while it is written. */
struct draw_bytes {
    unsigned char *data;
    size_t count, capacity;
};

/* "png", "svg", "pdf"; NULL past the last. */
const char *draw_format_name(int format);

/* GEOSC_FAILED, with what to do about it, in a geosc that was built without cairo. */
enum geosc_status draw_check(geosc_context *context);
/* "1.16.0", or NULL. */
const char *draw_version(void);

/* The picture of a pair, added to `bytes`, which starts zeroed and is freed with memory_free(bytes->data). */
enum geosc_status draw_pair(geosc_context *context, const struct pair_view *view, const struct drawing *drawing,
                            struct draw_bytes *bytes);

#endif
