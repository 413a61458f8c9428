/* Maps: the layout of panels, the last panel, rows, and sizes that overflow. */
#include "maps/pose.h"
#include "naive.h"

static const size_t shapes[][3] = {{1, 1, 1}, {5, 3, 2}, {37, 13, 29}, {64, 6, 8}, {17, 1, 30}, {3, 30, 30}, {1, 7, 7}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* Element (channel, place) of the panels, as kernel.h lays them out. */
static float panel_value(const geosc_map *map, size_t channel, size_t place)
{
    return map->values[(place / PANEL * map->channels + channel) * PANEL + place % PANEL];
}

static void test_fill(void **state)
{
    struct random random = {1};

    (void)state;
    for (size_t s = 0; s < SHAPES; s++)
        for (int p = 0; p < GEOSC_POSES; p++) {
            size_t C = shapes[s][0], H = shapes[s][1], W = shapes[s][2], height, width;
            float *features = malloc(C * H * W * sizeof *features);
            uint32_t *from = malloc(H * W * sizeof *from);
            geosc_map *map;
            random_fill(&random, features, C * H * W);
            pose_size((enum geosc_pose)p, H, W, &height, &width);
            pose_permutation((enum geosc_pose)p, H, W, from);
            assert_ok(map_create(context, C, height, width, &map));
            assert_int_equal((uintptr_t)map->values % 64, 0);
            /* Part by part, as threads do, and backwards: none depends on another. */
            for (size_t c = (C + 18) / 19 * 19; c; c -= 19)
                map_fill(map, features, H * W, from, c - 19, size_smaller(c, C));
            for (size_t c = 0; c < C; c++)
                for (size_t i = 0; i < map->panels * PANEL; i++) {
                    size_t cell = i < H * W ? i : H * W - 1;
                    size_t old = naive_pose_from((enum geosc_pose)p, H, W, cell / width, cell % width);
                    assert_true(panel_value(map, c, i) == features[c * H * W + old]);
                }
            geosc_map_free(map);
            free(from);
            free(features);
        }
}

static void test_gather(void **state)
{
    struct random random = {2};
    const char *isa;

    (void)state;
    for (size_t s = 0; s < SHAPES; s++) {
        size_t C = shapes[s][0], cells = shapes[s][1] * shapes[s][2], count = 1 + random_below(&random, 2 * cells);
        float *features = malloc(C * cells * sizeof *features);
        float *out = aligned_alloc(64, C * PANEL * sizeof *out);
        uint32_t *list = malloc(count * sizeof *list);
        random_fill(&random, features, C * cells);
        geosc_map *map = refined_map(features, C, shapes[s][1], shapes[s][2]),
                  *raw = raw_map(features, C, shapes[s][1], shapes[s][2]);
        for (size_t i = 0; i < count; i++)
            list[i] = (uint32_t)random_below(&random, cells);
        for (size_t k = 0; (isa = usable_isa(k)); k++) {
            assert_ok(geosc_configure(context, 1, isa));
            for (size_t panel = 0; panel < map_panels(count); panel++) {
                map_gather(context->kernels, map, list, count, panel, out);
                for (size_t i = 0; i < PANEL; i++)
                    for (size_t c = 0; c < C; c++) {
                        size_t at = panel * PANEL + i < count ? panel * PANEL + i : count - 1;
                        assert_true(out[c * PANEL + i] == features[c * cells + list[at]]);
                    }
            }
            for (size_t panel = 0; panel < map->panels; panel++) { /* without a list: all cells, as before refining */
                map_gather(context->kernels, map, NULL, cells, panel, out);
                assert_memory_equal(out, map_panel(raw, panel), C * PANEL * sizeof *out);
            }
        }
        geosc_map_free(map);
        geosc_map_free(raw);
        free(list);
        free(out);
        free(features);
    }
}

static void test_copy(void **state)
{
    struct random random = {3};
    float features[37 * 5 * 11], copy[37 * 5 * 11];
    size_t C, H, W;

    (void)state;
    random_fill(&random, features, 37 * 5 * 11);
    geosc_map *map = refined_map(features, 37, 5, 11);
    geosc_map_size(map, &C, &H, &W);
    assert_true(C == 37 && H == 5 && W == 11);
    geosc_map_copy(map, copy);
    assert_memory_equal(copy, features, sizeof features);
    geosc_map_free(map);
    geosc_map_free(NULL);
}

/* A slot of the cache takes maps of any shape with no more cells. */
static void test_reshape(void **state)
{
    geosc_map *map;

    (void)state;
    assert_ok(map_create(context, 5, 1, 60, &map));
    map_reshape(map, 5, 10, 6);
    assert_true(map->height == 10 && map->width == 6 && map->cells == 60 && map->panels == 2);
    map_reshape(map, 5, 1, 1);
    assert_true(map->cells == 1 && map->panels == 1);
    geosc_map_free(map);
}

static void test_sizes_that_overflow(void **state)
{
    const size_t sizes[][3] = {{1, SIZE_MAX, 2},
                               {SIZE_MAX, 1, 1},
                               {SIZE_MAX / 4, 1, 1},
                               {1, (size_t)1 << 20, 1 << 12},
                               {(size_t)1 << 40, 1 << 12, 1 << 12},
                               {2, SIZE_MAX / 2 + 1, 2}};
    geosc_map *map;

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_true(map_bytes(sizes[i][0], sizes[i][1], sizes[i][2]) == SIZE_MAX);
        assert_refused(map_create(context, sizes[i][0], sizes[i][1], sizes[i][2], &map), "too large");
        assert_null(map);
    }
    assert_int_equal(map_bytes(1536, 60, 60), (1536 + 1) * 3600 * sizeof(float));
    assert_int_equal(map_bytes(5, 7, 7), (5 * 2 * PANEL + 49) * sizeof(float));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_gather),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_reshape),
        cmocka_unit_test(test_sizes_that_overflow),
    };

    return cmocka_run_group_tests_name("map", tests, make_context, free_context);
}
