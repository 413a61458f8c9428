#include "draw/draw_points.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

enum {
    LISTED = 60,    /* most points in the list below the images */
    NUMBERED = 200, /* most points with numbers at their marks */
    SURE = 12,      /* so few points have numbers even where these cover each other */
    LABEL = 10,     /* size of a number */
    ROW = 17        /* height of a line of the list */
};
static const double RADIUS = 4 /* of a mark */, REACH = 4.6 /* of a cross */, RING = 6;

static enum mark mark_at(const struct sheet *sheet, size_t k)
{
    return view_mark(&sheet->view->points[k], sheet->drawing->alpha);
}

static struct colour colour_of(const struct sheet *sheet, size_t k)
{
    return canvas_colour(sheet->view->points[k].colour);
}

/* ---- marks --------------------------------------------------------------------------------------- */

static void polygon(cairo_t *cairo, double x, double y, double reach, double turn)
{
    cairo_new_sub_path(cairo);
    for (int i = 0; i < 4; i++)
        cairo_line_to(cairo, x + reach * cos(turn + i * M_PI / 2), y + reach * sin(turn + i * M_PI / 2));
    cairo_close_path(cairo);
}

static void circle(cairo_t *cairo, double x, double y, double radius)
{
    cairo_new_sub_path(cairo);
    cairo_arc(cairo, x, y, radius, 0, 2 * M_PI);
}

static void draw_mark(cairo_t *cairo, const double at[2], struct colour colour, enum mark mark)
{
    const double x = at[0], y = at[1];

    switch (mark) {
    case MARK_RIGHT:
        circle(cairo, x, y, RADIUS);
        canvas_fill(cairo, colour);
        break;
    case MARK_UNJUDGED:
        polygon(cairo, x, y, RADIUS * 1.25, 0);
        canvas_fill(cairo, colour);
        break;
    case MARK_WRONG:
        for (int side = -1; side <= 1; side += 2) {
            cairo_move_to(cairo, x - REACH, y - side * REACH);
            cairo_line_to(cairo, x + REACH, y + side * REACH);
        }
        canvas_stroke(cairo, canvas_colour(mark_wrong), 2.4);
        circle(cairo, x, y, 1.9);
        canvas_set(cairo, SHEET_WHITE, 1);
        cairo_set_line_width(cairo, 1.4);
        cairo_stroke_preserve(cairo);
        canvas_set(cairo, colour, 1);
        cairo_fill(cairo);
        break;
    case MARK_MISSING:
    case MARKS:
        polygon(cairo, x, y, RADIUS * 1.25, M_PI / 4);
        canvas_stroke(cairo, colour, 1.8);
        break;
    }
}

static void draw_ring(cairo_t *cairo, const double at[2], struct colour colour)
{
    circle(cairo, at[0], at[1], RING);
    canvas_stroke(cairo, colour, 1.8);
}

enum geosc_status points_place(geosc_context *context, struct sheet *sheet)
{
    const struct view_box *boxes[2] = {&sheet->source, &sheet->target};
    const struct pair_view *view = sheet->view;
    enum geosc_status status;

    for (int side = 0; side < 2; side++) {
        TRY(memory_allocate(context, &sheet->at[side], view->point_count, sizeof *sheet->at[side], "marks"));
        for (size_t k = 0; k < view->point_count; k++) {
            const struct view_point *point = &view->points[k];
            double *at = sheet->at[side][k];
            at[0] = at[1] = NAN;
            if (point->shown && (side || view_is_inside(point)))
                sheet_move(boxes[side], side ? point->match : point->source, at);
        }
        TRY(marks_part(context, sheet->at[side], view->point_count, RADIUS + 1, 2 * RADIUS + 2));
    }
done:
    return status;
}

/* ---- layers -------------------------------------------------------------------------------------- */

static void draw_line(const struct sheet *sheet, size_t k)
{
    const double *from = sheet->at[0][k], *to = sheet->at[1][k];

    if (sheet->drawing->no_lines || !mark_is_there(from) || !mark_is_there(to))
        return;
    cairo_move_to(sheet->cairo, from[0], from[1]);
    cairo_line_to(sheet->cairo, to[0], to[1]);
    canvas_stroke(sheet->cairo, colour_of(sheet, k), sheet_count_shown(sheet) > 30 ? 1 : 1.6);
}

