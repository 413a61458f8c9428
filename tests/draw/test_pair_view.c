/* The picture of a pair shows the same thing at both ends of a line, under each pose; which points are shown; ranks. */
#include "draw/draw_testing.h"
#include "draw/pair_rank.h"

#include <math.h>

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
    assert_true(isnan(pair_loss(&catalog, &results, 0.1, 2).error));
    pair_view_free(&view);
    results_free(&results);
    catalog_close(&catalog);
}

/* A keypoint without truth is not judged, one without an answer is neither right nor wrong; each keeps its colour under
 * all poses.
 */
static void test_marks(void **state)
{
    struct catalog catalog;
    struct results results;
    struct pair_view view, turned;

    (void)state;
    make_scene(true, true, &catalog, &results);
    catalog.target_keypoints[0][0] = NAN;
    results.xy[1][0] = results.xy[1][1] = NAN;
    results.xy[2][0] -= 2;
    assert_ok(pair_view_load(context, &catalog, &results, 0, &view));
    assert_int_equal(view_mark(&view.points[0], 0.1), MARK_UNJUDGED);
    assert_int_equal(view_mark(&view.points[1], 0.1), MARK_MISSING);
    assert_int_equal(view_mark(&view.points[2], 0.1), MARK_WRONG);
    assert_int_equal(view_mark(&view.points[2], 0.5), MARK_RIGHT);
    results.chosen[0] = GEOSC_POSE_ROT90;
    assert_ok(pair_view_load(context, &catalog, &results, 0, &turned));
    for (size_t k = 0; k < POINTS; k++)
        assert_memory_equal(view.points[k].colour, turned.points[k].colour, 3);
    pair_view_free(&view);
    pair_view_free(&turned);
    results_free(&results);
    catalog_close(&catalog);
}

/* The true pose stands beside the chosen one if it is known and differs. */
static void test_true_pose(void **state)
{
    static const char *const described[] = {"none", "none (true: rot270)", "rot270", "none",
                                            "none (true: rot270, not a candidate)"};
    char *truth[PAIRS] = {"none", "rot270", "rot270"}, text[64];
    struct catalog catalog;
    struct results results;
    struct pair_view view;

    (void)state;
    make_scene(true, true, &catalog, &results);
    results.chosen[2] = GEOSC_POSE_ROT270;
    for (size_t i = 0; i < 5; i++) {
        catalog.true_pose = i != 3 ? truth : NULL;
        assert_ok(pair_view_load(context, &catalog, &results, i % PAIRS, &view));
        view.candidates = i < 4 ? results.candidates : 1;
        view_pose_describe(&view, text, sizeof text);
        assert_string_equal(text, described[i]);
        pair_view_free(&view);
    }
    catalog.true_pose = NULL; /* it is not the catalog's to free */
    results_free(&results);
    catalog_close(&catalog);
}

/* Only the best, only those with a score, only mutual ones; all that are there without a choice. */
static void test_choice(void **state)
{
    const struct view_choice all = {.least_score = -INFINITY}, best = {.top = 1, .least_score = -INFINITY},
                             good = {.least_score = 0.5}, mutual = {.least_score = -INFINITY, .mutual = true};
    struct catalog catalog;
    struct results results;
    struct pair_view view;

    (void)state;
    make_scene(true, true, &catalog, &results);
    assert_ok(results_add_confidence(context, &results));
    memcpy(results.score, (float[]){0.4f, 0.6f, 0.5f}, 3 * sizeof(float));
    results.mutual[0] = 1;
    assert_ok(pair_view_load(context, &catalog, &results, 0, &view));
    view.points[2].match[0] = NAN;
    assert_ok(pair_view_choose(context, &view, &all));
    assert_true(view.points[0].shown && view.points[1].shown && view.points[2].shown);
    assert_ok(pair_view_choose(context, &view, &best));
    assert_true(!view.points[0].shown && view.points[1].shown && !view.points[2].shown);
    assert_ok(pair_view_choose(context, &view, &good));
    assert_true(!view.points[0].shown && view.points[1].shown && !view.points[2].shown);
    assert_ok(pair_view_choose(context, &view, &mutual));
    assert_true(view.points[0].shown && !view.points[1].shown && !view.points[2].shown);
    pair_view_free(&view);
    results_free(&results);
    catalog_close(&catalog);
}

