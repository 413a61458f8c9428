/* The grouped layout: images by name, in sets of equal shapes; pairs by names, from the file or from a text. */
#include "input/catalog_testing.h"

#include <math.h>
#include <time.h>

enum { C = 4, H = 3, W = 5 };

/* ---- files -------------------------------------------------------------------------------------- */

static void put_names(hid_t file, const char *path, size_t count, const char *const *names)
{
    make_variable_strings(file, path, count, names, H5P_DEFAULT);
}

#define NAMES(...)                                                             \
    (sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)), (const char *[]) \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

/* Two images of one shape, and one of another, in pixels. */
static void make_good(const char *path)
{
    hid_t file = make_file(path);

    put(file, "/images/a/features", FLOAT, 0, DIMS(C, H, W));
    put(file, "/images/a/size", INT, 50, DIMS(2));
    put(file, "/images/a/placement", FLOAT, 1, DIMS(3));
    put(file, "/images/a/keypoints", INT, 1, DIMS(2, 2));
    make_text_attribute(file, "/images/a/keypoints", "units", "pixel");
    put(file, "/images/b/1/features", FLOAT, 0, DIMS(C, W, H));
    put(file, "/images/b/1/size", INT, 30, DIMS(2));
    put(file, "/images/b/1/mask", INT, 1, DIMS(W, H));
    put(file, "/images/b/1/keypoints", FLOAT, 10, DIMS(3, 2));
    make_text_attribute(file, "/images/b/1/keypoints", "units", "pixel");
    put(file, "/images/b/2/features", FLOAT, 0, DIMS(C, H, W));
    put(file, "/images/b/2/size", INT, 70, DIMS(2));
    put_names(file, "/pairs/source", NAMES("a", "b/1", "a"));
    put_names(file, "/pairs/target", NAMES("b/2", "a", "b/1"));
    H5Fclose(file);
}

/* ---- images ------------------------------------------------------------------------------------- */

static void names_in_order(void **state)
{
    static const char *const names[] = {"b", "a/2", "a/10", "Z", "\xc3\xa9", "a-b", "a/x/y/z"};
    static const char *const sorted[] = {"Z", "a-b", "a/10", "a/2", "a/x/y/z", "b", "\xc3\xa9"};
    const char *path = scratch_path("names.h5");
    struct catalog catalog;
    hid_t file = make_file(path);
    char place[64];

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        snprintf(place, sizeof place, "/images/%s/features", names[i]);
        put(file, place, FLOAT, 100 * (double)i, DIMS(C, H, W));
    }
    put_names(file, "/pairs/source", 7, names);
    put_names(file, "/pairs/target", NAMES("Z", "Z", "Z", "b", "Z", "Z", "Z"));
    H5Fclose(file);
    open_catalog(path, NULL, &catalog);
    assert_true(catalog.grouped && catalog.indexed);
    assert_true(catalog.images == 7 && catalog.set_count == 1);
    for (size_t i = 0; i < 7; i++) {
        struct raw raw = {0};
        float first;
        assert_string_equal(catalog.image_name[i], sorted[i]);
        assert_string_equal(catalog.image_name[catalog.source[i]], names[i]);
        assert_ok(catalog_read_level(context, &catalog, catalog.source[i], GEOSC_POSE_NONE, 0, &raw));
        memcpy(&first, raw.bytes, sizeof first);
        assert_true(first == 100 * (float)i);
        raw_free(&raw);
    }
    catalog_close(&catalog);
}

