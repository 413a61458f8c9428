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

struct colour canvas_colour(const unsigned char rgb[3]);
void canvas_set(cairo_t *cairo, struct colour colour, double alpha);
/* A new surface that shows a picture. */
cairo_surface_t *canvas_surface(const struct picture *picture);
/* Draws a picture scaled into a box; smooth: interpolated, else each point is a rectangle. */
void canvas_image(cairo_t *cairo, const struct picture *picture, double x, double y, double width, double height,
                  bool smooth);
/* Strokes the current path in a colour over a wider line, which is dark for a light colour and pale for a dark one. */
void canvas_stroke(cairo_t *cairo, struct colour colour, double width);
/* Fills the current path with a colour, with a pale edge and a thin dark one around it. */
void canvas_fill(cairo_t *cairo, struct colour colour);
/* Text from x on, with its baseline at y. */
void canvas_text(cairo_t *cairo, double x, double y, double size, bool bold, const char *text);
double canvas_text_width(cairo_t *cairo, double size, bool bold, const char *text);
/* The same with a pale outline, for use on pictures. */
void canvas_label(cairo_t *cairo, double x, double y, double size, const char *text);
/* Draws words line by line within a width; returns the baseline after the last line. With drawing off it only
 * measures. */
double canvas_paragraph(cairo_t *cairo, double x, double y, double width, double size, const char *text, bool draw);

#endif
