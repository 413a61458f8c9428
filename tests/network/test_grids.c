/*
 * Levels that keep their own grids until the network has reduced them: which levels do; their refined features equal
 * those of levels resized first, with all instruction sets, threads and convolutions, for one pose and for several; and
 * whole jobs on a file of levels, compared with the same levels resized.
 */
#include "maps/pose.h"
#include "maps/resize.h"
#include "network/aggregate_layout.h"
#include "network/grids.h"
#include "network/model.h"
#include "network/refine.h"
#include "run/forecast.h"
#include "run/pipeline_testing.h"

enum { LEVELS = 4, STEPS = 2, LAYERS = 4, OUTPUTS = 32, HIDDEN = 24, GROUPS = 4 };
enum { PARTS = LEVELS * STEPS, CHANNELS = STEPS * (10 + 12 + OUTPUTS + 9) };

/* The third one has no shortcut, and the first one a second bottleneck. */
static const size_t widths[LEVELS] = {10, 12, OUTPUTS, 9};

/* Grids of the levels, the first one's larger than the others, equal, and with less. */
static const size_t grids_of[][LEVELS][2] = {
    {{13, 9}, {7, 5}, {7, 5}, {3, 2}},
    {{H, W}, {4, 5}, {H, W}, {2, 3}},
    {{12, 70}, {6, 35}, {24, 90}, {12, 69}},
    {{1, 5}, {1, 2}, {1, 5}, {3, 1}},
};
enum { CASES = sizeof grids_of / sizeof *grids_of };

/* ---- the network ------------------------------------------------------------------------------------ */

static void write_layer(hid_t file, struct random *random, const char *place, const char *name, const hsize_t dims[4])
{
    float values[HIDDEN * OUTPUTS * 9];
    char key[64];

    random_fill(random, values, dims[0] * dims[1] * dims[2] * dims[3]);
    snprintf(key, sizeof key, "%s.%s.weight", place, name);
    make_array(file, key, H5T_NATIVE_FLOAT, 4, dims, values, H5P_DEFAULT);
    snprintf(key, sizeof key, "%s.%s.norm.weight", place, name);
    make_array(file, key, H5T_NATIVE_FLOAT, 1, dims, values + 1, H5P_DEFAULT);
    snprintf(key, sizeof key, "%s.%s.norm.bias", place, name);
    make_array(file, key, H5T_NATIVE_FLOAT, 1, dims, values + 2, H5P_DEFAULT);
}

static void write_bottleneck(hid_t file, struct random *random, size_t level, size_t number, size_t inputs, bool wide)
{
    const hsize_t side = wide ? 3 : 1;
    char place[48];

    snprintf(place, sizeof place, "/bottleneck_layers.%zu.%zu", level, number);
    write_layer(file, random, place, "conv1", (const hsize_t[]){HIDDEN, inputs, side, side});
    write_layer(file, random, place, "conv2", (const hsize_t[]){HIDDEN, HIDDEN, 3, 3});
    write_layer(file, random, place, "conv3", (const hsize_t[]){OUTPUTS, HIDDEN, 1, 1});
    if (inputs != OUTPUTS)
        write_layer(file, random, place, "shortcut", (const hsize_t[]){OUTPUTS, inputs, 1, 1});
}

/* wide: the level whose first convolution is a 3x3; LEVELS: none. */
static const char *write_network_with(const char *name, size_t wide)
{
    static const float mixing[PARTS] = {0.5F, -0.25F, 0, 1, -0.5F, 0.25F, 0.125F, 0};
    const char *path = path_of(name);
    hid_t file = make_file(path);
    const hsize_t parts = PARTS;
    struct random random = {9};

    for (size_t l = 0; l < LEVELS; l++)
        write_bottleneck(file, &random, l, 0, widths[l], l == wide);
    write_bottleneck(file, &random, 0, 1, OUTPUTS, false);
    make_array(file, "/mixing_weights", H5T_NATIVE_FLOAT, 1, &parts, mixing, H5P_DEFAULT);
    make_number_attribute(file, "/", "gn_groups", GROUPS);
    MAKE(H5Fclose(file));
    return path;
}

static const char *write_network(const char *name)
{
    return write_network_with(name, LEVELS);
}

static geosc_model *load(const char *path, enum geosc_conv conv)
{
    struct problems problems = {0};
    geosc_model *model;

    assert_ok(model_open(context, path, conv, &model, &problems));
    assert_ok(problems_status(context, &problems));
    return model;
}

