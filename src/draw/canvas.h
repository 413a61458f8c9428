/*
 * canvas: cairo with the few things that pictures of pairs are made of: text, images, lines that can be read on any
 * ground.
 */
#ifndef GEOSC_CANVAS_H
#define GEOSC_CANVAS_H

#include <cairo.h>

#include "draw/draw.h"

struct colour {
    double red, green, blue;
};

/* Of point or line number i: they come round after PALETTE. */
enum { PALETTE = 7 };
struct colour canvas_colour(size_t i);

void canvas_set(cairo_t *cairo, struct colour colour, double alpha);
/* A picture scaled into a box; smooth: points are blended, else each is a rectangle. */
void canvas_image(cairo_t *cairo, const struct picture *picture, double x, double y, double width, double height,
                  bool smooth);
/* The current path in a colour over a wider pale (or dark) line. */
void canvas_stroke(cairo_t *cairo, struct colour colour, double width, bool on_dark);
/* Text from x on, its baseline at y. */
void canvas_text(cairo_t *cairo, double x, double y, double size, bool bold, const char *text);
double canvas_text_width(cairo_t *cairo, double size, bool bold, const char *text);
/* The same with a pale outline, over pictures. */
void canvas_label(cairo_t *cairo, double x, double y, double size, const char *text);
/* Words within a width, line under line; returns the baseline after the last one. cairo's drawing is off: only
 * measured. */
double canvas_paragraph(cairo_t *cairo, double x, double y, double width, double size, const char *text, bool draw);

#endif
