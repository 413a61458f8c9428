/* Dense matches: the flow's colours and scale, and the target warped to the source. */
#include "draw/dense_view.h"
#include "draw/draw_testing.h"

#include <math.h>

struct scene {
    struct catalog catalog;
    struct results results;
    struct pair_view view;
};

/* Each cell is matched with the cell at its own place. */
static void open_scene(struct scene *scene, enum geosc_pose pose)
{
    make_scene(true, false, &scene->catalog, &scene->results);
    scene->results.chosen[0] = (uint8_t)pose;
    assert_ok(pair_view_load(context, &scene->catalog, &scene->results, 0, &scene->view));
    assert_true(scene->view.dense && scene->view.point_count == HEIGHT * WIDTH);
}

static void close_scene(struct scene *scene)
{
    pair_view_free(&scene->view);
    results_free(&scene->results);
    catalog_close(&scene->catalog);
}

/* Colour of the middle of a cell of the flow or of the warped picture. */
static const unsigned char *picture_cell(const struct picture *picture, size_t x, size_t y)
{
    return colour_at(picture, (double[2]){((double)x + 0.5) / WIDTH, ((double)y + 0.5) / HEIGHT});
}

/* No place of the photographs is grey: their third number is 0 or 100. */
static bool is_hole(const unsigned char *rgb)
{
    return rgb[0] == rgb[1] && rgb[1] == rgb[2] && rgb[0] >= 190;
}

/* Each cell stays where it is: under each pose, the target warped to the source shows the place that the source shows.
 */
static void test_pull(void **state)
{
    (void)state;
    for (int pose = 0; pose < GEOSC_POSES; pose++) {
        struct scene scene;
        struct picture warped;
        open_scene(&scene, (enum geosc_pose)pose);
        const struct picture *source = &scene.view.source.picture;
        assert_ok(dense_warp(context, &scene.view, &warped));
        for (size_t y = 0; y < warped.height; y++)
            for (size_t x = 0; x < warped.width; x++) {
                const double place[2] = {((double)x + 0.5) / (double)warped.width,
                                         ((double)y + 0.5) / (double)warped.height};
                const unsigned char *here = colour_at(source, place), *there = colour_at(&warped, place);
                assert_true(abs(here[0] - there[0]) <= 8 && abs(here[1] - there[1]) <= 12 && there[2] == 100);
            }
        memory_free(warped.rgb);
        close_scene(&scene);
    }
}

/* All matches lie two cells to the right: each cell shows what is there, and the last two columns are holes. */
static void test_shift_and_holes(void **state)
{
    struct scene scene;
    struct picture warped;

    (void)state;
    open_scene(&scene, GEOSC_POSE_NONE);
    for (size_t i = 0; i < scene.view.point_count; i++)
        scene.view.points[i].match[0] += 2.0 / WIDTH;
    scene.view.points[WIDTH + 1].match[0] = NAN;
    scene.view.points[WIDTH + 2].kept = false;
    assert_ok(dense_warp(context, &scene.view, &warped));
    for (size_t y = 0; y < HEIGHT; y++)
        for (size_t x = 0; x < WIDTH; x++) {
            const unsigned char *here = picture_cell(&warped, x, y);
            const bool hole = x + 2 >= WIDTH || (y == 1 && (x == 1 || x == 2));
            assert_int_equal(is_hole(here), hole);
            if (!hole)
                assert_true(abs(here[0] - (int)(8 * ((x + 2) * SCALE + SCALE / 2))) <= 8);
        }
    memory_free(warped.rgb);
    close_scene(&scene);
}

/* Where neighbours part, nothing is smeared between their matches: each shows a patch around its own. */
static void test_tear(void **state)
{
    struct scene scene;
    struct picture warped;

    (void)state;
    open_scene(&scene, GEOSC_POSE_NONE);
    for (size_t i = 0; i < scene.view.point_count; i++)
        scene.view.points[i].match[0] = i % WIDTH < 3 ? 0.5 / WIDTH : (WIDTH - 0.5) / WIDTH;
    assert_ok(dense_warp(context, &scene.view, &warped));
    for (size_t x = 0; x < warped.width; x++) {
        const unsigned char *here = colour_at(&warped, (double[2]){((double)x + 0.5) / (double)warped.width, 0.5});
        assert_true(is_hole(here) || here[0] <= 8 * SCALE || here[0] >= 8 * (WIDTH - 1) * SCALE - 8);
    }
    memory_free(warped.rgb);
    close_scene(&scene);
}

/* Within a cell of the first row, both colours of the stripes are seen, and each goes on for several points. */
static void assert_stripes(const struct picture *picture, size_t cell)
{
    const size_t side = picture->width / WIDTH;
    const unsigned char *row = picture->rgb + 3 * cell * side;
    size_t changes = 0;

    for (size_t x = 1; x < side; x++)
        changes += row[3 * x] != row[3 * (x - 1)];
    assert_true(changes > 2 && 3 * changes < side);
}

/* One cell that goes far does not pale the others; a cell without a match is striped. */
static void test_scale(void **state)
{
    struct scene scene;
    struct flow flow;
    unsigned char right[3];

    (void)state;
    open_scene(&scene, GEOSC_POSE_NONE);
    for (size_t i = 0; i < scene.view.point_count; i++)
        scene.view.points[i].match[0] += 0.02;
    scene.view.points[3].match[0] = 0.99;
    scene.view.points[3].match[1] = 0.99;
    scene.view.points[5].match[0] = NAN;
    assert_ok(dense_flow(context, &scene.view, &flow));
    assert_true(fabs(flow.scale - 0.02) < 1e-6);
    flow_colour(1, 0, right);
    assert_int_equal(flow.picture.width % WIDTH, 0);
    for (int i = 0; i < 3; i++)
        assert_true(abs(picture_cell(&flow.picture, 0, 0)[i] - right[i]) <= 1);
    assert_true(abs(picture_cell(&flow.picture, 3, 0)[1] - right[1]) > 20);
    assert_true(is_hole(picture_cell(&flow.picture, 5, 0)) && !is_hole(picture_cell(&flow.picture, 0, 0)));
    assert_stripes(&flow.picture, 5);
    memory_free(flow.picture.rgb);
    close_scene(&scene);
}

static void test_colours(void **state)
{
    unsigned char right[3], left[3], up[3], down[3], far[3];
    struct picture wheel;

    (void)state;
    flow_colour(1, 0, right);
    flow_colour(-1, 0, left);
    flow_colour(0, -1, up);
    flow_colour(0, 1, down);
    flow_colour(-7, 0, far);
    assert_true(right[0] > left[0] + 100 && left[2] > right[2] + 100);
    assert_true(up[1] > down[1] + 100 && up[0] > up[1] + 30 && down[1] > down[0] + 30);
    assert_memory_equal(far, left, 3);
    assert_ok(dense_wheel(context, 101, &wheel));
    assert_true(abs(wheel.rgb[3 * (50 * 101 + 100)] - right[0]) <= 3);
    assert_true(abs(wheel.rgb[3 * (50 * 101) + 2] - left[2]) <= 3);
    assert_true(abs(wheel.rgb[3 * 50 + 1] - up[1]) <= 3);
    assert_memory_equal(wheel.rgb, ((unsigned char[]){255, 255, 255}), 3);
    memory_free(wheel.rgb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pull),  cmocka_unit_test(test_shift_and_holes), cmocka_unit_test(test_tear),
        cmocka_unit_test(test_scale), cmocka_unit_test(test_colours),
    };

    return cmocka_run_group_tests(tests, make_all, free_all);
}
