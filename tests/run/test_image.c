/* Images and pairs in memory: random inputs, once in a file and once as arrays, get the same bits; wrong usage is
 * refused, and a faulty image fails its pairs only. */
#include "h5/h5_make.h"
#include "naive.h"

enum { IMAGES = 3, PAIRS = 4, MOST_KEYPOINTS = 5, LEVELS = 2, MOST_CELLS = 9 * 9, MOST_CHANNELS = 6, ROUNDS = 60 };

/* ---- a random input ------------------------------------------------------------------------------ */

struct input {
    struct random random;
    size_t pairs, keypoints, levels;
    size_t channels[LEVELS], height[LEVELS], width[LEVELS]; /* of the unposed image */
    size_t type;                                            /* row of `types` */
    const int *norm_group[LEVELS];
    bool there[GEOSC_POSES], masked[GEOSC_POSES]; /* features of the pose; a mask of its own */
    unsigned char *features[GEOSC_POSES][LEVELS]; /* [IMAGES][channels][height][width] of the stored type */
    float mask[GEOSC_POSES][IMAGES][MOST_CELLS];
    enum geosc_units units;
    double size[IMAGES][2], placement[IMAGES][3], points[PAIRS][MOST_KEYPOINTS][2];
    int64_t mirror[PAIRS][MOST_KEYPOINTS];
    int source[PAIRS], target[PAIRS];
    bool mirrored, with_model;
};

static const struct {
    enum geosc_type type;
    size_t bytes;
} types[] = {{GEOSC_F32, 4}, {GEOSC_F64, 8}, {GEOSC_F16, 2}, {GEOSC_BF16, 2}};

static hid_t stored_type(const struct input *input)
{
    return types[input->type].type == GEOSC_F16    ? make_half_type(false)
           : types[input->type].type == GEOSC_BF16 ? make_bfloat_type(false)
           : types[input->type].type == GEOSC_F32  ? H5Tcopy(H5T_NATIVE_FLOAT)
                                                   : H5Tcopy(H5T_NATIVE_DOUBLE);
}

static void posed_size(const struct input *input, int pose, size_t l, size_t *height, size_t *width)
{
    bool turns = naive_pose_turns((enum geosc_pose)pose);

    *height = turns ? input->width[l] : input->height[l];
    *width = turns ? input->height[l] : input->width[l];
}

static bool chance(struct input *input, size_t of)
{
    return random_below(&input->random, of) == 0;
}

static void make_points(struct input *input)
{
    for (size_t p = 0; p < input->pairs; p++)
        for (size_t k = 0; k < input->keypoints; k++) {
            bool outside = chance(input, 30), absent = chance(input, 6);
            double *size = input->size[input->source[p]], *point = input->points[p][k];
            for (int axis = 0; axis < 2; axis++) {
                double side = axis ? (double)input->height[0] : (double)input->width[0];
                double part = outside ? 1.5 : (double)random_float(&input->random, 0.01F, 0.99F);
                point[axis] = input->units == GEOSC_UNITS_CELL ? part * side - 0.5 : part * size[axis];
                if (input->units == GEOSC_UNITS_ORIGINAL)
                    point[axis] = (point[axis] - input->placement[input->source[p]][1 + axis]) /
                                  input->placement[input->source[p]][0];
                point[axis] = absent ? NAN : point[axis];
            }
            input->mirror[p][k] = (int64_t)random_below(&input->random, input->keypoints + 1) - 1;
        }
}

static void make_masks(struct input *input)
{
    for (int p = 0; p < GEOSC_POSES; p++) {
        input->there[p] = p == GEOSC_POSE_NONE || chance(input, 4);
        input->masked[p] = input->there[p] && chance(input, p ? 3 : 2);
        for (size_t i = 0; i < IMAGES; i++)
            for (size_t c = 0; c < MOST_CELLS; c++)
                input->mask[p][i][c] = chance(input, 2) ? random_float(&input->random, 0.2F, 1) : 0;
        if (chance(input, 12))
            input->mask[p][random_below(&input->random, IMAGES)][0] = -1;
        if (chance(input, 12))
            memset(input->mask[p][random_below(&input->random, IMAGES)], 0, sizeof input->mask[p][0]);
    }
}

