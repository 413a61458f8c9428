#include "draw/dense_view.h"

#include "base/sort.h"

#include <math.h>
#include <string.h>

enum { FINE = 240 /* least points along the longer side of a flow or a warped picture */ };
static const double TOGETHER = 3; /* cells of the target, within which the matches of two neighbours go together */

bool dense_is_kept(const struct view_point *point)
{
    return point->kept && mark_is_there(point->match);
}

/* How many points along each axis a point of a coarse picture becomes. */
static size_t enlarging(size_t width, size_t height)
{
    return (FINE - 1) / size_larger(width, height) + 1;
}

/* Stripes of holes, which no photograph has. */
static void stripe(size_t x, size_t y, size_t size, unsigned char rgb[3])
{
    const size_t width = size / 80 + 1;

    memset(rgb, (x + y) / width % 2 ? 235 : 190, 3);
}

/* ---- flow ---------------------------------------------------------------------------------------- */

void flow_colour(double dx, double dy, unsigned char rgb[3])
{
    /* Right is orange, left is blue, up is light and down is dark: distinct in all common kinds of colour vision. Up is
     * also pink and down green, so that only what does not move is grey. */
    static const double middle[3] = {140, 140, 140}, across[3] = {105, 5, -130}, up[3] = {100, 55, 85},
                        down[3] = {-125, -60, -110};
    const double length = fmax(hypot(dx, dy), 1), x = dx / length, y = dy / length;

    for (int i = 0; i < 3; i++)
        rgb[i] = (unsigned char)fmin(fmax(middle[i] + across[i] * x + (y < 0 ? -up[i] * y : down[i] * y), 0), 255);
}

/* Displacement of a cell, in shares of the source's longer side as shown. */
static void displacement(const struct pair_view *view, const struct view_point *point, double out[2])
{
    const double longer = fmax(view->source.width, view->source.height);

    out[0] = (point->match[0] - point->source[0]) * view->source.width / longer;
    out[1] = (point->match[1] - point->source[1]) * view->source.height / longer;
}

/* The length that 95 % of the cells do not exceed; at least a thousandth. */
static enum geosc_status find_scale(geosc_context *context, const struct pair_view *view, double *scale)
{
    double *lengths = NULL, way[2];
    size_t count = 0;
    enum geosc_status status;

    TRY(memory_allocate(context, &lengths, view->point_count, sizeof *lengths, "the flow"));
    for (size_t i = 0; i < view->point_count; i++)
        if (dense_is_kept(&view->points[i])) {
            displacement(view, &view->points[i], way);
            lengths[count++] = hypot(way[0], way[1]);
        }
    sort_doubles(lengths, count);
    *scale = count ? fmax(lengths[(count - 1) * 95 / 100], 1e-3) : 1e-3;
done:
    memory_free(lengths);
    return status;
}

enum geosc_status dense_flow(geosc_context *context, const struct pair_view *view, struct flow *flow)
{
    const size_t wide = view->source.grid_width, high = view->source.grid_height, factor = enlarging(wide, high);
    struct picture *picture = &flow->picture;
    enum geosc_status status;
    double way[2];

    TRY(picture_create(context, factor * wide, factor * high, picture));
    TRY(find_scale(context, view, &flow->scale));
    for (size_t y = 0; y < picture->height; y++)
        for (size_t x = 0; x < picture->width; x++) {
            const struct view_point *point = &view->points[y / factor * wide + x / factor];
            unsigned char *rgb = picture->rgb + 3 * (y * picture->width + x);
            if (dense_is_kept(point)) {
                displacement(view, point, way);
                flow_colour(way[0] / flow->scale, way[1] / flow->scale, rgb);
            } else {
                stripe(x, y, size_larger(picture->width, picture->height), rgb);
            }
        }
done:
    return status;
}

enum geosc_status dense_wheel(geosc_context *context, size_t size, struct picture *wheel)
{
    static const unsigned char paper[3] = {255, 255, 255};
    enum geosc_status status = picture_create(context, size, size, wheel);

    if (status != GEOSC_OK)
        return status;
    picture_fill(wheel, paper);
    for (size_t y = 0; y < size; y++)
        for (size_t x = 0; x < size; x++) {
            const double dx = 2 * ((double)x + 0.5) / (double)size - 1, dy = 2 * ((double)y + 0.5) / (double)size - 1;
            if (hypot(dx, dy) <= 1)
                flow_colour(dx, dy, wheel->rgb + 3 * (y * size + x));
        }
    return GEOSC_OK;
}

/* ---- warp ---------------------------------------------------------------------------------------- */

/* The cell (x, y) of the source's grid, if it is kept and its match goes together with that of `beside`; else NULL. */
static const struct view_point *together(const struct pair_view *view, ptrdiff_t x, ptrdiff_t y,
                                         const struct view_point *beside)
{
    const struct view_side *source = &view->source, *target = &view->target;

    if (x < 0 || y < 0 || (size_t)x >= source->grid_width || (size_t)y >= source->grid_height)
        return NULL;
    const struct view_point *point = &view->points[(size_t)y * source->grid_width + (size_t)x];
    bool near = dense_is_kept(point) &&
                fabs(point->match[0] - beside->match[0]) * (double)target->grid_width <= TOGETHER &&
                fabs(point->match[1] - beside->match[1]) * (double)target->grid_height <= TOGETHER;
    return near ? point : NULL;
}