static void sets_of_images_alike(void **state)
{
    const char *path = scratch_path("good.h5");
    struct catalog catalog;
    size_t height[2], width[2];
    hid_t file;

    (void)state;
    make_good(path);
    MAKE(file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT));
    put(file, "/images/c/features", FLOAT, 0, DIMS(C, H, W)); /* as a and b/2 */
    put(file, "/images/d/features", H5T_IEEE_F64LE, 0, DIMS(C, H, W));
    put(file, "/images/e/features", FLOAT, 0, DIMS(C, H, W));
    put(file, "/images/e/poses/hflip/features", FLOAT, 0, DIMS(C, H, W));
    make_array(file, "/images/f/features", H5T_NATIVE_FLOAT, DIMS(C, H, W), (float[C][H][W]){{{1}}},
               make_chunks(3, (hsize_t[]){1, H, W}));
    put(file, "/images/g/features/one", FLOAT, 0, DIMS(C - 1, 9, 2));
    put(file, "/images/g/features/two", FLOAT, 0, DIMS(1, 4, 4));
    H5Fclose(file);
    open_catalog(path, NULL, &catalog);
    assert_true(catalog.images == 8 && catalog.set_count == 6);
    const struct image_set *first = catalog_image(&catalog, 0);
    assert_int_equal(first->count, 3);
    assert_ptr_equal(catalog_image(&catalog, 2), first);
    assert_ptr_equal(catalog_image(&catalog, 3), first);
    assert_true(catalog_image(&catalog, 1)->pose[GEOSC_POSE_NONE].has_mask);
    assert_int_equal(catalog_image(&catalog, 5)->pose[GEOSC_POSE_HFLIP].level_count, 1);
    assert_int_equal(catalog_image(&catalog, 7)->pose[GEOSC_POSE_NONE].height, 9);
    for (size_t s = 0; s < catalog.set_count; s++)
        assert_int_equal(catalog.sets[s].pose[GEOSC_POSE_NONE].channels, C);
    catalog_grids(&catalog, height, width);
    assert_true(height[0] == H && height[1] == 9 && width[0] == 2 && width[1] == W);
    assert_true(catalog.size[0][0] == 50 && catalog.size[2][1] == 71 && isnan(catalog.size[3][0]));
    assert_true(catalog.placement[0][2] == 3 && isnan(catalog.placement[1][0]));
    assert_false(catalog.has_rgb);
    catalog_walk(context, &catalog);
    catalog_close(&catalog);
}

static void open_photographs(struct catalog *catalog)
{
    const char *path = scratch_path("good.h5");
    hid_t file;

    make_good(path);
    MAKE(file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT));
    put(file, "/images/a/rgb", H5T_STD_U8LE, 0, DIMS(2, 2, 3));
    put(file, "/images/b/1/rgb", H5T_STD_U8LE, 30, DIMS(4, 5, 3));
    put(file, "/images/b/2/rgb", H5T_STD_U8LE, 60, DIMS(1, 1, 3));
    H5Fclose(file);
    open_catalog(path, NULL, catalog);
}

static void photographs(void **state)
{
    struct catalog catalog;
    struct raw raw = {0};

    (void)state;
    open_photographs(&catalog);
    assert_true(catalog.has_rgb);
    assert_ok(catalog_read_photograph(context, &catalog, 1, &raw));
    assert_true(raw.dims[1] == 4 && raw.dims[2] == 5 && raw.bytes[0] == 30);
    raw_free(&raw);
    catalog_close(&catalog);
}

/* A photograph that has another shape or type by the time it is read: there is no room for it, or no meaning. */
static void another_photograph(void **state)
{
    static const struct {
        hid_t type;
        int rank;
        hsize_t dims[H5_RANK];
    } others[] = {{-1, 3, {4, 5, 4}},
                  {-1, 2, {4, 3}},
                  {-1, 4, {1, 4, 5, 3}},
                  {-1, 8, {1, 1, 1, 1, 1, 4, 5, 3}},
                  {0, 3, {4, 5, 3}}};
    const char *other = scratch_path("other.h5");
    struct catalog catalog;
    struct raw raw = {0};
    hid_t file;

    (void)state;
    open_photographs(&catalog);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        h5_close(catalog.file);
        file = make_file(other);
        put(file, "/images/b/1/rgb", others[i].type < 0 ? H5T_STD_U8LE : FLOAT, 30, others[i].rank, others[i].dims);
        H5Fclose(file);
        assert_ok(h5_open(context, other, &catalog.file));
        assert_refused(catalog_read_photograph(context, &catalog, 1, &raw),
                       "/images/b/1/rgb: changed during the run [busy]");
    }
    raw_free(&raw);
    catalog_close(&catalog);
}

/* An image that is another one by the time it is read. */
static void changed_meanwhile(void **state)
{
    const char *path = scratch_path("good.h5");
    struct catalog catalog;
    struct raw raw = {0};

    (void)state;
    make_good(path);
    open_catalog(path, NULL, &catalog);
    catalog.sets[catalog.set_of[2]].pose[GEOSC_POSE_NONE].levels[0].dims[1]++;
    assert_refused(catalog_read_level(context, &catalog, 2, GEOSC_POSE_NONE, 0, &raw),
                   "/images/b/2/features: changed during the run [busy]");
    raw_free(&raw);
    catalog_close(&catalog);
}

