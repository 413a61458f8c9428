/* Inputs of both layouts: the contents of good ones, and a line for each fault of bad ones. */
#include "input/catalog_testing.h"

#include <math.h>

enum { P = 3, M = 4, C = 2, H = 3, W = 5, TH = 4, TW = 2, K = 2 };

/* ---- good files, to be spoilt ------------------------------------------------------------------- */

static void make_stacked(const char *path)
{
    hid_t file = make_file(path), half = make_half_type(false);

    put(file, "/source", half, 0, DIMS(P, C, H, W));
    put(file, "/target", FLOAT, 0, DIMS(P, C, TH, TW));
    put(file, "/mask", H5T_STD_U8LE, 1, DIMS(P, H, W));
    put(file, "/target_mask", H5T_IEEE_F64BE, 1, DIMS(P, 1, TH, TW));
    put(file, "/keypoints", FLOAT, 0, DIMS(P, K, 2));
    put(file, "/target_keypoints", FLOAT, 0, DIMS(P, K, 2));
    put(file, "/source_size", INT, 100, DIMS(P, 2));
    put(file, "/target_size", H5T_STD_U64BE, 200, DIMS(P, 2));
    put(file, "/poses/hflip/source", FLOAT, 0, DIMS(P, C, H, W));
    put(file, "/poses/rot90/source", FLOAT, 0, DIMS(P, C, W, H));
    put(file, "/poses/rot90/mask", H5T_STD_U8LE, 1, DIMS(P, W, H));
    make_text_attribute(file, "/keypoints", "units", "pixel");
    make_strings(file, "/true_pose", P, 8, "none\0\0\0\0hflip\0\0\0rot90\0\0\0");
    H5Tclose(half);
    H5Fclose(file);
}

static void make_indexed(const char *path)
{
    hid_t file = make_file(path);

    put(file, "/images/features", FLOAT, 0, DIMS(M, C, H, W));
    put(file, "/images/mask", INT, 1, DIMS(M, H, W));
    put(file, "/images/poses/vflip/features", FLOAT, 0, DIMS(M, C, H, W));
    put(file, "/images/size", INT, 100, DIMS(M, 2));
    make_strings(file, "/images/name", M, 2, "a\0b\0c\0d\0");
    put(file, "/images/rgb", H5T_STD_U8LE, 0, DIMS(M, 2, 2, 3));
    put(file, "/pairs/source", H5T_STD_I64LE, 0, DIMS(P));
    put(file, "/pairs/target", H5T_STD_U16BE, 1, DIMS(P));
    put(file, "/pairs/keypoints", H5T_STD_I16LE, 0, DIMS(P, K, 2));
    put(file, "/pairs/target_keypoints", FLOAT, 0, DIMS(P, K, 2));
    put(file, "/pairs/threshold", FLOAT, 10, DIMS(P));
    put(file, "/pairs/target_box", FLOAT, 10, DIMS(P, 4));
    make_strings(file, "/pairs/keypoint_name", K, 4, "ear\0eye\0");
    make_strings(file, "/pairs/category", P, 4, "cat\0dog\0cat\0");
    make_strings(file, "/categories/name", 2, 4, "fox\0cat\0");
    make_string_rows(file, "/categories/keypoint_name", 2, K, 4, "fin\0tip\0\0\0\0\0paw\0");
    const int64_t indices[P][K] = {{1, 0}, {-1, -1}, {0, 1}};
    make_array(file, "/pairs/mirror_index", H5T_NATIVE_INT64, DIMS(P, K), indices, H5P_DEFAULT);
    const int64_t groups[P][K] = {{1700, 1700}, {-1, -1}, {0, 1}}; /* labels, which need not count keypoints */
    make_array(file, "/pairs/symmetry_group", H5T_NATIVE_INT64, DIMS(P, K), groups, H5P_DEFAULT);
    H5Fclose(file);
}

