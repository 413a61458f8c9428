#include "draw/draw.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "draw/canvas.h"

static const double MARGIN = 16, GAP = 32, TEXT = 12, TITLE = 15, SIDE = 420 /* of an image, before enlarging */;
enum { LISTED = 60 /* most points in the list below the images */, CAPTION = 512 };

static const struct colour BLACK = {0, 0, 0}, GREY = {0.3, 0.3, 0.3}, WHITE = {1, 1, 1};

struct view_box {
    double x, y, width, height;
};

/* The layout of a picture. */
struct sheet {
    const struct pair_view *view;
    const struct drawing *drawing;
    cairo_t *cairo;
    double width, height;
    struct view_box source, target, flow, warped; /* flow and warped: only for a dense match */
    double list, caption;                         /* y of their first lines */
    size_t columns;                               /* of the list */
};

/* ---- captions ----------------------------------------------------------------------------------- */

static void write_title(const struct pair_view *view, char *out, size_t size)
{
    char names[2][200];

    view_side_describe(&view->source, names[0], sizeof names[0]);
    view_side_describe(&view->target, names[1], sizeof names[1]);
    snprintf(out, size, "Pair %zu: %s to %s%s%s", view->pair, names[0], names[1], view->category ? ", " : "",
             view->category ? view->category : "");
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

    if (view->status != GEOSC_PAIR_OK)
        used += (size_t)snprintf(out, size, "Status %s. ", geosc_pair_status_name(view->status));
    if (view->decided)
        used += (size_t)snprintf(out + used, size - used, "Source in pose %s. IMD:", geosc_pose_name(view->pose));
    else
        used += (size_t)snprintf(out + used, size - used, "No pose chosen; source as it is. IMD:");
    for (size_t q = 0; q < view->candidates && used < size; q++) {
        used += (size_t)snprintf(out + used, size - used, "%s %s %s", q ? "," : "", geosc_pose_name(view->candidate[q]),
                                 isnan(view->imd[q]) ? "-" : number_fixed(view->imd[q], 4).text);
    }
    if (used < size)
        snprintf(out + used, size - used, ".");
}

static const char *explanation(const struct pair_view *view)
{
    bool truth = false;

    if (view->dense)
        return "Flow: each cell of the source by where its match lies: to the right orange, to the left blue, up "
               "lighter, "
               "down darker, the furthest strongest; arrows from cells to matches. Warped: the source's cells, each "
               "set down at its match.";
    for (size_t k = 0; k < view->point_count; k++)
        truth |= !isnan(view->points[k].truth[0]);
    if (truth)
        return "Lines join a keypoint of the source with its match. Filled circle: right; cross: wrong, with a dashed "
               "line to "
               "the ring at the true place. % in the list: error as a share of the threshold.";
    return "Lines join a keypoint of the source with its match.";
}

/* ---- the sheet ---------------------------------------------------------------------------------- */

static struct view_box fit(const struct view_side *side, double x, double y)
{
    double longer = fmax(side->width, side->height);

    return (struct view_box){x, y, fmax(SIDE * side->width / longer, 24), fmax(SIDE * side->height / longer, 24)};
}

static size_t present(const struct pair_view *view)
{
    size_t count = 0;

    for (size_t k = 0; k < view->point_count; k++)
        count += isfinite(view->points[k].source[0]) && isfinite(view->points[k].source[1]);
    return count;
}

static double text_lines(const struct sheet *sheet, double y, bool draw)
{
    char poses[CAPTION];
    double width = sheet->width - 2 * MARGIN;

    write_poses(sheet->view, poses, sizeof poses);
    if (draw)
        canvas_set(sheet->cairo, BLACK, 1);
    y = canvas_paragraph(sheet->cairo, MARGIN, y, width, TEXT, poses, draw);
    if (draw)
        canvas_set(sheet->cairo, GREY, 1);
    return canvas_paragraph(sheet->cairo, MARGIN, y, width, TEXT, explanation(sheet->view), draw);
}