static void make_input(size_t seed, struct input *input)
{
    static const int group = 1;

    *input = (struct input){.random = {seed}};
    input->pairs = seed % 5 == 0 ? 1 : PAIRS; /* one: which is refined with Winograd's convolutions in the same part */
    input->keypoints = random_below(&input->random, MOST_KEYPOINTS + 1);
    input->levels = 1 + random_below(&input->random, LEVELS);
    input->type = random_below(&input->random, sizeof types / sizeof *types);
    input->with_model = chance(input, 2);
    input->mirrored = chance(input, 2) && input->keypoints;
    input->units = (enum geosc_units)random_below(&input->random, 3);
    for (size_t l = 0; l < LEVELS; l++) {
        input->channels[l] = input->levels == 1 ? MOST_CHANNELS : MOST_CHANNELS / 2;
        input->height[l] = 2 + random_below(&input->random, 8);
        input->width[l] = 2 + random_below(&input->random, 8);
        input->norm_group[l] = input->levels > 1 && chance(input, 2) ? &group : NULL;
    }
    make_masks(input);
    for (size_t i = 0; i < IMAGES; i++) {
        for (int axis = 0; axis < 2; axis++)
            input->size[i][axis] = 20 + (double)random_below(&input->random, 100);
        input->placement[i][0] = (double)random_float(&input->random, 0.3F, 2);
        for (int axis = 1; axis < 3; axis++)
            input->placement[i][axis] = (double)random_below(&input->random, 9);
    }
    for (size_t p = 0; p < input->pairs; p++) {
        input->source[p] = input->pairs == 1 ? 0 : (int)random_below(&input->random, IMAGES);
        input->target[p] = input->pairs == 1 ? 1 : (int)random_below(&input->random, IMAGES);
    }
    make_points(input);
}

static void free_input(struct input *input)
{
    for (int p = 0; p < GEOSC_POSES; p++)
        for (size_t l = 0; l < LEVELS; l++)
            free(input->features[p][l]);
}

/* ---- in a file ------------------------------------------------------------------------------------- */

/* Writes random features, and keeps them as they are stored. */
static void write_level(struct input *input, hid_t file, const char *path, int pose, size_t l)
{
    size_t height, width, each;
    hid_t type = stored_type(input), dataset;

    posed_size(input, pose, l, &height, &width);
    each = input->channels[l] * height * width;
    const hsize_t dims[4] = {IMAGES, input->channels[l], height, width};
    float *values = random_features(&input->random, IMAGES * each);
    if (chance(input, 25))
        values[random_below(&input->random, IMAGES * each)] = NAN;
    if (chance(input, 12))
        memset(values, 0, each * sizeof *values);
    make_typed(file, path, type, H5T_NATIVE_FLOAT, 4, dims, values, H5P_DEFAULT);
    if (input->norm_group[l])
        make_number_attribute(file, path, "norm_group", *input->norm_group[l]);
    input->features[pose][l] = malloc(IMAGES * each * types[input->type].bytes);
    dataset = H5Dopen2(file, path, H5P_DEFAULT);
    MAKE(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, input->features[pose][l]));
    H5Dclose(dataset);
    H5Tclose(type);
    free(values);
}

static void write_pose(struct input *input, hid_t file, int pose)
{
    char folder[64], path[128];
    size_t height, width;
    float mask[IMAGES * MOST_CELLS];

    snprintf(folder, sizeof folder, pose ? "/images/poses/%s" : "/images", geosc_pose_name((enum geosc_pose)pose));
    for (size_t l = 0; l < input->levels; l++) {
        snprintf(path, sizeof path, input->levels > 1 ? "%s/features/level%zu" : "%s/features", folder, l);
        write_level(input, file, path, pose, l);
    }
    if (!input->masked[pose])
        return;
    posed_size(input, pose, 0, &height, &width);
    for (size_t i = 0; i < IMAGES; i++)
        memcpy(mask + i * height * width, input->mask[pose][i], height * width * sizeof *mask);
    snprintf(path, sizeof path, "%s/mask", folder);
    make_array(file, path, H5T_NATIVE_FLOAT, DIMS(IMAGES, height, width), mask, H5P_DEFAULT);
}

