/* Synthetic data: the truth that it claims is in the features, and the same options make the same bytes. */
#include "catalog.h"
#include "options.h"
#include "pose.h"
#include "scratch.h"
#include "synth.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

static geosc_context context;

#define assert_ok(call)                      \
    do {                                     \
        context.message[0] = '\0';           \
        if ((call) != GEOSC_OK)              \
            fail_msg("%s", context.message); \
    } while (0)

static struct synth_options small(bool indexed, size_t height, size_t width)
{
    struct synth_options options;

    synth_options_init(&options);
    options.seed = 11;
    options.pairs = 24;
    options.channels = 40;
    options.height = height;
    options.width = width;
    options.indexed = indexed;
    return options;
}

static void open_input(const char *name, struct catalog *catalog)
{
    struct problems problems = {0};

    assert_ok(catalog_open(&context, scratch_path(name), NULL, catalog, &problems));
    assert_ok(problems_status(&context, &problems));
}

/* All of an array as floats; free with memory_free. */
static float *read_all(const struct h5_array *array)
{
    float *values;
    bool finite;

    assert_ok(memory_allocate(&context, &values, h5_array_items(array), sizeof *values, "test"));
    assert_ok(h5_read_floats(&context, array, values, &finite));
    assert_true(finite);
    return values;
}

static double cosine(const float *a, size_t cell_a, const float *b, size_t cell_b, size_t channels, size_t cells)
{
    double ab = 0, aa = 0, bb = 0;

    for (size_t c = 0; c < channels; c++) {
        double x = a[c * cells + cell_a], y = b[c * cells + cell_b];
        ab += x * y, aa += x * x, bb += y * y;
    }
    return ab / sqrt(aa * bb);
}

static size_t cell_of(const double point[2], const double *size, size_t width, size_t height)
{
    double x = size ? point[0] * (double)width / size[0] - 0.5 : point[0];
    double y = size ? point[1] * (double)height / size[1] - 0.5 : point[1];

    assert_true(x >= 0 && x <= (double)width - 1 && y >= 0 && y <= (double)height - 1);
    return (size_t)floor(y + 0.5) * width + (size_t)floor(x + 0.5);
}

/* What the sides of a pair have in common. */
struct pair_view {
    const float *source, *target; /* features */
    const double *source_size, *target_size;
    size_t channels, height, width;
};

/* The whole map is the posed source, but for noise, and no other pose makes it so. */
static void check_pose(const struct pair_view *pair, const char *name)
{
    size_t cells = pair->height * pair->width;
    double means[GEOSC_POSES] = {0};
    enum geosc_pose truth;

    assert_true(pose_parse(name, &truth));
    for (int pose = 0; pose < GEOSC_POSES; pose++) {
        if (pair->height != pair->width && pose >= GEOSC_POSE_ROT90)
            continue;
        for (size_t i = 0; i < cells; i++)
            means[pose] +=
                cosine(pair->source, i, pair->target,
                       pose_cell((enum geosc_pose)pose, pair->height, pair->width, i % pair->width, i / pair->width),
                       pair->channels, cells) /
                (double)cells;
    }
    assert_true(means[truth] > 0.85);
    for (int pose = 0; pose < GEOSC_POSES; pose++)
        assert_true(pose == (int)truth || means[pose] < means[truth] - 0.3);
}

/* Each true match looks alike on both sides. In pixels the partner under a mirrored pose is taken as SPEC 2.6 says. */
static size_t check_keypoints(const struct catalog *catalog, size_t p, const struct pair_view *pair)
{
    enum geosc_pose truth;
    size_t seen = 0;

    assert_true(pose_parse(catalog->true_pose[p], &truth));
    for (size_t k = 0; k < catalog->keypoints; k++) {
        size_t first = p * catalog->keypoints, query = k;
        if (pose_mirrors(truth) && catalog->mirror_index)
            query = (size_t)catalog->mirror_index[first + k];
        const double *from = catalog->source_keypoints[first + query], *to = catalog->target_keypoints[first + k];
        assert_int_equal(isnan(from[0]), isnan(to[0]));
        if (isnan(from[0]))
            continue;
        size_t a = cell_of(from, pair->source_size, pair->width, pair->height);
        size_t b = cell_of(to, pair->target_size, pair->width, pair->height);
        /* Halves of cells round one way before the pose and another behind it: neighbours are as good. */
        double best = 0;
        for (size_t dy = 0; dy < 3; dy++)
            for (size_t dx = 0; dx < 3; dx++) {
                size_t x = b % pair->width + dx, y = b / pair->width + dy;
                if (x < 1 || y < 1 || x > pair->width || y > pair->height)
                    continue;
                best = fmax(best, cosine(pair->source, a, pair->target, (y - 1) * pair->width + x - 1, pair->channels,
                                         pair->height * pair->width));
            }
        assert_true(best > 0.75);
        seen++;
    }
    return seen;
}