static geosc_model *load_network(enum geosc_conv conv)
{
    return load(write_network("network.h5"), conv);
}

/* ---- which levels ----------------------------------------------------------------------------------- */

/* Levels [channels, height, width] of a file, the first on 6 x 8 cells, and which of them keep their grids. */
static const struct {
    size_t count, levels[CATALOG_LEVELS][3];
    const char *own;
} choices[] = {
    {4, {{10, 6, 8}, {12, 6, 8}, {32, 6, 8}, {9, 6, 8}}, "0000"},
    {4, {{10, 6, 8}, {12, 3, 4}, {32, 6, 8}, {9, 6, 7}}, "0101"},
    {4, {{10, 6, 8}, {12, 3, 4}, {32, 3, 4}, {9, 1, 1}}, "0101"},                          /* no shortcut */
    {4, {{10, 6, 8}, {12, 8, 6}, {32, 6, 8}, {9, 7, 8}}, "0000"},                          /* not smaller */
    {4, {{10, 6, 8}, {13, 3, 4}, {31, 3, 4}, {9, 3, 4}}, "0001"},                          /* other limits */
    {3, {{10, 6, 8}, {44, 3, 4}, {9, 3, 4}}, "001"},                                       /* two together */
    {5, {{10, 6, 8}, {6, 3, 4}, {6, 3, 4}, {32, 6, 8}, {9, 3, 4}}, "00001"},               /* one in halves */
    {6, {{10, 6, 8}, {12, 2, 2}, {16, 1, 1}, {16, 1, 1}, {4, 3, 4}, {5, 6, 8}}, "010000"}, /* some of each */
    {8,
     {{10, 6, 8}, {12, 3, 4}, {32, 6, 8}, {9, 3, 4}, {10, 3, 4}, {12, 3, 4}, {32, 3, 4}, {9, 6, 8}},
     "01011100"},                                                               /* both time steps */
    {5, {{10, 6, 8}, {12, 3, 4}, {41, 6, 8}, {10, 3, 4}, {12, 1, 2}}, "01011"}, /* as far as they go */
    {1, {{126, 6, 8}}, "0"},
    {0, {{0, 0, 0}}, ""},
};

/* First channel of a level of a time step; more than there are for LEVELS. */
static size_t start_of(size_t level)
{
    size_t start = level < LEVELS ? 0 : CHANNELS;

    for (size_t l = 0; l < level && level < LEVELS; l++)
        start += widths[l];
    return start;
}

/* wide: the level whose first convolution is a 3x3. */
static void check_choice(size_t c, const geosc_model *model, size_t wide)
{
    struct h5_array levels[CATALOG_LEVELS] = {0};
    struct features features = {.level_count = choices[c].count, .levels = levels};
    size_t first = 0, floats = 0, own_count = 0;
    struct grids grids;

    features.height = choices[c].levels[0][1];
    features.width = choices[c].levels[0][2];
    for (size_t l = 0; l < features.level_count; l++) {
        memcpy(levels[l].dims + 1, choices[c].levels[l], sizeof choices[c].levels[l]);
        features.channels += choices[c].levels[l][0];
    }
    grids_choose(model, &features, &grids);
    assert_int_equal(grids.channels, features.channels);
    for (size_t l = 0; l < features.level_count; l++) {
        const size_t *level = choices[c].levels[l];
        const struct own_grid *own = grids_find(&grids, first);
        bool read_by_3x3 = first % (CHANNELS / STEPS) == start_of(wide);
        if ((own != NULL) != (model && choices[c].own[l] == '1' && !read_by_3x3))
            fail_msg("file %zu, level %zu: %s", c, l, own ? "on its own grid" : "resized");
        assert_true(!own || (own->channels == level[0] && own->height == level[1] && own->width == level[2]));
        floats += level[0] * (own ? level[1] * level[2] : grids.height * grids.width);
        own_count += own != NULL;
        first += level[0];
    }
    assert_int_equal(grids.own_count, own_count);
    assert_int_equal(grids_floats(&grids), floats);
}