static void write_input(struct input *input, const char *path)
{
    double points[PAIRS * MOST_KEYPOINTS][2];
    int64_t mirror[PAIRS * MOST_KEYPOINTS];
    static const char *const names[] = {"cell", "pixel", "original"};
    hid_t file = make_file(path);

    for (int p = 0; p < GEOSC_POSES; p++)
        if (input->there[p])
            write_pose(input, file, p);
    make_array(file, "/images/size", H5T_NATIVE_DOUBLE, DIMS(IMAGES, 2), input->size, H5P_DEFAULT);
    make_array(file, "/images/placement", H5T_NATIVE_DOUBLE, DIMS(IMAGES, 3), input->placement, H5P_DEFAULT);
    make_array(file, "/pairs/source", H5T_NATIVE_INT, DIMS(input->pairs), input->source, H5P_DEFAULT);
    make_array(file, "/pairs/target", H5T_NATIVE_INT, DIMS(input->pairs), input->target, H5P_DEFAULT);
    for (size_t p = 0; p < input->pairs; p++) {
        memcpy(points + p * input->keypoints, input->points[p], input->keypoints * sizeof *points);
        memcpy(mirror + p * input->keypoints, input->mirror[p], input->keypoints * sizeof *mirror);
    }
    if (input->keypoints) {
        make_array(file, "/pairs/keypoints", H5T_NATIVE_DOUBLE, DIMS(input->pairs, input->keypoints, 2), points,
                   H5P_DEFAULT);
        make_text_attribute(file, "/pairs/keypoints", "units", names[input->units]);
    }
    if (input->mirrored)
        make_array(file, "/pairs/mirror_index", H5T_NATIVE_INT64, DIMS(input->pairs, input->keypoints), mirror,
                   H5P_DEFAULT);
    MAKE(H5Fclose(file));
}

static void write_model(struct random *random, const char *path)
{
    enum { HIDDEN = 5 };
    static const struct {
        const char *key;
        hsize_t outputs, inputs, side;
    } rows[3] = {{"0", HIDDEN, MOST_CHANNELS, 1}, {"3", HIDDEN, HIDDEN, 3}, {"6", MOST_CHANNELS, HIDDEN, 1}};
    static const char *const norms[3] = {"1", "4", "7"}, *const parts[4] = {"weight", "bias", "running_mean",
                                                                            "running_var"};
    float values[MOST_CHANNELS * MOST_CHANNELS * 9];
    hid_t file = make_file(path);
    char key[64];

    for (size_t i = 0; i < 3; i++) {
        snprintf(key, sizeof key, "/blocks.0.net.%s.weight", rows[i].key);
        random_fill(random, values, rows[i].outputs * rows[i].inputs * rows[i].side * rows[i].side);
        make_array(file, key, H5T_NATIVE_FLOAT, DIMS(rows[i].outputs, rows[i].inputs, rows[i].side, rows[i].side),
                   values, H5P_DEFAULT);
        for (size_t part = 0; part < 4; part++) {
            for (size_t c = 0; c < rows[i].outputs; c++)
                values[c] = random_float(random, 0.5F, 1.5F) - (part % 3 ? 1 : 0);
            snprintf(key, sizeof key, "/blocks.0.net.%s.%s", norms[i], parts[part]);
            make_array(file, key, H5T_NATIVE_FLOAT, DIMS(rows[i].outputs), values, H5P_DEFAULT);
        }
    }
    MAKE(H5Fclose(file));
}

/* ---- answers ----------------------------------------------------------------------------------------- */

enum { MOST_ANSWERS = MOST_CELLS, MOST_TOP = 3 };

