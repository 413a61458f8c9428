#include "tools/synth.h"

#include "base/memory.h"
#include "base/place.h"
#include "base/random.h"
#include "maps/pose.h"
#include "tools/synth_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    COARSE = 4,     /* cells between nodes of a feature map's smooth part */
    OWN_NOISE = 5,  /* noise of a scene, in 16ths of its nodes' deviation */
    VIEW_NOISE = 3, /* noise of a view, in the same unit */
    QUARTERS = 4,   /* keypoints are at quarters of a cell */
    CHUNK_BYTES = 256 * 1024,
    ATTEMPTS = 64, /* most attempts to place a keypoint on the mask */
    CATEGORIES = 3
};

/* ---- feature maps ------------------------------------------------------------------------------- */

/* Buffers for one image. */
struct scratch {
    int32_t *scene, *view; /* [channels][cells] in units of 2^-19 */
    int32_t *nodes;        /* of one channel's smooth part */
    uint32_t *cells;       /* a pose's permutation */
    void *row;             /* an image's row as stored */
    uint8_t *mask;
};

static void free_scratch(struct scratch *scratch)
{
    memory_free(scratch->scene);
    memory_free(scratch->view);
    memory_free(scratch->nodes);
    memory_free(scratch->cells);
    memory_free(scratch->row);
    memory_free(scratch->mask);
}

static size_t node_count(size_t cells)
{
    return (cells - 1) / COARSE + 2;
}

static enum geosc_status make_scratch(geosc_context *context, const struct synth_options *options,
                                      struct scratch *scratch)
{
    size_t cells = options->height * options->width, values = cells * options->channels;
    size_t nodes = node_count(options->height) * node_count(options->width);
    enum geosc_status status;

    TRY(memory_allocate(context, &scratch->scene, values, sizeof *scratch->scene, "an image"));
    TRY(memory_allocate(context, &scratch->view, values, sizeof *scratch->view, "an image"));
    TRY(memory_allocate(context, &scratch->nodes, nodes, sizeof *scratch->nodes, "an image"));
    TRY(memory_allocate(context, &scratch->cells, cells, sizeof *scratch->cells, "an image"));
    TRY(memory_allocate(context, &scratch->row, values, number_size(options->type), "an image"));
    TRY(memory_allocate(context, &scratch->mask, cells, 1, "a mask"));
done:
    return status;
}

/* One channel of a scene: nodes every COARSE cells, bilinear between them (weights in 16ths), plus noise. */
static void make_channel(const struct synth_options *options, uint64_t number, int32_t *nodes, int32_t *out)
{
    struct random_stream smooth = random_stream(options->seed, KIND_SMOOTH, number);
    size_t columns = node_count(options->width), rows = node_count(options->height);

    for (size_t i = 0; i < columns * rows; i++)
        nodes[i] = random_normal(&smooth);
    for (size_t y = 0; y < options->height; y++)
        for (size_t x = 0; x < options->width; x++) {
            const int32_t *node = nodes + y / COARSE * columns + x / COARSE;
            int32_t right = (int32_t)(x % COARSE), below = (int32_t)(y % COARSE);
            int32_t top = (COARSE - right) * node[0] + right * node[1];
            int32_t bottom = (COARSE - right) * node[columns] + right * node[columns + 1];
            out[y * options->width + x] = (COARSE - below) * top + below * bottom + OWN_NOISE * random_normal(&smooth);
        }
}

/* Computes the features of an image in scratch->view. */
static void make_view(const struct synth_options *options, const struct synth_view *view, size_t image,
                      struct scratch *scratch)
{
    size_t cells = options->height * options->width;

    pose_permutation(view->pose, options->height, options->width, scratch->cells);
    for (size_t c = 0; c < options->channels; c++) {
        struct random_stream noise = random_stream(options->seed, KIND_NOISE, image * options->channels + c);
        const int32_t *scene = scratch->scene + c * cells;
        int32_t *out = scratch->view + c * cells;

        make_channel(options, view->scene * options->channels + c, scratch->nodes, scratch->scene + c * cells);
        for (size_t i = 0; i < cells; i++)
            out[i] = scene[scratch->cells[i]] + (view->number ? VIEW_NOISE * random_normal(&noise) : 0);
    }
}

