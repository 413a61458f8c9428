/* Units of coordinates: conversion to cells and back, and whole jobs in original pixels compared with jobs in cells. */
#include "input/catalog_testing.h"
#include "run/pipeline_testing.h"

#include "input/units.h"
#include "results/evaluate.h"
#include "results/output.h"

/* ---- one image ------------------------------------------------------------------------------------- */

static double size[2][2] = {{80, 30}, {90, 60}}, placement[2][3] = {{0.5, 10, -4}, {2, 0, 15}};

static struct catalog make_catalog(enum units units)
{
    static struct image_set set;
    struct catalog catalog = {.indexed = true, .set_count = 1, .sets = &set, .images = 2, .units = units};

    catalog.sets[0].count = 2;
    catalog.sets[0].pose[GEOSC_POSE_NONE] = (struct features){.level_count = 1, .channels = 1, .height = 6, .width = 8};
    catalog.size = size;
    catalog.placement = placement;
    return catalog;
}

static void test_names(void **state)
{
    enum units units;

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_true(units_parse(units_name((enum units)i), &units));
        assert_int_equal(units, i);
    }
    assert_null(units_name((enum units)3));
    assert_false(units_parse("inch", &units));
    assert_false(units_parse("", &units));
}

static void test_conversions(void **state)
{
    static const struct {
        enum units units;
        size_t image;
        int axis;
        double value, cell;
    } cases[] = {
        {UNITS_CELL, 0, 0, 3.25, 3.25},    {UNITS_CELL, 1, 1, -0.5, -0.5},   {UNITS_PIXEL, 0, 0, 0, -0.5},
        {UNITS_PIXEL, 0, 0, 80, 7.5},      {UNITS_PIXEL, 0, 1, 15, 2.5},     {UNITS_PIXEL, 1, 1, 30, 2.5},
        {UNITS_ORIGINAL, 0, 0, -20, -0.5}, {UNITS_ORIGINAL, 0, 0, 140, 7.5}, {UNITS_ORIGINAL, 0, 1, 38, 2.5},
        {UNITS_ORIGINAL, 1, 0, 22.5, 3.5}, {UNITS_ORIGINAL, 1, 1, 7.5, 2.5},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct catalog catalog = make_catalog(cases[i].units);
        double cell = units_to_cell(&catalog, cases[i].image, cases[i].axis, cases[i].value);
        if (fabs(cell - cases[i].cell) > 1e-12)
            fail_msg("case %zu: cell %.17g instead of %.17g", i, cell, cases[i].cell);
        assert_true(fabs(units_from_cell(&catalog, cases[i].image, cases[i].axis, cell) - cases[i].value) < 1e-12);
    }
}

static void test_larger_side(void **state)
{
    static const double expected[3][2] = {{8, 8}, {80, 90}, {160, 45}};

    (void)state;
    for (int i = 0; i < 3; i++)
        for (size_t image = 0; image < 2; image++) {
            struct catalog catalog = make_catalog((enum units)i);
            assert_true(units_larger_side(&catalog, image) == expected[i][image]);
        }
}

/* ---- whole jobs ------------------------------------------------------------------------------------- */

static double sizes[IMAGES][2], placements[IMAGES][3];

/* Image i was scaled and padded in its own way. */
static void make_placements(void)
{
    for (size_t i = 0; i < IMAGES; i++) {
        sizes[i][0] = 90 + (double)i;
        sizes[i][1] = 70 + 3 * (double)i;
        placements[i][0] = 0.25 + 0.5 * (double)i;
        placements[i][1] = (double)i - 2;
        placements[i][2] = 2 * (double)i;
    }
}

static double to_original(int image, int axis, double cell)
{
    return ((cell + 0.5) * sizes[image][axis] / (axis ? H : W) - placements[image][1 + axis]) / placements[image][0];
}

/* Adds what units `original` needs to an input that was written with keypoints in cells, and converts those. */
static void convert_input(const struct indexed *input, const char *path, bool with_placement)
{
    const hsize_t two[2] = {IMAGES, 2}, three[2] = {IMAGES, 3}, points[3] = {PAIRS, K, 2};
    double converted[PAIRS][K][2];
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);

    for (size_t p = 0; p < PAIRS; p++)
        for (size_t k = 0; k < K; k++)
            for (int axis = 0; axis < 2; axis++)
                converted[p][k][axis] = to_original(input->source[p], axis, input->keypoints[p][k][axis]);
    MAKE(H5Ldelete(file, "/pairs/keypoints", H5P_DEFAULT));
    make_array(file, "/pairs/keypoints", H5T_NATIVE_DOUBLE, 3, points, converted, H5P_DEFAULT);
    make_text_attribute(file, "/pairs/keypoints", "units", "original");
    make_array(file, "/images/size", H5T_NATIVE_DOUBLE, 2, two, sizes, H5P_DEFAULT);
    if (with_placement)
        make_array(file, "/images/placement", H5T_NATIVE_DOUBLE, 2, three, placements, H5P_DEFAULT);
    MAKE(H5Fclose(file));
}

