/* The picture of a pair shows the same thing at both ends of a line, under each pose; flow and warp; ranks. */
#include "draw/pair_rank.h"
#include "draw/pair_view.h"
#include "input/catalog_testing.h"
#include "results/evaluate.h"

#include <math.h>

enum {
    IMAGES = 2,
    PAIRS = 3,
    CHANNELS = 4,
    HEIGHT = 4,
    WIDTH = 6,
    POINTS = 3,
    SCALE = 5 /* pixels of a picture per cell */
};

/* The colour of a place tells where it is. */
static void make_photographs(unsigned char *rgb)
{
    for (size_t image = 0; image < IMAGES; image++)
        for (size_t y = 0; y < HEIGHT * SCALE; y++)
            for (size_t x = 0; x < WIDTH * SCALE; x++) {
                unsigned char *point = rgb + 3 * ((image * HEIGHT * SCALE + y) * WIDTH * SCALE + x);
                point[0] = (unsigned char)(8 * x);
                point[1] = (unsigned char)(12 * y);
                point[2] = (unsigned char)(100 * image);
            }
}

/* Keypoint k of each pair: where it is in cells, in source and target alike. */
static const double POINT[POINTS][2] = {{1, 0}, {4, 3}, {5, 1}};

static void make_input(const char *path, bool photographs, bool keypoints)
{
    static unsigned char rgb[IMAGES * HEIGHT * SCALE * WIDTH * SCALE * 3];
    static const hsize_t features[] = {IMAGES, CHANNELS, HEIGHT, WIDTH}, mask[] = {IMAGES, HEIGHT, WIDTH},
                         pairs[] = {PAIRS}, points[] = {PAIRS, POINTS, 2},
                         pictures[] = {IMAGES, HEIGHT * SCALE, WIDTH * SCALE, 3};
    static const int source[PAIRS] = {0, 0, 0}, target[PAIRS] = {1, 1, 1};
    float values[IMAGES * CHANNELS * HEIGHT * WIDTH], weights[IMAGES * HEIGHT * WIDTH] = {0};
    double keypoint[PAIRS][POINTS][2];
    hid_t file = make_file(path);

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        values[i] = (float)((i * 37) % 101);
    weights[2] = weights[HEIGHT * WIDTH - 1] = weights[HEIGHT * WIDTH] = 1;
    for (size_t p = 0; p < PAIRS; p++)
        memcpy(keypoint[p], POINT, sizeof POINT);
    make_photographs(rgb);
    make_typed(file, "/images/features", -1, H5T_NATIVE_FLOAT, 4, features, values, H5P_DEFAULT);
    make_typed(file, "/images/mask", -1, H5T_NATIVE_FLOAT, 3, mask, weights, H5P_DEFAULT);
    if (photographs)
        make_typed(file, "/images/rgb", -1, H5T_NATIVE_UCHAR, 4, pictures, rgb, H5P_DEFAULT);
    make_typed(file, "/pairs/source", -1, H5T_NATIVE_INT, 1, pairs, source, H5P_DEFAULT);
    make_typed(file, "/pairs/target", -1, H5T_NATIVE_INT, 1, pairs, target, H5P_DEFAULT);
    if (keypoints) {
        make_typed(file, "/pairs/keypoints", -1, H5T_NATIVE_DOUBLE, 3, points, keypoint, H5P_DEFAULT);
        make_typed(file, "/pairs/target_keypoints", -1, H5T_NATIVE_DOUBLE, 3, points, keypoint, H5P_DEFAULT);
    }
    MAKE(H5Fclose(file));
}

/* An input, opened, with results in which each answer is right. */
static void make_scene(bool photographs, bool keypoints, struct catalog *catalog, struct results *results)
{
    static const enum geosc_pose all[GEOSC_POSES] = {0, 1, 2, 3, 4, 5, 6, 7};

    make_input(scratch_path("in.h5"), photographs, keypoints);
    open_catalog(scratch_path("in.h5"), NULL, catalog);
    assert_ok(results_create(context, catalog, all, GEOSC_POSES, results));
    for (size_t i = 0; i < results->pairs * results->answers; i++) {
        const double cell[2] = {(double)(i % WIDTH), (double)(i / WIDTH % HEIGHT)};
        for (size_t d = 0; d < 2; d++)
            results->xy[i][d] = (float)(results->rank == 1 ? catalog->target_keypoints[i][d] : cell[d]);
        results->score[i] = 0.5f;
    }
    for (size_t p = 0; p < results->pairs; p++)
        results->chosen[p] = 0;
}

