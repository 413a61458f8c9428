/* hloc's format: the reader recognises files of the writer, with any names and any number of matches, and refuses
 * all others. */
#include "h5/h5_make.h"
#include "input/catalog_open.h"
#include "results/fingerprint.h"
#include "results/hloc.h"
#include "results/merge.h"

#include <zlib.h>

enum { PAIRS = 4, KEYPOINTS = 3, IMAGES = 4, SIDE = 4 };

static const enum geosc_pose poses[1] = {GEOSC_POSE_NONE};
static const struct run_identity sample_identity = {.options = "poses=none", .isa_class = "fma", .input_name = "in.h5"};

/* ---- writing and reading ------------------------------------------------------------------------ */

/* A catalog as far as hloc's form needs one: of names of which one begins another, which goes on before or after a
 * slash. */
static struct catalog sample_catalog(void)
{
    static char *names[IMAGES] = {"a", "a-b", "a.b", "ab"};
    static size_t source[PAIRS] = {3, 1, 0, 2}, target[PAIRS] = {1, 2, 3, 0};
    static double size[IMAGES][2] = {{8, 8}, {8, 8}, {8, 8}, {8, 8}}, keypoints[PAIRS * KEYPOINTS][2];
    static struct image_set set = {.count = IMAGES};

    set.pose[GEOSC_POSE_NONE].height = set.pose[GEOSC_POSE_NONE].width = SIDE;
    for (size_t i = 0; i < PAIRS * KEYPOINTS; i++)
        keypoints[i][0] = keypoints[i][1] = 0.25 * (double)i;
    return (struct catalog){.indexed = true,
                            .set_count = 1,
                            .sets = &set,
                            .images = IMAGES,
                            .image_name = names,
                            .size = size,
                            .pairs = PAIRS,
                            .source = source,
                            .target = target,
                            .keypoints = KEYPOINTS,
                            .source_keypoints = keypoints};
}

/* Pair 2 has no answer, pair 1 has two of three. */
static const char *write_sample(bool confidence)
{
    const char *path = scratch_path("matches.h5");
    struct catalog catalog = sample_catalog();
    struct results results;

    assert_ok(results_create(context, &catalog, poses, 1, &results));
    if (confidence)
        assert_ok(results_add_confidence(context, &results));
    for (size_t i = 0; i < PAIRS * KEYPOINTS; i++)
        if (i / KEYPOINTS != 2 && i != KEYPOINTS)
            results.xy[i][0] = results.xy[i][1] = results.score[i] = (float)i;
    assert_ok(hloc_write(context, path, &catalog, &sample_identity, &results, true));
    results_free(&results);
    return path;
}

/* Whether it is taken for a whole file of ours. */
static bool is_sound(const char *path, struct output_summary *summary)
{
    struct run_identity identity;
    struct problems problems = {0};
    bool sound;

    assert_ok(hloc_read(context, path, &identity, summary, &problems));
    sound = problems.count == 0;
    problems_free(&problems);
    return sound;
}

static void knows_its_own(void **state)
{
    struct output_summary summary;

    (void)state;
    for (int confidence = 0; confidence < 2; confidence++) {
        assert_true(is_sound(write_sample(confidence), &summary));
        assert_int_equal(summary.pairs, PAIRS);
        assert_int_equal(summary.matches, PAIRS * KEYPOINTS - KEYPOINTS - 1);
    }
}

/* ---- changes ------------------------------------------------------------------------------------ */

static void add_dataset(hid_t file)
{
    const hsize_t dims[1] = {3};

    make_array(file, "/ab/a-b/matches0", H5T_NATIVE_FLOAT, 1, dims, NULL, H5P_DEFAULT);
}

static void add_group(hid_t file)
{
    MAKE(H5Gclose(H5Gcreate2(file, "/b", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)));
}

static void add_empty_pair(hid_t file)
{
    add_group(file);
    MAKE(H5Gclose(H5Gcreate2(file, "/b/a", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)));
}

/* Of a pair with answers. */
static void remove_confidence(hid_t file)
{
    MAKE(H5Ldelete(file, "/ab/a-b/cycle", H5P_DEFAULT));
    MAKE(H5Ldelete(file, "/ab/a-b/mutual", H5P_DEFAULT));
    MAKE(H5Ldelete(file, "/ab/a-b/second", H5P_DEFAULT));
}

static void remove_dataset(hid_t file)
{
    MAKE(H5Ldelete(file, "/ab/a-b/scores", H5P_DEFAULT));
}

static void change_shape(hid_t file)
{
    const hsize_t dims[2] = {0, 3};

    MAKE(H5Ldelete(file, "/a/ab/keypoints1", H5P_DEFAULT));
    make_array(file, "/a/ab/keypoints1", H5T_NATIVE_FLOAT, 2, dims, NULL, H5P_DEFAULT);
}

static void change_type(hid_t file)
{
    const hsize_t dims[1] = {0};

    MAKE(H5Ldelete(file, "/a/ab/scores", H5P_DEFAULT));
    make_array(file, "/a/ab/scores", H5T_NATIVE_DOUBLE, 1, dims, NULL, H5P_DEFAULT);
}

static void change_value(hid_t file)
{
    const float scores[KEYPOINTS] = {1, 2, 4};
    hid_t id = H5Dopen2(file, "/ab/a-b/scores", H5P_DEFAULT);

    MAKE(H5Dwrite(id, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, scores));
    MAKE(H5Dclose(id));
}

