#include "input/query.h"

#include "input/units.h"
#include "maps/pose.h"

#include <math.h>

bool query_nearest_cell(double v, size_t n, size_t *cell)
{
    if (!(v >= -0.5 && v <= (double)n - 0.5))
        return false;
    *cell = (size_t)floor(v + 0.5);
    if (*cell == n)
        *cell = n - 1;
    return true;
}

enum query_place query_point_cell(const struct catalog *catalog, size_t image, const double point[2], size_t *x,
                                  size_t *y)
{
    const struct features *plain = &catalog_image(catalog, image)->pose[GEOSC_POSE_NONE];
    double v[2];

    if (isnan(point[0]) || isnan(point[1]))
        return QUERY_ABSENT;
    for (int axis = 0; axis < 2; axis++)
        v[axis] = units_to_cell(catalog, image, axis, point[axis]);
    return query_nearest_cell(v[0], plain->width, x) && query_nearest_cell(v[1], plain->height, y) ? QUERY_INSIDE
                                                                                                   : QUERY_OUTSIDE;
}

enum query_place query_cell(const struct catalog *catalog, size_t pair, size_t k, size_t *x, size_t *y)
{
    return query_point_cell(catalog, catalog->source[pair], catalog->source_keypoints[pair * catalog->keypoints + k], x,
                            y);
}

void query_point(const struct catalog *catalog, size_t pair, size_t k, double v[2])
{
    const double *point = catalog->source_keypoints[pair * catalog->keypoints + k];

    for (int axis = 0; axis < 2; axis++)
        v[axis] = units_to_cell(catalog, catalog->source[pair], axis, point[axis]);
}

size_t query_first_outside(const struct catalog *catalog, size_t pair)
{
    size_t k = 0, x, y;

    while (k < catalog->keypoints && query_cell(catalog, pair, k, &x, &y) != QUERY_OUTSIDE)
        k++;
    return k;
}

/* The cells at or below a coordinate and above it, as a range; clamped to n cells. */
static void cells_around(double v, size_t n, size_t *first, size_t *end)
{
    *first = v < 0 ? 0 : size_smaller((size_t)v, n - 1);
    *end = size_smaller(*first + 2, n);
}

/* The cells that keypoint k, inside cell (x, y), needs. */
static struct box query_box(const struct catalog *catalog, size_t pair, size_t k, size_t x, size_t y, bool bilinear)
{
    const struct features *plain = &catalog_image(catalog, catalog->source[pair])->pose[GEOSC_POSE_NONE];
    struct box cell = {y, x, y + 1, x + 1}, around;
    double v[2];

    if (!bilinear)
        return cell;
    query_point(catalog, pair, k, v);
    cells_around(v[0], plain->width, &around.x0, &around.x1);
    cells_around(v[1], plain->height, &around.y0, &around.y1);
    return box_join(cell, around);
}

enum geosc_status queries_create(geosc_context *context, const struct catalog *catalog, bool bilinear,
                                 struct queries *queries)
{
    enum geosc_status status;

    TRY(memory_allocate_zero(context, &queries->boxes, catalog->images, sizeof *queries->boxes, "the images' queries"));
    TRY(memory_allocate_zero(context, &queries->sources, catalog->images, sizeof *queries->sources,
                             "the images' queries"));
    TRY(memory_allocate_zero(context, &queries->targets, catalog->images, sizeof *queries->targets,
                             "the images' queries"));
    for (size_t pair = 0; pair < catalog->pairs; pair++) {
        struct box *box = &queries->boxes[catalog->source[pair]];
        queries->sources[catalog->source[pair]] = true;
        queries->targets[catalog->target[pair]] = true;
        for (size_t k = 0; k < catalog->keypoints; k++) {
            size_t x, y;
            if (query_cell(catalog, pair, k, &x, &y) == QUERY_INSIDE)
                *box = box_join(*box, query_box(catalog, pair, k, x, y, bilinear));
        }
    }
done:
    return status;
}

void queries_free(struct queries *queries)
{
    memory_free(queries->boxes);
    memory_free(queries->sources);
    memory_free(queries->targets);
    *queries = (struct queries){0};
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

struct box box_join(struct box a, struct box b)
{
    if (a.y0 == a.y1)
        return b;
    if (b.y0 == b.y1)
        return a;
    return (struct box){least(a.y0, b.y0), least(a.x0, b.x0), most(a.y1, b.y1), most(a.x1, b.x1)};
}

struct box box_pose(struct box box, enum geosc_pose pose, size_t height, size_t width)
{
    size_t posed_height, posed_width;

    if (box.y0 == box.y1)
        return box;
    pose_size(pose, height, width, &posed_height, &posed_width);
    size_t a = pose_cell(pose, height, width, box.x0, box.y0),
           b = pose_cell(pose, height, width, box.x1 - 1, box.y1 - 1);
    return (struct box){least(a / posed_width, b / posed_width), least(a % posed_width, b % posed_width),
                        most(a / posed_width, b / posed_width) + 1, most(a % posed_width, b % posed_width) + 1};
}

struct box box_grow(struct box box, size_t reach, size_t height, size_t width)
{
    return (struct box){box.y0 > reach ? box.y0 - reach : 0, box.x0 > reach ? box.x0 - reach : 0,
                        reach < height - box.y1 ? box.y1 + reach : height,
                        reach < width - box.x1 ? box.x1 + reach : width};
}

struct box box_mask(const float *mask, size_t height, size_t width)
{
    struct box box = {0, 0, 0, 0};

    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++)
            if (mask[y * width + x] != 0)
                box = box_join(box, (struct box){y, x, y + 1, x + 1});
    return box;
}