/* Places the images side by side, and makes the sheet as wide as they, their captions and the title need. */
static void lay_out_images(struct sheet *sheet, double top)
{
    const struct pair_view *view = sheet->view;
    char source[CAPTION], target[CAPTION], title[CAPTION];

    write_caption(view, true, source, sizeof source);
    write_caption(view, false, target, sizeof target);
    write_title(view, title, sizeof title);
    sheet->source = fit(&view->source, MARGIN, top);
    double width = fmax(sheet->source.width, ceil(canvas_text_width(sheet->cairo, TEXT, false, source)));
    sheet->target = fit(&view->target, MARGIN + width + GAP, top);
    width = fmax(sheet->target.width, ceil(canvas_text_width(sheet->cairo, TEXT, false, target)));
    sheet->width = fmax(sheet->target.x + width + MARGIN, 560);
    sheet->width = fmax(sheet->width, ceil(canvas_text_width(sheet->cairo, TITLE, true, title)) + 2 * MARGIN);
}

/* Lays out from top to bottom; uses cairo only for the widths of text. */
static void lay_out(struct sheet *sheet)
{
    const struct pair_view *view = sheet->view;
    double top = MARGIN + TITLE + 24, y;
    size_t shown = view->dense ? 0 : present(view);

    lay_out_images(sheet, top);
    y = top + fmax(sheet->source.height, sheet->target.height) + 20;
    if (view->dense) {
        sheet->flow = fit(&view->source, MARGIN, y + 10);
        sheet->warped = fit(&view->target, sheet->target.x, y + 10);
        y += 10 + fmax(sheet->flow.height, sheet->warped.height) + 20;
    }
    sheet->list = y;
    sheet->columns = (size_t)((sheet->width - 2 * MARGIN) / 170);
    shown = shown > LISTED ? LISTED + sheet->columns : shown;
    y += (double)((shown + sheet->columns - 1) / sheet->columns) * 17 + (shown ? 8 : 0);
    sheet->caption = y;
    sheet->height = text_lines(sheet, y, false) + MARGIN - TEXT;
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
    canvas_stroke(sheet->cairo, WHITE, 1, true);
}

static void draw_image(const struct sheet *sheet, const struct picture *picture, const struct view_box *box,
                       bool smooth, const char *caption)
{
    canvas_set(sheet->cairo, GREY, 1);
    canvas_text(sheet->cairo, box->x, box->y - 6, TEXT, false, caption);
    canvas_image(sheet->cairo, picture, box->x, box->y, box->width, box->height, smooth);
    cairo_rectangle(sheet->cairo, box->x, box->y, box->width, box->height);
    canvas_set(sheet->cairo, GREY, 1);
    cairo_set_line_width(sheet->cairo, 0.75);
    cairo_stroke(sheet->cairo);
}

static void draw_images(const struct sheet *sheet)
{
    const struct pair_view *view = sheet->view;
    char caption[CAPTION], title[CAPTION];

    write_title(view, title, sizeof title);
    canvas_set(sheet->cairo, BLACK, 1);
    canvas_text(sheet->cairo, MARGIN, MARGIN + TITLE - 2, TITLE, true, title);
    write_caption(view, true, caption, sizeof caption);
    draw_image(sheet, &view->source.picture, &sheet->source, view->photographs, caption);
    write_caption(view, false, caption, sizeof caption);
    draw_image(sheet, &view->target.picture, &sheet->target, view->photographs, caption);
    draw_mask(sheet, &view->source, &sheet->source);
    draw_mask(sheet, &view->target, &sheet->target);
}

/* ---- keypoints ---------------------------------------------------------------------------------- */

static bool is_there(const double point[2])
{
    return isfinite(point[0]) && isfinite(point[1]);
}

static bool is_wrong(const struct sheet *sheet, const struct view_point *point)
{
    return is_there(point->truth) && !(point->error < sheet->drawing->alpha);
}

static void move(const struct view_box *box, const double point[2], double *x, double *y)
{
    *x = box->x + point[0] * box->width;
    *y = box->y + point[1] * box->height;
}

static void draw_line(const struct sheet *sheet, size_t k)
{
    const struct view_point *point = &sheet->view->points[k];
    double x, y;

    if (!is_there(point->source) || !is_there(point->match))
        return;
    move(&sheet->source, point->source, &x, &y);
    cairo_move_to(sheet->cairo, x, y);
    move(&sheet->target, point->match, &x, &y);
    cairo_line_to(sheet->cairo, x, y);
    canvas_stroke(sheet->cairo, canvas_colour(k), 1.6, false);
}