static void assert_rank(const struct catalog *catalog, const struct results *results, const struct results *other,
                        double alpha, const size_t expected[PAIRS])
{
    size_t *order, count;

    assert_ok(pair_rank(context, catalog, results, other, alpha, NULL, &order, &count));
    assert_int_equal(count, PAIRS);
    assert_memory_equal(order, expected, PAIRS * sizeof *order);
    memory_free(order);
}

/* Best first: by the share of wrong points, then by error, where the truth is known; pairs without an answer are left
 * out. */
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
    assert_true(fabs(pair_loss(&catalog, &results, 0.2, 0).error - 1.0 / WIDTH / POINTS) < 1e-6);
    assert_true(fabs(pair_loss(&catalog, &results, 0.2, 1).error - 1.0 / POINTS) < 1e-6);
    assert_true(pair_loss(&catalog, &results, 0.2, 2).error < 1e-6);
    assert_true(pair_loss(&catalog, &results, 0.2, 0).wrong == 0);
    assert_true(fabs(pair_loss(&catalog, &results, 0.2, 1).wrong - 1.0 / POINTS) < 1e-6);
    assert_rank(&catalog, &results, NULL, 0.2, (size_t[]){2, 0, 1});
    results.chosen[2] = GEOSC_UNDECIDED;
    assert_ok(pair_rank(context, &catalog, &results, NULL, 0.2, NULL, &order, &count));
    assert_true(count == 2 && order[0] == 0);
    memory_free(order);
    assert_ok(pair_rank(context, &catalog, &results, NULL, 0.2, "cat", &order, &count));
    assert_int_equal(count, 0);
    memory_free(order);
    results_free(&results);
    catalog_close(&catalog);
}

/* A pair with a wrong point is worse than one whose points are all right, also where its mean error is smaller. */
static void test_rank_wrong(void **state)
{
    struct catalog catalog;
    struct results results;

    (void)state;
    make_scene(true, true, &catalog, &results);
    results.xy[0][0] += 0.22F * WIDTH;
    for (size_t k = POINTS; k < 2 * POINTS; k++)
        results.xy[k][0] += 0.18F * WIDTH;
    assert_true(pair_loss(&catalog, &results, 0.2, 0).error < pair_loss(&catalog, &results, 0.2, 1).error);
    assert_rank(&catalog, &results, NULL, 0.2, (size_t[]){2, 1, 0});
    assert_rank(&catalog, &results, NULL, 0.5, (size_t[]){2, 0, 1});
    results_free(&results);
    catalog_close(&catalog);
}

/* Of two outputs the pairs in which they differ most come last, whichever of them is better; one without an answer has
 * lost all. */
static void test_rank_two(void **state)
{
    static const enum geosc_pose poses[] = {GEOSC_POSE_NONE};
    struct catalog catalog;
    struct results results, other;

    (void)state;
    make_scene(true, true, &catalog, &results);
    assert_ok(results_create(context, &catalog, poses, 1, &other));
    memcpy(other.xy, results.xy, PAIRS * POINTS * sizeof *results.xy);
    memset(other.chosen, 0, PAIRS * sizeof *other.chosen);
    for (size_t k = 0; k < POINTS; k++)
        results.xy[k][0] = other.xy[k][0] = NAN; /* both are wrong */
    other.xy[POINTS][0] += 3;
    results.xy[2 * POINTS][0] = other.xy[2 * POINTS + 1][0] += 3;
    assert_rank(&catalog, &results, &other, 0.2, (size_t[]){0, 2, 1});
    assert_rank(&catalog, &other, &results, 0.2, (size_t[]){0, 2, 1});
    other.chosen[2] = GEOSC_UNDECIDED;
    assert_rank(&catalog, &results, &other, 0.2, (size_t[]){0, 1, 2});
    results_free(&results);
    results_free(&other);
    catalog_close(&catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_place), cmocka_unit_test(test_units),     cmocka_unit_test(test_mask),
        cmocka_unit_test(test_features),   cmocka_unit_test(test_marks),     cmocka_unit_test(test_choice),
        cmocka_unit_test(test_rank),       cmocka_unit_test(test_true_pose), cmocka_unit_test(test_rank_wrong),
        cmocka_unit_test(test_rank_two),
    };

    return cmocka_run_group_tests(tests, make_all, free_all);
}
