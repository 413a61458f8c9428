/* From keypoints to cells (docs/computation.md, Matching), and boxes around cells: posed, joined, grown, compared
 * cell by cell. */
#include "input/query.h"
#include "maps/pose.h"
#include "naive.h"

enum { H = 6, W = 8, MOST = 12 };

/* One image, one pair, one keypoint. */
static enum query_place ask(double x, double y, enum units units, double width, double height, size_t cell[2])
{
    double keypoint[1][2] = {{x, y}}, size[1][2] = {{width, height}};
    size_t source[1] = {0}, target[1] = {0};
    struct image_set set = {.count = 1};
    struct catalog catalog = {.indexed = true,
                              .set_count = 1,
                              .sets = &set,
                              .size = size,
                              .images = 1,
                              .pairs = 1,
                              .source = source,
                              .target = target,
                              .units = units,
                              .keypoints = 1};

    catalog.sets[0].pose[GEOSC_POSE_NONE] = (struct features){.level_count = 1, .channels = 1, .height = H, .width = W};
    catalog.source_keypoints = keypoint;
    return query_cell(&catalog, 0, 0, &cell[0], &cell[1]);
}

static void test_cells(void **state)
{
    const struct {
        double x, y;
        enum query_place place;
        size_t cell[2];
    } cases[] = {
        {0, 0, QUERY_INSIDE, {0, 0}},
        {-0.5, -0.5, QUERY_INSIDE, {0, 0}},
        {0.5, 1.5, QUERY_INSIDE, {1, 2}}, /* halves go up */
        {0.49, 1.49, QUERY_INSIDE, {0, 1}},
        {W - 0.5, H - 0.5, QUERY_INSIDE, {W - 1, H - 1}}, /* the far border is the last cell's */
        {W - 0.499, 0, QUERY_OUTSIDE, {0}},
        {0, H - 0.499, QUERY_OUTSIDE, {0}},
        {-0.501, 0, QUERY_OUTSIDE, {0}},
        {0, -0.501, QUERY_OUTSIDE, {0}},
        {INFINITY, 0, QUERY_OUTSIDE, {0}},
        {0, -INFINITY, QUERY_OUTSIDE, {0}},
        {1e300, 0, QUERY_OUTSIDE, {0}},
        {NAN, 0, QUERY_ABSENT, {0}},
        {0, NAN, QUERY_ABSENT, {0}},
        {NAN, 1e300, QUERY_ABSENT, {0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t cell[2];
        assert_int_equal(ask(cases[i].x, cases[i].y, UNITS_CELL, NAN, NAN, cell), cases[i].place);
        if (cases[i].place == QUERY_INSIDE)
            assert_memory_equal(cell, cases[i].cell, sizeof cell);
    }
}

/* cell = pixel * W / width - 0.5 */
static void test_pixels(void **state)
{
    size_t cell[2];

    (void)state;
    assert_int_equal(ask(0, 0, UNITS_PIXEL, 80, 30, cell), QUERY_INSIDE);
    assert_true(cell[0] == 0 && cell[1] == 0);
    assert_int_equal(ask(9.99, 5, UNITS_PIXEL, 80, 30, cell), QUERY_INSIDE);
    assert_true(cell[0] == 0 && cell[1] == 1);
    assert_int_equal(ask(80, 30, UNITS_PIXEL, 80, 30, cell), QUERY_INSIDE);
    assert_true(cell[0] == W - 1 && cell[1] == H - 1);
    assert_int_equal(ask(80.01, 0, UNITS_PIXEL, 80, 30, cell), QUERY_OUTSIDE);
    assert_int_equal(ask(-0.01, 0, UNITS_PIXEL, 80, 30, cell), QUERY_OUTSIDE);
    assert_int_equal(ask(NAN, 0, UNITS_PIXEL, 80, 30, cell), QUERY_ABSENT);
}

static bool in_box(struct box box, size_t y, size_t x)
{
    return y >= box.y0 && y < box.y1 && x >= box.x0 && x < box.x1;
}

static struct box random_box(struct random *random, size_t height, size_t width)
{
    struct box box = {random_below(random, height), random_below(random, width), 0, 0};

    box.y1 = box.y0 + 1 + random_below(random, height - box.y0);
    box.x1 = box.x0 + 1 + random_below(random, width - box.x0);
    return box;
}

static void test_boxes(void **state)
{
    const struct box empty = {0, 0, 0, 0};
    struct random random = {1};

    (void)state;
    for (size_t round = 0; round < 2000; round++) {
        size_t height = 1 + random_below(&random, MOST), width = 1 + random_below(&random, MOST),
               reach = random_below(&random, 20);
        struct box a = random_box(&random, height, width), b = random_box(&random, height, width),
                   joined = box_join(a, b);
        struct box grown = box_grow(a, reach, height, width), masked;
        enum geosc_pose pose = (enum geosc_pose)random_below(&random, GEOSC_POSES);
        float mask[MOST * MOST];
        size_t posed_height, posed_width;
        pose_size(pose, height, width, &posed_height, &posed_width);
        struct box posed = box_pose(a, pose, height, width);
        for (size_t y = 0; y < height; y++)
            for (size_t x = 0; x < width; x++) {
                size_t to = pose_cell(pose, height, width, x, y);
                long dy = y < a.y0 ? (long)(a.y0 - y) : y >= a.y1 ? (long)(y - a.y1 + 1) : 0;
                long dx = x < a.x0 ? (long)(a.x0 - x) : x >= a.x1 ? (long)(x - a.x1 + 1) : 0;
                assert_int_equal(in_box(posed, to / posed_width, to % posed_width), in_box(a, y, x));
                assert_int_equal(in_box(grown, y, x), dy <= (long)reach && dx <= (long)reach);
                assert_true(in_box(joined, y, x) || (!in_box(a, y, x) && !in_box(b, y, x)));
                mask[y * width + x] = in_box(a, y, x) ? 0.5F : 0;
            }
        assert_true(joined.y1 <= height && joined.x1 <= width && grown.y1 <= height && grown.x1 <= width);
        masked = box_mask(mask, height, width);
        assert_memory_equal(&masked, &a, sizeof a);
        joined = box_join(empty, a);
        assert_memory_equal(&joined, &a, sizeof a);
        joined = box_join(a, empty);
        assert_memory_equal(&joined, &a, sizeof a);
        posed = box_pose(empty, pose, height, width);
        assert_true(posed.y0 == posed.y1);
    }
}

/* The box of an image is around the queries of all pairs that have it for their source; targets are told apart. */
static void test_images(void **state)
{
    double keypoints[6][2] = {{2, 1}, {NAN, 0}, {5.4, 3}, {100, 0}, {NAN, NAN}, {0, -7}};
    size_t source[] = {0, 0, 2}, target[] = {1, 0, 1};
    struct image_set set = {.count = 3};
    struct catalog catalog = {.indexed = true,
                              .set_count = 1,
                              .sets = &set,
                              .images = 3,
                              .pairs = 3,
                              .source = source,
                              .target = target,
                              .keypoints = 2};
    const struct box expected[3] = {{1, 2, 4, 6}, {0, 0, 0, 0}, {0, 0, 0, 0}};
    struct queries queries = {0};

    (void)state;
    catalog.sets[0].pose[GEOSC_POSE_NONE] = (struct features){.level_count = 1, .channels = 1, .height = H, .width = W};
    catalog.source_keypoints = keypoints;
    assert_ok(queries_create(context, &catalog, false, &queries));
    assert_memory_equal(queries.boxes, expected, sizeof expected);
    assert_true(queries.targets[0] && queries.targets[1] && !queries.targets[2]);
    assert_true(queries.sources[0] && !queries.sources[1] && queries.sources[2]);
    queries_free(&queries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_pixels),
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_images),
    };

    return cmocka_run_group_tests_name("query", tests, make_context, free_context);
}