static void stacked(void **state)
{
    const char *path = scratch_path("stacked.h5");
    struct catalog catalog;

    (void)state;
    make_stacked(path);
    open_catalog(path, NULL, &catalog);
    assert_false(catalog.indexed);
    assert_int_equal(catalog.set_count, 2);
    assert_int_equal(catalog.pairs, P);
    assert_int_equal(catalog.images, 2 * P);
    assert_int_equal(catalog.channels, C);
    assert_int_equal(catalog.keypoints, K);
    assert_int_equal(catalog.units, UNITS_PIXEL);
    assert_int_equal(catalog.source[2], 2);
    assert_int_equal(catalog.target[2], P + 2);
    const struct image_set *set = catalog_image(&catalog, P + 2);
    assert_ptr_equal(set, &catalog.sets[1]);
    assert_int_equal(set->first, P);
    assert_int_equal(set->pose[GEOSC_POSE_NONE].height, TH);
    assert_true(set->pose[GEOSC_POSE_NONE].has_mask);
    assert_true(catalog.size[P + 1][0] == 202 && catalog.size[P + 1][1] == 203);
    set = catalog_image(&catalog, P - 1);
    assert_ptr_equal(set, &catalog.sets[0]);
    assert_int_equal(set->first, 0);
    assert_int_equal(set->pose[GEOSC_POSE_ROT90].height, W);
    assert_int_equal(set->pose[GEOSC_POSE_ROT90].width, H);
    assert_true(set->pose[GEOSC_POSE_ROT90].has_mask);
    assert_int_equal(set->pose[GEOSC_POSE_HFLIP].level_count, 1);
    assert_false(set->pose[GEOSC_POSE_HFLIP].has_mask);
    assert_int_equal(set->pose[GEOSC_POSE_VFLIP].level_count, 0);
    assert_true(catalog.source_keypoints[1 * K + 1][1] == 7);
    assert_false(catalog.unreadable[1]);
    assert_string_equal(catalog.true_pose[2], "rot90");
    assert_null(catalog.mirror_index);
    catalog_close(&catalog);
    assert_null(catalog.file);
}

static void indexed(void **state)
{
    const char *path = scratch_path("indexed.h5");
    struct catalog catalog;

    (void)state;
    make_indexed(path);
    open_catalog(path, NULL, &catalog);
    assert_true(catalog.indexed);
    assert_int_equal(catalog.set_count, 1);
    assert_int_equal(catalog.images, M);
    assert_int_equal(catalog.pairs, P);
    assert_int_equal(catalog.target[2], 3);
    assert_ptr_equal(catalog_image(&catalog, 3), &catalog.sets[0]);
    assert_int_equal(catalog.units, UNITS_CELL);
    assert_true(catalog.threshold[2] == 12);
    assert_string_equal(catalog.category[1], "dog");
    assert_true(catalog_names_keypoints(&catalog));
    assert_string_equal(catalog_keypoint_name(&catalog, NULL, 1), "eye");
    assert_string_equal(catalog_keypoint_name(&catalog, "dog", 0), "ear");
    assert_string_equal(catalog_keypoint_name(&catalog, "cat", 0), "");
    assert_string_equal(catalog_keypoint_name(&catalog, "cat", 1), "paw");
    assert_true(catalog.target_box[1][0] == 14);
    assert_string_equal(catalog.image_name[3], "d");
    assert_int_equal(catalog.mirror_index[1], 0);
    assert_int_equal(catalog.symmetry_group[1], 1700);
    assert_int_equal(catalog.symmetry_group[2], -1);
    assert_int_equal(catalog.sets[0].pose[GEOSC_POSE_VFLIP].channels, C);
    catalog_close(&catalog);
}

/* The least that a file may have. */
static void nothing_optional(void **state)
{
    const char *path = scratch_path("least.h5");
    struct catalog catalog;
    hid_t file = make_file(path);

    (void)state;
    put(file, "/source", FLOAT, 0, DIMS(P, C, H, W));
    put(file, "/target", FLOAT, 0, DIMS(P, C, H, W));
    H5Fclose(file);
    open_catalog(path, NULL, &catalog);
    assert_int_equal(catalog.keypoints, 0);
    assert_null(catalog.source_keypoints);
    assert_false(catalog.sets[0].pose[GEOSC_POSE_NONE].has_mask);
    catalog_close(&catalog);
}