/* How far the match moves from a cell to the next one along an axis. Without a neighbour: as far as in an image of the
 * same scale. */
static void stride(const struct pair_view *view, ptrdiff_t x, ptrdiff_t y, int axis, double out[2])
{
    const struct view_point *here = &view->points[(size_t)y * view->source.grid_width + (size_t)x];
    const ptrdiff_t right = axis == 0, down = axis == 1;
    const struct view_point *next = together(view, x + right, y + down, here);
    const struct view_point *last = together(view, x - right, y - down, here);
    const size_t cells = axis == 0 ? view->source.grid_width : view->source.grid_height;

    for (int d = 0; d < 2; d++)
        if (next && last)
            out[d] = (next->match[d] - last->match[d]) / 2;
        else if (next || last)
            out[d] = next ? next->match[d] - here->match[d] : here->match[d] - last->match[d];
        else
            out[d] = d == axis ? 1 / (double)cells : 0;
}

/* The cell nearest to a position along an axis. */
static ptrdiff_t nearest(double at, size_t cells)
{
    return (ptrdiff_t)fmin(fmax(floor(at + 0.5), 0), (double)cells - 1);
}

/* Whether a fraction lies in an image of so many cells, or at most half a cell beyond its border, which is then shown.
 */
static bool is_inside(double at, size_t cells)
{
    return fabs(at - 0.5) <= 0.5 + 0.5 / (double)cells;
}

/* The match of the place (x, y), in cells of the source, as a fraction of the target; false in a hole. */
static bool match_at(const struct pair_view *view, double x, double y, double out[2])
{
    const ptrdiff_t nx = nearest(x, view->source.grid_width), ny = nearest(y, view->source.grid_height);
    const struct view_point *here = &view->points[(size_t)ny * view->source.grid_width + (size_t)nx];
    const ptrdiff_t left = (ptrdiff_t)floor(x), top = (ptrdiff_t)floor(y);
    double along[2], down[2];

    if (!dense_is_kept(here))
        return false;
    stride(view, nx, ny, 0, along);
    stride(view, nx, ny, 1, down);
    out[0] = out[1] = 0;
    for (int corner = 0; corner < 4; corner++) {
        const ptrdiff_t cx = left + corner % 2, cy = top + corner / 2;
        const struct view_point *point = together(view, cx, cy, here);
        const double weight = (1 - fabs(x - (double)cx)) * (1 - fabs(y - (double)cy));
        for (int d = 0; d < 2; d++)
            out[d] += weight * (point ? point->match[d]
                                      : here->match[d] + (double)(cx - nx) * along[d] + (double)(cy - ny) * down[d]);
    }
    return is_inside(out[0], view->target.grid_width) && is_inside(out[1], view->target.grid_height);
}

/* Colour of a picture at a place, interpolated between its points if it is smooth. */
static void colour_at(const struct picture *picture, const double place[2], bool smooth, unsigned char rgb[3])
{
    const double x = place[0] * (double)picture->width - 0.5, y = place[1] * (double)picture->height - 0.5;
    const double left = smooth ? floor(x) : floor(x + 0.5), top = smooth ? floor(y) : floor(y + 0.5);
    double sum[3] = {0.5, 0.5, 0.5};

    for (int corner = 0; corner < 4; corner++) {
        const double cx = left + corner % 2, cy = top + corner / 2;
        const double weight = smooth ? (1 - fabs(x - cx)) * (1 - fabs(y - cy)) : corner == 0;
        const size_t px = (size_t)nearest(cx, picture->width), py = (size_t)nearest(cy, picture->height);
        for (int i = 0; i < 3; i++)
            sum[i] += weight * picture->rgb[3 * (py * picture->width + px) + (size_t)i];
    }
    for (int i = 0; i < 3; i++)
        rgb[i] = (unsigned char)fmin(sum[i], 255);
}

enum geosc_status dense_warp(geosc_context *context, const struct pair_view *view, struct picture *warped)
{
    const struct picture *like = &view->source.picture;
    const double wide = (double)view->source.grid_width, high = (double)view->source.grid_height;
    const size_t factor = enlarging(like->width, like->height);
    enum geosc_status status = picture_create(context, factor * like->width, factor * like->height, warped);
    double match[2];

    if (status != GEOSC_OK)
        return status;
    for (size_t y = 0; y < warped->height; y++)
        for (size_t x = 0; x < warped->width; x++) {
            unsigned char *rgb = warped->rgb + 3 * (y * warped->width + x);
            if (match_at(view, ((double)x + 0.5) / (double)warped->width * wide - 0.5,
                         ((double)y + 0.5) / (double)warped->height * high - 0.5, match))
                colour_at(&view->target.picture, match, view->photographs, rgb);
            else
                stripe(x, y, size_larger(warped->width, warped->height), rgb);
        }
    return GEOSC_OK;
}