static void test_job(void **state)
{
    struct indexed *input = malloc(sizeof *input);
    struct answers *cells = malloc(sizeof *cells), *original = malloc(sizeof *original);
    struct geosc_options options = options_with(2);
    struct results results;
    struct run_identity identity;
    struct problems problems = {0};

    (void)state;
    make_indexed(input);
    const char *first = write_indexed(input, "cells.h5"), *second = write_indexed(input, "original.h5");
    convert_input(input, second, true);
    assert_ok(geosc_match_file(context, first, NULL, path_of("cells-out.h5"), &options, NULL));
    assert_ok(geosc_match_file(context, second, NULL, path_of("original-out.h5"), &options, NULL));
    read_answers(path_of("cells-out.h5"), PAIRS, 4, K, cells);
    read_answers(path_of("original-out.h5"), PAIRS, 4, K, original);
    assert_memory_equal(cells->chosen, original->chosen, sizeof cells->chosen);
    assert_memory_equal(cells->status, original->status, sizeof cells->status);
    size_t answered = 0;
    for (size_t p = 0; p < PAIRS; p++)
        for (size_t k = 0; k < K; k++)
            for (int axis = 0; axis < 2; axis++) {
                double expected = to_original(input->target[p], axis, (double)cells->xy[p][k][axis]);
                double found = (double)original->xy[p][k][axis];
                assert_true(isnan(expected) ? isnan(found) : fabs(found - expected) < 1e-3);
                answered += !isnan(found);
            }
    assert_true(answered > PAIRS * K);
    assert_ok(output_read(context, path_of("original-out.h5"), &results, &identity, &problems));
    assert_int_equal(problems.count, 0);
    assert_int_equal(results.units, UNITS_ORIGINAL);
    results_free(&results);
    free(input);
    free(cells);
    free(original);
}

/* ---- bad files -------------------------------------------------------------------------------------- */

static void expect_only(const char *path, const char *line)
{
    assert_int_equal(expect_problem(path, NULL, line), 1);
}

static void test_bad_files(void **state)
{
    struct indexed *input = malloc(sizeof *input);
    const double good = placements[3][0];

    (void)state;
    make_indexed(input);
    convert_input(input, write_indexed(input, "bad.h5"), false);
    expect_only(path_of("bad.h5"), "/images/placement: missing; keypoints in original pixels need it");
    for (int i = 0; i < 3; i++) {
        placements[3][0] = (const double[]){0, NAN, -1}[i];
        convert_input(input, write_indexed(input, "bad.h5"), true);
        expect_only(path_of("bad.h5"), "/images/placement: image 3 has placement");
    }
    placements[3][0] = good;
    placements[2][2] = INFINITY;
    convert_input(input, write_indexed(input, "bad.h5"), true);
    expect_only(path_of("bad.h5"), "/images/placement: image 2 has placement");
    const hsize_t features[4] = {2, 1, 3, 3}, points[3] = {2, 1, 2}, two[2] = {2, 2};
    hid_t file = make_file(path_of("stacked.h5"));
    make_array(file, "/source", H5T_NATIVE_FLOAT, 4, features, input->features, H5P_DEFAULT);
    make_array(file, "/target", H5T_NATIVE_FLOAT, 4, features, input->features, H5P_DEFAULT);
    make_array(file, "/keypoints", H5T_NATIVE_DOUBLE, 3, points, input->keypoints, H5P_DEFAULT);
    make_array(file, "/source_size", H5T_NATIVE_DOUBLE, 2, two, sizes, H5P_DEFAULT);
    make_array(file, "/target_size", H5T_NATIVE_DOUBLE, 2, two, sizes, H5P_DEFAULT);
    make_text_attribute(file, "/keypoints", "units", "original");
    MAKE(H5Fclose(file));
    expect_only(path_of("stacked.h5"),
                "/keypoints: attribute units is original, which only the indexed layout supports");
    make_placements();
    free(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names), cmocka_unit_test(test_conversions), cmocka_unit_test(test_larger_side),
        cmocka_unit_test(test_job),   cmocka_unit_test(test_bad_files),
    };

    make_placements();
    return cmocka_run_group_tests_name("units", tests, make_all, free_all);
}