static const unsigned char *colour_at(const struct picture *picture, const double place[2])
{
    size_t x = (size_t)(place[0] * (double)picture->width), y = (size_t)(place[1] * (double)picture->height);

    assert_true(x < picture->width && y < picture->height);
    return picture->rgb + 3 * (y * picture->width + x);
}

/* The source's point, the match and the truth lie on the same colour in the posed source and in the target. */
static void test_same_place(void **state)
{
    struct catalog catalog;
    struct results results;
    struct pair_view view;

    (void)state;
    make_scene(true, true, &catalog, &results);
    for (int pose = 0; pose < GEOSC_POSES; pose++) {
        results.chosen[1] = (uint8_t)pose;
        assert_ok(pair_view_load(context, &catalog, &results, 1, &view));
        assert_true(view.photographs && !view.dense && view.point_count == POINTS);
        assert_int_equal(view.source.picture.width, (pose >= GEOSC_POSE_ROT90 ? HEIGHT : WIDTH) * SCALE);
        assert_true((view.source.width > view.source.height) == (pose < GEOSC_POSE_ROT90));
        for (size_t k = 0; k < POINTS; k++) {
            const struct view_point *point = &view.points[k];
            const unsigned char *here = colour_at(&view.source.picture, point->source);
            const unsigned char *there = colour_at(&view.target.picture, point->match);
            assert_true(abs(here[0] - there[0]) <= 8 && abs(here[1] - there[1]) <= 12);
            assert_true(here[2] == 0 && there[2] == 100);
            assert_true(fabs(point->truth[0] - point->match[0]) < 1e-6 && point->error < 1e-6);
        }
        pair_view_free(&view);
    }
    results_free(&results);
    catalog_close(&catalog);
}

/* Keypoints in pixels of the picture, and of an original that was scaled and padded to it, lie where those in cells do.
 */
static void test_units(void **state)
{
    struct catalog catalog;
    struct results results;
    struct pair_view cells, view;
    double size[IMAGES][2], placement[IMAGES][3];

    (void)state;
    make_scene(true, true, &catalog, &results);
    results.chosen[0] = GEOSC_POSE_ROT90;
    assert_ok(pair_view_load(context, &catalog, &results, 0, &cells));
    for (size_t i = 0; i < IMAGES; i++) {
        memcpy(size[i], (double[2]){60, 40}, sizeof size[i]);
        memcpy(placement[i], (double[3]){0.5, 6, -4}, sizeof placement[i]);
    }
    catalog.size = size;
    catalog.placement = placement;
    catalog.units = UNITS_ORIGINAL;
    for (size_t k = 0; k < POINTS; k++)
        for (size_t d = 0; d < 2; d++) {
            double original = ((POINT[k][d] + 0.5) * 10 - placement[0][1 + d]) / placement[0][0];
            catalog.source_keypoints[k][d] = catalog.target_keypoints[k][d] = original;
            results.xy[k][d] = (float)original;
        }
    assert_ok(pair_view_load(context, &catalog, &results, 0, &view));
    for (size_t k = 0; k < POINTS; k++)
        for (size_t d = 0; d < 2; d++) {
            assert_true(fabs(view.points[k].source[d] - cells.points[k].source[d]) < 1e-6);
            assert_true(fabs(view.points[k].match[d] - cells.points[k].match[d]) < 1e-6);
        }
    catalog.size = NULL;
    catalog.placement = NULL;
    pair_view_free(&cells);
    pair_view_free(&view);
    results_free(&results);
    catalog_close(&catalog);
}

/* The mask goes where the image goes. */
static void test_mask(void **state)
{
    struct catalog catalog;
    struct results results;
    struct pair_view view;

    (void)state;
    make_scene(true, true, &catalog, &results);
    results.chosen[0] = GEOSC_POSE_ROT180;
    assert_ok(pair_view_load(context, &catalog, &results, 0, &view));
    assert_true(view.source.mask[0] == 1 && view.source.mask[HEIGHT * WIDTH - 1 - 2] == 1 && view.source.mask[2] == 0);
    assert_true(view.target.mask[0] == 1 && view.target.mask[1] == 0);
    pair_view_free(&view);
    results_free(&results);
    catalog_close(&catalog);
}

/* Without photographs the features are shown, in as many colours as there are; a pair without an answer is shown, too.
 */
