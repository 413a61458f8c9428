/* Pictures as people see them: the shape of each mark, found by its colour in the drawn points. */
#include <cairo.h>
#include <math.h>

#include "draw/draw.h"
#include "draw/draw_testing.h"

enum { SIZE = 2000 /* of an image: marks are large enough for their shapes to be told */ };

enum shape { NOTHING, CIRCLE, DIAMOND, CROSS, SQUARE, RING, OTHER };

struct read {
    const struct bytes *bytes;
    size_t at;
};

static cairo_status_t give(void *user, unsigned char *out, unsigned length)
{
    struct read *read = user;

    if (read->at + length > read->bytes->count)
        return CAIRO_STATUS_READ_ERROR;
    memcpy(out, read->bytes->data + read->at, length);
    read->at += length;
    return CAIRO_STATUS_SUCCESS;
}

static cairo_surface_t *draw(const struct pair_view *view, bool no_lines)
{
    const struct drawing drawing = {DRAW_PNG, SIZE, 0.1, no_lines};
    struct bytes bytes = {0};
    struct read read = {&bytes, 0};
    cairo_surface_t *surface;

    assert_ok(draw_pair(context, view, &drawing, &bytes));
    surface = cairo_image_surface_create_from_png_stream(give, &read);
    assert_int_equal(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
    memory_free(bytes.data);
    return surface;
}

/* Points of a colour within a part of a picture. */
struct found {
    cairo_surface_t *surface;
    const unsigned char *colour;
    size_t count;
    int left, right, top, bottom;
};

static bool has_colour(const struct found *found, int x, int y)
{
    const unsigned char *data = cairo_image_surface_get_data(found->surface);
    uint32_t point;

    memcpy(&point, data + (size_t)y * (size_t)cairo_image_surface_get_stride(found->surface) + 4 * (size_t)x, 4);
    return (point & 0xffffff) ==
           ((uint32_t)found->colour[0] << 16 | (uint32_t)found->colour[1] << 8 | found->colour[2]);
}

/* Searches the left or the right half of the images, above what is written below them. */
static struct found find(cairo_surface_t *surface, const unsigned char colour[3], bool right)
{
    const int half = cairo_image_surface_get_width(surface) / 2, scale = SIZE / 420;
    struct found found = {surface, colour, 0, 1 << 20, -1, 1 << 20, -1};

    for (int y = 50 * scale; y < 50 * scale + SIZE * 2 / 3; y++)
        for (int x = right ? half : 0; x < (right ? 2 * half : half); x++) {
            if (!has_colour(&found, x, y))
                continue;
            found.count++;
            found.left = x < found.left ? x : found.left;
            found.right = x > found.right ? x : found.right;
            found.top = y < found.top ? y : found.top;
            found.bottom = y > found.bottom ? y : found.bottom;
        }
    return found;
}

static enum shape shape_of(const struct found *found)
{
    const int x = (found->left + found->right) / 2, y = (found->top + found->bottom) / 2;
    const int width = found->right - found->left + 1, height = found->bottom - found->top + 1;

    if (found->count == 0)
        return NOTHING;
    const double share = (double)found->count / width / height;
    const bool corner = has_colour(found, found->left + width / 8, found->top + height / 8);
    const bool edge = has_colour(found, x, found->top + height / 20 + 1);
    if (corner && !edge)
        return CROSS;
    if (has_colour(found, x, y))
        return share > 0.7 ? CIRCLE : share > 0.4 && share < 0.6 ? DIAMOND : OTHER;
    return has_colour(found, found->left + 2, found->top + 2) ? SQUARE : edge ? RING : OTHER;
}

static void assert_shapes(const struct pair_view *view, enum shape source, enum shape target)
{
    cairo_surface_t *surface = draw(view, true);
    struct found left = find(surface, view->points[1].colour, false),
                 right = find(surface, view->points[1].colour, true);

    assert_int_equal(shape_of(&left), source);
    assert_int_equal(shape_of(&right), target);
    cairo_surface_destroy(surface);
}

/* A scene of which one keypoint, number 1, is in the picture. */
static void open_scene(struct catalog *catalog, struct results *results, struct pair_view *view)
{
    make_scene(true, true, catalog, results);
    assert_ok(pair_view_load(context, catalog, results, 0, view));
    view->points[0].shown = view->points[2].shown = false;
}

static void close_scene(struct catalog *catalog, struct results *results, struct pair_view *view)
{
    pair_view_free(view);
    results_free(results);
    catalog_close(catalog);
}

static void test_shapes(void **state)
{
    struct catalog catalog;
    struct results results;
    struct pair_view view;

    (void)state;
    open_scene(&catalog, &results, &view);
    struct view_point *point = &view.points[1], right = *point;
    assert_shapes(&view, CIRCLE, CIRCLE);
    point->truth[0] = point->truth[1] = point->error = NAN;
    assert_shapes(&view, DIAMOND, DIAMOND);
    point->match[0] = point->match[1] = NAN;
    assert_shapes(&view, SQUARE, NOTHING);
    *point = right;
    point->match[0] = point->match[1] = point->error = NAN;
    assert_shapes(&view, SQUARE, RING);
    *point = right;
    point->truth[0] = -0.6; /* in the source, where neither ring nor dashes may be */
    point->truth[1] = 0.9;
    point->match[0] = point->match[1] = 0.5;
    point->error = 3;
    cairo_surface_t *surface = draw(&view, true);
    struct found own = find(surface, point->colour, false);
    assert_int_equal(shape_of(&own), CIRCLE);             /* in the middle of the cross */
    struct found cross = find(surface, mark_wrong, true); /* in the target, whose photograph has no such colour */
    assert_int_equal(shape_of(&cross), CROSS);
    cairo_surface_destroy(surface);
    close_scene(&catalog, &results, &view);
}

/* A keypoint outside its source is drawn nowhere in the picture but as the ring at its true place. */
static void test_outside(void **state)
{
    struct catalog catalog;
    struct results results;
    struct pair_view view;

    (void)state;
    open_scene(&catalog, &results, &view);
    struct view_point *point = &view.points[1];
    point->match[0] = point->match[1] = point->error = NAN;
    point->source[0] = 1.7; /* in the target, where its square would be */
    assert_shapes(&view, NOTHING, RING);
    point->truth[0] = point->truth[1] = NAN;
    assert_shapes(&view, NOTHING, NOTHING);
    point->source[0] = 1; /* on the border */
    assert_shapes(&view, SQUARE, NOTHING);
    close_scene(&catalog, &results, &view);
}

/* The outline of a mask is explained below the images, also where no mark is. */
static void test_legend_of_mask(void **state)
{
    struct catalog catalog;
    struct results results;
    struct pair_view view;
    int height[2];

    (void)state;
    open_scene(&catalog, &results, &view);
    view.points[1].shown = false;
    for (int i = 0; i < 2; i++) {
        cairo_surface_t *surface = draw(&view, true);
        height[i] = cairo_image_surface_get_height(surface);
        cairo_surface_destroy(surface);
        for (size_t cell = 0; cell < HEIGHT * WIDTH; cell++) /* nothing is left out: there is no outline */
            view.source.mask[cell] = view.target.mask[cell] = 1;
    }
    assert_true(height[0] > height[1]);
    close_scene(&catalog, &results, &view);
}

/* A failed pair has no mark in the target if it has no truth, and else rings. */
static void test_failed(void **state)
{
    struct catalog catalog;
    struct results results;
    struct pair_view view;

    (void)state;
    make_scene(true, true, &catalog, &results);
    results.chosen[0] = GEOSC_UNDECIDED;
    results.status[0] = GEOSC_PAIR_BAD_FEATURES;
    for (size_t k = 0; k < POINTS; k++)
        results.xy[k][0] = results.xy[k][1] = results.score[k] = NAN;
    assert_ok(pair_view_load(context, &catalog, &results, 0, &view));
    cairo_surface_t *surface = draw(&view, false);
    for (size_t k = 0; k < POINTS; k++) {
        struct found left = find(surface, view.points[k].colour, false),
                     right = find(surface, view.points[k].colour, true);
        assert_true(left.count > 0 && right.count > 0 &&
                    !has_colour(&right, (right.left + right.right) / 2, (right.top + right.bottom) / 2));
    }
    cairo_surface_destroy(surface);
    for (size_t k = 0; k < POINTS; k++)
        view.points[k].truth[0] = NAN;
    surface = draw(&view, false);
    for (size_t k = 0; k < POINTS; k++) {
        struct found left = find(surface, view.points[k].colour, false),
                     right = find(surface, view.points[k].colour, true);
        assert_true(left.count > 0 && right.count == 0);
    }
    cairo_surface_destroy(surface);
    close_scene(&catalog, &results, &view);
}

/* Answers at one place are all seen, with lines and without; without, nothing lies between the images. */
static void test_coinciding(void **state)
{
    struct catalog catalog;
    struct results results;
    struct pair_view view;

    (void)state;
    make_scene(true, true, &catalog, &results);
    assert_ok(pair_view_load(context, &catalog, &results, 0, &view));
    for (size_t k = 0; k < POINTS; k++) {
        view.points[k].match[0] = view.points[k].match[1] = 0.5;
        view.points[k].truth[0] = NAN;
    }
    cairo_surface_t *surface = draw(&view, true);
    for (size_t k = 0; k < POINTS; k++) {
        struct found right = find(surface, view.points[k].colour, true);
        assert_int_equal(shape_of(&right), DIAMOND);
    }
    cairo_surface_destroy(surface);
    surface = draw(&view, false);
    for (size_t k = 0; k < POINTS; k++) {
        struct found right = find(surface, view.points[k].colour, true);
        assert_int_not_equal(shape_of(&right), DIAMOND);
    }
    cairo_surface_destroy(surface);
    close_scene(&catalog, &results, &view);
}

/* A long path does not make a wide picture: its end is shown. */
static void test_long_names(void **state)
{
    char path[601] = "";
    struct catalog catalog;
    struct results results;
    struct pair_view view;

    (void)state;
    make_scene(true, true, &catalog, &results);
    assert_ok(pair_view_load(context, &catalog, &results, 0, &view));
    for (int i = 0; i < 300; i++)
        memcpy(path + 2 * i, "\xc3\xa9", 3); /* cut within a character, it would make cairo fail */
    view.source.name = path;
    view.target.name = path + 2;
    cairo_surface_t *surface = draw(&view, true);
    assert_true(cairo_image_surface_get_width(surface) < 3 * SIZE);
    cairo_surface_destroy(surface);
    close_scene(&catalog, &results, &view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shapes),         cmocka_unit_test(test_outside),
                                       cmocka_unit_test(test_legend_of_mask), cmocka_unit_test(test_failed),
                                       cmocka_unit_test(test_coinciding),     cmocka_unit_test(test_long_names)};

    return cmocka_run_group_tests(tests, make_all, free_all);
}