/* Of one pair. */
struct found {
    float xy[MOST_ANSWERS][2], score[MOST_ANSWERS], second[MOST_ANSWERS], cycle[MOST_ANSWERS];
    float top_xy[MOST_ANSWERS * MOST_TOP][2], top_score[MOST_ANSWERS * MOST_TOP], imd[GEOSC_POSES];
    int32_t peak[MOST_ANSWERS][2];
    uint8_t mutual[MOST_ANSWERS];
    size_t chosen, status;
};

static void set_options(struct input *input, struct geosc_options *options)
{
    static const struct {
        const char *name, *texts[6];
    } rows[] = {
        {"poses", {"none,hflip,rot90,rot270", "all", "hflip", "none", "transpose,vflip"}},
        {"imd", {"squared", "euclidean", "mutual"}},
        {"pose-source", {"auto", "derived"}},
        {"restrict-target", {"no", "both", "imd", "match"}},
        {"query", {"cell", "bilinear"}},
        {"similarity", {"cosine", "dot"}},
        {"window", {"15", "1", "5", "gauss:2.5", "all"}},
        {"outside", {"drop", "zero"}},
        {"temperature", {"0.02", "1"}},
        {"confidence", {"no", "yes"}},
    };

    geosc_options_init(options);
    options->threads = 2;
    options->conv = input->pairs == 1 ? GEOSC_CONV_WINOGRAD : GEOSC_CONV_DIRECT;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t count = 0;
        while (count < 6 && rows[i].texts[count])
            count++;
        assert_ok(
            geosc_options_set(context, options, rows[i].name, rows[i].texts[random_below(&input->random, count)]));
    }
    if (chance(input, 3))
        assert_ok(geosc_options_set(context, options, "top", "3"));
    if (options->pose_count == 1 && chance(input, 2))
        assert_ok(geosc_options_set(context, options, "imd", "none"));
}

static struct geosc_image image_of(const struct input *input, int i, struct geosc_level levels[GEOSC_POSES][LEVELS])
{
    struct geosc_image image = {.size = {input->size[i][0], input->size[i][1]},
                                .placement = {input->placement[i][0], input->placement[i][1], input->placement[i][2]}};

    for (int p = 0; p < GEOSC_POSES; p++) {
        if (!input->there[p])
            continue;
        image.pose[p] =
            (struct geosc_features){levels[p], input->levels, input->masked[p] ? input->mask[p][i] : NULL, GEOSC_F32};
        for (size_t l = 0; l < input->levels; l++) {
            size_t height, width;
            posed_size(input, p, l, &height, &width);
            size_t bytes = input->channels[l] * height * width * types[input->type].bytes;
            levels[p][l] = (struct geosc_level){input->features[p][l] + (size_t)i * bytes,
                                                types[input->type].type,
                                                input->channels[l],
                                                height,
                                                width,
                                                input->norm_group[l]};
        }
    }
    return image;
}

/* The same pair in memory; asked: its source is refined for these keypoints only. */
static enum geosc_status match_in_memory(const struct input *input, const geosc_model *model, size_t p, bool asked,
                                         const struct geosc_options *options, struct found *found)
{
    struct geosc_level levels[2][GEOSC_POSES][LEVELS];
    const struct geosc_image source = image_of(input, input->source[p], levels[0]),
                             target = image_of(input, input->target[p], levels[1]);
    const struct geosc_keypoints keypoints = {.xy = input->points[p],
                                              .count = input->keypoints,
                                              .units = input->keypoints ? input->units : GEOSC_UNITS_CELL,
                                              .mirror_index = input->mirrored ? input->mirror[p] : NULL};
    struct geosc_pair_answer answer = {.answers = {found->xy, found->score, NULL, NULL, NULL, NULL, NULL, NULL},
                                       .imd = found->imd};
    struct geosc_options plain = *options;
    geosc_refined *maps[2];
    enum geosc_status status;

    if (options->confidence) {
        answer.answers.peak = found->peak;
        answer.answers.second = found->second;
        answer.answers.mutual = found->mutual;
        answer.answers.cycle = found->cycle;
    }
    answer.answers.top_xy = options->top ? found->top_xy : NULL;
    answer.answers.top_score = options->top ? found->top_score : NULL;
    assert_ok(geosc_refine_image(context, model, &source, options, asked ? &keypoints : NULL, &maps[0]));
    plain.pose_count = 1;
    plain.poses[0] = GEOSC_POSE_NONE;
    plain.pose_source = GEOSC_POSE_SOURCE_AUTO;
    assert_ok(geosc_refine_image(context, model, &target, &plain, NULL, &maps[1]));
    status = geosc_match_images(context, maps[0], maps[1], &keypoints, options, &answer);
    found->chosen = answer.chosen;
    found->status = answer.status;
    geosc_refined_free(maps[0]);
    geosc_refined_free(maps[1]);
    return status;
}