static void check_truth(const char *name, size_t *mirrored)
{
    struct catalog catalog;
    float *features[2];
    size_t points = 0;

    open_input(name, &catalog);
    assert_non_null(catalog.true_pose);
    for (size_t s = 0; s < catalog.set_count; s++)
        features[s] = read_all(&catalog.sets[s].pose[GEOSC_POSE_NONE].levels[0]);
    for (size_t p = 0; p < catalog.pairs; p++) {
        size_t a, b;
        const struct image_set *source = catalog_image(&catalog, catalog.source[p], &a);
        const struct image_set *target = catalog_image(&catalog, catalog.target[p], &b);
        const struct features *shape = &source->pose[GEOSC_POSE_NONE];
        size_t one = shape->channels * shape->height * shape->width;
        struct pair_view pair = {.source = features[source - catalog.sets] + a * one,
                                 .target = features[target - catalog.sets] + b * one,
                                 .source_size = source->size ? source->size[a] : NULL,
                                 .target_size = target->size ? target->size[b] : NULL,
                                 .channels = shape->channels,
                                 .height = shape->height,
                                 .width = shape->width};
        assert_true(catalog.source[p] != catalog.target[p]);
        check_pose(&pair, catalog.true_pose[p]);
        points += check_keypoints(&catalog, p, &pair);
        enum geosc_pose pose = GEOSC_POSE_NONE;
        pose_parse(catalog.true_pose[p], &pose);
        *mirrored += pose_mirrors(pose);
    }
    /* About one in ten is absent. */
    assert_true(points < catalog.pairs * catalog.keypoints && points > catalog.pairs * catalog.keypoints * 3 / 4);
    for (size_t s = 0; s < catalog.set_count; s++)
        memory_free(features[s]);
    catalog_close(&catalog);
}

static void truth_is_in_the_features(void **state)
{
    static const size_t sizes[][2] = {{12, 12}, {9, 14}};

    (void)state;
    for (int indexed = 0; indexed < 2; indexed++) {
        size_t mirrored = 0;
        for (size_t i = 0; i < 2; i++) {
            struct synth_options options = small(indexed, sizes[i][0], sizes[i][1]);
            options.force = true;
            assert_ok(synth_write(&context, scratch_path("s.h5"), NULL, &options));
            check_truth("s.h5", &mirrored);
        }
        assert_true(mirrored > 5);
    }
}

/* Left and right: partners point at each other and share a group, the rest point at themselves and have none. */
static void partners_are_mutual(void **state)
{
    struct synth_options options = small(true, 8, 8);
    struct catalog catalog;
    size_t paired = 0;

    (void)state;
    options.keypoints = 11;
    assert_ok(synth_write(&context, scratch_path("s.h5"), NULL, &options));
    open_input("s.h5", &catalog);
    assert_non_null(catalog.mirror_index);
    assert_non_null(catalog.symmetry_group);
    for (size_t k = 0; k < 11; k++) {
        int64_t partner = catalog.mirror_index[k], group = catalog.symmetry_group[k];
        assert_true(partner >= 0 && partner < 11 && catalog.mirror_index[partner] == (int64_t)k);
        assert_int_equal(group >= 0, partner != (int64_t)k);
        assert_int_equal(group, catalog.symmetry_group[partner]);
        paired += partner != (int64_t)k;
    }
    assert_int_equal(paired, 6);
    catalog_close(&catalog);
}

/* Keypoints stand on the mask, and a mask is neither empty nor everything. */
static void keypoints_on_the_mask(void **state)
{
    struct synth_options options = small(false, 16, 12);
    struct catalog catalog;

    (void)state;
    assert_ok(synth_write(&context, scratch_path("s.h5"), NULL, &options));
    open_input("s.h5", &catalog);
    assert_true(catalog.sets[0].pose[0].has_mask && catalog.sets[1].pose[0].has_mask);
    float *mask = read_all(&catalog.sets[0].pose[0].mask);
    for (size_t p = 0; p < catalog.pairs; p++) {
        size_t set = 0, cells = 16 * 12;
        for (size_t i = 0; i < cells; i++)
            set += mask[p * cells + i] == 1;
        assert_true(set > cells / 10 && set < cells * 3 / 4);
        for (size_t k = 0; k < catalog.keypoints; k++)
            if (!isnan(catalog.source_keypoints[p * catalog.keypoints + k][0]))
                assert_true(
                    mask[p * cells + cell_of(catalog.source_keypoints[p * catalog.keypoints + k], NULL, 12, 16)] == 1);
    }
    memory_free(mask);
    catalog_close(&catalog);
}