static void levels(void **state)
{
    static const char *const order[2] = {"sd", "dino"};
    const char *path = scratch_path("levels.h5");
    struct catalog catalog;
    hid_t file, type = H5Tcopy(H5T_C_S1);
    const int32_t group = 4;

    (void)state;
    MAKE(H5Tset_size(type, H5T_VARIABLE));
    make_indexed(path);
    MAKE(file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT));
    MAKE(H5Ldelete(file, "/images/features", H5P_DEFAULT));
    put(file, "/images/features/dino", FLOAT, 0, DIMS(M, 1, 2, 2));
    put(file, "/images/features/sd", FLOAT, 0, DIMS(M, C - 1, H, W));
    make_attribute(file, "/images/features", "levels", type, 2, order);
    make_attribute(file, "/images/features/dino", "norm_group", H5T_NATIVE_INT32, 0, &group);
    H5Tclose(type);
    H5Fclose(file);
    open_catalog(path, NULL, &catalog);
    const struct features *features = &catalog.sets[0].pose[GEOSC_POSE_NONE];
    assert_int_equal(features->level_count, 2);
    assert_string_equal(features->levels[0].path, "/images/features/sd");
    assert_int_equal(features->channels, C);
    assert_int_equal(features->height, H);
    assert_true(features->grouped);
    assert_int_equal(features->norm_group[0], CATALOG_NO_GROUP);
    assert_int_equal(features->norm_group[1], 4);
    assert_false(catalog.sets[0].pose[GEOSC_POSE_VFLIP].grouped);
    catalog_close(&catalog);
    /* Without the attribute: by name, and then the mask no longer fits the first level. */
    MAKE(file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT));
    MAKE(H5Adelete_by_name(file, "/images/features", "levels", H5P_DEFAULT));
    MAKE(H5Ldelete(file, "/images/mask", H5P_DEFAULT));
    MAKE(H5Ldelete(file, "/images/poses", H5P_DEFAULT));
    H5Fclose(file);
    open_catalog(path, NULL, &catalog);
    assert_string_equal(catalog.sets[0].pose[GEOSC_POSE_NONE].levels[0].path, "/images/features/dino");
    assert_int_equal(catalog.sets[0].pose[GEOSC_POSE_NONE].width, 2);
    catalog_close(&catalog);
}

/* A chunk of keypoints that can't be decoded is the fault of its pairs alone. */
static void damaged_keypoints(void **state)
{
    const char *path = scratch_path("keypoints.h5");
    const hsize_t chunk[3] = {1, K, 2}, offset[3] = {1, 0, 0};
    struct catalog catalog;
    hid_t file, creation = make_chunks(3, chunk), id;

    (void)state;
    make_indexed(path);
    MAKE(file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT));
    MAKE(H5Ldelete(file, "/pairs/keypoints", H5P_DEFAULT));
    MAKE(H5Pset_deflate(creation, 1));
    make_array(file, "/pairs/keypoints", H5T_NATIVE_FLOAT, DIMS(P, K, 2), (float[P][K][2]){{{1, 2}}}, creation);
    MAKE(id = H5Dopen2(file, "/pairs/keypoints", H5P_DEFAULT));
    MAKE(H5Dwrite_chunk(id, H5P_DEFAULT, 0, offset, 4, "junk"));
    H5Dclose(id);
    H5Fclose(file);
    open_catalog(path, NULL, &catalog);
    assert_false(catalog.unreadable[0] || catalog.unreadable[2]);
    assert_true(catalog.unreadable[1]);
    assert_true(catalog.source_keypoints[0][1] == 2);
    assert_true(isnan(catalog.source_keypoints[1 * K][0]));
    catalog_close(&catalog);
}

/* ---- bad files ---------------------------------------------------------------------------------- */