/* The checksum of what stands in the file now, as far as it is of ours: what is left to be seen is its form. */
static void mend_checksum(hid_t file)
{
    static const char *const groups[PAIRS] = {"/a/ab", "/a-b/a.b", "/a.b/a", "/ab/a-b"};
    static const char *const names[] = {"cycle", "keypoints0", "keypoints1", "mutual", "scores", "second"};
    enum { NAMES = sizeof names / sizeof *names };
    uint32_t sum = 0;
    unsigned char bytes[256];
    char path[64];

    for (size_t i = 0; i < PAIRS * NAMES; i++) {
        snprintf(path, sizeof path, "%s/%s", groups[i / NAMES], names[i % NAMES]);
        if (H5Lexists(file, path, H5P_DEFAULT) <= 0)
            continue;
        hid_t id = H5Dopen2(file, path, H5P_DEFAULT), type = H5Dget_type(id), space = H5Dget_space(id);
        size_t size = (size_t)H5Sget_simple_extent_npoints(space) * H5Tget_size(type);
        assert_true(size <= sizeof bytes);
        MAKE(H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes));
        sum = (uint32_t)crc32_z(crc32_z(sum, (const void *)path, strlen(path)), bytes, size);
        H5Sclose(space);
        H5Tclose(type);
        H5Dclose(id);
    }
    hid_t attribute = H5Aopen(file, "matches_crc32", H5P_DEFAULT);
    MAKE(H5Awrite(attribute, H5T_NATIVE_UINT32, &sum));
    H5Aclose(attribute);
}

static void change_nothing(hid_t file)
{
    (void)file;
}

static void knows_no_other(void **state)
{
    static void (*const changes[])(hid_t file) = {change_nothing, add_dataset,       add_group,
                                                  add_empty_pair, remove_confidence, remove_dataset,
                                                  change_shape,   change_type,       change_value};
    struct output_summary summary;

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const char *path = write_sample(true);
        hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
        MAKE(file);
        changes[i](file);
        if (changes[i] != change_value)
            mend_checksum(file);
        MAKE(H5Fclose(file));
        if (is_sound(path, &summary) != (changes[i] == change_nothing))
            fail_msg("change %zu is %s", i, i ? "not seen" : "said to be one");
    }
}

static void refuses_names(void **state)
{
    char *bad[] = {"", "."}, *names[IMAGES] = {"a", "b", "c", "d"};
    struct catalog catalog = sample_catalog();

    (void)state;
    catalog.image_name = names;
    assert_ok(h5_open(context, write_sample(false), &catalog.file));
    assert_ok(hloc_check(context, &catalog));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        names[0] = bad[i];
        assert_refused(hloc_check(context, &catalog), "[bad-name]");
    }
    h5_close(catalog.file);
}

/* ---- merging ------------------------------------------------------------------------------------ */

static const char *write_input(void)
{
    const char *path = scratch_path("in.h5");
    const hsize_t features[4] = {2, 1, SIDE, SIDE}, sizes[2] = {2, 2}, one[1] = {1}, keypoints[3] = {1, KEYPOINTS, 2};
    const float values[2 * SIDE * SIDE] = {1};
    const double size[4] = {8, 8, 8, 8}, points[2 * KEYPOINTS] = {1};
    const int source = 0, target = 1;
    hid_t file = make_file(path);

    make_array(file, "/images/features", H5T_NATIVE_FLOAT, 4, features, values, H5P_DEFAULT);
    make_array(file, "/images/size", H5T_NATIVE_DOUBLE, 2, sizes, size, H5P_DEFAULT);
    make_strings(file, "/images/name", 2, 1, "ab");
    make_array(file, "/pairs/source", H5T_NATIVE_INT, 1, one, &source, H5P_DEFAULT);
    make_array(file, "/pairs/target", H5T_NATIVE_INT, 1, one, &target, H5P_DEFAULT);
    make_array(file, "/pairs/keypoints", H5T_NATIVE_DOUBLE, 3, keypoints, points, H5P_DEFAULT);
    MAKE(H5Fclose(file));
    return path;
}

/* Shards may say of themselves that they were made of any input. */
static void refuses_shards_that_do_not_fit(void **state)
{
    const struct results shapes[] = {{.pairs = 1, .candidates = 1, .rank = 1, .shape = {KEYPOINTS}},
                                     {.pairs = 2, .candidates = 1, .rank = 1, .shape = {KEYPOINTS}},
                                     {.pairs = 1, .candidates = 1, .rank = 1, .shape = {KEYPOINTS + 1}},
                                     {.pairs = 1, .candidates = 1, .rank = 2, .shape = {SIDE, SIDE}}};
    const char *input = write_input();
    struct catalog catalog;
    struct problems problems = {0};
    struct merged merged = {.shards = 1, .identity = sample_identity};
    const struct merge_output output = {
        .path = scratch_path("merged.h5"), .format = GEOSC_FORMAT_HLOC, .input = input, .force = true};
    bool already_done;

    (void)state;
    assert_ok(catalog_open(context, input, NULL, NULL, &catalog, &problems));
    assert_ok(fingerprint_input(context, &catalog, &merged.identity.input_crc32));
    catalog_close(&catalog);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        merged.results = shapes[i];
        assert_ok(results_allocate(context, &merged.results));
        memset(merged.results.xy, 0, merged.results.pairs * merged.results.answers * sizeof *merged.results.xy);
        memset(merged.results.score, 0, merged.results.pairs * merged.results.answers * sizeof *merged.results.score);
        if (i == 0)
            assert_ok(merge_write(context, &merged, &output, &already_done));
        else
            assert_refused(merge_write(context, &merged, &output, &already_done), "other pairs or answers");
        merge_free(&merged);
    }
    problems_free(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(knows_its_own), TEST(knows_no_other), TEST(refuses_names),
                                       TEST(refuses_shards_that_do_not_fit)};

    return cmocka_run_group_tests_name("hloc", tests, make_plain_context, free_context);
}
