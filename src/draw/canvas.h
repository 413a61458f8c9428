/*
 * canvas: cairo plus the elements of pictures of pairs: text, images, lines that are readable on any background.
 */
#ifndef GEOSC_CANVAS_H
#define GEOSC_CANVAS_H

#include <cairo.h>

#include "draw/draw.h"

struct colour {
    double red, green, blue;
};

/* Colour of point or line number i; repeats after PALETTE. */
enum { PALETTE = 7 };
struct colour canvas_colour(size_t i);

void canvas_set(cairo_t *cairo, struct colour colour, double alpha);
/* Draws a picture scaled into a box; smooth: interpolated, else each point is a rectangle. */
void canvas_image(cairo_t *cairo, const struct picture *picture, double x, double y, double width, double height,
                  bool smooth);
/* Strokes the current path in a colour over a wider pale (or dark) line. */
void canvas_stroke(cairo_t *cairo, struct colour colour, double width, bool on_dark);
/* Text from x on, with its baseline at y. */
void canvas_text(cairo_t *cairo, double x, double y, double size, bool bold, const char *text);
double canvas_text_width(cairo_t *cairo, double size, bool bold, const char *text);
/* The same with a pale outline, for use on pictures. */
void canvas_label(cairo_t *cairo, double x, double y, double size, const char *text);
/* Draws words line by line within a width; returns the baseline after the last line. With drawing off it only
 * measures. */
double canvas_paragraph(cairo_t *cairo, double x, double y, double width, double size, const char *text, bool draw);

#endif
