/*
 * draw_testing: what the tests of pictures share: an input whose photographs tell by their colours where a place is,
 * with results in which each answer is right.
 */
#ifndef TESTS_DRAW_TESTING_H
#define TESTS_DRAW_TESTING_H

#include "draw/pair_view.h"
#include "input/catalog_testing.h"

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
static inline void make_photographs(unsigned char *rgb)
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

static inline void make_input(const char *path, bool photographs, bool keypoints)
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
static inline void make_scene(bool photographs, bool keypoints, struct catalog *catalog, struct results *results)
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

static inline const unsigned char *colour_at(const struct picture *picture, const double place[2])
{
    size_t x = (size_t)(place[0] * (double)picture->width), y = (size_t)(place[1] * (double)picture->height);

    assert_true(x < picture->width && y < picture->height);
    return picture->rgb + 3 * (y * picture->width + x);
}

#endif