/* ---- the same bits ----------------------------------------------------------------------------------- */

struct output {
    hid_t file;
    size_t seed, pair, pairs;
};

static void expect_same(const struct output *output, const char *path, hid_t type, size_t bytes, const void *found)
{
    size_t each = H5Tget_size(type), count = output->pairs * bytes / each;
    char *all = malloc(output->pairs * bytes + 1);

    read_array(output->file, path, type, count, all);
    if (memcmp(all + output->pair * bytes, found, bytes) != 0)
        fail_msg("input %zu, pair %zu: %s differs", output->seed, output->pair, path);
    free(all);
}

static void expect_pair(const struct output *output, const struct input *input, const struct geosc_options *options,
                        const struct found *found)
{
    size_t n = input->keypoints ? input->keypoints : input->height[0] * input->width[0], tops = (size_t)options->top;
    uint8_t chosen = (uint8_t)found->chosen, status = (uint8_t)found->status;

    expect_same(output, "/pairs/status", H5T_NATIVE_UCHAR, 1, &status);
    expect_same(output, "/poses/chosen", H5T_NATIVE_UCHAR, 1, &chosen);
    expect_same(output, "/poses/imd", H5T_NATIVE_FLOAT, options->pose_count * sizeof(float), found->imd);
    expect_same(output, "/matches/xy", H5T_NATIVE_FLOAT, n * sizeof *found->xy, found->xy);
    expect_same(output, "/matches/score", H5T_NATIVE_FLOAT, n * sizeof *found->score, found->score);
    if (options->confidence) {
        expect_same(output, "/matches/peak", H5T_NATIVE_INT32, n * sizeof *found->peak, found->peak);
        expect_same(output, "/matches/second", H5T_NATIVE_FLOAT, n * sizeof *found->second, found->second);
        expect_same(output, "/matches/mutual", H5T_NATIVE_UCHAR, n, found->mutual);
        expect_same(output, "/matches/cycle", H5T_NATIVE_FLOAT, n * sizeof *found->cycle, found->cycle);
    }
    if (tops) {
        expect_same(output, "/matches/top_xy", H5T_NATIVE_FLOAT, n * tops * sizeof *found->top_xy, found->top_xy);
        expect_same(output, "/matches/top_score", H5T_NATIVE_FLOAT, n * tops * sizeof *found->top_score,
                    found->top_score);
    }
}