/* The ring at the true place of a match that is wrong or missing, and a dashed line to it from the wrong one. */
static void draw_truth(const struct sheet *sheet, size_t k)
{
    static const double dashes[] = {3, 3};
    const struct view_point *point = &sheet->view->points[k];
    const enum mark mark = mark_at(sheet, k);
    double truth[2];

    if (!point->shown || !mark_is_there(point->truth) || (mark != MARK_WRONG && mark != MARK_MISSING))
        return;
    sheet_move(&sheet->target, point->truth, truth);
    if (mark == MARK_WRONG) {
        cairo_move_to(sheet->cairo, sheet->at[1][k][0], sheet->at[1][k][1]);
        cairo_line_to(sheet->cairo, truth[0], truth[1]);
        cairo_set_dash(sheet->cairo, dashes, 2, 0);
        canvas_stroke(sheet->cairo, colour_of(sheet, k), 1.4);
        cairo_set_dash(sheet->cairo, NULL, 0, 0);
    }
    draw_ring(sheet->cairo, truth, colour_of(sheet, k));
}

/* True places outside the target do not reach into the source. */
static void clip_target(const struct sheet *sheet)
{
    const struct view_box *box = &sheet->target;

    cairo_rectangle(sheet->cairo, box->x - RING - 1, box->y - RING - 1, box->width + 2 * RING + 2,
                    box->height + 2 * RING + 2);
    cairo_clip(sheet->cairo);
}

/* A thin line from a mark that was set aside to its place. */
static void draw_pin(const struct sheet *sheet, size_t k)
{
    const struct view_box *boxes[2] = {&sheet->source, &sheet->target};
    const struct view_point *point = &sheet->view->points[k];
    double place[2];

    for (int side = 0; side < 2; side++) {
        if (!mark_is_there(sheet->at[side][k]))
            continue;
        sheet_move(boxes[side], side ? point->match : point->source, place);
        if (hypot(place[0] - sheet->at[side][k][0], place[1] - sheet->at[side][k][1]) < 0.5)
            continue;
        cairo_move_to(sheet->cairo, place[0], place[1]);
        cairo_line_to(sheet->cairo, sheet->at[side][k][0], sheet->at[side][k][1]);
        canvas_stroke(sheet->cairo, SHEET_GREY, 0.8);
    }
}

static void draw_ends(const struct sheet *sheet, size_t k)
{
    for (int side = 0; side < 2; side++)
        if (mark_is_there(sheet->at[side][k]))
            draw_mark(sheet->cairo, sheet->at[side][k], colour_of(sheet, k), mark_at(sheet, k));
}

/* ---- numbers ------------------------------------------------------------------------------------- */

/* What numbers may not cover. */
struct taken {
    struct view_box boxes[4 * NUMBERED];
    size_t count;
};

static bool is_free(const struct taken *taken, const struct view_box *image, const struct view_box *box)
{
    if (box->y < image->y || box->y + box->height > image->y + image->height) /* over a caption */
        return false;
    for (size_t i = 0; i < taken->count; i++) {
        const struct view_box *other = &taken->boxes[i];
        if (box->x < other->x + other->width && other->x < box->x + box->width && box->y < other->y + other->height &&
            other->y < box->y + box->height)
            return false;
    }
    return true;
}