/* ---- keypoints of images ------------------------------------------------------------------------ */

static void keypoints_of_images(void **state)
{
    const char *path = scratch_path("good.h5");
    struct catalog catalog;

    (void)state;
    make_good(path);
    open_catalog(path, NULL, &catalog);
    assert_int_equal(catalog.keypoints, 3);
    assert_int_equal(catalog.units, UNITS_PIXEL);
    for (size_t p = 0; p < 3; p++) {
        const double(*points)[2] = (const double(*)[2])catalog.source_keypoints + 3 * p;
        assert_true(points[0][0] == (p == 1 ? 10 : 1) && points[1][1] == (p == 1 ? 13 : 4));
        assert_int_equal(isnan(points[2][0]), p != 1);
        assert_false(catalog.unreadable[p]);
    }
    catalog_close(&catalog);
}

/* Those of pairs come first; and what can't be decoded is the fault of its image's pairs alone. */
static void other_keypoints(void **state)
{
    const char *path = scratch_path("good.h5");
    const hsize_t chunk[2] = {3, 2}, offset[2] = {0};
    struct catalog catalog;
    hid_t file, creation = make_chunks(2, chunk), id;

    (void)state;
    make_good(path);
    MAKE(file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT));
    MAKE(H5Ldelete(file, "/images/b/1/keypoints", H5P_DEFAULT));
    MAKE(H5Pset_deflate(creation, 1));
    make_array(file, "/images/b/1/keypoints", H5T_NATIVE_FLOAT, DIMS(3, 2), (float[3][2]){{1, 2}}, creation);
    make_text_attribute(file, "/images/b/1/keypoints", "units", "pixel");
    MAKE(id = H5Dopen2(file, "/images/b/1/keypoints", H5P_DEFAULT));
    MAKE(H5Dwrite_chunk(id, H5P_DEFAULT, 0, offset, 4, "junk"));
    H5Dclose(id);
    H5Fclose(file);
    open_catalog(path, NULL, &catalog);
    assert_true(!catalog.unreadable[0] && catalog.unreadable[1] && !catalog.unreadable[2]);
    assert_true(isnan(catalog.source_keypoints[3][0]) && catalog.source_keypoints[6][0] == 1);
    catalog_close(&catalog);
    MAKE(file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT));
    put(file, "/pairs/keypoints", FLOAT, 5, DIMS(3, 1, 2));
    H5Fclose(file);
    open_catalog(path, NULL, &catalog);
    assert_int_equal(catalog.keypoints, 1);
    assert_true(catalog.units == UNITS_CELL && catalog.source_keypoints[2][1] == 10);
    catalog_close(&catalog);
}

/* ---- what is wrong ------------------------------------------------------------------------------ */

CHANGE(a_dataset, put(file, "/images/name", INT, 0, DIMS(3)))
CHANGE(a_dataset_below, put(file, "/images/b/notes", INT, 0, DIMS(3)))
CHANGE(an_empty_group, make_group(file, "/images/b/3"))
CHANGE(more_channels, put(file, "/images/b/2/features", FLOAT, 0, DIMS(C + 1, H, W)))
CHANGE(a_batch, put(file, "/images/b/2/features", FLOAT, 0, DIMS(1, C, H, W)))
CHANGE(integers, put(file, "/images/a/features", INT, 0, DIMS(C, H, W)))
CHANGE(no_levels, make_group(file, "/images/a/features"))
CHANGE(turned_mask, put(file, "/images/b/1/mask", INT, 1, DIMS(H, W)))
CHANGE(unknown_pose, put(file, "/images/a/poses/none_such/features", FLOAT, 0, DIMS(C, H, W)))
CHANGE(unturned_pose, put(file, "/images/a/poses/rot90/features", FLOAT, 0, DIMS(C, H, W)))
CHANGE(sizes_of_two, put(file, "/images/a/size", INT, 50, DIMS(2, 2)))
CHANGE(negative_size, put(file, "/images/a/size", INT, -1, DIMS(2)))
CHANGE(no_scale, put(file, "/images/a/placement", INT, 0, DIMS(3)))
CHANGE(flat_keypoints, put(file, "/images/a/keypoints", INT, 0, DIMS(4)))
CHANGE(in_cells, put(file, "/images/b/1/keypoints", INT, 0, DIMS(3, 2)))
CHANGE(originals, put(file, "/pairs/keypoints", INT, 0, DIMS(3, 1, 2));
       make_text_attribute(file, "/pairs/keypoints", "units", "original"))
