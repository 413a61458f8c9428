#include "input/catalog_internal.h"

#include "base/options.h"
#include "base/reason.h"
#include "input/unused.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- reader ------------------------------------------------------------------------------------- */

void reader_problem(const struct reader *reader, const char *path, const char *format, ...)
{
    char reason[STATUS_MESSAGE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    fail(reader->context, GEOSC_FAILED, "%s: %s: %s", h5_file_path(reader->catalog->file), path, reason);
    reader_message(reader);
}

void reader_message(const struct reader *reader)
{
    problems_add(reader->problems, "%s", reader->context->message);
}

bool reader_has(const struct reader *reader, const char *path)
{
    return h5_kind(reader->catalog->file, path) != H5_MISSING;
}

const char *reader_near(const struct reader *reader, const char *path, char out[NEAR])
{
    unused_suggest(reader->context, reader->catalog->file, path, out, NEAR);
    return out;
}

static bool of_type(const struct h5_array *array, enum want want)
{
    enum number_type type = array->format.type;
    bool integer = number_is_integer(type) && !array->enumerated;

    switch (want) {
    case WANT_FLOAT:
        return number_is_float(type);
    case WANT_NUMBER:
        return integer || number_is_float(type);
    case WANT_INTEGER:
        return integer;
    case WANT_MASK:
        return integer || number_is_float(type) || array->boolean;
    case WANT_STRING:
        return type == NUMBER_STRING;
    case WANT_UINT8:
        return integer && type == NUMBER_U8;
    }
    return false;
}

bool reader_is_of_strings(const struct reader *reader, const char *path)
{
    struct h5_array array;
    bool strings = h5_array_open(reader->context, reader->catalog->file, path, &array) == GEOSC_OK &&
                   of_type(&array, WANT_STRING);

    h5_array_close(&array);
    return strings;
}

bool reader_open(const struct reader *reader, const char *path, enum want want, struct h5_array *array)
{
    static const char *const names[] = {"float16, float32 or float64",  "integers or floats", "integers",
                                        "integers, floats or booleans", "strings",            "uint8"};

    char near[NEAR];

    if (!reader_has(reader, path)) {
        reader_problem(reader, path, "missing%s" REASON_MISSING, reader_near(reader, path, near));
        return false;
    }
    if (h5_array_open(reader->context, reader->catalog->file, path, array) != GEOSC_OK) {
        reader_message(reader);
        return false;
    }
    if (of_type(array, want))
        return true;
    reader_problem(reader, path, "is of type %s%s, expected %s" REASON_WRONG_TYPE, array->enumerated ? "enum of " : "",
                   number_name(array->format.type), names[want]);
    h5_array_close(array);
    return false;
}

/* How the pages call a size that may be any, of the dimension with `behind` others behind it. */
static const char *size_letter(const struct reader *reader, enum want want, size_t behind)
{
    const char *const features[] = {"W", "H", "C", reader->catalog->indexed ? "M" : "P"};

    if (want == WANT_FLOAT && behind < 4)
        return features[behind];
    if (want == WANT_UINT8)
        return behind == 1 ? "w" : "h";
    if (want == WANT_NUMBER && behind == 1)
        return "K";
    return want == WANT_STRING ? "any" : "P";
}

/* "[4, K, 2]" */
static void describe_shape(const struct reader *reader, enum want want, size_t rank, const size_t *dims, char *out,
                           size_t size)
{
    size_t length = (size_t)snprintf(out, size, "[");

    for (size_t d = 0; d < rank && length < size; d++) {
        const char *comma = d ? ", " : "";
        if (dims[d])
            length += (size_t)snprintf(out + length, size - length, "%s%zu", comma, dims[d]);
        else
            length +=
                (size_t)snprintf(out + length, size - length, "%s%s", comma, size_letter(reader, want, rank - 1 - d));
    }
    if (length < size)
        snprintf(out + length, size - length, "]");
}

/* What a wrong shape is by its looks, and what helps: "" where nothing is known. */
static void explain_shape(const struct reader *reader, enum want want, size_t rank, const size_t *dims,
                          const struct h5_array *array, char *out, size_t size)
{
    const size_t *found = array->dims;

    out[0] = '\0';
    if (want == WANT_FLOAT && array->rank + 1 == rank)
        catalog_explain_tokens(reader, found[array->rank - 2], found[array->rank - 1], out, size);
    else if (want == WANT_MASK && array->rank == rank && found[rank - 2] > dims[rank - 2] &&
             found[rank - 1] > dims[rank - 1])
        snprintf(out, size,
                 ": a mask has the cells of the features; one in the picture's size must be resized by area, as "
                 "geosc-import "
                 "--resize-masks does");
}

bool reader_open_shaped(const struct reader *reader, const char *path, enum want want, size_t rank, const size_t *dims,
                        struct h5_array *array)
{
    char found[256], expected[256], hint[256];
    bool fits;

    if (!reader_open(reader, path, want, array))
        return false;
    fits = array->rank == rank;
    for (size_t d = 0; fits && d < rank; d++)
        fits = dims[d] == 0 || array->dims[d] == dims[d];
    if (fits)
        return true;
    describe_shape(reader, want, array->rank, array->dims, found, sizeof found);
    describe_shape(reader, want, rank, dims, expected, sizeof expected);
    explain_shape(reader, want, rank, dims, array, hint, sizeof hint);
    reader_problem(reader, path, "has the shape %s, expected %s%s" REASON_WRONG_SHAPE, found, expected, hint);
    h5_array_close(array);
    return false;
}

/* ---- the layouts -------------------------------------------------------------------------------- */

struct image_set *catalog_add_set(const struct reader *reader)
{
    struct catalog *catalog = reader->catalog;

    if (memory_grow(reader->context, &catalog->sets, &catalog->set_capacity, catalog->set_count + 1, sizeof *catalog->sets,
                    "images") != GEOSC_OK)
        return NULL;
    catalog->sets[catalog->set_count] = (struct image_set){0};
    return &catalog->sets[catalog->set_count++];
}

static enum geosc_status open_stacked(const struct reader *reader)
{
    static const struct set_names sources = {"/source", "/mask", "/poses", "source"};
    static const struct set_names targets = {"/target", "/target_mask", NULL, NULL};
    struct catalog *catalog = reader->catalog;

    if (!catalog_add_set(reader) || !catalog_add_set(reader))
        return GEOSC_FAILED;
    catalog_open_set(reader, &sources, 0, &catalog->sets[0]);
    catalog_open_set(reader, &targets, catalog->sets[0].count, &catalog->sets[1]);
    catalog->sets[1].first = catalog->sets[0].count;
    catalog->images = catalog->sets[0].count + catalog->sets[1].count;
    size_t source = catalog->sets[0].pose[GEOSC_POSE_NONE].channels, target = catalog->sets[1].pose[GEOSC_POSE_NONE].channels;
    if (source && target && source != target)
        reader_problem(reader, "/target", "has %zu channels, but /source has %zu" REASON_WRONG_SHAPE, target, source);
    return catalog_read_stacked(reader);
}

/* Whether /images holds arrays under the names of images, where a grouped file has groups: then there is a problem. */
static bool explain_flat(const struct reader *reader)
{
    char **names = NULL, path[LONG_PATH], near[NEAR];
    struct h5_array array = {0};
    size_t count = 0;
    bool flat = false;

    if (reader_has(reader, "/images/features") || reader_near(reader, "/images/features", near)[0] ||
        h5_list(reader->context, reader->catalog->file, "/images", H5_NAMES, &names, &count) != GEOSC_OK)
        return false;
    for (size_t i = 0; i < count && !flat; i++) {
        snprintf(path, sizeof path, "/images/%s", names[i]);
        flat = h5_kind(reader->catalog->file, path) == H5_ARRAY &&
               h5_array_open(reader->context, reader->catalog->file, path, &array) == GEOSC_OK &&
               of_type(&array, WANT_FLOAT) && array.rank == 3;
        h5_array_close(&array);
    }
    if (flat)
        reader_problem(reader, path,
                       "is a dataset, expected the group of an image: store it as %s/features" REASON_WRONG_KIND, path);
    memory_free(names);
    return flat;
}

static enum geosc_status open_indexed(const struct reader *reader, const struct catalog_pairs *pairs)
{
    static const struct set_names images = {"/images/features", "/images/mask", "/images/poses", "features"};
    struct catalog *catalog = reader->catalog;

    catalog->indexed = true;
    if (!catalog_add_set(reader))
        return GEOSC_FAILED;
    if (!explain_flat(reader))
        catalog_open_set(reader, &images, 0, &catalog->sets[0]);
    catalog->images = catalog->sets[0].count;
    return catalog_read_indexed(reader, pairs);
}

/* Groups below /images, and nothing of the indexed layout. */
static bool is_grouped(const struct reader *reader)
{
    return h5_kind(reader->catalog->file, "/images") == H5_GROUP && !reader_has(reader, "/images/features") &&
           !reader_has(reader, "/images/poses") && catalog_has_groups(reader, "/images");
}

static enum geosc_status open_grouped(const struct reader *reader, const struct catalog_pairs *pairs)
{
    enum geosc_status status;

    reader->catalog->indexed = reader->catalog->grouped = true;
    TRY(catalog_open_groups(reader));
    if (reader->catalog->images)
        TRY(catalog_read_indexed(reader, pairs));
done:
    return status;
}

/* Whether the file is what geosc match has written, which has pairs, too: then there is a problem. */
static bool of_output(const struct reader *reader, struct problems *problems)
{
    if (!reader_has(reader, "/matches") || reader_has(reader, "/images") || reader_has(reader, "/source"))
        return false;
    problems_add(problems, "%s: is no input, but matches: the output of geosc match" REASON_NOT_OURS,
                 h5_file_path(reader->catalog->file));
    return true;
}

/* Nothing that an input begins with is there, by its right name at least. */
static void refuse_kind(const struct reader *reader, const char *path)
{
    static const char *const begin[] = {"/images", "/pairs", "/source", "/target"};
    char near[NEAR] = "";

    for (size_t i = 0; i < sizeof begin / sizeof *begin && !near[0]; i++)
        reader_near(reader, begin[i], near);
    problems_add(reader->problems,
                 "%s: is no input: it has neither /source and /target nor /images and /pairs%s" REASON_NOT_OURS, path,
                 near);
}

enum geosc_status catalog_open(geosc_context *context, const char *path, const struct h5_access *access,
                               const struct catalog_pairs *pairs, struct catalog *catalog, struct problems *problems)
{
    enum geosc_status status;
    struct reader reader = {context, catalog, problems, false};

    *catalog = (struct catalog){0};
    problems->of_list = pairs && pairs->text;
    TRY(h5_open(context, path, &catalog->file));
    if (access)
        h5_allow(catalog->file, access);
    if (of_output(&reader, problems))
        goto done;
    bool stacked = reader_has(&reader, "/source") || reader_has(&reader, "/target");
    if (stacked && pairs)
        problems_add(problems, "%s: is of the stacked layout, whose pairs can't be others" REASON_BAD_VALUE, path);
    else if (stacked)
        TRY(open_stacked(&reader));
    else if (is_grouped(&reader))
        TRY(open_grouped(&reader, pairs));
    else if (reader_has(&reader, "/images") || reader_has(&reader, "/pairs"))
        TRY(open_indexed(&reader, pairs));
    else
        refuse_kind(&reader, path);
    catalog->channels = catalog->set_count ? catalog->sets[0].pose[GEOSC_POSE_NONE].channels : 0;
done:
    if (status != GEOSC_OK)
        catalog_close(catalog);
    return status;
}


void catalog_close(struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->set_count; i++)
        catalog_close_set(&catalog->sets[i]);
    memory_free(catalog->sets);
    memory_free(catalog->set_of);
    memory_free(catalog->size);
    memory_free(catalog->placement);
    h5_array_close(&catalog->rgb);
    memory_free(catalog->source);
    memory_free(catalog->target);
    memory_free(catalog->index);
    memory_free(catalog->source_keypoints);
    memory_free(catalog->target_keypoints);
    memory_free(catalog->unreadable);
    memory_free(catalog->mirror_index);
    memory_free(catalog->symmetry_group);
    memory_free(catalog->threshold);
    memory_free(catalog->category);
    memory_free(catalog->image_name);
    memory_free(catalog->true_pose);
    h5_close(catalog->file);
    *catalog = (struct catalog){0};
}