/* Converts a finite float32 to IEEE half precision, to nearest, ties to even. */
static uint16_t half_of(float value)
{
    uint32_t bits, sign, exponent, fraction, shift, half;

    memcpy(&bits, &value, sizeof bits);
    sign = bits >> 16 & 0x8000;
    exponent = bits >> 23 & 0xff;
    if (exponent < 127 - 25) /* below half of the smallest half */
        return (uint16_t)sign;
    if (exponent > 127 + 15)
        return (uint16_t)(sign | 0x7c00);
    fraction = (bits & 0x7fffff) | 0x800000;
    /* Normal numbers lose 13 bits; below 2^-14 the fraction shifts further right, including its leading bit. */
    shift = exponent < 127 - 14 ? 13 + (127 - 14 - exponent) : 13;
    half = fraction >> shift;
    fraction &= (1U << shift) - 1;
    half += fraction > 1U << (shift - 1) || (fraction == 1U << (shift - 1) && (half & 1));
    if (shift == 13)
        half += (exponent - (127 - 14)) << 10; /* the leading bit adds 1 to the exponent */
    return (uint16_t)(sign | half);
}

static void store_view(const struct synth_options *options, const int32_t *view, void *row)
{
    size_t values = options->height * options->width * options->channels;

    /* Magnitude below 2^24: exact in float32. */
    if (options->type == NUMBER_F32)
        for (size_t i = 0; i < values; i++)
            ((float *)row)[i] = (float)view[i] * 0x1p-19F;
    else
        for (size_t i = 0; i < values; i++)
            ((uint16_t *)row)[i] = half_of((float)view[i] * 0x1p-19F);
}

static void make_mask(const struct synth_design *design, const struct synth_view *view, struct scratch *scratch)
{
    const struct synth_options *options = design->options;
    struct synth_object object = synth_object_of(design, view->scene);

    for (size_t i = 0; i < options->height * options->width; i++) {
        size_t cell = scratch->cells[i]; /* set by make_view */
        scratch->mask[i] = synth_on_object(&object, (int64_t)(cell % options->width), (int64_t)(cell / options->width));
    }
}

/* Paths of arrays in layouts whose arrays hold many images. */
struct dataset_paths {
    const char *features[2], *mask[2]; /* of sources and targets, or of all images */
    size_t rows;
};

static struct dataset_paths places_of(const struct synth_design *design)
{
    if (design->options->layout == SYNTH_INDEXED)
        return (struct dataset_paths){{"/images/features"}, {"/images/mask"}, design->images};
    return (struct dataset_paths){{"/source", "/target"}, {"/mask", "/target_mask"}, design->options->pairs};
}

/* Writes features and mask of `rows` images; rows 0: of one image, without that dimension. data as for
 * h5_write_array. */
static enum geosc_status write_maps(geosc_context *context, struct h5_writer *writer,
                                    const struct synth_options *options, const struct synth_view *view, size_t rows,
                                    const char *const names[2], const void *const data[2])
{
    const size_t height = view->height, width = view->width, alone = rows == 0;
    const size_t dims[4] = {rows, options->channels, height, width}, mask_dims[3] = {rows, height, width};
    size_t fits = CHUNK_BYTES / (height * width * number_size(options->type));
    const size_t chunk[4] = {1, fits < 1 ? 1 : fits < dims[1] ? fits : dims[1], height, width};
    const size_t mask_chunk[3] = {1, height, width};
    const struct h5_layout squeezed = {.chunk = chunk + alone, .deflate = options->deflate};
    const struct h5_layout squeezed_mask = {.chunk = mask_chunk + alone, .deflate = options->deflate};
    enum geosc_status status;

    TRY(h5_write_array(context, writer, names[0], options->type, 4 - alone, dims + alone, data[0],
                       options->deflate ? &squeezed : NULL));
    TRY(h5_write_array(context, writer, names[1], NUMBER_U8, 3 - alone, mask_dims + alone, data[1],
                       options->deflate ? &squeezed_mask : NULL));
done:
    return status;
}

static enum geosc_status make_image_arrays(geosc_context *context, struct h5_writer *writer,
                                           const struct synth_design *design)
{
    static const void *const later[2] = {NULL, NULL};
    const struct dataset_paths places = places_of(design);
    const struct synth_view view = {.height = design->options->height, .width = design->options->width};
    enum geosc_status status = GEOSC_OK;

    for (size_t s = 0; s < 2 && places.features[s]; s++)
        TRY(write_maps(context, writer, design->options, &view, places.rows,
                       (const char *const[2]){places.features[s], places.mask[s]}, later));
done:
    return status;
}