CHANGE(rank_three, put(file, "/source", FLOAT, 0, DIMS(P, H, W)))
CHANGE(integers, put(file, "/source", INT, 0, DIMS(P, C, H, W)))
CHANGE(a_group, make_group(file, "/mask"))
CHANGE(fewer_targets, put(file, "/target", FLOAT, 0, DIMS(P - 1, C, TH, TW)))
CHANGE(other_channels, put(file, "/target", FLOAT, 0, DIMS(P, C + 1, TH, TW)))
CHANGE(small_mask, put(file, "/mask", INT, 1, DIMS(P, H, W - 1)))
CHANGE(mask_of_two, put(file, "/mask", INT, 1, DIMS(P, 2, H, W)))
CHANGE(text_mask, make_strings(file, "/mask", P, 2, "a\0b\0c\0"))
CHANGE(flat_keypoints, put(file, "/keypoints", FLOAT, 0, DIMS(P, K)))
CHANGE(keypoints_in_space, put(file, "/keypoints", FLOAT, 0, DIMS(P, K, 3)))
CHANGE(no_keypoints, put(file, "/keypoints", FLOAT, 0, DIMS(P, 0, 2)))
CHANGE(more_target_keypoints, put(file, "/target_keypoints", FLOAT, 0, DIMS(P, K + 1, 2)))
CHANGE(inches, put(file, "/keypoints", FLOAT, 0, DIMS(P, K, 2));
       make_text_attribute(file, "/keypoints", "units", "inch"))
CHANGE(cells_in_the_target, put(file, "/target_keypoints", FLOAT, 0, DIMS(P, K, 2));
       make_text_attribute(file, "/target_keypoints", "units", "cell"))
CHANGE(zero_size, put(file, "/source_size", INT, -3, DIMS(P, 2)))
CHANGE(nan_size, put(file, "/source_size", FLOAT, NAN, DIMS(P, 2)))
CHANGE(unknown_pose, put(file, "/poses/upside_down/source", FLOAT, 0, DIMS(P, C, H, W)))
CHANGE(unturned_pose, put(file, "/poses/rot90/source", FLOAT, 0, DIMS(P, C, H, W)))
CHANGE(pose_of_more_channels, put(file, "/poses/rot90/source", FLOAT, 0, DIMS(P, C + 1, W, H)))
CHANGE(pose_without_features, put(file, "/poses/vflip/mask", FLOAT, 0, DIMS(P, H, W)))
CHANGE(wrong_pose_mask, put(file, "/poses/rot90/mask", FLOAT, 1, DIMS(P, H, W)))
CHANGE(poses_as_dataset, put(file, "/poses", FLOAT, 1, DIMS(P)))
CHANGE(no_such_true_pose, make_strings(file, "/true_pose", P, 6, "none\0\0hflop\0none\0\0"))

static const struct spoil stacked_spoils[] = {
    {"/target", NULL, "/target: missing"},
    {"/source", NULL, "/source: missing"},
    {"/source", rank_three, "/source: has shape [3, 3, 5], expected [P, C, H, W]"},
    {"/source", integers, "/source: has type int32, expected float16, bfloat16, float32 or float64"},
    {"/mask", a_group, "/mask: is a group, expected a dataset"},
    {"/target", fewer_targets, "/target: has shape [2, 2, 4, 2], expected [3, C, H, W]"},
    {"/target", other_channels, "/target: has 3 channels, but /source has 2"},
    {"/mask", small_mask, "/mask: has shape [3, 3, 4], expected [3, 3, 5]"},
    {"/mask", mask_of_two, "/mask: has shape [3, 2, 3, 5], expected [3, 1, 3, 5]"},
    {"/mask", text_mask, "/mask: has type string, expected integers, floats or booleans"},
    {"/keypoints", flat_keypoints, "/keypoints: has shape [3, 2], expected [3, K, 2]"},
    {"/keypoints", keypoints_in_space, "/keypoints: has shape [3, 2, 3], expected [3, K, 2]"},
    {"/keypoints", no_keypoints, "/keypoints: is empty: dimension 1 is 0"},
    {"/keypoints", NULL, "/target_keypoints: needs /keypoints, which is missing"},
    {"/target_keypoints", more_target_keypoints, "/target_keypoints: has shape [3, 3, 2], expected [3, 2, 2]"},
    {"/keypoints", inches, "/keypoints: attribute units is \"inch\", expected cell, pixel or original"},
    {"/target_keypoints", cells_in_the_target, "/target_keypoints: attribute units differs from that of"},
    {"/source_size", NULL, "/source_size: missing; keypoints in pixels need"},
    {"/target_size", NULL, "/target_size: missing; keypoints in pixels need"},
    {"/source_size", zero_size, "/source_size: image 0 has size -3 x -2"},
    {"/source_size", nan_size, "/source_size: image 0 has size nan x nan"},
    {"/poses/hflip", unknown_pose, "/poses/upside_down: is not a pose"},
    {"/poses/rot90/source", unturned_pose, "/poses/rot90/source: has 3 x 5 cells (H x W), expected 5 x 3 under rot90"},
    {"/poses/rot90/source", pose_of_more_channels, "/poses/rot90/source: has 3 channels, but /source has 2"},
    {"/poses/hflip", pose_without_features, "/poses/vflip/source: missing"},
    {"/poses/rot90/mask", wrong_pose_mask, "/poses/rot90/mask: has shape [3, 3, 5], expected [3, 5, 3]"},
    {"/poses", poses_as_dataset, "/poses: is not a group"},
    {"/true_pose", no_such_true_pose, "/true_pose: [1] is \"hflop\", which is not a pose"},
};

