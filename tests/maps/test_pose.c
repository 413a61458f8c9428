/* Poses: every form of them in the library against the table in docs/computation.md, Poses. */
#include "maps/pose.h"
#include "naive.h"

static const size_t shapes[][2] = {{1, 1}, {1, 7}, {7, 1}, {2, 3}, {5, 5}, {13, 29}, {30, 4}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* The last column of the table: where old (x, y) goes. */
static void where_it_goes(enum geosc_pose pose, double W, double H, double x, double y, double out[2])
{
    const double table[GEOSC_POSES][2] = {
        [GEOSC_POSE_NONE] = {x, y},          [GEOSC_POSE_HFLIP] = {W - 1 - x, y},
        [GEOSC_POSE_VFLIP] = {x, H - 1 - y}, [GEOSC_POSE_ROT180] = {W - 1 - x, H - 1 - y},
        [GEOSC_POSE_ROT90] = {y, W - 1 - x}, [GEOSC_POSE_ROT270] = {H - 1 - y, x},
        [GEOSC_POSE_TRANSPOSE] = {y, x},     [GEOSC_POSE_ANTITRANSPOSE] = {H - 1 - y, W - 1 - x},
    };

    out[0] = table[pose][0];
    out[1] = table[pose][1];
}

static void test_sizes(void **state)
{
    (void)state;
    for (int p = 0; p < GEOSC_POSES; p++) {
        size_t height, width;
        pose_size((enum geosc_pose)p, 13, 29, &height, &width);
        assert_int_equal(height, naive_pose_turns((enum geosc_pose)p) ? 29 : 13);
        assert_int_equal(width, naive_pose_turns((enum geosc_pose)p) ? 13 : 29);
    }
}

static void test_permutation(void **state)
{
    uint32_t from[30 * 30];

    (void)state;
    for (size_t s = 0; s < SHAPES; s++)
        for (int p = 0; p < GEOSC_POSES; p++) {
            enum geosc_pose pose = (enum geosc_pose)p;
            size_t H = shapes[s][0], W = shapes[s][1], height, width;
            pose_size(pose, H, W, &height, &width);
            pose_permutation(pose, H, W, from);
            for (size_t y = 0; y < height; y++)
                for (size_t x = 0; x < width; x++)
                    assert_int_equal(from[y * width + x], naive_pose_from(pose, H, W, y, x));
        }
}

static void test_cells_and_points(void **state)
{
    (void)state;
    for (size_t s = 0; s < SHAPES; s++)
        for (int p = 0; p < GEOSC_POSES; p++) {
            enum geosc_pose pose = (enum geosc_pose)p;
            size_t H = shapes[s][0], W = shapes[s][1], height, width;
            pose_size(pose, H, W, &height, &width);
            for (size_t y = 0; y < H; y++)
                for (size_t x = 0; x < W; x++) {
                    double point[2] = {(double)x, (double)y}, to[2];
                    where_it_goes(pose, (double)W, (double)H, point[0], point[1], to);
                    assert_int_equal(pose_cell(pose, H, W, x, y), (size_t)to[1] * width + (size_t)to[0]);
                    geosc_pose_point(pose, (double)W, (double)H, &point[0], &point[1]);
                    assert_memory_equal(point, to, sizeof to);
                }
        }
}

/* Points between cells, and off the map, go the same way. */
static void test_points_between_cells(void **state)
{
    const double points[][2] = {{-0.5, -0.5}, {28.5, 12.5}, {3.25, 7.75}, {-100, 1e6}};

    (void)state;
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        for (int p = 0; p < GEOSC_POSES; p++) {
            double x = points[i][0], y = points[i][1], to[2];
            where_it_goes((enum geosc_pose)p, 29, 13, x, y, to);
            geosc_pose_point((enum geosc_pose)p, 29, 13, &x, &y);
            assert_true(x == to[0] && y == to[1]);
        }
}

static void test_mirrors(void **state)
{
    (void)state;
    for (int p = 0; p < GEOSC_POSES; p++) {
        /* A pose mirrors if it turns the axes' sense: the determinant of what it does to (1, 0) and (0, 1). */
        double o[2] = {0, 0}, a[2] = {1, 0}, b[2] = {0, 1};
        geosc_pose_point((enum geosc_pose)p, 5, 5, &o[0], &o[1]);
        geosc_pose_point((enum geosc_pose)p, 5, 5, &a[0], &a[1]);
        geosc_pose_point((enum geosc_pose)p, 5, 5, &b[0], &b[1]);
        double sense = (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
        assert_int_equal(pose_mirrors((enum geosc_pose)p), sense < 0);
    }
    assert_true(pose_mirrors(GEOSC_POSE_HFLIP) && pose_mirrors(GEOSC_POSE_VFLIP));
    assert_true(pose_mirrors(GEOSC_POSE_TRANSPOSE) && pose_mirrors(GEOSC_POSE_ANTITRANSPOSE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_permutation),
        cmocka_unit_test(test_cells_and_points),
        cmocka_unit_test(test_points_between_cells),
        cmocka_unit_test(test_mirrors),
    };

    return cmocka_run_group_tests_name("pose", tests, NULL, NULL);
}