static void test_choice(void **state)
{
    geosc_model *model = load_network(GEOSC_CONV_AUTO), *residual;
    geosc_model *wide = load(write_network_with("wide.h5", 1), GEOSC_CONV_AUTO);

    (void)state;
    assert_ok(geosc_model_load(context, write_model("residual.h5", CHANNELS, 4), &residual));
    for (size_t c = 0; c < sizeof choices / sizeof *choices; c++) {
        check_choice(c, model, LEVELS);
        check_choice(c, wide, 1);
        check_choice(c, NULL, LEVELS);
        if (choices[c].count == 1)
            check_choice(c, residual, LEVELS);
    }
    geosc_model_free(model);
    geosc_model_free(wide);
    geosc_model_free(residual);
}

/* ---- images ----------------------------------------------------------------------------------------- */

/* An image as levels on grids of their own, and with all levels on the first one's. */
struct image {
    struct grids grids;
    float *features, *fused;
};

static float *add_level(struct image *image, const float *level, const size_t grid[2], size_t channels, float *fused)
{
    const struct grids *grids = &image->grids;
    const struct resize resize = {.in = level,
                                  .in_step = grid[0] * grid[1],
                                  .in_height = grid[0],
                                  .in_width = grid[1],
                                  .out = fused,
                                  .panel_step = PANEL,
                                  .channel_step = grids->height * grids->width,
                                  .height = grids->height,
                                  .width = grids->width};

    for (size_t c = 0; c < channels; c++)
        resize_channel(&resize, c);
    return fused + channels * grids->height * grids->width;
}

/* Of the third level, which has no shortcut, what is kept is the resized one. */
static struct image make_image(struct random *random, const size_t grid[LEVELS][2])
{
    size_t cells = grid[0][0] * grid[0][1], first = 0;
    struct image image = {.grids = {.channels = CHANNELS, .height = grid[0][0], .width = grid[0][1]},
                          .features = malloc(CHANNELS * cells * sizeof(float)),
                          .fused = malloc(CHANNELS * cells * sizeof(float))};
    float *place = image.features, *fused = image.fused;

    for (size_t p = 0; p < PARTS; p++) {
        size_t l = p % LEVELS, own = grid[l][0] * grid[l][1], n = widths[l] * own;
        float *level = malloc(n * sizeof *level), *resized = fused;
        random_fill(random, level, n);
        fused = add_level(&image, level, grid[l], widths[l], fused);
        bool keeps = own < cells && widths[l] != OUTPUTS;
        size_t floats = keeps ? n : (size_t)(fused - resized);
        memcpy(place, keeps ? level : resized, floats * sizeof *place);
        place += floats;
        if (keeps)
            image.grids.own[image.grids.own_count++] = (struct own_grid){first, widths[l], grid[l][0], grid[l][1]};
        first += widths[l];
        free(level);
    }
    assert_int_equal(place - image.features, grids_floats(&image.grids));
    return image;
}

/* ---- refined features ------------------------------------------------------------------------------- */

/* `count` poses of an image, as one batch. */
static void refine_image(const geosc_model *model, const struct image *image, enum geosc_pose first, size_t count,
                         geosc_map *maps[GEOSC_POSES])
{
    size_t h = image->grids.height, w = image->grids.width;
    uint32_t *from = malloc(GEOSC_POSES * h * w * sizeof *from);
    struct refine_job jobs[GEOSC_POSES];
    struct refine_scratch scratch = {0};
    bool finite[GEOSC_POSES];

    for (size_t i = 0; i < count; i++) {
        size_t height, width;
        pose_size(first + i, h, w, &height, &width);
        pose_permutation(first + i, h, w, from + i * h * w);
        assert_ok(map_create(context, OUTPUTS, height, width, &maps[i]));
        jobs[i] = (struct refine_job){.map = maps[i], .from = from + i * h * w};
    }
    assert_ok(refine_take(context, model, &image->grids, image->features, jobs, count, &scratch));
    assert_true(scratch.aggregate.capacity * sizeof(float) <=
                aggregate_scratch_bytes(model, map_panels(h * w), context->threads));
    assert_ok(refine(context, model, jobs, count, &scratch, finite));
    refine_scratch_free(&scratch);
    free(from);
}

static void expect_same_map(const geosc_map *map, const geosc_map *other)
{
    assert_memory_equal(map->values, other->values, map->cells * map->channels * sizeof(float));
}

static void expect_near(const geosc_map *map, const geosc_map *other)
{
    assert_int_equal(map->height, other->height);
    expect_close(map->values, other->values, map->cells * map->channels, 1e-5F);
}