CHANGE(beyond_the_images, put(file, "/pairs/source", INT, 2, DIMS(P)))
CHANGE(negative_image, put(file, "/pairs/source", INT, -1, DIMS(P)))
CHANGE(float_indices, put(file, "/pairs/source", FLOAT, 0, DIMS(P)))
CHANGE(enormous_index, put(file, "/pairs/target", H5T_STD_U64LE, 0x1p63, DIMS(P)))
CHANGE(more_targets, put(file, "/pairs/target", INT, 0, DIMS(P + 1)))
CHANGE(mirror_beyond, put(file, "/pairs/mirror_index", INT, -3, DIMS(P, K)))
CHANGE(mirror_above, put(file, "/pairs/mirror_index", INT, -1, DIMS(P, K)))
CHANGE(group_below, put(file, "/pairs/symmetry_group", INT, -2, DIMS(P, K)))
CHANGE(mirror_of_one_pair, put(file, "/pairs/mirror_index", INT, -1, DIMS(1, K)))
CHANGE(one_threshold, put(file, "/pairs/threshold", FLOAT, 1, DIMS(1)))
CHANGE(boxes_of_corners, put(file, "/pairs/target_box", FLOAT, 1, DIMS(P, 2, 2)))
CHANGE(one_keypoint_name, make_strings(file, "/pairs/keypoint_name", 1, 4, "ear\0"))
CHANGE(one_category_name, make_strings(file, "/categories/name", 1, 4, "cat\0"))
CHANGE(names_in_a_list, make_strings(file, "/categories/keypoint_name", 4, 4, "a\0\0\0b\0\0\0c\0\0\0d\0\0"))
CHANGE(category_numbers, put(file, "/pairs/category", INT, 1, DIMS(P)))
CHANGE(fewer_names, make_strings(file, "/images/name", 2, 2, "a\0b\0"))
CHANGE(float_picture, put(file, "/images/rgb", FLOAT, 0, DIMS(M, 2, 2, 3)))
CHANGE(grey_picture, put(file, "/images/rgb", H5T_STD_U8LE, 0, DIMS(M, 2, 2, 1)))
CHANGE(empty_levels, make_group(file, "/images/features"))
CHANGE(a_bad_level, put(file, "/images/features/one", FLOAT, 0, DIMS(M, C, H, W));
       put(file, "/images/features/two", FLOAT, 0, DIMS(M - 1, C, H, W)))
static void name_levels(hid_t file, const char *names)
{
    hid_t type = H5Tcopy(H5T_C_S1);

    MAKE(H5Tset_size(type, 4));
    put(file, "/images/features/one", FLOAT, 0, DIMS(M, C, H, W));
    make_attribute(file, "/images/features", "levels", type, 2, names);
    H5Tclose(type);
}

CHANGE(levels_twice, name_levels(file, "one\0one"))
CHANGE(a_level_missing, name_levels(file, "one\0two"))
CHANGE(a_broken_group, put(file, "/images/features/one", FLOAT, 0, DIMS(M, C, H, W));
       make_number_attribute(file, "/images/features/one", "norm_group", 0.5))
