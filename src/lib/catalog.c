#include "catalog_internal.h"

#include "options.h"
#include "reason.h"

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

bool reader_open(const struct reader *reader, const char *path, enum want want, struct h5_array *array)
{
    static const char *const names[] = {"float16, float32 or float64",  "integers or floats", "integers",
                                        "integers, floats or booleans", "strings",            "uint8"};

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

/* "[4, any, 2]" */
static void describe_shape(size_t rank, const size_t *dims, char *out, size_t size)
{
    size_t length = (size_t)snprintf(out, size, "[");

    for (size_t d = 0; d < rank && length < size; d++)
        length += (size_t)snprintf(out + length, size - length, dims[d] ? "%s%zu" : "%sany", d ? ", " : "", dims[d]);
    if (length < size)
        snprintf(out + length, size - length, "]");
}

bool reader_open_shaped(const struct reader *reader, const char *path, enum want want, size_t rank, const size_t *dims,
                        struct h5_array *array)
{
    char found[256], expected[256];
    bool fits;

    if (!reader_open(reader, path, want, array))
        return false;
    fits = array->rank == rank;
    for (size_t d = 0; fits && d < rank; d++)
        fits = dims[d] == 0 || array->dims[d] == dims[d];
    if (fits)
        return true;
    describe_shape(array->rank, array->dims, found, sizeof found);
    describe_shape(rank, dims, expected, sizeof expected);
    reader_problem(reader, path, "has the shape %s, expected %s" REASON_WRONG_SHAPE, found, expected);
    h5_array_close(array);
    return false;
}

/* ---- the two layouts ---------------------------------------------------------------------------- */

static enum geosc_status open_stacked(const struct reader *reader)
{
    static const struct set_names sources = {"/source", "/mask", "/poses", "source"};
    static const struct set_names targets = {"/target", "/target_mask", NULL, NULL};
    struct catalog *catalog = reader->catalog;

    catalog->set_count = 2;
    catalog_open_set(reader, &sources, 0, &catalog->sets[0]);
    catalog_open_set(reader, &targets, catalog->sets[0].count, &catalog->sets[1]);
    catalog->sets[1].first = catalog->sets[0].count;
    catalog->images = catalog->sets[0].count + catalog->sets[1].count;
    size_t source = catalog->sets[0].pose[GEOSC_POSE_NONE].channels, target = catalog->sets[1].pose[GEOSC_POSE_NONE].channels;
    if (source && target && source != target)
        reader_problem(reader, "/target", "has %zu channels, but /source has %zu" REASON_WRONG_SHAPE, target, source);
    return catalog_read_stacked(reader);
}

static enum geosc_status open_indexed(const struct reader *reader)
{
    static const struct set_names images = {"/images/features", "/images/mask", "/images/poses", "features"};
    struct catalog *catalog = reader->catalog;

    catalog->indexed = true;
    catalog->set_count = 1;
    catalog_open_set(reader, &images, 0, &catalog->sets[0]);
    catalog->images = catalog->sets[0].count;
    return catalog_read_indexed(reader);
}

enum geosc_status catalog_open(geosc_context *context, const char *path, const struct h5_access *access,
                               struct catalog *catalog, struct problems *problems)
{
    enum geosc_status status;
    struct reader reader = {context, catalog, problems};

    *catalog = (struct catalog){0};
    TRY(h5_open(context, path, &catalog->file));
    if (access)
        h5_allow(catalog->file, access);
    if (reader_has(&reader, "/source") || reader_has(&reader, "/target"))
        TRY(open_stacked(&reader));
    else if (reader_has(&reader, "/images") || reader_has(&reader, "/pairs"))
        TRY(open_indexed(&reader));
    else
        problems_add(problems, "%s: is no input: it has neither /source and /target nor /images and /pairs" REASON_NOT_OURS, path);
    catalog->channels = catalog->sets[0].pose[GEOSC_POSE_NONE].channels;
done:
    if (status != GEOSC_OK)
        catalog_close(catalog);
    return status;
}

void catalog_walk(const struct catalog *catalog)
{
    for (size_t s = 0; s < catalog->set_count; s++)
        for (int p = 0; p < GEOSC_POSES; p++) {
            const struct features *features = &catalog->sets[s].pose[p];
            for (size_t l = 0; l < features->level_count; l++)
                h5_array_walk(&features->levels[l]);
            if (features->has_mask)
                h5_array_walk(&features->mask);
        }
    if (catalog->has_rgb)
        h5_array_walk(&catalog->rgb);
}

void catalog_close(struct catalog *catalog)
{
    for (size_t i = 0; i < 2; i++)
        catalog_close_set(&catalog->sets[i]);
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

const struct image_set *catalog_image(const struct catalog *catalog, size_t image, size_t *row)
{
    const struct image_set *set = &catalog->sets[catalog->set_count == 2 && image >= catalog->sets[1].first];

    *row = image - set->first;
    return set;
}