CHANGE(unknown_name, put_names(file, "/pairs/source", NAMES("a", "b", "a")))
CHANGE(a_name_with_a_slash, put_names(file, "/pairs/source", NAMES("a", "/b/1", "a")))
CHANGE(numbers, put(file, "/pairs/source", INT, 0, DIMS(3)))
CHANGE(fewer_pairs, put_names(file, "/pairs/target", NAMES("a", "a")))
CHANGE(deep, put(file, "/images/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/features", FLOAT, 0, DIMS(C, H, W)))
CHANGE(a_circle, MAKE(H5Lcreate_hard(file, "/images", file, "/images/b/0", H5P_DEFAULT, H5P_DEFAULT)))
CHANGE(
    many_circles, char path[32]; for (int i = 0; i < 9; i++) {
        snprintf(path, sizeof path, "/images/0%d", i);
        MAKE(H5Lcreate_hard(file, "/images", file, path, H5P_DEFAULT, H5P_DEFAULT));
    })
CHANGE(dangling, MAKE(H5Lcreate_soft("/nowhere", file, "/images/a0", H5P_DEFAULT, H5P_DEFAULT)))
CHANGE(elsewhere, MAKE(H5Lcreate_external("other.h5", "/images", file, "/images/a0", H5P_DEFAULT, H5P_DEFAULT)))
CHANGE(features_elsewhere,
       MAKE(H5Lcreate_external("other.h5", "/x", file, "/images/a/features", H5P_DEFAULT, H5P_DEFAULT)))
CHANGE(a_type, hid_t type = H5Tcopy(H5T_NATIVE_INT);
       MAKE(H5Tcommit2(file, "/images/a0", type, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)); H5Tclose(type))
CHANGE(long_name, char path[400]; snprintf(path, sizeof path, "/images/%0300d/features", 7);
       put(file, path, FLOAT, 0, DIMS(C, H, W)))
CHANGE(empty_keypoints, make_array(file, "/images/a/keypoints", H5T_NATIVE_INT, DIMS(0, 2), NULL, H5P_DEFAULT))

static const struct spoil spoils[] = {
    {NULL, a_dataset,
     "/images/name: is a dataset, expected an image's group: store it as /images/name/features [wrong-kind]"},
    {NULL, a_dataset_below,
     "/images/b/notes: is a dataset, expected an image's group: store it as /images/b/notes/features "
     "[wrong-kind]"},
    {NULL, an_empty_group, "/images/b/3: is a group without features or images [missing]"},
    {"/images/b/2/features", more_channels,
     "/images/b/2/features: has 5 channels, but /images/a/features has 4 [wrong-shape]"},
    {"/images/b/2/features", a_batch, "/images/b/2/features: has shape [1, 4, 3, 5], expected [C, H, W]"},
    {"/images/a/features", integers,
     "/images/a/features: has type int32, expected float16, bfloat16, float32 or float64"},
    {"/images/a/features", no_levels, "/images/a/features: has 0 levels"},
    {"/images/b/1/mask", turned_mask, "/images/b/1/mask: has shape [3, 5], expected [5, 3]"},
    {NULL, unknown_pose, "/images/a/poses/none_such: is not a pose"},
    {NULL, unturned_pose, "/images/a/poses/rot90/features: has 3 x 5 cells (H x W), expected 5 x 3 under rot90"},
    {"/images/a/size", sizes_of_two, "/images/a/size: has shape [2, 2], expected [2]"},
    {"/images/a/size", negative_size, "/images/a/size: image 0 has size -1 x 0; both must be above 0"},
    {"/images/a/placement", no_scale, "/images/a/placement: image 0 has placement 0, 1, 2; the scale must be above 0"},
    {"/images/b/1/size", NULL, "/images/b/1/size: missing; keypoints in an image's pixels need it [missing]"},
    {NULL, originals, "/images/b/2/placement: missing; keypoints in original pixels need it [missing]"},
    {"/images/a/keypoints", NULL,
     "/images/a/keypoints: missing; other sources have keypoints, such as /images/b/1 [missing]"},
    {"/images/a/keypoints", flat_keypoints, "/images/a/keypoints: has shape [4], expected [K, 2]"},
    {"/images/a/keypoints", empty_keypoints, "/images/a/keypoints: is empty: dimension 0 is 0"},
    {"/images/b/1/keypoints", in_cells,
     "/images/b/1/keypoints: attribute units differs from the other images' keypoints"},
    {"/pairs/source", unknown_name,
     "/pairs/source: [1]: b is the name of no image in the input; its first image is a [bad-name]"},
    {"/pairs/source", a_name_with_a_slash,
     "/pairs/source: [1]: /b/1 is the name of no image in the input; its first image is a [bad-name]"},
    {"/pairs/source", numbers, "/pairs/source: has type int32, expected strings"},
    {"/pairs/target", fewer_pairs, "/pairs/target: has shape [2], expected [3]"},
    {"/pairs/source", NULL,
     "/pairs/source: missing; name the pairs' images here, or in a text file with --pairs [missing]"},
    {NULL, deep, "/17: is nested in 17 groups: too deep for images"},
    {NULL, a_circle, "or in a cycle [link-loop]"},
    {NULL, many_circles, "in a cycle [link-loop]"},
    {NULL, dangling, "/images/a0: "},
    {NULL, elsewhere, "/images/a0: "},
    {"/images/a/features", features_elsewhere, "/images/a/features: "},
    {NULL, a_type, "/images/a0: "},
    {NULL, long_name, "[bad-name]"},
};

