#include "draw/canvas.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const char FONT[] = "sans-serif";
enum { LINE_HEIGHT_PERCENT = 145 };

struct colour canvas_colour(const unsigned char rgb[3])
{
    return (struct colour){rgb[0] / 255.0, rgb[1] / 255.0, rgb[2] / 255.0};
}

void canvas_set(cairo_t *cairo, struct colour colour, double alpha)
{
    cairo_set_source_rgba(cairo, colour.red, colour.green, colour.blue, alpha);
}

/* cairo's format: 32 bits, the unused byte first, in this machine's byte order. */
cairo_surface_t *canvas_surface(const struct picture *picture)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)picture->width, (int)picture->height);
    unsigned char *data = cairo_image_surface_get_data(surface);

    if (!data)
        return surface;
    cairo_surface_flush(surface);
    for (size_t y = 0; y < picture->height; y++)
        for (size_t x = 0; x < picture->width; x++) {
            const unsigned char *rgb = picture->rgb + 3 * (y * picture->width + x);
            uint32_t point = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
            memcpy(data + y * (size_t)cairo_image_surface_get_stride(surface) + 4 * x, &point, 4);
        }
    cairo_surface_mark_dirty(surface);
    return surface;
}

void canvas_image(cairo_t *cairo, const struct picture *picture, double x, double y, double width, double height,
                  bool smooth)
{
    cairo_surface_t *surface = canvas_surface(picture);

    cairo_save(cairo);
    cairo_rectangle(cairo, x, y, width, height);
    cairo_clip(cairo);
    cairo_translate(cairo, x, y);
    cairo_scale(cairo, width / (double)picture->width, height / (double)picture->height);
    cairo_set_source_surface(cairo, surface, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cairo), smooth ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST);
    cairo_pattern_set_extend(cairo_get_source(cairo), CAIRO_EXTEND_PAD);
    cairo_paint(cairo);
    cairo_restore(cairo);
    cairo_surface_destroy(surface);
}

void canvas_stroke(cairo_t *cairo, struct colour colour, double width)
{
    const bool light = 0.3 * colour.red + 0.6 * colour.green + 0.1 * colour.blue > 0.62;

    canvas_set(cairo, light ? (struct colour){0.1, 0.1, 0.1} : (struct colour){1, 1, 1}, light ? 0.6 : 0.8);
    cairo_set_line_width(cairo, width + (light ? 1.2 : 2));
    cairo_stroke_preserve(cairo);
    canvas_set(cairo, colour, 1);
    cairo_set_line_width(cairo, width);
    cairo_stroke(cairo);
}

void canvas_fill(cairo_t *cairo, struct colour colour)
{
    canvas_set(cairo, (struct colour){0.1, 0.1, 0.1}, 0.7);
    cairo_set_line_width(cairo, 3.2);
    cairo_stroke_preserve(cairo);
    canvas_set(cairo, (struct colour){1, 1, 1}, 1);
    cairo_set_line_width(cairo, 2);
    cairo_stroke_preserve(cairo);
    canvas_set(cairo, colour, 1);
    cairo_fill(cairo);
}

static void set_font(cairo_t *cairo, double size, bool bold)
{
    cairo_select_font_face(cairo, FONT, CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo, size);
}

void canvas_text(cairo_t *cairo, double x, double y, double size, bool bold, const char *text)
{
    char shown[512];

    text_printable(text, shown, sizeof shown); /* cairo enters an error state for bytes that are not UTF-8 */
    set_font(cairo, size, bold);
    cairo_move_to(cairo, x, y);
    cairo_show_text(cairo, shown);
}

double canvas_text_width(cairo_t *cairo, double size, bool bold, const char *text)
{
    char shown[512];
    cairo_text_extents_t extents;

    text_printable(text, shown, sizeof shown);
    set_font(cairo, size, bold);
    cairo_text_extents(cairo, shown, &extents);
    return extents.x_advance;
}

void canvas_label(cairo_t *cairo, double x, double y, double size, const char *text)
{
    set_font(cairo, size, true);
    cairo_move_to(cairo, x, y);
    cairo_text_path(cairo, text);
    cairo_set_source_rgba(cairo, 1, 1, 1, 0.9);
    cairo_set_line_width(cairo, 3);
    cairo_stroke_preserve(cairo);
    cairo_set_source_rgb(cairo, 0, 0, 0);
    cairo_fill(cairo);
}

double canvas_paragraph(cairo_t *cairo, double x, double y, double width, double size, const char *text, bool draw)
{
    char line[512] = "";

    while (*text) {
        size_t word = strcspn(text, " "), length = strlen(line);
        char tried[512];
        size_t room = sizeof tried - 1 - length - (length > 0), taken = word < room ? word : room;
        memcpy(tried, line, length);
        tried[length] = ' ';
        memcpy(tried + length + (length > 0), text, taken);
        tried[length + (length > 0) + taken] = 0;
        if (length && canvas_text_width(cairo, size, false, tried) > width) {
            if (draw)
                canvas_text(cairo, x, y, size, false, line);
            y += size * LINE_HEIGHT_PERCENT / 100;
            memcpy(line, text, taken);
            line[taken] = 0;
        } else {
            memcpy(line, tried, sizeof line);
        }
        text += word + strspn(text + word, " ");
    }
    if (draw)
        canvas_text(cairo, x, y, size, false, line);
    return y + size * LINE_HEIGHT_PERCENT / 100;
}