static enum geosc_status write_row(geosc_context *context, struct h5_writer *writer, const struct dataset_paths *places,
                                   size_t image, const struct scratch *scratch)
{
    size_t set = image / places->rows, row = image % places->rows;
    enum geosc_status status;

    TRY(h5_write_row(context, writer, places->features[set], row, scratch->row));
    TRY(h5_write_row(context, writer, places->mask[set], row, scratch->mask));
done:
    return status;
}

/* Writes an image of the grouped layout. */
static enum geosc_status write_group(geosc_context *context, struct h5_writer *writer,
                                     const struct synth_design *design, const struct synth_view *view,
                                     const struct scratch *scratch)
{
    static const size_t two = 2;
    const int32_t size[2] = {(int32_t)(view->width * view->scale[0]), (int32_t)(view->height * view->scale[1])};
    char name[SYNTH_NAME], features[H5_PATH], mask[H5_PATH], size_path[H5_PATH];
    enum geosc_status status;

    synth_name_of(view, name);
    snprintf(features, sizeof features, "/images/%s/features", name);
    snprintf(mask, sizeof mask, "/images/%s/mask", name);
    snprintf(size_path, sizeof size_path, "/images/%s/size", name);
    TRY(write_maps(context, writer, design->options, view, 0, (const char *const[2]){features, mask},
                   (const void *const[2]){scratch->row, scratch->mask}));
    TRY(h5_write_array(context, writer, size_path, NUMBER_I32, 1, &two, size, NULL));
done:
    return status;
}

static enum geosc_status write_images(geosc_context *context, struct h5_writer *writer,
                                      const struct synth_design *design)
{
    const struct dataset_paths places = places_of(design);
    bool grouped = design->options->layout == SYNTH_GROUPED;
    struct scratch scratch = {0};
    enum geosc_status status;

    if (!grouped)
        TRY(make_image_arrays(context, writer, design));
    TRY(make_scratch(context, design->options, &scratch));
    for (size_t image = 0; image < design->images; image++) {
        struct synth_view view = synth_view_of(design, image);
        TRY(check_stop(context));
        make_view(design->options, &view, image, &scratch);
        make_mask(design, &view, &scratch);
        store_view(design->options, scratch.view, scratch.row);
        if (grouped)
            TRY(write_group(context, writer, design, &view, &scratch));
        else
            TRY(write_row(context, writer, &places, image, &scratch));
    }
done:
    free_scratch(&scratch);
    return status;
}

/* ---- keypoints ---------------------------------------------------------------------------------- */

/* The keypoint that gets k's name in a mirrored view: two thirds of the keypoints form left-right pairs, the rest are
 * on the axis. */
static size_t partner_of(const struct synth_options *options, size_t k)
{
    return options->layout != SYNTH_STACKED && k < options->keypoints / 3 * 2 ? k ^ 1 : k;
}

/* Point k of a scene, in cells; NaN if absent. The first point always exists. */
static void scene_point(const struct synth_design *design, size_t scene, size_t k, double point[2])
{
    const struct synth_options *options = design->options;
    struct random_stream stream = random_stream(options->seed, KIND_POINTS, scene * options->keypoints + k);
    struct synth_object object = synth_object_of(design, scene);
    bool absent = random_below(&stream, 10) == 0 && k > 0;
    int64_t x = object.centre[0] / 2 * QUARTERS, y = object.centre[1] / 2 * QUARTERS;

    for (int i = 0; i < ATTEMPTS; i++) {
        int64_t try_x = (int64_t)random_below(&stream, QUARTERS * (options->width - 1) + 1);
        int64_t try_y = (int64_t)random_below(&stream, QUARTERS * (options->height - 1) + 1);
        if (!synth_on_object(&object, (try_x + QUARTERS / 2) / QUARTERS, (try_y + QUARTERS / 2) / QUARTERS))
            continue;
        x = try_x, y = try_y;
        break;
    }
    point[0] = absent ? NAN : (double)x / QUARTERS;
    point[1] = absent ? NAN : (double)y / QUARTERS;
}

