#include "draw/draw.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "draw/draw_dense.h"
#include "draw/draw_points.h"

enum {
    SIDE = 420, /* longest side of an image, before enlarging */
    NAME = 48   /* most bytes of an image's name */
};

/* ---- captions ----------------------------------------------------------------------------------- */

/* The name of an image, or of a long one its end, which tells more than its folders. */
static void write_name(const struct view_side *side, char *out, size_t size)
{
    static const char cut[] = "\xe2\x80\xa6"; /* an ellipsis */
    char name[1024];
    const char *end = name;

    view_side_describe(side, name, sizeof name);
    if (strlen(name) > NAME)
        end += strlen(name) - NAME;
    while (end > name && (*end & 0xc0) == 0x80) /* within a character */
        end++;
    snprintf(out, size, "%s%.*s", end > name ? cut : "", (int)NAME, end);
}

static void write_title(const struct pair_view *view, char *out, size_t size)
{
    char names[2][NAME + 8];

    write_name(&view->source, names[0], sizeof names[0]);
    write_name(&view->target, names[1], sizeof names[1]);
    snprintf(out, size, "Pair %zu: %s to %s%s%s%s%s", view->pair, names[0], names[1], view->category ? ", " : "",
             view->category ? view->category : "", view->status == GEOSC_PAIR_OK ? "" : ": failed, ",
             view->status == GEOSC_PAIR_OK ? "" : geosc_pair_status_name(view->status));
}

/* Writes the caption above the picture of the source or the target. */
static void write_caption(const struct pair_view *view, bool source, char *out, size_t size)
{
    snprintf(out, size, "%s%s%s", source ? "source, pose " : "target", source ? geosc_pose_name(view->pose) : "",
             view->photographs ? "" : " (features as colours)");
}

static void write_poses(const struct pair_view *view, char *out, size_t size)
{
    size_t used = 0;
    char pose[64];

    view_pose_describe(view, pose, sizeof pose);
    if (view->decided)
        used += (size_t)snprintf(out + used, size - used, "Source in pose %s. IMD:", pose);
    else
        used += (size_t)snprintf(out + used, size - used, "No pose chosen; source as it is. IMD:");
    for (size_t q = 0; q < view->candidates && used < size; q++) {
        const bool chosen = view->decided && view->candidates > 1 && view->candidate[q] == view->pose;
        used +=
            (size_t)snprintf(out + used, size - used, "%s %s %s%s", q ? "," : "", geosc_pose_name(view->candidate[q]),
                             isnan(view->imd[q]) ? "-" : number_fixed(view->imd[q], 4).text, chosen ? " (chosen)" : "");
    }
    if (used < size)
        snprintf(out + used, size - used, ".");
}

/* Writes which of the keypoints or cells are shown; nothing if all are. */
static void write_choice(const struct sheet *sheet, char *out, size_t size)
{
    const struct view_choice *choice = &sheet->view->choice;
    size_t there = 0, kept = 0, used;

    for (size_t k = 0; k < sheet->view->point_count; k++) {
        there += mark_is_there(sheet->view->points[k].source);
        kept += sheet->view->points[k].kept;
    }
    out[0] = 0;
    if (!choice->top && !choice->mutual && choice->least_score == -INFINITY)
        return;
    used = (size_t)snprintf(out, size, "Shown: %zu of %zu %s", choice->top ? sheet_count_shown(sheet) : kept, there,
                            sheet->view->dense ? "cells" : "keypoints");
    if (choice->top)
        used += (size_t)snprintf(out + used, size - used, ", those with the best scores");
    if (choice->least_score != -INFINITY)
        used += (size_t)snprintf(out + used, size - used, ", with a score of at least %s",
                                 number_general(choice->least_score, 6).text);
    snprintf(out + used, size - used, "%s. ", choice->mutual ? ", with mutual matches" : "");
}

/* Writes what is not said by the marks themselves. */
static void write_explanation(const struct sheet *sheet, char *out, size_t size)
{
    bool judged = false;
    size_t used;

    write_choice(sheet, out, size);
    used = strlen(out);
    for (size_t k = 0; k < sheet->view->point_count; k++)
        judged |= sheet->view->points[k].shown && isfinite(sheet->view->points[k].error);
    if (judged)
        snprintf(out + used, size - used,
                 "Right: the error is below %s %% of the pair's threshold; the list has the errors in %% of it.",
                 number_general(100 * sheet->drawing->alpha, 6).text);
}