/* Writes a number beside a mark, where it covers nothing; of many points, only if there is such a place. */
static void draw_number(const struct sheet *sheet, size_t k, int side, bool sure, struct taken *taken)
{
    /* Directions from the mark, the best first. */
    static const int ways[][2] = {{1, -1}, {-1, -1}, {1, 1}, {-1, 1}, {1, 0}, {-1, 0}, {0, -1}, {0, 1}};
    const struct view_box *image = side ? &sheet->target : &sheet->source;
    const double reach = RADIUS + 3, *at = sheet->at[side][k];
    struct view_box box, first = {0};
    size_t way = 0;
    char number[24];

    snprintf(number, sizeof number, "%zu", k);
    box = (struct view_box){0, 0, canvas_text_width(sheet->cairo, LABEL, true, number), LABEL * 0.75};
    for (; way < sizeof ways / sizeof *ways; way++) {
        const double dx = ways[way][0], dy = ways[way][1];
        box.x = at[0] + dx * reach * (dy ? 0.7 : 1) - (dx > 0 ? 0 : dx < 0 ? box.width : box.width / 2);
        box.y = at[1] + dy * reach * (dx ? 0.7 : 1) - (dy > 0 ? 0 : dy < 0 ? box.height : box.height / 2);
        if (way == 0)
            first = box;
        if (is_free(taken, image, &box))
            break;
    }
    if (way == sizeof ways / sizeof *ways) {
        if (!sure)
            return;
        box = first;
    }
    canvas_label(sheet->cairo, box.x, box.y + box.height, LABEL, number);
    taken->boxes[taken->count++] = box;
}

static void draw_numbers(const struct sheet *sheet)
{
    const size_t shown = sheet_count_shown(sheet);
    struct taken taken = {.count = 0};

    if (sheet->view->dense || shown > NUMBERED)
        return;
    for (size_t k = 0; k < sheet->view->point_count; k++)
        for (int side = 0; side < 2; side++) {
            const double *at = sheet->at[side][k];
            if (mark_is_there(at))
                taken.boxes[taken.count++] = (struct view_box){at[0] - RADIUS, at[1] - RADIUS, 2 * RADIUS, 2 * RADIUS};
        }
    for (size_t k = 0; k < sheet->view->point_count; k++)
        for (int side = 0; side < 2; side++)
            if (mark_is_there(sheet->at[side][k]))
                draw_number(sheet, k, side, shown <= SURE, &taken);
}

void points_draw(const struct sheet *sheet)
{
    static void (*const layers[])(const struct sheet *, size_t) = {draw_line, draw_truth, draw_pin, draw_ends};

    for (size_t layer = 0; layer < sizeof layers / sizeof *layers; layer++) {
        cairo_save(sheet->cairo);
        if (layers[layer] == draw_truth)
            clip_target(sheet);
        for (size_t k = 0; k < sheet->view->point_count; k++)
            layers[layer](sheet, k);
        cairo_restore(sheet->cairo);
    }
    draw_numbers(sheet);
}

/* ---- what the marks mean ------------------------------------------------------------------------- */

/* What the legend explains beside the marks. */
enum { TRUE_PLACE = MARKS, MASK };

/* A piece of a mask's outline, on grey, as white is not seen on paper. */
static void draw_mask_sample(cairo_t *cairo, const double at[2])
{
    cairo_rectangle(cairo, at[0] - 6, at[1] - 5, 12, 10);
    canvas_set(cairo, SHEET_GREY, 1);
    cairo_fill(cairo);
    cairo_rectangle(cairo, at[0] - 3, at[1] - 2.5, 6, 5);
    canvas_stroke(cairo, SHEET_WHITE, 1);
}

/* Writes one entry of the legend after the last one, or on a new line. sign: a mark, TRUE_PLACE or MASK. */
static void legend_entry(const struct sheet *sheet, int sign, const char *text, double *x, double *y, bool draw)
{
    const double width = 16 + canvas_text_width(sheet->cairo, TEXT, false, text);

    if (*x > MARGIN && *x + width > sheet->width - MARGIN) {
        *x = MARGIN;
        *y += ROW;
    }
    if (draw) {
        const double at[2] = {*x + 6, *y - 4};
        if (sign == TRUE_PLACE)
            draw_ring(sheet->cairo, at, SHEET_GREY);
        else if (sign == MASK)
            draw_mask_sample(sheet->cairo, at);
        else
            draw_mark(sheet->cairo, at, SHEET_GREY, (enum mark)sign);
        canvas_set(sheet->cairo, SHEET_BLACK, 1);
        canvas_text(sheet->cairo, *x + 16, *y, TEXT, false, text);
    }
    *x += width + 18;
}

/* Whether some cells are in the mask and others are not. */
static bool has_outline(const struct view_side *side)
{
    for (size_t i = 1; side->mask && i < side->grid_width * side->grid_height; i++)
        if ((side->mask[i] > 0) != (side->mask[0] > 0))
            return true;
    return false;
}