/* Keypoint k of a view, in the layout's units. */
static void view_point(const struct synth_design *design, const struct synth_view *view, size_t k, float out[2])
{
    const struct synth_options *options = design->options;
    double point[2];

    scene_point(design, view->scene, pose_mirrors(view->pose) ? partner_of(options, k) : k, point);
    geosc_pose_point(view->pose, (double)options->width, (double)options->height, &point[0], &point[1]);
    for (int axis = 0; axis < 2; axis++)
        out[axis] =
            (float)(options->layout != SYNTH_STACKED ? (point[axis] + 0.5) * (double)view->scale[axis] : point[axis]);
}

/* Buffers for data of all pairs. */
struct keypoint_lists {
    float (*source)[2], (*target)[2]; /* [pairs * keypoints] */
    int64_t *images, *mirror, *group; /* [pairs], [pairs * keypoints] */
    float *threshold;                 /* [pairs] */
    const char **pose;                /* [pairs] */
};

static void free_lists(struct keypoint_lists *lists)
{
    memory_free(lists->source);
    memory_free(lists->target);
    memory_free(lists->images);
    memory_free(lists->mirror);
    memory_free(lists->group);
    memory_free(lists->threshold);
    memory_free(lists->pose);
}

static enum geosc_status make_lists(geosc_context *context, const struct synth_options *options,
                                    struct keypoint_lists *lists)
{
    size_t points = options->pairs * options->keypoints;
    enum geosc_status status;

    TRY(memory_allocate(context, &lists->source, points, sizeof *lists->source, "keypoints"));
    TRY(memory_allocate(context, &lists->target, points, sizeof *lists->target, "keypoints"));
    TRY(memory_allocate(context, &lists->images, options->pairs, sizeof *lists->images, "pairs"));
    TRY(memory_allocate(context, &lists->mirror, points, sizeof *lists->mirror, "keypoints"));
    TRY(memory_allocate(context, &lists->group, points, sizeof *lists->group, "keypoints"));
    TRY(memory_allocate(context, &lists->threshold, options->pairs, sizeof *lists->threshold, "pairs"));
    TRY(memory_allocate(context, &lists->pose, options->pairs, sizeof *lists->pose, "pairs"));
done:
    return status;
}

/* Larger side of the object's bounding box in an image, in pixels. */
static float object_side(const struct synth_design *design, const struct synth_view *view)
{
    struct synth_object object = synth_object_of(design, view->scene);
    size_t width, height;

    pose_size(view->pose, 2 * (size_t)object.radius[1] + 1, 2 * (size_t)object.radius[0] + 1, &height, &width);
    width *= view->scale[0];
    height *= view->scale[1];
    return (float)(width > height ? width : height);
}

static void fill_pair(const struct synth_design *design, size_t p, struct keypoint_lists *lists)
{
    const struct synth_options *options = design->options;
    size_t source, target;
    struct synth_view from, to;

    synth_pair_images(design, p, &source, &target);
    from = synth_view_of(design, source);
    to = synth_view_of(design, target);
    lists->pose[p] = geosc_pose_name(synth_pose_between(from.pose, to.pose));
    lists->threshold[p] = object_side(design, &to);
    for (size_t k = 0; k < options->keypoints; k++) {
        size_t i = p * options->keypoints + k, partner = partner_of(options, k);
        view_point(design, &from, k, lists->source[i]);
        view_point(design, &to, k, lists->target[i]);
        lists->mirror[i] = (int64_t)partner;
        lists->group[i] = partner == k ? -1 : (int64_t)(k / 2);
    }
}

static enum geosc_status write_keypoints(geosc_context *context, struct h5_writer *writer,
                                         const struct synth_options *options, const struct keypoint_lists *lists)
{
    bool stacked = options->layout == SYNTH_STACKED;
    const char *source = stacked ? "/keypoints" : "/pairs/keypoints";
    const char *target = stacked ? "/target_keypoints" : "/pairs/target_keypoints";
    const char *units = stacked ? "cell" : "pixel";
    const size_t dims[3] = {options->pairs, options->keypoints, 2};
    enum geosc_status status = GEOSC_OK;

    if (!options->keypoints)
        return GEOSC_OK;
    TRY(h5_write_array(context, writer, source, NUMBER_F32, 3, dims, lists->source, NULL));
    TRY(h5_write_attribute_string(context, writer, source, "units", units));
    TRY(h5_write_array(context, writer, target, NUMBER_F32, 3, dims, lists->target, NULL));
    TRY(h5_write_attribute_string(context, writer, target, "units", units));
    if (stacked)
        return GEOSC_OK;
    TRY(h5_write_array(context, writer, "/pairs/mirror_index", NUMBER_I64, 2, dims, lists->mirror, NULL));
    TRY(h5_write_array(context, writer, "/pairs/symmetry_group", NUMBER_I64, 2, dims, lists->group, NULL));
    TRY(h5_write_array(context, writer, "/pairs/threshold", NUMBER_F32, 1, dims, lists->threshold, NULL));
done:
    return status;
}