/* Runs one input both ways; counts pairs by status. */
static void check_input(size_t seed, size_t counts[GEOSC_PAIR_STATUSES])
{
    static struct input input;
    static struct found found;
    struct geosc_options options;
    const char *path = scratch_path("input.h5");
    char output_path[SCRATCH_PATH], model_path[SCRATCH_PATH];
    geosc_model *model = NULL;

    strcpy(output_path, scratch_path("output.h5"));
    strcpy(model_path, scratch_path("model.h5"));
    path = strcpy((char[SCRATCH_PATH]){0}, scratch_path("input.h5"));
    make_input(seed, &input);
    write_input(&input, path);
    write_model(&input.random, model_path);
    set_options(&input, &options);
    options.force = options.restart = true;
    if (input.with_model)
        assert_ok(geosc_model_load_with(context, model_path, &options, &model));
    enum geosc_status status =
        geosc_match_file(context, path, input.with_model ? model_path : NULL, output_path, &options, NULL);
    if (status != GEOSC_OK && status != GEOSC_PAIRS_FAILED)
        fail_msg("input %zu: %s", seed, geosc_message(context));
    struct output output = {H5Fopen(output_path, H5F_ACC_RDONLY, H5P_DEFAULT), seed, 0, input.pairs};
    for (; output.pair < input.pairs; output.pair++) {
        bool asked = input.pairs == 1 || output.pair % 2;
        status = match_in_memory(&input, model, output.pair, asked, &options, &found);
        assert_int_equal(status, found.status == GEOSC_PAIR_OK ? GEOSC_OK : GEOSC_PAIRS_FAILED);
        assert_int_equal(geosc_message(context)[0] != '\0', found.status != GEOSC_PAIR_OK);
        expect_pair(&output, &input, &options, &found);
        counts[found.status]++;
    }
    MAKE(H5Fclose(output.file));
    geosc_model_free(model);
    free_input(&input);
}

static void test_same_bits(void **state)
{
    size_t counts[GEOSC_PAIR_STATUSES] = {0};

    (void)state;
    for (size_t seed = 0; seed < ROUNDS; seed++)
        check_input(seed, counts);
    assert_true(counts[GEOSC_PAIR_OK] > ROUNDS);
    for (int s = 0; s < GEOSC_PAIR_STATUSES; s++)
        if (s != GEOSC_PAIR_UNREADABLE && s != GEOSC_PAIR_NO_MUTUAL && !counts[s])
            fail_msg("no pair is %s", geosc_pair_status_name((enum geosc_pair_status)s));
}

/* ---- wrong usage ------------------------------------------------------------------------------------- */

enum { C = 2, H = 2, W = 3 };
static const float values[C * H * W] = {1, 2, 3, 4, 5, 6, 3, 1, 4, 1, 5, 9}, weights[H * W] = {1, 1, 0, 0, 1, 1};
static const struct geosc_level good_level = {values, GEOSC_F32, C, H, W, NULL};

static struct geosc_image good_image(const struct geosc_level *level)
{
    return (struct geosc_image){.pose = {{level, 1, weights, GEOSC_F32}}};
}

#define refuses_image(text) \
    assert_fails(geosc_refine_image(context, NULL, &image, &options, asked, &refined), GEOSC_BAD_USAGE, text)

static void test_refine_refuses(void **state)
{
    struct geosc_level level = good_level;
    struct geosc_image image = good_image(&level);
    struct geosc_options options;
    const struct geosc_keypoints pixels = {.xy = (const double[][2]){{0, 0}}, .count = 1, .units = GEOSC_UNITS_PIXEL},
                                 *asked = NULL;
    geosc_refined *refined;

    (void)state;
    geosc_options_init(&options);
    assert_int_equal(geosc_refine_image(NULL, NULL, &image, &options, NULL, &refined), GEOSC_BAD_USAGE);
    assert_fails(geosc_refine_image(context, NULL, NULL, &options, NULL, &refined), GEOSC_BAD_USAGE, "NULL");
    assert_fails(geosc_refine_image(context, NULL, &image, NULL, NULL, &refined), GEOSC_BAD_USAGE, "NULL");
    assert_fails(geosc_refine_image(context, NULL, &image, &options, NULL, NULL), GEOSC_BAD_USAGE, "NULL");
    level.data = NULL;
    refuses_image("level 0 is empty");
    level = good_level;
    level.width = 0;
    refuses_image("level 0 is empty");
    level.width = level.height = (size_t)1 << 40;
    refuses_image("too many cells");
    level = good_level;
    level.channels = SIZE_MAX / 4;
    refuses_image("too large");
    level = good_level;
    level.type = GEOSC_I32;
    refuses_image("float16, bfloat16, float32 or float64");
    level = good_level;
    image.pose[0].mask_type = (enum geosc_type)77;
    refuses_image("mask of pose none has type 77");
    image = good_image(&level);
    image.pose[0].level_count = 9;
    refuses_image("1 to 8 levels");
    image.pose[0].level_count = 0;
    refuses_image("1 to 8 levels");
    image = good_image(&level);
    image.pose[GEOSC_POSE_ROT90] = image.pose[0];
    refuses_image("pose rot90 are 2 x 2 x 3 (C x H x W), expected 2 x 3 x 2");
    image = good_image(&level);
    image.size[0] = -1;
    refuses_image("size: number 0 is -1");
    image.size[0] = 5;
    refuses_image("size: number 1 is 0");
    image = good_image(&level);
    image.placement[0] = 1;
    image.placement[2] = NAN;
    refuses_image("placement: number 2");
    image = good_image(&level);
    asked = &pixels;
    refuses_image("need the size of the source");
    asked = NULL;
    options.pose_source = GEOSC_POSE_SOURCE_STORED;
    refuses_image("no features of pose hflip");
    options.window = 4;
    refuses_image("window");
}