CHANGE(never_written, make_array(file, "/pairs/threshold", H5T_NATIVE_FLOAT, DIMS(P), NULL, H5P_DEFAULT))

static const struct spoil indexed_spoils[] = {
    {"/images/features", NULL, "/images/features: missing"},
    {"/images/features", empty_levels, "/images/features: has 0 levels"},
    {"/images/features", a_bad_level, "/images/features/two: has shape [3, 2, 3, 5], expected [4, C, H, W]"},
    {"/images/features", levels_twice, "/images/features: attribute levels names one twice"},
    {"/images/features", a_level_missing, "/images/features/two: missing"},
    {"/images/features", a_broken_group, "/images/features/one: attribute norm_group is 0.5, expected an integer"},
    {"/pairs/source", NULL, "/pairs/source: missing"},
    {"/pairs/target", NULL, "/pairs/target: missing"},
    {"/pairs", NULL, "/pairs/target: missing"},
    {"/images", NULL, "/images/features: missing"},
    {"/pairs/source", beyond_the_images, "/pairs/source: [2] is 4, expected 0 to 3"},
    {"/pairs/source", negative_image, "/pairs/source: [0] is -1, expected 0 to 3"},
    {"/pairs/source", float_indices, "/pairs/source: has type float32, expected integers"},
    {"/pairs/target", enormous_index, "/pairs/target: holds an integer of 2^63 or more"},
    {"/pairs/target", more_targets, "/pairs/target: has shape [4], expected [3]"},
    {"/pairs/mirror_index", mirror_beyond, "/pairs/mirror_index: [0, 0] is -3, expected -1 to 1"},
    {"/pairs/mirror_index", mirror_above, "/pairs/mirror_index: [1, 1] is 2, expected -1 to 1"},
    {"/pairs/symmetry_group", group_below, "/pairs/symmetry_group: [0, 0] is -2"},
    {"/pairs/mirror_index", mirror_of_one_pair, "/pairs/mirror_index: has shape [1, 2], expected [3, 2]"},
    {"/pairs/keypoints", NULL, "/pairs/mirror_index: needs /pairs/keypoints, which is missing"},
    {"/pairs/threshold", one_threshold, "/pairs/threshold: has shape [1], expected [3]"},
    {"/pairs/threshold", never_written, "/pairs/threshold: has a shape, but its data was never written"},
    {"/pairs/target_box", boxes_of_corners, "/pairs/target_box: has shape [3, 2, 2], expected [3, 4]"},
    {"/pairs/keypoint_name", one_keypoint_name, "/pairs/keypoint_name: has shape [1], expected [2]"},
    {"/categories/name", one_category_name, "/categories/keypoint_name: has shape [2, 2], expected [1, 2]"},
    {"/categories/name", NULL, "/categories/keypoint_name: needs /categories/name, which is missing"},
    {"/categories/keypoint_name", names_in_a_list, "/categories/keypoint_name: has shape [4], expected [2, 2]"},
    {"/pairs/category", category_numbers, "/pairs/category: has type int32, expected strings"},
    {"/images/name", fewer_names, "/images/name: has shape [2], expected [4]"},
    {"/images/rgb", float_picture, "/images/rgb: has type float32, expected uint8"},
    {"/images/rgb", grey_picture, "/images/rgb: has shape [4, 2, 2, 1], expected [4, h, w, 3]"},
};

static void check_spoils(void (*make)(const char *), const struct spoil *spoils, size_t count)
{
    const char *path = scratch_path("spoilt.h5");
    char line[SCRATCH_PATH + 256];

    for (size_t i = 0; i < count; i++) {
        make(path);
        make_spoilt(path, &spoils[i]);
        snprintf(line, sizeof line, "%s: %s", path, spoils[i].line);
        expect_problem(path, NULL, line);
    }
}

static void bad_stacked_files(void **state)
{
    (void)state;
    check_spoils(make_stacked, stacked_spoils, sizeof stacked_spoils / sizeof *stacked_spoils);
}