/* ---- pairs of images ----------------------------------------------------------------------------- */

static enum geosc_status write_image_numbers(geosc_context *context, struct h5_writer *writer,
                                             const struct synth_design *design, int64_t *numbers)
{
    const size_t pairs = design->options->pairs;
    enum geosc_status status;
    size_t images[2];

    for (int side = 0; side < 2; side++) {
        for (size_t p = 0; p < pairs; p++) {
            synth_pair_images(design, p, &images[0], &images[1]);
            numbers[p] = (int64_t)images[side];
        }
        TRY(h5_write_array(context, writer, side ? "/pairs/target" : "/pairs/source", NUMBER_I64, 1, &pairs, numbers,
                           NULL));
    }
done:
    return status;
}

/* The same by names. pointers [pairs] is scratch. */
static enum geosc_status write_image_names(geosc_context *context, struct h5_writer *writer,
                                           const struct synth_design *design, const char **pointers)
{
    const size_t pairs = design->options->pairs;
    char(*names)[SYNTH_NAME] = NULL;
    enum geosc_status status;
    size_t images[2];

    TRY(memory_allocate(context, &names, pairs, sizeof *names, "names of images"));
    for (int side = 0; side < 2; side++) {
        for (size_t p = 0; p < pairs; p++) {
            synth_pair_images(design, p, &images[0], &images[1]);
            struct synth_view view = synth_view_of(design, images[side]);
            synth_name_of(&view, names[p]);
            pointers[p] = names[p];
        }
        TRY(h5_write_strings(context, writer, side ? "/pairs/target" : "/pairs/source", pairs, pointers, NULL));
    }
done:
    memory_free(names);
    return status;
}

static enum geosc_status write_categories(geosc_context *context, struct h5_writer *writer,
                                          const struct synth_design *design, const char **names)
{
    static const char *const categories[CATEGORIES] = {"ash", "birch", "cedar"};

    for (size_t p = 0; p < design->options->pairs; p++)
        names[p] = categories[p % design->scenes % CATEGORIES];
    return h5_write_strings(context, writer, "/pairs/category", design->options->pairs, names, NULL);
}

/* Writes /images/size and /images/name of the indexed layout. */
static enum geosc_status write_image_facts(geosc_context *context, struct h5_writer *writer,
                                           const struct synth_design *design)
{
    const size_t dims[2] = {design->images, 2};
    int32_t(*sizes)[2] = NULL;
    char(*texts)[SYNTH_NAME] = NULL;
    const char **names = NULL;
    enum geosc_status status;

    TRY(memory_allocate(context, &sizes, design->images, sizeof *sizes, "image sizes"));
    TRY(memory_allocate(context, &texts, design->images, sizeof *texts, "image names"));
    TRY(memory_allocate(context, &names, design->images, sizeof *names, "image names"));
    for (size_t i = 0; i < design->images; i++) {
        struct synth_view view = synth_view_of(design, i);
        sizes[i][0] = (int32_t)(view.width * view.scale[0]);
        sizes[i][1] = (int32_t)(view.height * view.scale[1]);
        synth_name_of(&view, texts[i]);
        names[i] = texts[i];
    }
    TRY(h5_write_array(context, writer, "/images/size", NUMBER_I32, 2, dims, sizes, NULL));
    TRY(h5_write_strings(context, writer, "/images/name", design->images, names, NULL));
done:
    memory_free(sizes);
    memory_free(texts);
    memory_free(names);
    return status;
}