const struct image_set *catalog_image(const struct catalog *catalog, size_t image)
{
    if (catalog->set_of)
        return &catalog->sets[catalog->set_of[image]];
    return &catalog->sets[catalog->set_count == 2 && image >= catalog->sets[1].first];
}

/* The same of the first `count` sets. */
static void find_grids(const struct catalog *catalog, size_t count, size_t height[2], size_t width[2])
{
    height[0] = width[0] = SIZE_MAX;
    height[1] = width[1] = 0;
    for (size_t s = 0; s < count; s++) {
        const struct features *plain = &catalog->sets[s].pose[GEOSC_POSE_NONE];
        height[0] = size_smaller(height[0], plain->height);
        height[1] = size_larger(height[1], plain->height);
        width[0] = size_smaller(width[0], plain->width);
        width[1] = size_larger(width[1], plain->width);
    }
}

void catalog_grids(const struct catalog *catalog, size_t height[2], size_t width[2])
{
    find_grids(catalog, catalog->set_count, height, width);
}

size_t catalog_answers(const struct catalog *catalog, size_t shape[2])
{
    size_t height[2], width[2];

    shape[0] = catalog->keypoints;
    shape[1] = 0;
    if (catalog->keypoints)
        return 1;
    find_grids(catalog, catalog->grouped ? catalog->set_count : 1, height, width); /* else the sources are the first */
    shape[0] = height[1];
    shape[1] = width[1];
    return 2;
}

