#include "draw/draw_dense.h"

#include <math.h>
#include <stdio.h>

#include "base/number.h"
#include "draw/dense_view.h"

static void draw_arrow(const struct sheet *sheet, const struct view_point *point)
{
    double from[2], to[2], angle;

    if (!dense_is_kept(point))
        return;
    sheet_move(&sheet->flow, point->source, from);
    sheet_move(&sheet->flow, point->match, to);
    angle = atan2(to[1] - from[1], to[0] - from[0]);
    cairo_move_to(sheet->cairo, from[0], from[1]);
    cairo_line_to(sheet->cairo, to[0], to[1]);
    if (hypot(to[0] - from[0], to[1] - from[1]) > 6)
        for (int side = -1; side <= 1; side += 2) {
            cairo_move_to(sheet->cairo, to[0], to[1]);
            cairo_line_to(sheet->cairo, to[0] - 5 * cos(angle + side * 0.5), to[1] - 5 * sin(angle + side * 0.5));
        }
    canvas_stroke(sheet->cairo, SHEET_GREY, 0.9);
}

static void draw_arrows(const struct sheet *sheet)
{
    enum { ARROWS = 10 }; /* most along the longer side */
    const size_t width = sheet->view->source.grid_width, height = sheet->view->source.grid_height;
    const size_t step = ((width > height ? width : height) + ARROWS - 1) / ARROWS;

    cairo_save(sheet->cairo);
    cairo_rectangle(sheet->cairo, sheet->flow.x, sheet->flow.y, sheet->flow.width, sheet->flow.height);
    cairo_clip(sheet->cairo);
    for (size_t y = step / 2; y < height; y += step)
        for (size_t x = step / 2; x < width; x += step)
            draw_arrow(sheet, &sheet->view->points[y * width + x]);
    cairo_restore(sheet->cairo);
}

/* The wheel, with what its rim means beside it. */
static void draw_legend(const struct sheet *sheet, const struct picture *wheel, double scale)
{
    const double x = MARGIN + WHEEL + 14, radius = WHEEL / 2.0;
    char text[CAPTION];

    canvas_image(sheet->cairo, wheel, MARGIN, sheet->legend, WHEEL, WHEEL, true);
    cairo_new_sub_path(sheet->cairo);
    cairo_arc(sheet->cairo, MARGIN + radius, sheet->legend + radius, radius, 0, 2 * M_PI);
    canvas_set(sheet->cairo, SHEET_GREY, 1);
    cairo_set_line_width(sheet->cairo, 0.75);
    cairo_stroke(sheet->cairo);
    snprintf(
        text, sizeof text,
        "Flow: a cell's colour says where its match lies from it, in the direction and at the distance that the colour "
        "has in the wheel. In the middle it is 0, at the rim %s %% of the source's longer side; 95 %% of the cells "
        "move less, the others have the rim's colours. Arrows end at matches. Striped: no match, or one outside the "
        "target.",
        number_fixed(100 * scale, 1).text);
    canvas_set(sheet->cairo, SHEET_GREY, 1);
    canvas_paragraph(sheet->cairo, x, sheet->legend + TEXT, sheet->width - MARGIN - x, TEXT, text, true);
}

enum geosc_status dense_draw(geosc_context *context, const struct sheet *sheet)
{
    struct picture warped = {0}, wheel = {0};
    struct flow flow = {0};
    enum geosc_status status;

    TRY(dense_flow(context, sheet->view, &flow));
    TRY(dense_warp(context, sheet->view, &warped));
    TRY(dense_wheel(context, 2 * WHEEL, &wheel));
    sheet_image(sheet, &flow.picture, &sheet->flow, false, "flow of the source's cells");
    draw_arrows(sheet);
    sheet_image(sheet, &warped, &sheet->warped, sheet->view->photographs, "target, warped to the source");
    draw_legend(sheet, &wheel, flow.scale);
done:
    memory_free(flow.picture.rgb);
    memory_free(warped.rgb);
    memory_free(wheel.rgb);
    return status;
}