static void draw_truth(const struct sheet *sheet, size_t k)
{
    static const double dashes[] = {3, 3};
    const struct view_point *point = &sheet->view->points[k];
    double x, y;

    if (!is_there(point->source) || !is_wrong(sheet, point))
        return;
    if (is_there(point->match)) {
        move(&sheet->target, point->match, &x, &y);
        cairo_move_to(sheet->cairo, x, y);
        move(&sheet->target, point->truth, &x, &y);
        cairo_line_to(sheet->cairo, x, y);
        cairo_set_dash(sheet->cairo, dashes, 2, 0);
        canvas_stroke(sheet->cairo, canvas_colour(k), 1.4, false);
        cairo_set_dash(sheet->cairo, NULL, 0, 0);
    }
    move(&sheet->target, point->truth, &x, &y);
    cairo_new_sub_path(sheet->cairo);
    cairo_arc(sheet->cairo, x, y, 5.5, 0, 2 * M_PI);
    canvas_stroke(sheet->cairo, canvas_colour(k), 1.8, false);
}

static void draw_cross(cairo_t *cairo, double x, double y, double reach)
{
    cairo_move_to(cairo, x - reach, y - reach);
    cairo_line_to(cairo, x + reach, y + reach);
    cairo_move_to(cairo, x - reach, y + reach);
    cairo_line_to(cairo, x + reach, y - reach);
}

static void draw_dot(cairo_t *cairo, double x, double y, struct colour colour)
{
    cairo_new_sub_path(cairo);
    cairo_arc(cairo, x, y, 4, 0, 2 * M_PI);
    canvas_set(cairo, colour, 1);
    cairo_fill_preserve(cairo);
    canvas_set(cairo, WHITE, 1);
    cairo_set_line_width(cairo, 1);
    cairo_stroke(cairo);
}

static void draw_mark(cairo_t *cairo, double x, double y, struct colour colour, bool wrong)
{
    if (wrong) {
        draw_cross(cairo, x, y, 4);
        canvas_stroke(cairo, colour, 2.2, false);
    } else {
        draw_dot(cairo, x, y, colour);
    }
}

static void draw_ends(const struct sheet *sheet, size_t k)
{
    const struct view_point *point = &sheet->view->points[k];
    char number[24];
    double x, y;

    snprintf(number, sizeof number, "%zu", k);
    if (!is_there(point->source))
        return;
    move(&sheet->source, point->source, &x, &y);
    draw_dot(sheet->cairo, x, y, canvas_colour(k));
    canvas_label(sheet->cairo, x - 8 - 6 * (double)strlen(number), y - 5, 10, number);
    if (!is_there(point->match))
        return;
    move(&sheet->target, point->match, &x, &y);
    draw_mark(sheet->cairo, x, y, canvas_colour(k), is_wrong(sheet, point));
    canvas_label(sheet->cairo, x + 7, y - 5, 10, number);
}

static void draw_keypoints(const struct sheet *sheet)
{
    static void (*const layers[])(const struct sheet *, size_t) = {draw_line, draw_truth, draw_ends};

    for (size_t layer = 0; layer < sizeof layers / sizeof *layers; layer++)
        for (size_t k = 0; k < sheet->view->point_count; k++)
            layers[layer](sheet, k);
}

static void describe_point(const struct view_point *point, size_t k, char *out, size_t size)
{
    if (!is_there(point->match))
        snprintf(out, size, "%zu: no answer", k);
    else if (isfinite(point->error))
        snprintf(out, size, "%zu: score %s, %s %%", k, number_fixed(point->score, 3).text,
                 number_fixed(100 * point->error, 1).text);
    else
        snprintf(out, size, "%zu: score %s", k, number_fixed(point->score, 3).text);
}

/* Lists each keypoint's score and error, row by row. */
static void draw_list(const struct sheet *sheet)
{
    const struct pair_view *view = sheet->view;
    size_t listed = 0;
    char text[160];
    double x = 0, y = 0;

    for (size_t k = 0; k < view->point_count; k++) {
        if (!is_there(view->points[k].source))
            continue;
        x = MARGIN + (double)(listed % sheet->columns) * 170;
        y = sheet->list + (double)(listed / sheet->columns) * 17;
        if (++listed > LISTED)
            break;
        draw_mark(sheet->cairo, x + 5, y - 4, canvas_colour(k), is_wrong(sheet, &view->points[k]));
        describe_point(&view->points[k], k, text, sizeof text);
        canvas_set(sheet->cairo, BLACK, 1);
        canvas_text(sheet->cairo, x + 14, y, TEXT, false, text);
    }
    if (listed > LISTED) {
        snprintf(text, sizeof text, "and %zu more", present(view) - LISTED);
        canvas_set(sheet->cairo, BLACK, 1);
        canvas_text(sheet->cairo, MARGIN, sheet->list + (double)((LISTED + sheet->columns - 1) / sheet->columns) * 17,
                    TEXT, false, text);
    }
}