static void assert_same_files(const char *a, const char *b, bool same)
{
    size_t sizes[2];
    unsigned char *first = scratch_read(scratch_path(a), &sizes[0]), *second = scratch_read(scratch_path(b), &sizes[1]);

    assert_true(first && second && sizes[0] > 1000);
    assert_int_equal(sizes[0] == sizes[1] && memcmp(first, second, sizes[0]) == 0, same);
    free(first);
    free(second);
}

static void same_seed_same_bytes(void **state)
{
    struct synth_options options = small(true, 10, 10);
    int child_status;

    (void)state;
    options.deflate = 4;
    assert_ok(synth_write(&context, scratch_path("a.h5"), scratch_path("am.h5"), &options));
    nanosleep(&(struct timespec){1, 200000000}, NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(synth_write(&context, scratch_path("b.h5"), scratch_path("bm.h5"), &options));
    assert_int_equal(waitpid(child, &child_status, 0), child);
    assert_int_equal(child_status, 0);
    assert_same_files("a.h5", "b.h5", true);
    assert_same_files("am.h5", "bm.h5", true);
    options.seed++;
    assert_ok(synth_write(&context, scratch_path("c.h5"), scratch_path("cm.h5"), &options));
    assert_same_files("a.h5", "c.h5", false);
    assert_same_files("am.h5", "cm.h5", false);
}

/* Chunks and compression do not touch the values; float16 is float32 rounded to nearest. */
static void storage_keeps_the_values(void **state)
{
    struct synth_options options = small(false, 20, 20);
    struct catalog plain, squeezed, half;

    (void)state;
    options.pairs = 3;
    options.channels = 200; /* more than one chunk per image */
    assert_ok(synth_write(&context, scratch_path("plain.h5"), NULL, &options));
    options.deflate = 6;
    assert_ok(synth_write(&context, scratch_path("squeezed.h5"), NULL, &options));
    options.type = NUMBER_F16;
    assert_ok(synth_write(&context, scratch_path("half.h5"), NULL, &options));
    open_input("plain.h5", &plain);
    open_input("squeezed.h5", &squeezed);
    open_input("half.h5", &half);
    const struct h5_array *arrays[3] = {&plain.sets[1].pose[0].levels[0], &squeezed.sets[1].pose[0].levels[0],
                                        &half.sets[1].pose[0].levels[0]};
    float *a = read_all(arrays[0]), *b = read_all(arrays[1]), *h = read_all(arrays[2]);
    assert_false(arrays[0]->chunked);
    assert_true(arrays[1]->chunked && arrays[1]->chunk[0] == 1 && arrays[1]->chunk[1] < 200);
    assert_int_equal(arrays[1]->filters.count, 2);
    assert_int_equal(arrays[2]->format.type, NUMBER_F16);
    assert_memory_equal(a, b, h5_array_items(arrays[0]) * sizeof *a);
    for (size_t i = 0; i < h5_array_items(arrays[0]); i++) {
        int exponent;
        frexp((double)a[i], &exponent);
        double unit = ldexp(1, (exponent < -13 ? -13 : exponent) - 11); /* of half precision's last place */
        double error = fabs((double)h[i] - (double)a[i]);
        assert_true(error <= unit / 2);
        assert_true(error < unit / 2 || fmod((double)h[i] / unit, 2) == 0); /* ties to even */
    }
    memory_free(a);
    memory_free(b);
    memory_free(h);
    catalog_close(&plain);
    catalog_close(&squeezed);
    catalog_close(&half);
}

static void model_has_every_key(void **state)
{
    static const char *const norms[] = {"weight", "bias", "running_mean", "running_var"};
    struct synth_options options = small(false, 6, 6);
    struct h5_file *file;
    struct h5_array array;
    char path[H5_PATH];

    (void)state;
    options.hidden = 20;
    options.blocks = 3;
    assert_ok(synth_write(&context, scratch_path("s.h5"), scratch_path("m.h5"), &options));
    assert_ok(h5_open(&context, scratch_path("m.h5"), &file));
    for (int b = 0; b < 3; b++)
        for (int place = 0; place < 8; place++) {
            bool convolution = place % 3 == 0;
            if (place % 3 == 2)
                continue;
            for (size_t i = 0; i < (convolution ? 1 : 4); i++) {
                snprintf(path, sizeof path, "/blocks.%d.net.%d.%s", b, place, norms[i]);
                assert_ok(h5_array_open(&context, file, path, &array));
                assert_int_equal(array.rank, convolution ? 4 : 1);
                assert_int_equal(array.dims[0], place > 5 ? 40 : 20);
                float *values = read_all(&array);
                for (size_t k = 0; i == 3 && k < array.dims[0]; k++)
                    assert_true(values[k] >= 0.5F && values[k] < 1.5F);
                memory_free(values);
                h5_array_close(&array);
            }
        }
    assert_ok(h5_array_open(&context, file, "/blocks.2.net.7.num_batches_tracked", &array));
    assert_int_equal(array.rank, 0);
    assert_int_equal(array.format.type, NUMBER_I64);
    h5_array_close(&array);
    h5_close(file);
}

/* Smallest sizes, no keypoints, many pairs of few images. */
static void extremes(void **state)
{
    struct synth_options options = small(true, 1, 1);
    struct catalog catalog;

    (void)state;
    options.channels = 1;
    options.pairs = 1;
    assert_ok(synth_write(&context, scratch_path("tiny.h5"), NULL, &options));
    open_input("tiny.h5", &catalog);
    assert_int_equal(catalog.images, 2);
    catalog_close(&catalog);

    options = small(true, 3, 2);
    options.images = 7;
    options.pairs = 42; /* every ordered pair of one scene's seven views */
    options.keypoints = 0;
    assert_ok(synth_write(&context, scratch_path("all.h5"), NULL, &options));
    open_input("all.h5", &catalog);
    assert_int_equal(catalog.keypoints, 0);
    bool seen[7][7] = {{false}};
    for (size_t p = 0; p < catalog.pairs; p++) {
        assert_false(seen[catalog.source[p]][catalog.target[p]]);
        seen[catalog.source[p]][catalog.target[p]] = true;
    }
    catalog_close(&catalog);
}

static void assert_refused(const struct synth_options *options, const char *model, enum geosc_status expected,
                           const char *reason)
{
    context.message[0] = '\0';
    assert_int_equal(synth_write(&context, scratch_path("s.h5"), model, options), expected);
    if (!strstr(context.message, reason))
        fail_msg("\"%s\" does not say \"%s\"", context.message, reason);
    assert_int_equal(scratch_entries(), 0);
}

static void refusals(void **state)
{
    struct synth_options options = small(false, 4, 4);

    (void)state;
    options.pairs = 0;
    assert_refused(&options, NULL, GEOSC_BAD_USAGE, "pairs");
    options = small(false, 4, SYNTH_SIDE + 1);
    assert_refused(&options, NULL, GEOSC_BAD_USAGE, "width");
    options = small(false, 4, 4);
    options.deflate = 10;
    assert_refused(&options, NULL, GEOSC_BAD_USAGE, "deflate");
    options.deflate = 0;
    options.images = 3;
    assert_refused(&options, NULL, GEOSC_BAD_USAGE, "indexed");
    options.indexed = true;
    options.pairs = 7;
    assert_refused(&options, NULL, GEOSC_BAD_USAGE, "3 images make at most 6 pairs");
    options.pairs = 6;
    options.type = NUMBER_F64;
    assert_refused(&options, NULL, GEOSC_BAD_USAGE, "float16");
    options.type = NUMBER_F32;
    options.channels = SIZE_MAX / 8;
    assert_refused(&options, NULL, GEOSC_BAD_USAGE, "too large");
    options.channels = 4;
    options.hidden = 0;
    assert_refused(&options, scratch_path("m.h5"), GEOSC_BAD_USAGE, "hidden");
    options.hidden = 4;
    assert_refused(&options, scratch_path("s.h5"), GEOSC_BAD_USAGE, "one file");
    assert_refused(&options, scratch_path("none/m.h5"), GEOSC_FAILED, "No such file");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(truth_is_in_the_features),
        TEST(partners_are_mutual),
        TEST(keypoints_on_the_mask),
        TEST(same_seed_same_bytes),
        TEST(storage_keeps_the_values),
        TEST(model_has_every_key),
        TEST(extremes),
        TEST(refusals),
    };
    geosc_configure(&context, 1, "c");
    return cmocka_run_group_tests_name("synth", tests, NULL, NULL);
}