/* One image with this network, on one instruction set: all poses together on one thread and on three, beside each alone
 * of the image whose levels were resized. Leaves the maps. */
static void check_image(const geosc_model *model, const struct image *image, const char *isa,
                        geosc_map *maps[GEOSC_POSES])
{
    geosc_map *again[GEOSC_POSES], *fused;

    for (int threads = 1; threads <= 3; threads += 2) {
        assert_ok(geosc_configure(context, threads, isa));
        refine_image(model, image, GEOSC_POSE_NONE, GEOSC_POSES, threads > 1 ? again : maps);
        for (int p = 0; threads > 1 && p < GEOSC_POSES; p++) {
            expect_same_map(again[p], maps[p]);
            geosc_map_free(again[p]);
        }
    }
    assert_ok(geosc_configure(context, 1, isa));
    for (int p = 0; p < GEOSC_POSES; p++) {
        refine_image(model, image, (enum geosc_pose)p, 1, again);
        expect_same_map(again[0], maps[p]);
        geosc_map_free(again[0]);
        assert_ok(geosc_refine(context, model, image->fused, CHANNELS, image->grids.height, image->grids.width,
                               (enum geosc_pose)p, &fused));
        expect_near(maps[p], fused);
        geosc_map_free(fused);
    }
}

static void test_refined(void **state)
{
    struct random random = {3};

    (void)state;
    for (size_t c = 0; c < CASES * 2; c++) {
        geosc_model *model = load_network(c % 2 ? GEOSC_CONV_WINOGRAD : GEOSC_CONV_DIRECT);
        struct image image = make_image(&random, grids_of[c / 2]);
        geosc_map *maps[GEOSC_POSES], *first[GEOSC_POSES];
        const char *isa, *first_class = "";
        for (size_t set = 0; (isa = usable_isa(set)); set++) {
            bool same = set > 0;
            check_image(model, &image, isa, maps);
            same &= strcmp(first_class, context->kernels->isa_class) == 0;
            first_class = context->kernels->isa_class;
            for (int p = 0; p < GEOSC_POSES; p++) {
                if (same)
                    expect_same_map(maps[p], first[p]);
                if (set)
                    geosc_map_free(first[p]);
                first[p] = maps[p];
            }
        }
        for (int p = 0; p < GEOSC_POSES; p++)
            geosc_map_free(first[p]);
        geosc_model_free(model);
        free(image.features);
        free(image.fused);
    }
}

/* ---- whole jobs ------------------------------------------------------------------------------------- */

/* Levels of all images below a group, on these grids, or resized and in one. */
static void write_levels(hid_t file, const char *path, struct random *random, const size_t grid[LEVELS][2], bool fused)
{
    size_t cells = grid[0][0] * grid[0][1], first = 0;
    struct image place = {.grids = {.channels = CHANNELS, .height = grid[0][0], .width = grid[0][1]}};
    float *all = malloc(IMAGES * CHANNELS * cells * sizeof *all);
    const hsize_t whole[4] = {IMAGES, CHANNELS, grid[0][0], grid[0][1]};
    char name[64];

    for (size_t p = 0; p < PARTS; p++) {
        size_t l = p % LEVELS, n = widths[l] * grid[l][0] * grid[l][1];
        const hsize_t dims[4] = {IMAGES, widths[l], grid[l][0], grid[l][1]};
        float *level = malloc(IMAGES * n * sizeof *level);
        random_fill(random, level, IMAGES * n);
        for (size_t i = 0; i < IMAGES; i++)
            add_level(&place, level + i * n, grid[l], widths[l], all + (i * CHANNELS + first) * cells);
        snprintf(name, sizeof name, "%s/%zu", path, p);
        if (!fused)
            make_array(file, name, H5T_NATIVE_FLOAT, 4, dims, level, H5P_DEFAULT);
        first += widths[l];
        free(level);
    }
    if (fused)
        make_array(file, path, H5T_NATIVE_FLOAT, 4, whole, all, H5P_DEFAULT);
    free(all);
}