/* ---- dense matches ------------------------------------------------------------------------------ */

static void draw_arrow(const struct sheet *sheet, const struct view_point *point)
{
    double x0, y0, x1, y1, angle;

    if (!is_there(point->match))
        return;
    move(&sheet->flow, point->source, &x0, &y0);
    move(&sheet->flow, point->match, &x1, &y1);
    angle = atan2(y1 - y0, x1 - x0);
    cairo_move_to(sheet->cairo, x0, y0);
    cairo_line_to(sheet->cairo, x1, y1);
    if (hypot(x1 - x0, y1 - y0) > 6)
        for (int side = -1; side <= 1; side += 2) {
            cairo_move_to(sheet->cairo, x1, y1);
            cairo_line_to(sheet->cairo, x1 - 5 * cos(angle + side * 0.5), y1 - 5 * sin(angle + side * 0.5));
        }
    canvas_stroke(sheet->cairo, BLACK, 0.9, false);
}

static enum geosc_status draw_dense(geosc_context *context, const struct sheet *sheet)
{
    enum { ARROWS = 10 }; /* most along the longer side */
    const struct pair_view *view = sheet->view;
    size_t width = view->source.grid_width, height = view->source.grid_height;
    size_t step = ((width > height ? width : height) + ARROWS - 1) / ARROWS;
    struct picture flow = {0}, warped = {0};
    enum geosc_status status;

    TRY(pair_view_flow(context, view, &flow));
    TRY(pair_view_warp(context, view, &warped));
    draw_image(sheet, &flow, &sheet->flow, false, "flow, from the source");
    draw_image(sheet, &warped, &sheet->warped, false, "source warped to the target");
    cairo_save(sheet->cairo);
    cairo_rectangle(sheet->cairo, sheet->flow.x, sheet->flow.y, sheet->flow.width, sheet->flow.height);
    cairo_clip(sheet->cairo);
    for (size_t y = step / 2; y < height; y += step)
        for (size_t x = step / 2; x < width; x += step)
            draw_arrow(sheet, &view->points[y * width + x]);
    cairo_restore(sheet->cairo);
done:
    memory_free(flow.rgb);
    memory_free(warped.rgb);
    return status;
}

/* ---- files -------------------------------------------------------------------------------------- */

/* Context of cairo's writers. */
struct target {
    geosc_context *context;
    struct draw_bytes *bytes;
};

static cairo_status_t take(void *user, const unsigned char *data, unsigned length)
{
    struct target *target = user;
    struct draw_bytes *bytes = target->bytes;

    if (bytes->count + length > bytes->capacity &&
        memory_grow(target->context, &bytes->data, &bytes->capacity, 2 * bytes->count + length, 1,
                    "a picture's file") != GEOSC_OK)
        return CAIRO_STATUS_NO_MEMORY;
    memcpy(bytes->data + bytes->count, data, length);
    bytes->count += length;
    return CAIRO_STATUS_SUCCESS;
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

    canvas_set(sheet->cairo, WHITE, 1);
    cairo_paint(sheet->cairo);
    cairo_set_line_cap(sheet->cairo, CAIRO_LINE_CAP_ROUND);
    draw_images(sheet);
    if (sheet->view->dense) {
        TRY(draw_dense(context, sheet));
    } else {
        draw_keypoints(sheet);
        draw_list(sheet);
    }
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
                            struct draw_bytes *bytes)
{
    struct sheet sheet = {.view = view, .drawing = drawing};
    struct target target = {context, bytes};
    double scale = drawing->side / SIDE;
    cairo_surface_t *surface;
    enum geosc_status status;

    measure(&sheet);
    surface = create_surface(drawing, sheet.width * scale, sheet.height * scale, &target);
    sheet.cairo = cairo_create(surface);
    cairo_scale(sheet.cairo, scale, scale);
    TRY(draw_sheet(context, &sheet));
    if (drawing->format == DRAW_PNG)
        TRY(check_cairo(context, cairo_surface_write_to_png_stream(surface, take, &target)));
    cairo_surface_finish(surface);
    TRY(check_cairo(context, cairo_surface_status(surface)));
done:
    cairo_destroy(sheet.cairo);
    cairo_surface_destroy(surface);
    return status;
}
