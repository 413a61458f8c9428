#include "draw/sheet.h"

const struct colour SHEET_BLACK = {0, 0, 0}, SHEET_GREY = {0.3, 0.3, 0.3}, SHEET_WHITE = {1, 1, 1};

size_t sheet_count_shown(const struct sheet *sheet)
{
    size_t count = 0;

    for (size_t k = 0; k < sheet->view->point_count; k++)
        count += sheet->view->points[k].shown;
    return count;
}

void sheet_move(const struct view_box *box, const double place[2], double out[2])
{
    out[0] = box->x + place[0] * box->width;
    out[1] = box->y + place[1] * box->height;
}

void sheet_image(const struct sheet *sheet, const struct picture *picture, const struct view_box *box, bool smooth,
                 const char *caption)
{
    canvas_set(sheet->cairo, SHEET_GREY, 1);
    canvas_text(sheet->cairo, box->x, box->y - 6, TEXT, false, caption);
    canvas_image(sheet->cairo, picture, box->x, box->y, box->width, box->height, smooth);
    cairo_rectangle(sheet->cairo, box->x, box->y, box->width, box->height);
    canvas_set(sheet->cairo, SHEET_GREY, 1);
    cairo_set_line_width(sheet->cairo, 0.75);
    cairo_stroke(sheet->cairo);
}
