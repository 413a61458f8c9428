/* Synthetic data: the features agree with the stated truth, and the same options give the same bytes. */
#include "base/options.h"
#include "input/catalog_testing.h"
#include "maps/pose.h"
#include "network/load.h"
#include "results/output.h"
#include "tools/synth.h"

#include <math.h>

static struct synth_options small(enum synth_layout layout, size_t height, size_t width)
{
    struct synth_options options;

    synth_options_init(&options);
    options.seed = 11;
    options.pairs = 24;
    options.channels = 40;
    options.height = height;
    options.width = width;
    options.layout = layout;
    return options;
}

/* All of an array as floats; free with memory_free. */
static float *read_all(const struct h5_array *array)
{
    float *values;
    bool finite;

    assert_ok(memory_allocate(context, &values, h5_array_items(array), sizeof *values, "test"));
    assert_ok(h5_read_floats(context, array, values, &finite));
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

/* Features of an image, decoded; free with memory_free. */
static float *read_image(const struct catalog *catalog, size_t image)
{
    const struct features *features = &catalog_image(catalog, image)->pose[GEOSC_POSE_NONE];
    struct load_scratch scratch = {0};
    struct raw raw = {0};
    enum geosc_pair_status found;
    float *values;

    assert_ok(memory_allocate(context, &values, features->channels * features->height * features->width, sizeof *values,
                              "test"));
    assert_ok(catalog_read_level(context, catalog, image, GEOSC_POSE_NONE, 0, &raw));
    assert_ok(load_features(context, features, &raw, NULL, false, &scratch, values, &found));
    assert_int_equal(found, GEOSC_PAIR_OK);
    load_scratch_free(&scratch);
    raw_free(&raw);
    return values;
}

/* What the sides of a pair have in common, but for the target's size, which may be turned. */
struct pair_view {
    float *source, *target; /* features */
    const double *source_size, *target_size;
    size_t channels, height, width, target_height, target_width;
};

/* The whole map is the posed source, but for noise, and no other pose makes it so. */
static void check_pose(const struct pair_view *pair, const char *name)
{
    size_t cells = pair->height * pair->width;
    double means[GEOSC_POSES] = {0};
    enum geosc_pose truth;

    assert_true(pose_parse(name, &truth));
    for (int pose = 0; pose < GEOSC_POSES; pose++) {
        size_t height, width;
        pose_size((enum geosc_pose)pose, pair->height, pair->width, &height, &width);
        if (height != pair->target_height || width != pair->target_width)
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

/* Each true match looks alike on both sides. In pixels the partner under a mirrored pose is taken as
 * docs/computation.md, Mirrored keypoints, says. */
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
        size_t b = cell_of(to, pair->target_size, pair->target_width, pair->target_height);
        /* Halves of cells round one way before the pose and another behind it: neighbours are as good. */
        double best = 0;
        for (size_t dy = 0; dy < 3; dy++)
            for (size_t dx = 0; dx < 3; dx++) {
                size_t x = b % pair->target_width + dx, y = b / pair->target_width + dy;
                if (x < 1 || y < 1 || x > pair->target_width || y > pair->target_height)
                    continue;
                best = fmax(best, cosine(pair->source, a, pair->target, (y - 1) * pair->target_width + x - 1,
                                         pair->channels, pair->height * pair->width));
            }
        assert_true(best > 0.75);
        seen++;
    }
    return seen;
}

static void check_pair(const struct catalog *catalog, size_t p, size_t *points, size_t *mirrored, size_t *turned)
{
    size_t a = catalog->source[p], b = catalog->target[p];
    const struct features *source = &catalog_image(catalog, a)->pose[GEOSC_POSE_NONE];
    const struct features *target = &catalog_image(catalog, b)->pose[GEOSC_POSE_NONE];
    struct pair_view pair = {.source = read_image(catalog, a),
                             .target = read_image(catalog, b),
                             .source_size = catalog->size ? catalog->size[a] : NULL,
                             .target_size = catalog->size ? catalog->size[b] : NULL,
                             .channels = source->channels,
                             .height = source->height,
                             .width = source->width,
                             .target_height = target->height,
                             .target_width = target->width};
    enum geosc_pose pose = GEOSC_POSE_NONE;

    assert_true(a != b);
    check_pose(&pair, catalog->true_pose[p]);
    *points += check_keypoints(catalog, p, &pair);
    pose_parse(catalog->true_pose[p], &pose);
    *mirrored += pose_mirrors(pose);
    *turned += target->height != source->height;
    memory_free(pair.source);
    memory_free(pair.target);
}

static void check_truth(const char *name, size_t *mirrored, size_t *turned)
{
    struct catalog catalog;
    size_t points = 0;

    open_catalog(scratch_path(name), NULL, &catalog);
    assert_non_null(catalog.true_pose);
    for (size_t p = 0; p < catalog.pairs; p++)
        check_pair(&catalog, p, &points, mirrored, turned);
    /* About one in ten is absent. */
    assert_true(points < catalog.pairs * catalog.keypoints && points > catalog.pairs * catalog.keypoints * 3 / 4);
    catalog_close(&catalog);
}

static void truth_is_in_the_features(void **state)
{
    static const size_t sizes[][2] = {{12, 12}, {9, 14}};

    (void)state;
    for (enum synth_layout layout = SYNTH_STACKED; layout <= SYNTH_GROUPED; layout++) {
        size_t mirrored = 0, turned = 0;
        for (size_t i = 0; i < 2; i++) {
            struct synth_options options = small(layout, sizes[i][0], sizes[i][1]);
            options.force = true;
            assert_ok(synth_write(context, scratch_path("s.h5"), NULL, &options));
            check_truth("s.h5", &mirrored, &turned);
        }
        assert_true(mirrored > 5);
        assert_int_equal(turned > 5, layout == SYNTH_GROUPED);
    }
}

/* ---- by name as by number ----------------------------------------------------------------------- */

static void match(const char *name, const char *out, struct results *results)
{
    struct geosc_options options;
    struct run_identity identity;
    struct problems problems = {0};

    geosc_options_init(&options);
    options.pose_count = GEOSC_POSES;
    for (int pose = 0; pose < GEOSC_POSES; pose++)
        options.poses[pose] = (enum geosc_pose)pose;
    assert_ok(geosc_match_file(context, scratch_path(name), scratch_path("m.h5"), scratch_path(out), &options, NULL));
    assert_ok(output_read(context, scratch_path(out), results, &identity, &problems));
    assert_ok(problems_status(context, &problems));
}

/* The number of an image of one catalog in the other. */
static size_t same_image(const struct catalog *indexed, const struct catalog *grouped, size_t image)
{
    for (size_t i = 0; i < grouped->images; i++)
        if (strcmp(grouped->image_name[i], indexed->image_name[image]) == 0)
            return i;
    fail_msg("%s is not there", indexed->image_name[image]);
    return 0;
}

static void grouped_is_indexed_by_name(void **state)
{
    struct synth_options options = small(SYNTH_INDEXED, 10, 10);
    struct catalog indexed, grouped;
    struct results numbers, names;

    (void)state;
    options.images = 14;
    options.pairs = 40; /* scenes of several views */
    assert_ok(synth_write(context, scratch_path("i.h5"), scratch_path("m.h5"), &options));
    options.layout = SYNTH_GROUPED;
    options.deflate = 2;
    assert_ok(synth_write(context, scratch_path("g.h5"), NULL, &options));
    open_catalog(scratch_path("i.h5"), NULL, &indexed);
    open_catalog(scratch_path("g.h5"), NULL, &grouped);
    assert_true(grouped.grouped && grouped.images == 14 && grouped.set_count == 1);
    for (size_t p = 0; p < options.pairs; p++) {
        assert_int_equal(grouped.source[p], same_image(&indexed, &grouped, indexed.source[p]));
        assert_int_equal(grouped.target[p], same_image(&indexed, &grouped, indexed.target[p]));
        assert_string_equal(grouped.true_pose[p], indexed.true_pose[p]);
        assert_string_equal(grouped.category[p], indexed.category[p]);
        assert_true(grouped.threshold[p] == indexed.threshold[p]);
    }
    size_t all = options.pairs * options.keypoints;
    assert_memory_equal(grouped.target_keypoints, indexed.target_keypoints, all * sizeof *indexed.target_keypoints);
    assert_memory_equal(grouped.mirror_index, indexed.mirror_index, all * sizeof *indexed.mirror_index);
    assert_memory_equal(grouped.symmetry_group, indexed.symmetry_group, all * sizeof *indexed.symmetry_group);
    match("i.h5", "i-out.h5", &numbers);
    match("g.h5", "g-out.h5", &names);
    assert_memory_equal(numbers.xy, names.xy, all * 2 * sizeof(float));
    assert_memory_equal(numbers.chosen, names.chosen, options.pairs);
    assert_memory_equal(numbers.imd, names.imd, options.pairs * GEOSC_POSES * sizeof *names.imd);
    results_free(&numbers);
    results_free(&names);
    catalog_close(&indexed);
    catalog_close(&grouped);
}

/* Left and right: partners point at each other and share a group, the rest point at themselves and have none. */
static void partners_are_mutual(void **state)
{
    struct synth_options options = small(SYNTH_INDEXED, 8, 8);
    struct catalog catalog;
    size_t paired = 0;

    (void)state;
    options.keypoints = 11;
    assert_ok(synth_write(context, scratch_path("s.h5"), NULL, &options));
    open_catalog(scratch_path("s.h5"), NULL, &catalog);
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
    struct synth_options options = small(SYNTH_STACKED, 16, 12);
    struct catalog catalog;

    (void)state;
    assert_ok(synth_write(context, scratch_path("s.h5"), NULL, &options));
    open_catalog(scratch_path("s.h5"), NULL, &catalog);
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

static void same_seed_same_bytes(void **state)
{
    struct synth_options options = small(SYNTH_INDEXED, 10, 10);

    (void)state;
    options.deflate = 4;
    assert_ok(synth_write(context, scratch_path("a.h5"), scratch_path("am.h5"), &options));
    assert_ok_later(synth_write(context, scratch_path("b.h5"), scratch_path("bm.h5"), &options));
    assert_true(same_file(scratch_path("a.h5"), scratch_path("b.h5")));
    assert_true(same_file(scratch_path("am.h5"), scratch_path("bm.h5")));
    options.seed++;
    assert_ok(synth_write(context, scratch_path("c.h5"), scratch_path("cm.h5"), &options));
    assert_false(same_file(scratch_path("a.h5"), scratch_path("c.h5")));
    assert_false(same_file(scratch_path("am.h5"), scratch_path("cm.h5")));
    for (size_t i = 0; i < 4; i++)
        assert_between(file_size(scratch_path((const char *[]){"a.h5", "am.h5", "c.h5", "cm.h5"}[i])), 1000, 1 << 24);
}

/* Chunks and compression do not touch the values; float16 is float32 rounded to nearest. */
static void storage_keeps_the_values(void **state)
{
    struct synth_options options = small(SYNTH_STACKED, 20, 20);
    struct catalog plain, squeezed, half;

    (void)state;
    options.pairs = 3;
    options.channels = 200; /* more than one chunk per image */
    assert_ok(synth_write(context, scratch_path("plain.h5"), NULL, &options));
    options.deflate = 6;
    assert_ok(synth_write(context, scratch_path("squeezed.h5"), NULL, &options));
    options.type = NUMBER_F16;
    assert_ok(synth_write(context, scratch_path("half.h5"), NULL, &options));
    open_catalog(scratch_path("plain.h5"), NULL, &plain);
    open_catalog(scratch_path("squeezed.h5"), NULL, &squeezed);
    open_catalog(scratch_path("half.h5"), NULL, &half);
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
    struct synth_options options = small(SYNTH_STACKED, 6, 6);
    struct h5_file *file;
    struct h5_array array;
    char path[H5_PATH];

    (void)state;
    options.hidden = 20;
    options.blocks = 3;
    assert_ok(synth_write(context, scratch_path("s.h5"), scratch_path("m.h5"), &options));
    assert_ok(h5_open(context, scratch_path("m.h5"), &file));
    for (int b = 0; b < 3; b++)
        for (int place = 0; place < 8; place++) {
            bool convolution = place % 3 == 0;
            if (place % 3 == 2)
                continue;
            for (size_t i = 0; i < (convolution ? 1 : 4); i++) {
                snprintf(path, sizeof path, "/blocks.%d.net.%d.%s", b, place, norms[i]);
                assert_ok(h5_array_open(context, file, path, &array));
                assert_int_equal(array.rank, convolution ? 4 : 1);
                assert_int_equal(array.dims[0], place > 5 ? 40 : 20);
                float *values = read_all(&array);
                for (size_t k = 0; i == 3 && k < array.dims[0]; k++)
                    assert_true(values[k] >= 0.5F && values[k] < 1.5F);
                memory_free(values);
                h5_array_close(&array);
            }
        }
    assert_ok(h5_array_open(context, file, "/blocks.2.net.7.num_batches_tracked", &array));
    assert_int_equal(array.rank, 0);
    assert_int_equal(array.format.type, NUMBER_I64);
    h5_array_close(&array);
    h5_close(file);
}

/* Smallest sizes, no keypoints, many pairs of few images. */
static void extremes(void **state)
{
    struct synth_options options = small(SYNTH_INDEXED, 1, 1);
    struct catalog catalog;

    (void)state;
    options.channels = 1;
    options.pairs = 1;
    assert_ok(synth_write(context, scratch_path("tiny.h5"), NULL, &options));
    open_catalog(scratch_path("tiny.h5"), NULL, &catalog);
    assert_int_equal(catalog.images, 2);
    catalog_close(&catalog);

    options = small(SYNTH_INDEXED, 3, 2);
    options.images = 7;
    options.pairs = 42; /* every ordered pair of one scene's seven views */
    options.keypoints = 0;
    assert_ok(synth_write(context, scratch_path("all.h5"), NULL, &options));
    open_catalog(scratch_path("all.h5"), NULL, &catalog);
    assert_int_equal(catalog.keypoints, 0);
    bool seen[7][7] = {{false}};
    for (size_t p = 0; p < catalog.pairs; p++) {
        assert_false(seen[catalog.source[p]][catalog.target[p]]);
        seen[catalog.source[p]][catalog.target[p]] = true;
    }
    catalog_close(&catalog);
}

static void refuse(const struct synth_options *options, const char *model, enum geosc_status wanted, const char *reason)
{
    assert_fails(synth_write(context, scratch_path("s.h5"), model, options), wanted, reason);
    assert_int_equal(scratch_entries(), 0);
}

static void refusals(void **state)
{
    struct synth_options options = small(SYNTH_STACKED, 4, 4);

    (void)state;
    options.pairs = 0;
    refuse(&options, NULL, GEOSC_BAD_USAGE, "pairs");
    options = small(SYNTH_STACKED, 4, SYNTH_SIDE + 1);
    refuse(&options, NULL, GEOSC_BAD_USAGE, "width");
    options = small(SYNTH_STACKED, 4, 4);
    options.deflate = 10;
    refuse(&options, NULL, GEOSC_BAD_USAGE, "deflate");
    options.deflate = 0;
    options.images = 3;
    refuse(&options, NULL, GEOSC_BAD_USAGE, "indexed");
    options.layout = SYNTH_INDEXED;
    options.pairs = 7;
    refuse(&options, NULL, GEOSC_BAD_USAGE, "3 images make at most 6 pairs");
    options.pairs = 6;
    options.type = NUMBER_F64;
    refuse(&options, NULL, GEOSC_BAD_USAGE, "float16");
    options.type = NUMBER_F32;
    options.channels = SIZE_MAX / 8;
    refuse(&options, NULL, GEOSC_BAD_USAGE, "too large");
    options.channels = 4;
    options.hidden = 0;
    refuse(&options, scratch_path("m.h5"), GEOSC_BAD_USAGE, "hidden");
    options.hidden = 4;
    refuse(&options, scratch_path("s.h5"), GEOSC_BAD_USAGE, "must be different files");
    refuse(&options, scratch_path("none/m.h5"), GEOSC_FAILED, "folder does not exist");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(truth_is_in_the_features),
        TEST(grouped_is_indexed_by_name),
        TEST(partners_are_mutual),
        TEST(keypoints_on_the_mask),
        TEST(same_seed_same_bytes),
        TEST(storage_keeps_the_values),
        TEST(model_has_every_key),
        TEST(extremes),
        TEST(refusals),
    };
    return cmocka_run_group_tests_name("synth", tests, make_plain_context, free_context);
}