#define refuses_pair(text) \
    assert_fails(geosc_match_images(context, source, target, &keypoints, &options, &answer), GEOSC_BAD_USAGE, text)

static void test_match_refuses(void **state)
{
    static const double points[][2] = {{0, 0}, {2, 1}};
    static const int64_t far[2] = {0, 2};
    struct geosc_level other = good_level;
    const struct geosc_image image = good_image(&good_level), narrow = good_image(&other);
    struct geosc_keypoints keypoints = {.xy = points, .count = 2}, first = {.xy = points, .count = 1};
    struct geosc_pair_answer answer = {.imd = NULL};
    struct geosc_options options;
    geosc_refined *source, *target, *part;
    float top[2];

    (void)state;
    geosc_options_init(&options);
    assert_ok(geosc_refine_image(context, NULL, &image, &options, NULL, &source));
    assert_ok(geosc_refine_image(context, NULL, &image, &options, NULL, &target));
    assert_ok(geosc_refine_image(context, NULL, &image, &options, &first, &part));
    assert_int_equal(geosc_match_images(NULL, source, target, &keypoints, &options, &answer), GEOSC_BAD_USAGE);
    assert_fails(geosc_match_images(context, NULL, target, &keypoints, &options, &answer), GEOSC_BAD_USAGE, "NULL");
    assert_fails(geosc_match_images(context, source, NULL, &keypoints, &options, &answer), GEOSC_BAD_USAGE, "NULL");
    assert_fails(geosc_match_images(context, source, target, NULL, &options, &answer), GEOSC_BAD_USAGE, "NULL");
    assert_fails(geosc_match_images(context, source, target, &keypoints, NULL, &answer), GEOSC_BAD_USAGE, "NULL");
    assert_fails(geosc_match_images(context, source, target, &keypoints, &options, NULL), GEOSC_BAD_USAGE, "NULL");
    assert_fails(geosc_match_images(context, source, part, &keypoints, &options, &answer), GEOSC_BAD_USAGE,
                 "the target was refined only");
    assert_fails(geosc_match_images(context, part, target, &keypoints, &options, &answer), GEOSC_BAD_USAGE,
                 "other keypoints");
    assert_ok(geosc_match_images(context, part, target, &first, &options, &answer));
    first.count = 0;
    assert_fails(geosc_match_images(context, part, target, &first, &options, &answer), GEOSC_BAD_USAGE,
                 "other keypoints");
    keypoints.xy = NULL;
    refuses_pair("keypoints must not be NULL");
    keypoints.xy = points;
    keypoints.units = (enum geosc_units)3;
    refuses_pair("unknown units 3");
    keypoints.units = GEOSC_UNITS_PIXEL;
    refuses_pair("size of the source");
    keypoints.units = GEOSC_UNITS_CELL;
    keypoints.mirror_index = far;
    refuses_pair("mirror_index[1] is 2: -1 to 1");
    keypoints.mirror_index = NULL;
    answer.answers.top_score = top;
    refuses_pair("top: 1 or more");
    answer.answers.top_score = NULL;
    assert_ok(geosc_options_set(context, &options, "poses", "all"));
    refuses_pair("not refined for the pose vflip");
    geosc_options_init(&options);
    geosc_refined_free(target);
    other.channels = 1;
    assert_ok(geosc_refine_image(context, NULL, &narrow, &options, NULL, &target));
    refuses_pair("2 and 1 channels");
    geosc_refined_free(source);
    geosc_refined_free(target);
    geosc_refined_free(part);
    geosc_refined_free(NULL);
}