/* ---- the sheet ---------------------------------------------------------------------------------- */

static struct view_box fit(const struct sheet *sheet, const struct view_side *side, double x, double y)
{
    const double longest = fmin(sheet->drawing->side, SIDE) / fmax(side->width, side->height);

    return (struct view_box){x, y, fmax(longest * side->width, 24), fmax(longest * side->height, 24)};
}

static double text_lines(const struct sheet *sheet, double y, bool draw)
{
    char text[CAPTION];
    double width = sheet->width - 2 * MARGIN;

    write_poses(sheet->view, text, sizeof text);
    if (draw)
        canvas_set(sheet->cairo, SHEET_BLACK, 1);
    y = canvas_paragraph(sheet->cairo, MARGIN, y, width, TEXT, text, draw);
    write_explanation(sheet, text, sizeof text);
    if (!text[0])
        return y;
    if (draw)
        canvas_set(sheet->cairo, SHEET_GREY, 1);
    return canvas_paragraph(sheet->cairo, MARGIN, y, width, TEXT, text, draw);
}

/* Places the images side by side, and makes the sheet as wide as they, their captions and the title need. */
static void lay_out_images(struct sheet *sheet, double top)
{
    const struct pair_view *view = sheet->view;
    char source[CAPTION], target[CAPTION], title[CAPTION];

    write_caption(view, true, source, sizeof source);
    write_caption(view, false, target, sizeof target);
    write_title(view, title, sizeof title);
    sheet->source = fit(sheet, &view->source, MARGIN, top);
    double width = fmax(sheet->source.width, ceil(canvas_text_width(sheet->cairo, TEXT, false, source)));
    sheet->target = fit(sheet, &view->target, MARGIN + width + GAP, top);
    width = fmax(sheet->target.width, ceil(canvas_text_width(sheet->cairo, TEXT, false, target)));
    sheet->width = fmax(sheet->target.x + width + MARGIN, 560);
    sheet->width = fmax(sheet->width, ceil(canvas_text_width(sheet->cairo, TITLE, true, title)) + 2 * MARGIN);
}

/* Lays out from top to bottom; uses cairo only for the widths of text. */
static void lay_out(struct sheet *sheet)
{
    double top = MARGIN + TITLE + 24, y;
    size_t rows;

    lay_out_images(sheet, top);
    y = top + fmax(sheet->source.height, sheet->target.height) + 22;
    if (sheet->view->dense) {
        sheet->flow = fit(sheet, &sheet->view->source, MARGIN, y + 10);
        sheet->warped = fit(sheet, &sheet->view->source, sheet->target.x, y + 10);
        sheet->width = fmax(sheet->width, sheet->warped.x + sheet->warped.width + MARGIN);
        sheet->legend = y + 10 + sheet->flow.height + 14;
        y = sheet->legend + WHEEL + 24;
    }
    sheet->marks = y;
    sheet->list = points_legend(sheet, y, false);
    points_measure_list(sheet);
    rows = points_list_rows(sheet);
    sheet->caption = sheet->list + (double)rows * 17 + (rows ? 6 : 0);
    sheet->height = text_lines(sheet, sheet->caption, false) + MARGIN - TEXT;
}

/* ---- images ------------------------------------------------------------------------------------- */

/* Draws the border between cells inside and outside the mask. */
static void draw_mask(const struct sheet *sheet, const struct view_side *side, const struct view_box *box)
{
    size_t width = side->grid_width, height = side->grid_height;
    double w = box->width / (double)width, h = box->height / (double)height;

    if (!side->mask)
        return;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) {
            bool in = side->mask[y * width + x] > 0;
            bool right = x + 1 < width && side->mask[y * width + x + 1] > 0;
            bool below = y + 1 < height && side->mask[(y + 1) * width + x] > 0;
            double x1 = box->x + (double)(x + 1) * w, y1 = box->y + (double)(y + 1) * h;
            if (in != right && x + 1 < width) {
                cairo_move_to(sheet->cairo, x1, y1 - h);
                cairo_line_to(sheet->cairo, x1, y1);
            }
            if (in != below && y + 1 < height) {
                cairo_move_to(sheet->cairo, x1 - w, y1);
                cairo_line_to(sheet->cairo, x1, y1);
            }
        }
    canvas_stroke(sheet->cairo, SHEET_WHITE, 1);
}