double points_legend(const struct sheet *sheet, double y, bool draw)
{
    size_t counts[MARKS] = {0}, rings = 0;
    double x = MARGIN;
    char text[CAPTION];

    for (size_t k = 0; k < sheet->view->point_count; k++) {
        const struct view_point *point = &sheet->view->points[k];
        const enum mark mark = mark_at(sheet, k);
        if (!point->shown)
            continue;
        counts[mark]++;
        rings += mark_is_there(point->truth) && (mark == MARK_WRONG || mark == MARK_MISSING);
    }
    for (enum mark mark = 0; mark < MARKS; mark++) {
        if (!counts[mark])
            continue;
        snprintf(text, sizeof text, "%zu %s%s", counts[mark], mark_name(mark),
                 mark == MARK_UNJUDGED && !sheet->view->dense ? ": no true place known" : "");
        legend_entry(sheet, mark, text, &x, &y, draw);
    }
    if (rings)
        legend_entry(sheet, TRUE_PLACE, "true place", &x, &y, draw);
    if (has_outline(&sheet->view->source) || has_outline(&sheet->view->target))
        legend_entry(sheet, MASK, "outline of the mask", &x, &y, draw);
    return x > MARGIN ? y + ROW + 4 : y;
}

/* ---- list ---------------------------------------------------------------------------------------- */

static void describe_point(const struct view_point *point, size_t k, char *out, size_t size)
{
    char name[64];

    text_printable(point->name, name, sizeof name);
    int used = snprintf(out, size, "%zu%s%s: ", k, name[0] ? " " : "", name);
    out += used;
    size -= (size_t)used;
    if (!mark_is_there(point->match))
        snprintf(out, size, view_is_inside(point) ? "no answer" : "outside the source");
    else if (isfinite(point->error))
        snprintf(out, size, "score %s, %s %%", number_fixed(point->score, 3).text,
                 number_fixed(100 * point->error, 1).text);
    else
        snprintf(out, size, "score %s", number_fixed(point->score, 3).text);
}

void points_measure_list(struct sheet *sheet)
{
    size_t listed = 0;
    char text[160];

    sheet->column = 100;
    for (size_t k = 0; k < sheet->view->point_count && listed < LISTED; k++) {
        if (!sheet->view->points[k].shown)
            continue;
        listed++;
        describe_point(&sheet->view->points[k], k, text, sizeof text);
        sheet->column = fmax(sheet->column, ceil(canvas_text_width(sheet->cairo, TEXT, false, text)) + 34);
    }
    sheet->columns = (size_t)fmax((sheet->width - 2 * MARGIN + 18) / sheet->column, 1);
}

size_t points_list_rows(const struct sheet *sheet)
{
    const size_t shown = sheet->view->dense ? 0 : sheet_count_shown(sheet);
    const size_t entries = shown > LISTED ? LISTED + sheet->columns : shown;

    return (entries + sheet->columns - 1) / sheet->columns;
}

void points_draw_list(const struct sheet *sheet)
{
    const struct pair_view *view = sheet->view;
    const size_t shown = sheet_count_shown(sheet);
    size_t listed = 0;
    char text[160];

    for (size_t k = 0; k < view->point_count && listed < LISTED; k++) {
        const double x = MARGIN + (double)(listed % sheet->columns) * sheet->column;
        const double y = sheet->list + (double)(listed / sheet->columns) * ROW, at[2] = {x + 6, y - 4};
        if (!view->points[k].shown)
            continue;
        listed++;
        draw_mark(sheet->cairo, at, colour_of(sheet, k), mark_at(sheet, k));
        describe_point(&view->points[k], k, text, sizeof text);
        canvas_set(sheet->cairo, SHEET_BLACK, 1);
        canvas_text(sheet->cairo, x + 16, y, TEXT, false, text);
    }
    if (shown > LISTED) {
        snprintf(text, sizeof text, "and %zu more", shown - LISTED);
        canvas_set(sheet->cairo, SHEET_BLACK, 1);
        canvas_text(sheet->cairo, MARGIN, sheet->list + (double)(points_list_rows(sheet) - 1) * ROW, TEXT, false, text);
    }
}