/* ---- what is stored of an image ----------------------------------------------------------------- */

const char *catalog_part(const struct catalog *catalog, size_t image, const char *part, char out[LONG_PATH])
{
    snprintf(out, LONG_PATH, "/images/%s/%s", catalog->image_name[image], part);
    return out;
}

/* For an array that is no longer what it was when it was opened first: closes it. */
static enum geosc_status refuse_change(geosc_context *context, const struct catalog *catalog, const char *path,
                                       struct h5_array *array)
{
    h5_array_close(array);
    return fail(context, GEOSC_FAILED, "%s: %s: was changed during the run" REASON_BUSY, h5_file_path(catalog->file),
                path);
}

/* In a grouped file: the array of an image that stands where `array`, of the first image of its set, stands. */
static enum geosc_status open_own(geosc_context *context, const struct catalog *catalog, size_t image,
                                  const struct h5_array *array, struct h5_array *own)
{
    const struct image_set *set = catalog_image(catalog, image);
    const char *place = array->path + strlen("/images/") + strlen(catalog->image_name[set->first]);
    char path[LONG_PATH];
    enum geosc_status status;

    snprintf(path, sizeof path, "/images/%s%s", catalog->image_name[image], place);
    TRY(h5_array_open(context, catalog->file, path, own));
    if (!h5_array_alone(own) || !h5_array_alike(own, array))
        status = refuse_change(context, catalog, path, own);
done:
    return status;
}