static void bad_files(void **state)
{
    const char *path = scratch_path("spoilt.h5");

    (void)state;
    for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++) {
        make_good(path);
        make_spoilt(path, &spoils[i]);
        expect_problem(path, NULL, spoils[i].line);
    }
}

/* ---- lists of pairs ----------------------------------------------------------------------------- */

static const char *write_list(const char *text, size_t size)
{
    const char *path = scratch_path("pairs.txt");

    write_file(path, text, size);
    return path;
}

static void good_lists(void **state)
{
    /* All of them: a to b/1, then b/1 to a. */
    static const char *const texts[] = {"a b/1\nb/1 a\n",         "a b/1\nb/1 a",
                                        "a b/1\r\nb/1 a\r\n",     "\ta \t b/1 \nb/1\ta",
                                        "\n\n a b/1\n \n b/1 a ", "# a b c\na b/1\n  #comment\nb/1 a\n#",
                                        "\r\na b/1\r\n\r\nb/1 a", "\357\273\277a b/1\nb/1 a\n"};
    struct catalog catalog;

    (void)state;
    make_good(scratch_path("good.h5"));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        open_catalog(scratch_path("good.h5"), &(struct catalog_pairs){.text = write_list(texts[i], strlen(texts[i]))},
                     &catalog);
        assert_int_equal(catalog.pairs, 2);
        assert_true(catalog.source[0] == 0 && catalog.target[0] == 1 && catalog.source[1] == 1 &&
                    catalog.target[1] == 0);
        catalog_close(&catalog);
    }
}

/* Names are bytes: whatever is no blank can be one. */
static void odd_names(void **state)
{
    static const char *const names[] = {"\xff\xfe", "a\x01z", "100%s", "'\"\\"};
    const char *path = scratch_path("odd.h5");
    struct catalog catalog;
    hid_t file = make_file(path);
    char text[256] = "";

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        char place[64];
        snprintf(place, sizeof place, "/images/%s/features", names[i]);
        put(file, place, FLOAT, 0, DIMS(C, H, W));
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s %s\n", names[i], names[(i + 1) % 4]);
    }
    H5Fclose(file);
    open_catalog(path, &(struct catalog_pairs){.text = write_list(text, strlen(text))}, &catalog);
    assert_int_equal(catalog.pairs, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(catalog.image_name[catalog.source[i]], names[i]);
    catalog_close(&catalog);
}