static void draw_images(const struct sheet *sheet)
{
    const struct pair_view *view = sheet->view;
    char caption[CAPTION], title[CAPTION];

    write_title(view, title, sizeof title);
    canvas_set(sheet->cairo, SHEET_BLACK, 1);
    canvas_text(sheet->cairo, MARGIN, MARGIN + TITLE - 2, TITLE, true, title);
    write_caption(view, true, caption, sizeof caption);
    sheet_image(sheet, &view->source.picture, &sheet->source, view->photographs, caption);
    write_caption(view, false, caption, sizeof caption);
    sheet_image(sheet, &view->target.picture, &sheet->target, view->photographs, caption);
    draw_mask(sheet, &view->source, &sheet->source);
    draw_mask(sheet, &view->target, &sheet->target);
}

/* ---- files -------------------------------------------------------------------------------------- */

/* Context of cairo's writers. */
struct target {
    geosc_context *context;
    struct bytes *bytes;
};

static cairo_status_t take(void *user, const unsigned char *data, unsigned length)
{
    struct target *target = user;

    return memory_append(target->context, target->bytes, data, length, "a picture's file") == GEOSC_OK
               ? CAIRO_STATUS_SUCCESS
               : CAIRO_STATUS_NO_MEMORY;
}

static cairo_surface_t *create_surface(const struct drawing *drawing, double width, double height,
                                       struct target *target)
{
    cairo_surface_t *surface;

    switch (drawing->format) {
    case DRAW_SVG:
        return cairo_svg_surface_create_for_stream(take, target, width, height);
    case DRAW_PDF:
        surface = cairo_pdf_surface_create_for_stream(take, target, width, height);
        /* A fixed date: the same picture gives the same file every day. */
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
        return surface;
    case DRAW_PNG:
    case DRAW_HTML:
        break;
    }
    return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(width), (int)ceil(height));
}

static enum geosc_status check_cairo(geosc_context *context, cairo_status_t drawn)
{
    return drawn == CAIRO_STATUS_SUCCESS
               ? GEOSC_OK
               : fail(context, GEOSC_FAILED, "the picture cannot be drawn: %s", cairo_status_to_string(drawn));
}

/* Draws on a surface of the sheet's size. */
static enum geosc_status draw_sheet(geosc_context *context, const struct sheet *sheet)
{
    enum geosc_status status = GEOSC_OK;

    canvas_set(sheet->cairo, SHEET_WHITE, 1);
    cairo_paint(sheet->cairo);
    cairo_set_line_cap(sheet->cairo, CAIRO_LINE_CAP_ROUND);
    draw_images(sheet);
    if (sheet->view->dense)
        TRY(dense_draw(context, sheet));
    points_draw(sheet);
    points_legend(sheet, sheet->marks, true);
    if (!sheet->view->dense)
        points_draw_list(sheet);
    text_lines(sheet, sheet->caption, true);
    TRY(check_cairo(context, cairo_status(sheet->cairo)));
done:
    return status;
}

/* Lays out on an empty surface, for the widths of text. */
static void measure(struct sheet *sheet)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1);

    sheet->cairo = cairo_create(surface);
    lay_out(sheet);
    cairo_destroy(sheet->cairo);
    cairo_surface_destroy(surface);
}

enum geosc_status draw_check(geosc_context *context)
{
    (void)context;
    return GEOSC_OK;
}

const char *draw_version(void)
{
    return cairo_version_string();
}

enum geosc_status draw_pair(geosc_context *context, const struct pair_view *view, const struct drawing *drawing,
                            struct bytes *bytes)
{
    struct sheet sheet = {.view = view, .drawing = drawing};
    struct target target = {context, bytes};
    double scale = fmax(drawing->side / SIDE, 1);
    cairo_surface_t *surface = NULL;
    enum geosc_status status;

    measure(&sheet);
    TRY(points_place(context, &sheet));
    surface = create_surface(drawing, sheet.width * scale, sheet.height * scale, &target);
    sheet.cairo = cairo_create(surface);
    cairo_scale(sheet.cairo, scale, scale);
    TRY(draw_sheet(context, &sheet));
    if (drawing->format == DRAW_PNG)
        TRY(check_cairo(context, cairo_surface_write_to_png_stream(surface, take, &target)));
    cairo_surface_finish(surface);
    TRY(check_cairo(context, cairo_surface_status(surface)));
done:
    if (surface) {
        cairo_destroy(sheet.cairo);
        cairo_surface_destroy(surface);
    }
    memory_free(sheet.at[0]);
    memory_free(sheet.at[1]);
    return status;
}