/* An array that an image of a grouped file may have beside features and masks. */
static void walk_part(geosc_context *context, const struct catalog *catalog, size_t image, const char *part)
{
    struct h5_array array = {0};
    char path[LONG_PATH];

    catalog_part(catalog, image, part, path);
    if (h5_kind(catalog->file, path) == H5_ARRAY && h5_array_open(context, catalog->file, path, &array) == GEOSC_OK)
        h5_array_walk(&array);
    h5_array_close(&array);
}

/* All arrays of an image. */
static void walk_image(geosc_context *context, const struct catalog *catalog, size_t image)
{
    const struct image_set *set = catalog_image(catalog, image);

    for (int p = 0; p < GEOSC_POSES; p++) {
        const struct features *features = &set->pose[p];
        for (size_t l = 0; l < features->level_count + features->has_mask; l++) {
            const struct h5_array *array = l < features->level_count ? &features->levels[l] : &features->mask;
            struct h5_array own = {0};
            if (!catalog->grouped)
                h5_array_walk(array);
            else if (open_own(context, catalog, image, array, &own) == GEOSC_OK)
                h5_array_walk(&own);
            h5_array_close(&own);
        }
    }
    if (!catalog->grouped)
        return;
    walk_part(context, catalog, image, "keypoints");
    walk_part(context, catalog, image, "rgb");
}