static void test_features(void **state)
{
    struct catalog catalog;
    struct results results;
    struct pair_view view;
    bool differs = false;

    (void)state;
    make_scene(false, true, &catalog, &results);
    results.chosen[2] = GEOSC_UNDECIDED;
    assert_ok(pair_view_load(context, &catalog, &results, 2, &view));
    assert_true(!view.photographs && !view.decided);
    assert_int_equal(view.source.picture.width, WIDTH);
    for (size_t i = 1; i < WIDTH * HEIGHT; i++)
        differs |= memcmp(view.source.picture.rgb, view.source.picture.rgb + 3 * i, 3) != 0;
    assert_true(differs);
    assert_true(isnan(pair_loss(&catalog, &results, 2)));
    pair_view_free(&view);
    results_free(&results);
    catalog_close(&catalog);
}

/* Each cell stays where it is: the warped source is the source, and under each pose the flow leads to the right cell.
 */
static void test_dense(void **state)
{
    struct catalog catalog;
    struct results results;
    struct pair_view view;
    struct picture warped, flow;

    (void)state;
    make_scene(true, false, &catalog, &results);
    for (int pose = 0; pose < GEOSC_POSES; pose++) {
        results.chosen[0] = (uint8_t)pose;
        assert_ok(pair_view_load(context, &catalog, &results, 0, &view));
        assert_true(view.dense && view.point_count == HEIGHT * WIDTH);
        for (size_t i = 0; i < view.point_count; i++) {
            const unsigned char *here = colour_at(&view.source.picture, view.points[i].source);
            const unsigned char *there = colour_at(&view.target.picture, view.points[i].match);
            assert_true(abs(here[0] - there[0]) <= 8 && abs(here[1] - there[1]) <= 12);
        }
        assert_ok(pair_view_warp(context, &view, &warped));
        assert_ok(pair_view_flow(context, &view, &flow));
        assert_int_equal(flow.width, view.source.grid_width);
        if (pose == GEOSC_POSE_NONE)
            for (size_t y = SCALE / 2; y < HEIGHT * SCALE; y += SCALE)
                for (size_t x = SCALE / 2; x < WIDTH * SCALE; x += SCALE)
                    assert_memory_equal(warped.rgb + 3 * (y * WIDTH * SCALE + x),
                                        view.source.picture.rgb + 3 * (y * WIDTH * SCALE + x), 3);
        memory_free(warped.rgb);
        memory_free(flow.rgb);
        pair_view_free(&view);
    }
    results_free(&results);
    catalog_close(&catalog);
}

static void test_flow_colours(void **state)
{
    unsigned char right[3], left[3], up[3], down[3];

    (void)state;
    flow_colour(1, 0, right);
    flow_colour(-1, 0, left);
    flow_colour(0, -1, up);
    flow_colour(0, 1, down);
    assert_true(right[0] > left[0] + 100 && left[2] > right[2] + 100);
    assert_true(up[1] > down[1] + 100);
}

/* Best first: by error where the truth is known; pairs without an answer are left out. */
static void test_rank(void **state)
{
    struct catalog catalog;
    struct results results;
    size_t *order, count;

    (void)state;
    make_scene(true, true, &catalog, &results);
    results.xy[0][0] += 1;
    results.xy[POINTS][0] = NAN;
    results.xy[POINTS][1] = NAN;
    assert_true(fabs(pair_loss(&catalog, &results, 0) - 1.0 / WIDTH / POINTS) < 1e-6);
    assert_true(fabs(pair_loss(&catalog, &results, 1) - 1.0 / POINTS) < 1e-6);
    assert_true(pair_loss(&catalog, &results, 2) < 1e-6);
    assert_ok(pair_rank(context, &catalog, &results, NULL, &order, &count));
    assert_int_equal(count, PAIRS);
    assert_true(order[0] == 2 && order[1] == 0 && order[2] == 1);
    memory_free(order);
    results.chosen[2] = GEOSC_UNDECIDED;
    assert_ok(pair_rank(context, &catalog, &results, NULL, &order, &count));
    assert_true(count == 2 && order[0] == 0);
    memory_free(order);
    assert_ok(pair_rank(context, &catalog, &results, "cat", &order, &count));
    assert_int_equal(count, 0);
    memory_free(order);
    results_free(&results);
    catalog_close(&catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_place), cmocka_unit_test(test_units), cmocka_unit_test(test_mask),
        cmocka_unit_test(test_features),   cmocka_unit_test(test_dense), cmocka_unit_test(test_flow_colours),
        cmocka_unit_test(test_rank),
    };

    return cmocka_run_group_tests(tests, make_all, free_all);
}