static enum geosc_status write_pairs(geosc_context *context, struct h5_writer *writer,
                                     const struct synth_design *design)
{
    const struct synth_options *options = design->options;
    struct keypoint_lists lists = {0};
    enum geosc_status status;

    TRY(make_lists(context, options, &lists));
    for (size_t p = 0; p < options->pairs; p++)
        fill_pair(design, p, &lists);
    TRY(write_keypoints(context, writer, options, &lists));
    TRY(h5_write_strings(context, writer, options->layout == SYNTH_STACKED ? "/true_pose" : "/pairs/true_pose",
                         options->pairs, lists.pose, NULL));
    if (options->layout == SYNTH_STACKED)
        goto done;
    if (options->layout == SYNTH_GROUPED)
        TRY(write_image_names(context, writer, design, lists.pose));
    else
        TRY(write_image_numbers(context, writer, design, lists.images));
    TRY(write_categories(context, writer, design, lists.pose));
    if (options->layout == SYNTH_INDEXED)
        TRY(write_image_facts(context, writer, design));
done:
    free_lists(&lists);
    return status;
}

/* ---- all together ------------------------------------------------------------------------------- */

static enum geosc_status check_model(geosc_context *context, const struct synth_options *options)
{
    if (!options->hidden || !options->blocks)
        return fail(context, GEOSC_BAD_USAGE, "hidden and blocks must be 1 or more");
    if (!options->aggregation)
        return GEOSC_OK;
    if (!options->bottlenecks || !options->time_steps)
        return fail(context, GEOSC_BAD_USAGE, "bottlenecks and time steps must be 1 or more");
    if (options->channels % options->time_steps)
        return fail(context, GEOSC_BAD_USAGE, "%zu time steps cannot share %zu channels evenly", options->time_steps,
                    options->channels);
    if (options->blocks > options->channels / options->time_steps)
        return fail(context, GEOSC_BAD_USAGE,
                    "an aggregation model of %zu levels (blocks) needs as many channels%s, not %zu", options->blocks,
                    options->time_steps > 1 ? " in each time step" : "", options->channels / options->time_steps);
    return GEOSC_OK;
}

static enum geosc_status check_options(geosc_context *context, const struct synth_options *options, bool model)
{
    size_t cells = 0, values = 0, all = 0;

    if (!options->pairs || !options->channels || !options->height || !options->width)
        return fail(context, GEOSC_BAD_USAGE, "pairs, channels, height and width must be 1 or more");
    if (options->height > SYNTH_SIDE || options->width > SYNTH_SIDE)
        return fail(context, GEOSC_BAD_USAGE, "height and width may be at most %d cells", SYNTH_SIDE);
    if (model && check_model(context, options) != GEOSC_OK)
        return GEOSC_BAD_USAGE;
    if (options->images && options->layout == SYNTH_STACKED)
        return fail(context, GEOSC_BAD_USAGE,
                    "a number of images needs the indexed or grouped layout; in the stacked layout each pair has its "
                    "own two");
    if (options->type != NUMBER_F16 && options->type != NUMBER_F32)
        return fail(context, GEOSC_BAD_USAGE, "features must be float16 or float32");
    if (options->deflate < 0 || options->deflate > 9)
        return fail(context, GEOSC_BAD_USAGE, "the deflate level must be 0 to 9");
    /* 32 bytes bound everything kept per value, keypoint or pair. */
    if (!size_multiply(options->height, options->width, &cells) || !size_multiply(cells, options->channels, &values) ||
        !size_multiply(values, 32, &all) || !size_multiply(options->keypoints + 2, 32, &all) ||
        !size_multiply(options->pairs, all, &all) || options->images > SIZE_MAX / 256)
        return fail(context, GEOSC_BAD_USAGE, "the data set is too large for any machine");
    return GEOSC_OK;
}

enum geosc_status synth_write(geosc_context *context, const char *path, const char *model_path,
                              const struct synth_options *options)
{
    struct h5_writer *input = NULL, *model = NULL;
    struct synth_design design;
    enum geosc_status status;

    context->stop = options->stop;
    TRY(check_options(context, options, model_path != NULL));
    if (place_is_same(path, model_path))
        TRY(fail(context, GEOSC_BAD_USAGE, "%s: input and model must be different files", path));
    TRY(synth_design_make(context, options, &design));
    /* Start both before computing anything, so that an unwritable name is reported at once. */
    TRY(h5_writer_create(context, path, options->force, &input));
    if (model_path) {
        TRY(h5_writer_create(context, model_path, options->force, &model));
        TRY(synth_fill_model(context, model, options));
    }
    TRY(write_pairs(context, input, &design));
    TRY(write_images(context, input, &design));
    if (model_path)
        TRY(h5_writer_finish(context, model));
    TRY(h5_writer_finish(context, input));
done:
    h5_writer_free(model);
    h5_writer_free(input);
    context->stop = NULL;
    return status;
}