static void bad_indexed_files(void **state)
{
    (void)state;
    check_spoils(make_indexed, indexed_spoils, sizeof indexed_spoils / sizeof *indexed_spoils);
}

/* All that is wrong is told, not the first alone. */
static void many_problems(void **state)
{
    const char *path = scratch_path("many.h5");
    struct problems problems = {0};
    struct catalog catalog;
    hid_t file = make_file(path);

    (void)state;
    put(file, "/source", INT, 0, DIMS(P, C, H, W));
    put(file, "/target", FLOAT, 0, DIMS(P, C, H, W));
    put(file, "/target_mask", FLOAT, 0, DIMS(P, H));
    put(file, "/keypoints", FLOAT, 0, DIMS(P, 2));
    H5Fclose(file);
    assert_ok(catalog_open(context, path, NULL, NULL, &catalog, &problems));
    assert_int_equal(problems.count, 3);
    assert_among(&problems, "many.h5: /source: has type int32");
    assert_among(&problems, "many.h5: /target_mask: has shape [3, 3]");
    assert_among(&problems, "many.h5: /keypoints: has shape [3, 2]");
    assert_refused(problems_status(context, &problems), "2 more");
    catalog_close(&catalog);
    problems_free(&problems);
}

/* Tokens, and channels that come last, have the shape of a map; what helps is told. Maps of odd sizes are maps. */
static void shapes_that_are_no_maps(void **state)
{
    static const struct {
        int rank;
        hsize_t dims[4];
        const char *line; /* NULL: a map */
    } shapes[] = {
        {4,
         {1, 1, 16, 128},
         "one channel on a grid of 16 x 128 cells; if these are 16 ViT tokens of 128 channels, store x.reshape(-1, 4, "
         "4, 128)"},
        {4, {1, 1, 17, 64}, "store x[..., 1:, :].reshape(-1, 4, 4, 64).transpose(0, 3, 1, 2)"},
        {4, {1, 1, 7, 64}, "store x.reshape(-1, h, w, 64)"},
        {3,
         {1, 9, 128, 0},
         "expected [P, C, H, W]; if these are 9 ViT tokens of 128 channels, store x.reshape(-1, 3, 3, 128)"},
        {4,
         {1, 4, 4, 128},
         "has 4 channels of 4 x 128 cells, but looks like [..., H, W, C] with 128 channels; store x.transpose(0, 3, 1, "
         "2)"},
        {4, {1, 2, 3, 384}, "looks like [..., H, W, C] with 384 channels"},
        {4, {1, 1, 16, 63}, NULL},
        {4, {1, 1, 1, 128}, NULL},
        {4, {1, 4, 3, 128}, NULL},
        {4, {1, 2, 3, 383}, NULL},
    };
    const char *path = scratch_path("shapes.h5");

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        hid_t file = make_file(path);
        struct catalog catalog;
        put(file, "/source", FLOAT, 0, shapes[i].rank, shapes[i].dims);
        put(file, "/target", FLOAT, 0, shapes[i].rank, shapes[i].dims);
        H5Fclose(file);
        if (shapes[i].line) {
            expect_problem(path, NULL, shapes[i].line);
            continue;
        }
        open_catalog(path, NULL, &catalog);
        catalog_close(&catalog);
    }
}

static void no_input_at_all(void **state)
{
    const char *path = scratch_path("other.h5");
    struct problems problems = {0};
    struct catalog catalog;

    (void)state;
    H5Fclose(make_file(path));
    assert_int_equal(expect_problem(path, NULL, "is not an input"), 1);
    assert_refused(catalog_open(context, scratch_path("nothing.h5"), NULL, NULL, &catalog, &problems), "No such file");
    catalog_close(&catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stacked),           TEST(indexed),
        TEST(nothing_optional),  TEST(levels),
        TEST(damaged_keypoints), TEST(bad_stacked_files),
        TEST(bad_indexed_files), TEST(many_problems),
        TEST(no_input_at_all),   TEST(shapes_that_are_no_maps),
    };

    return cmocka_run_group_tests(tests, make_single_context, free_context);
}