static void test_options_set(void **state)
{
    struct geosc_options options;

    (void)state;
    geosc_options_init(&options);
    assert_ok(geosc_options_set(context, &options, "window", "gauss:7"));
    assert_true(options.window_kind == GEOSC_WINDOW_GAUSS && options.window_sigma == 7);
    assert_ok(geosc_options_set(context, &options, "confidence", "yes"));
    assert_true(options.confidence);
    options.threads = 3;
    assert_ok(geosc_options_set(context, &options, "preset", "geoaware-zero-shot"));
    assert_true(options.window_kind == GEOSC_WINDOW_BOX && options.window == 11 &&
                options.outside == GEOSC_OUTSIDE_ZERO);
    assert_true(options.pose_count == 2 && options.imd == GEOSC_IMD_EUCLIDEAN && !options.confidence);
    assert_int_equal(options.threads, 3);
    assert_fails(geosc_options_set(context, &options, "preset", "geosc"), GEOSC_BAD_USAGE, "preset 'geosc': ");
    assert_fails(geosc_options_set(context, &options, "widow", "3"), GEOSC_BAD_USAGE,
                 "unknown option 'widow'; did you mean 'window'?");
    assert_fails(geosc_options_set(context, &options, "confidence", "perhaps"), GEOSC_BAD_USAGE, "yes or no");
    assert_fails(geosc_options_set(context, &options, "window", "4"), GEOSC_BAD_USAGE, "window '4'");
    assert_fails(geosc_options_set(context, &options, "window", NULL), GEOSC_BAD_USAGE, "NULL");
    assert_fails(geosc_options_set(context, NULL, "window", "3"), GEOSC_BAD_USAGE, "NULL");
    assert_int_equal(geosc_options_set(NULL, &options, "window", "3"), GEOSC_BAD_USAGE);
    options.size = 3;
    assert_fails(geosc_options_set(context, &options, "window", "3"), GEOSC_BAD_USAGE, "geosc_options_init");
}

/* What is in an image: its size, faults, and the maps. */
static void test_refined(void **state)
{
    struct geosc_level level = good_level;
    struct geosc_image image = good_image(&level);
    struct geosc_options options;
    size_t channels, height, width;
    geosc_refined *refined;
    const float zeros[C * H * W] = {0};

    (void)state;
    geosc_options_init(&options);
    assert_ok(geosc_refine_image(context, NULL, &image, &options, NULL, &refined));
    geosc_refined_size(refined, &channels, &height, &width);
    assert_true(channels == C && height == H && width == W);
    assert_int_equal(geosc_refined_status(refined), GEOSC_PAIR_OK);
    assert_non_null(geosc_refined_map(refined, GEOSC_POSE_NONE));
    assert_null(geosc_refined_map(refined, GEOSC_POSE_VFLIP));
    assert_null(geosc_refined_map(refined, GEOSC_POSES));
    geosc_refined_free(refined);
    level.data = zeros;
    assert_ok(geosc_refine_image(context, NULL, &image, &options, NULL, &refined));
    assert_int_equal(geosc_refined_status(refined), GEOSC_PAIR_EMPTY_FEATURES);
    assert_null(geosc_refined_map(refined, GEOSC_POSE_NONE));
    geosc_refined_free(refined);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),   cmocka_unit_test(test_refine_refuses), cmocka_unit_test(test_match_refuses),
        cmocka_unit_test(test_options_set), cmocka_unit_test(test_refined),
    };

    return cmocka_run_group_tests_name("image", tests, make_all, free_all);
}