static const char *write_input(const char *name, bool fused)
{
    static const size_t posed[LEVELS][2] = {{H, W}, {2, 3}, {3, 4}, {4, 5}}; /* not those of the image as it is */
    static struct indexed input;
    const char *path = path_of(name);
    const hsize_t mask[3] = {IMAGES, H, W}, pairs[1] = {PAIRS}, keypoints[3] = {PAIRS, K, 2};
    hid_t file = make_file(path);
    struct random random = {8};

    make_indexed(&input);
    write_levels(file, "/images/features", &random, grids_of[1], fused);
    write_levels(file, "/images/poses/hflip/features", &random, posed, fused);
    make_array(file, "/images/mask", H5T_NATIVE_FLOAT, 3, mask, input.mask, H5P_DEFAULT);
    make_array(file, "/pairs/source", H5T_NATIVE_INT, 1, pairs, input.source, H5P_DEFAULT);
    make_array(file, "/pairs/target", H5T_NATIVE_INT, 1, pairs, input.target, H5P_DEFAULT);
    make_array(file, "/pairs/keypoints", H5T_NATIVE_DOUBLE, 3, keypoints, input.keypoints, H5P_DEFAULT);
    MAKE(H5Fclose(file));
    return path;
}

static void run_job(const char *input, const char *output, const struct geosc_options *options)
{
    assert_ok(geosc_match_file(context, input, path_of("network.h5"), output, options, NULL));
}

static void test_job(void **state)
{
    static struct answers found, expected;
    const char *levels = write_input("levels.h5", false), *fused = write_input("fused.h5", true), *isa;
    const char *output = path_of("output.h5");
    struct geosc_options options = options_with(2);

    (void)state;
    write_network("network.h5");
    for (size_t i = 0; (isa = usable_isa(i)); i++) {
        options.isa = isa;
        run_job(levels, output, &options);
        read_answers(output, PAIRS, 4, K, &found);
        run_job(fused, output, &options);
        read_answers(output, PAIRS, 4, K, &expected);
        for (size_t p = 0; p < PAIRS; p++) {
            assert_int_equal(found.status[p], expected.status[p]);
            assert_int_equal(found.chosen[p], expected.chosen[p]);
            expect_close(found.imd[p], expected.imd[p], 4, 1e-5F);
            expect_close(&found.xy[p][0][0], &expected.xy[p][0][0], (size_t)2 * K, 1e-3F);
            expect_close(found.score[p], expected.score[p], K, 1e-5F);
        }
    }
}

static size_t foretold_memory(const char *input)
{
    struct geosc_options options = options_with(1);
    struct forecast forecast;

    assert_ok(forecast_make(context, input, path_of("network.h5"), &options, &forecast));
    size_t bytes = forecast.all.memory;
    forecast_free(&forecast);
    return bytes;
}

/* Levels as they are take less memory than one array of all: decoded, and three times read ahead. */
static void test_memory(void **state)
{
    const size_t cells = H * W, saved = STEPS * (12 * (cells - 4 * 5) + 9 * (cells - 2 * 3));
    const size_t resized = OUTPUTS * 3 * 4; /* of the third level of hflip, before */
    const char *levels = write_input("levels.h5", false), *fused = write_input("fused.h5", true);

    (void)state;
    write_network("network.h5");
    assert_true(foretold_memory(levels) + ((1 + 3) * saved - resized) * sizeof(float) <= foretold_memory(fused));
}

/* The same bytes on one to three threads, on the sets of one class and with little memory. */
static void test_same_bytes(void **state)
{
    const char *levels = write_input("levels.h5", false), *isa;
    const char *output = path_of("output.h5"), *first = path_of("first.h5"), *first_class = NULL;

    (void)state;
    write_network("network.h5");
    size_t least = least_memory(levels, path_of("network.h5"), output);
    for (size_t i = 0; (isa = usable_isa(i)); i++)
        for (int threads = 1; threads <= 3; threads++) {
            struct geosc_options options = options_with(threads);
            options.isa = isa;
            options.memory = threads % 2 ? 2 * least : 0;
            assert_ok(geosc_configure(context, 1, isa));
            bool new_class = !first_class || strcmp(first_class, context->kernels->isa_class) != 0;
            first_class = context->kernels->isa_class;
            run_job(levels, new_class ? first : output, &options);
            if (!new_class)
                assert_true(same_file(first, output));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice), cmocka_unit_test(test_refined),    cmocka_unit_test(test_job),
        cmocka_unit_test(test_memory), cmocka_unit_test(test_same_bytes),
    };

    return cmocka_run_group_tests_name("grids", tests, make_all, free_all);
}