/* In place of all that the file says of pairs, which may be nothing, or nonsense. */
static void lists_replace_pairs(void **state)
{
    const char *path = scratch_path("good.h5");
    const struct catalog_pairs pairs = {.text = write_list("b/1 b/2", 7)};
    struct catalog catalog;
    hid_t file;

    (void)state;
    make_good(path);
    MAKE(file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT));
    put(file, "/pairs/keypoints", FLOAT, 0, DIMS(3, 1, 2));
    put(file, "/pairs/threshold", FLOAT, 0, DIMS(7));
    H5Fclose(file);
    expect_problem(path, NULL, "/pairs/threshold: has shape [7], expected [3]");
    for (int i = 0; i < 2; i++) {
        open_catalog(path, &pairs, &catalog);
        assert_int_equal(catalog.pairs, 1);
        assert_int_equal(catalog.keypoints, 3); /* of the source, b/1 */
        assert_true(catalog.source_keypoints[0][0] == 10);
        assert_null(catalog.threshold);
        catalog_close(&catalog);
        MAKE(file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT));
        if (i == 0)
            MAKE(H5Ldelete(file, "/pairs", H5P_DEFAULT));
        H5Fclose(file);
    }
}

static void bad_lists(void **state)
{
#define TEXT(text) text, sizeof(text) - 1
    static const struct {
        const char *text;
        size_t size;
        const char *line;
    } lists[] = {
        {TEXT("a b/1\na\n"), "pairs.txt: line 2 has 1 word, expected two image names, SOURCE and TARGET [bad-value]"},
        {TEXT("a b/1 0.5\n"), "pairs.txt: line 1 has 3 words"},
        {TEXT("\n\na c\n"),
         "pairs.txt: line 3: c is the name of no image in the input; its first image is a [bad-name]"},
        {TEXT("b a"), "pairs.txt: line 1: b is the name of no image in the input; its first image is a [bad-name]"},
        {TEXT("a b/1\0\n"),
         "pairs.txt: line 1: b/1 is the name of no image in the input; its first image is a [bad-name]"},
        {TEXT("a\0b b/1"),
         "pairs.txt: line 1: a is the name of no image in the input; its first image is a [bad-name]"},
        {TEXT("\0"), "pairs.txt: line 1 has 1 word,"},
        {TEXT("a \x1b[31mred"), "pairs.txt: line 1: \\x1b[31mred is the name of no image"},
        {TEXT("\xff a"), "pairs.txt: line 1: \\xff is the name of no image"},
        {TEXT(""), "pairs.txt: has no pairs [empty]"},
        {TEXT("\n# a b/1\n \r\n"), "pairs.txt: has no pairs [empty]"},
        {TEXT("\xef\xbb\xbf"), "pairs.txt: has no pairs [empty]"},
    };

    (void)state;
    make_good(scratch_path("good.h5"));
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        expect_problem(scratch_path("good.h5"),
                       &(struct catalog_pairs){.text = write_list(lists[i].text, lists[i].size)}, lists[i].line);
}

static void long_lines(void **state)
{
    enum { MEGABYTE = 1 << 20 };
    const char *path = scratch_path("good.h5");
    char *text = malloc(MEGABYTE + 16);
    struct catalog catalog;

    (void)state;
    assert_non_null(text);
    make_good(path);
    memset(text, 'x', MEGABYTE);
    memcpy(text + MEGABYTE, " a\n", 3);
    expect_problem(path, &(struct catalog_pairs){.text = write_list(text, MEGABYTE + 3)},
                   "xxx is the name of no image in the input; its first image is a [bad-name]");
    for (size_t i = 1; i < MEGABYTE; i += 2)
        text[i] = ' ';
    expect_problem(path, &(struct catalog_pairs){.text = write_list(text, MEGABYTE)}, "line 1 has 524288 words");
    memset(text, ' ', MEGABYTE);
    text[7] = text[MEGABYTE - 1] = 'a';
    open_catalog(path, &(struct catalog_pairs){.text = write_list(text, MEGABYTE)}, &catalog);
    assert_int_equal(catalog.pairs, 1);
    catalog_close(&catalog);
    /* A wrong file has nothing but faults: a few of them are told. */
    for (size_t i = 0; i < MEGABYTE; i++)
        text[i] = i % 2 ? '\n' : 'x';
    expect_problem(path, &(struct catalog_pairs){.text = write_list(text, MEGABYTE)}, "line 16 has 1 word,");
    free(text);
}