bool catalog_find_unwritten(geosc_context *context, const struct catalog *catalog, size_t image, char *out, size_t size)
{
    const struct image_set *set = catalog_image(catalog, image);
    bool written = true;

    for (int p = 0; p < GEOSC_POSES; p++) {
        const struct features *features = &set->pose[p];
        for (size_t l = 0; written && l < features->level_count + features->has_mask; l++) {
            const struct h5_array *array = l < features->level_count ? &features->levels[l] : &features->mask;
            struct h5_array own = {0};
            if (!catalog->grouped)
                written = h5_row_stored(array, image - set->first);
            else if (open_own(context, catalog, image, array, &own) == GEOSC_OK)
                written = h5_row_stored(&own, 0);
            if (!written)
                snprintf(out, size, "%s", catalog->grouped ? own.path : array->path);
            h5_array_close(&own);
        }
    }
    return !written;
}

void catalog_walk(geosc_context *context, const struct catalog *catalog)
{
    for (size_t i = 0; i < (catalog->grouped ? catalog->images : catalog->set_count); i++)
        walk_image(context, catalog, catalog->grouped ? i : catalog->sets[i].first);
    if (catalog->has_rgb && !catalog->grouped)
        h5_array_walk(&catalog->rgb);
}

/* The row of an image in an array of its set. */
static enum geosc_status read_row(geosc_context *context, const struct catalog *catalog, size_t image,
                                  const struct h5_array *array, struct raw *raw)
{
    struct h5_array own;
    enum geosc_status status;

    if (!catalog->grouped)
        return h5_read_row(context, array, image - catalog_image(catalog, image)->first, raw);
    TRY(open_own(context, catalog, image, array, &own));
    status = h5_read_row(context, &own, 0, raw);
    h5_array_close(&own);
done:
    return status;
}

enum geosc_status catalog_read_level(geosc_context *context, const struct catalog *catalog, size_t image,
                                     enum geosc_pose pose, size_t level, struct raw *raw)
{
    return read_row(context, catalog, image, &catalog_image(catalog, image)->pose[pose].levels[level], raw);
}

enum geosc_status catalog_read_mask(geosc_context *context, const struct catalog *catalog, size_t image,
                                    enum geosc_pose pose, struct raw *raw)
{
    return read_row(context, catalog, image, &catalog_image(catalog, image)->pose[pose].mask, raw);
}

enum geosc_status catalog_read_photograph(geosc_context *context, const struct catalog *catalog, size_t image,
                                          struct raw *raw)
{
    struct h5_array own;
    char path[LONG_PATH];
    enum geosc_status status;

    if (!catalog->grouped)
        return h5_read_row(context, &catalog->rgb, image, raw);
    TRY(h5_array_open(context, catalog->file, catalog_part(catalog, image, "rgb", path), &own));
    if (own.rank != 3 || own.dims[2] != 3 || !of_type(&own, WANT_UINT8) || !h5_array_alone(&own))
        TRY(refuse_change(context, catalog, path, &own));
    status = h5_read_row(context, &own, 0, raw);
    h5_array_close(&own);
done:
    return status;
}