/* What is no list at all, and inputs that know no names. */
static void no_lists(void **state)
{
    const char *path = scratch_path("good.h5"), *fifo = scratch_path("fifo"), *stacked = scratch_path("stacked.h5"),
               *indexed = scratch_path("indexed.h5");
    hid_t file;

    (void)state;
    make_good(path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    expect_problem(path, &(struct catalog_pairs){.text = fifo}, "fifo: is not a regular file [not-regular]");
    expect_problem(path, &(struct catalog_pairs){.text = scratch_path("")}, "/: is not a regular file [not-regular]");
    expect_problem(path, &(struct catalog_pairs){.text = scratch_path("none.txt")},
                   "none.txt: No such file or directory [no-file]");
    const struct catalog_pairs pairs = {.text = write_list("a a\n", 4)};
    file = make_file(stacked);
    put(file, "/source", FLOAT, 0, DIMS(2, C, H, W));
    put(file, "/target", FLOAT, 0, DIMS(2, C, H, W));
    H5Fclose(file);
    expect_problem(stacked, &pairs, "stacked.h5: has the stacked layout, whose pairs cannot be replaced");
    file = make_file(indexed);
    put(file, "/images/features", FLOAT, 0, DIMS(3, C, H, W));
    H5Fclose(file);
    expect_problem(indexed, &pairs, "/images/name: missing; a list of pairs needs image names [missing]");
}

/* The indexed layout, where names are in a dataset. */
static void names_of_the_indexed_layout(void **state)
{
    const char *path = scratch_path("indexed.h5");
    struct catalog catalog;
    hid_t file = make_file(path);

    (void)state;
    put(file, "/images/features", FLOAT, 0, DIMS(4, C, H, W));
    put_names(file, "/images/name", NAMES("q", "twice", "a", "twice"));
    put_names(file, "/pairs/source", NAMES("a", "q"));
    put_names(file, "/pairs/target", NAMES("q", "a"));
    H5Fclose(file);
    open_catalog(path, NULL, &catalog);
    assert_true(catalog.source[0] == 2 && catalog.target[0] == 0 && catalog.source[1] == 0 && catalog.target[1] == 2);
    catalog_close(&catalog);
    open_catalog(path, &(struct catalog_pairs){.text = write_list("a q", 3)}, &catalog);
    assert_true(catalog.pairs == 1 && catalog.source[0] == 2 && catalog.target[0] == 0);
    catalog_close(&catalog);
    expect_problem(path, &(struct catalog_pairs){.text = write_list("a twice", 7)},
                   "pairs.txt: line 1: twice is the name of several images [duplicate]");
}

/* Seconds of CPU time to open a file of many images, of one size or each of its own. */
static double time_of_many(bool alike)
{
    enum { MANY = 20000, SIDE = 127 }; /* wider maps of C rows look like [H, W, C], and are refused */
    const char *path = scratch_path("many.h5"), *const names[] = {"1", "2"};
    hid_t file = make_file(path);
    struct catalog catalog;
    char features[64];

    for (size_t i = 0; i < MANY; i++) {
        snprintf(features, sizeof features, "/images/%zu/features", i);
        make_typed(file, features, FLOAT, FLOAT, 3, (hsize_t[]){C, alike ? 1 : 1 + i / SIDE, alike ? 1 : 1 + i % SIDE},
                   NULL, H5P_DEFAULT);
    }
    put_names(file, "/pairs/source", 2, names);
    put_names(file, "/pairs/target", 2, names);
    H5Fclose(file);
    clock_t before = clock();
    open_catalog(path, NULL, &catalog);
    double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
    assert_int_equal(catalog.set_count, alike ? 1 : MANY);
    catalog_close(&catalog);
    return seconds;
}

/* Images that all differ take little more time than as many that are alike. */
static void many_sizes(void **state)
{
    (void)state;
    if (!getenv("GEOSC_LONG"))
        return;
    double alike = time_of_many(true), different = time_of_many(false);
    print_message("# %.2f s alike, %.2f s different\n", alike, different);
    assert_true(different < 2 * alike);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(names_in_order),
                                       TEST(sets_of_images_alike),
                                       TEST(photographs),
                                       TEST(another_photograph),
                                       TEST(changed_meanwhile),
                                       TEST(keypoints_of_images),
                                       TEST(other_keypoints),
                                       TEST(bad_files),
                                       TEST(good_lists),
                                       TEST(odd_names),
                                       TEST(lists_replace_pairs),
                                       TEST(bad_lists),
                                       TEST(long_lines),
                                       TEST(no_lists),
                                       TEST(names_of_the_indexed_layout),
                                       TEST(many_sizes)};
    return cmocka_run_group_tests_name("groups", tests, make_plain_context, free_context);
}
