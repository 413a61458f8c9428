#include "catalog_internal.h"

#include "options.h"
#include "reason.h"
#include "units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- small arrays, read whole ------------------------------------------------------------------- */

/* Opens an array that will be read whole, and looks that the file can hold it. */
static bool open_whole(const struct reader *reader, const char *path, enum want want, size_t rank, const size_t *dims,
                       struct h5_array *array)
{
    if (!reader_open_shaped(reader, path, want, rank, dims, array))
        return false;
    if (h5_array_stored(reader->context, array) == GEOSC_OK)
        return true;
    reader_message(reader);
    h5_array_close(array);
    return false;
}

/* Reads numbers to *out, new; it stays NULL where there is a problem. */
static enum geosc_status read_doubles(const struct reader *reader, const char *path, size_t rank, const size_t *dims,
                                      double **out)
{
    enum geosc_status status = GEOSC_OK;
    struct h5_array array;

    if (!open_whole(reader, path, WANT_NUMBER, rank, dims, &array))
        return GEOSC_OK;
    TRY(memory_allocate(reader->context, out, h5_array_items(&array), sizeof **out, path));
    if (h5_read_doubles(reader->context, &array, *out, NULL) != GEOSC_OK) {
        reader_message(reader);
        memory_free(*out);
        *out = NULL;
    }
done:
    h5_array_close(&array);
    return status;
}

/* "[3]" or "[3, 5]": the place of element i. */
static void describe_place(const struct h5_array *array, size_t i, char *out, size_t size)
{
    if (array->rank == 1)
        snprintf(out, size, "[%zu]", i);
    else
        snprintf(out, size, "[%zu, %zu]", i / array->dims[1], i % array->dims[1]);
}

/* The first number outside first..last becomes a problem. */
static void check_range(const struct reader *reader, const struct h5_array *array, const int64_t *numbers, int64_t first,
                        int64_t last)
{
    char place[64];

    for (size_t i = 0; i < h5_array_items(array); i++) {
        if (numbers[i] >= first && numbers[i] <= last)
            continue;
        describe_place(array, i, place, sizeof place);
        reader_problem(reader, array->path, "%s is %lld, expected %lld to %lld" REASON_OUT_OF_RANGE, place, (long long)numbers[i],
                       (long long)first, (long long)last);
        return;
    }
}

/* Reads integers within first..last, as read_doubles does. length: that of the first dimension, may be NULL. */
static enum geosc_status read_integers(const struct reader *reader, const char *path, size_t rank, const size_t *dims,
                                       int64_t first, int64_t last, int64_t **out, size_t *length)
{
    enum geosc_status status = GEOSC_OK;
    struct h5_array array;

    if (!open_whole(reader, path, WANT_INTEGER, rank, dims, &array))
        return GEOSC_OK;
    TRY(memory_allocate(reader->context, out, h5_array_items(&array), sizeof **out, path));
    if (h5_read_int64s(reader->context, &array, *out) == GEOSC_OK) {
        check_range(reader, &array, *out, first, last);
        if (length)
            *length = array.dims[0];
    } else {
        reader_message(reader);
        memory_free(*out);
        *out = NULL;
    }
done:
    h5_array_close(&array);
    return status;
}

static void read_strings(const struct reader *reader, const char *path, size_t count, char ***out)
{
    struct h5_array array;

    if (!open_whole(reader, path, WANT_STRING, 1, &count, &array))
        return;
    if (h5_read_strings(reader->context, &array, out) != GEOSC_OK)
        reader_message(reader);
    h5_array_close(&array);
}

/* ---- sizes -------------------------------------------------------------------------------------- */

static enum geosc_status read_sizes(const struct reader *reader, const char *path, struct image_set *set)
{
    const size_t shape[2] = {set->count, 2};
    double *sizes = NULL;

    if (!reader_has(reader, path))
        return GEOSC_OK;
    if (read_doubles(reader, path, 2, shape, &sizes) != GEOSC_OK)
        return GEOSC_FAILED;
    set->size = (double(*)[2])sizes;
    for (size_t i = 0; sizes && i < set->count; i++) {
        const double *size = set->size[i];
        if (size[0] > 0 && size[1] > 0 && isfinite(size[0]) && isfinite(size[1]))
            continue;
        reader_problem(reader, path, "image %zu has the size %g x %g; both must be above 0" REASON_BAD_VALUE, i, size[0], size[1]);
        break;
    }
    return GEOSC_OK;
}

/* Where the photographs are in the images that the features come from. */
static enum geosc_status read_placements(const struct reader *reader, const char *path, struct image_set *set)
{
    const size_t shape[2] = {set->count, 3};
    double *placements = NULL;

    if (!reader_has(reader, path))
        return GEOSC_OK;
    if (read_doubles(reader, path, 2, shape, &placements) != GEOSC_OK)
        return GEOSC_FAILED;
    set->placement = (double(*)[3])placements;
    for (size_t i = 0; placements && i < set->count; i++) {
        const double *placement = set->placement[i];
        if (placement[0] > 0 && isfinite(placement[0]) && isfinite(placement[1]) && isfinite(placement[2]))
            continue;
        reader_problem(reader, path, "image %zu has the placement %g, %g, %g; the scale must be above 0, and all finite" REASON_BAD_VALUE,
                       i, placement[0], placement[1], placement[2]);
        break;
    }
    return GEOSC_OK;
}

/* ---- keypoints ---------------------------------------------------------------------------------- */

/* Attribute `units` of the dataset; *given tells whether it is there. */
static void read_units(const struct reader *reader, const char *path, enum units *units, bool *given)
{
    char name[64];

    *units = UNITS_CELL;
    *given = false;
    if (h5_attribute_string(reader->context, reader->catalog->file, path, "units", name, sizeof name, given) != GEOSC_OK)
        reader_message(reader);
    else if (*given && !units_parse(name, units))
        reader_problem(reader, path, "attribute units is \"%s\", expected cell, pixel or original" REASON_BAD_VALUE, name);
}

/* A damaged chunk of keypoints is the fault of its pairs: they are marked in catalog.unreadable. */
static enum geosc_status read_source_keypoints(const struct reader *reader, const char *path)
{
    struct catalog *catalog = reader->catalog;
    const size_t shape[3] = {catalog->pairs, 0, 2};
    enum geosc_status status = GEOSC_OK;
    struct h5_array array;
    bool given, failed;

    if (!open_whole(reader, path, WANT_NUMBER, 3, shape, &array))
        return GEOSC_OK;
    TRY(memory_allocate(reader->context, &catalog->source_keypoints, h5_array_items(&array), sizeof(double), path));
    TRY(memory_allocate_zero(reader->context, &catalog->unreadable, array.dims[0], sizeof(bool), path));
    failed = h5_read_doubles(reader->context, &array, (double *)catalog->source_keypoints, catalog->unreadable) != GEOSC_OK;
    if (failed)
        reader_message(reader);
    catalog->keypoints = array.dims[1];
    for (size_t i = 0; !failed && i < array.dims[0]; i++)
        for (size_t k = 0; catalog->unreadable[i] && k < catalog->keypoints; k++)
            catalog->source_keypoints[i * catalog->keypoints + k][0] =
                catalog->source_keypoints[i * catalog->keypoints + k][1] = NAN;
    read_units(reader, path, &catalog->units, &given);
done:
    h5_array_close(&array);
    return status;
}

static enum geosc_status read_target_keypoints(const struct reader *reader, const char *path)
{
    struct catalog *catalog = reader->catalog;
    const size_t shape[3] = {catalog->pairs, catalog->keypoints, 2};
    double *points = NULL;
    enum units units;
    bool given;

    if (read_doubles(reader, path, 3, shape, &points) != GEOSC_OK)
        return GEOSC_FAILED;
    catalog->target_keypoints = (double(*)[2])points;
    if (!points)
        return GEOSC_OK;
    read_units(reader, path, &units, &given);
    if (given && units != catalog->units)
        reader_problem(reader, path, "attribute units is not that of the source's keypoints" REASON_BAD_VALUE);
    return GEOSC_OK;
}

/* Paths of what belongs to the keypoints; NULL where a layout has no such thing. */
struct point_names {
    const char *source, *target, *mirror_index, *symmetry_group;
    const char *sizes[2], *placement;
};

/* Whether `path` is there; without source keypoints that is a problem. */
static bool has_beside(const struct reader *reader, const char *path, const char *source)
{
    bool there = path && reader_has(reader, path), keypoints = reader_has(reader, source);

    if (there && !keypoints)
        reader_problem(reader, path, "needs %s, which is missing" REASON_MISSING, source);
    return there && keypoints;
}

static enum geosc_status read_keypoints(const struct reader *reader, const struct point_names *names)
{
    struct catalog *catalog = reader->catalog;
    enum geosc_status status = GEOSC_OK;

    if (reader_has(reader, names->source))
        TRY(read_source_keypoints(reader, names->source));
    if (has_beside(reader, names->target, names->source))
        TRY(read_target_keypoints(reader, names->target));
    for (size_t i = 0; i < catalog->set_count; i++)
        if (catalog->units != UNITS_CELL && !reader_has(reader, names->sizes[i]))
            reader_problem(reader, names->sizes[i], "missing; keypoints in pixels need the images' sizes" REASON_MISSING);
    if (catalog->units == UNITS_ORIGINAL && !names->placement)
        reader_problem(reader, names->source, "attribute units is original, which is for the indexed layout" REASON_BAD_VALUE);
    else if (catalog->units == UNITS_ORIGINAL && !reader_has(reader, names->placement))
        reader_problem(reader, names->placement, "missing; keypoints in original pixels need it" REASON_MISSING);
    size_t shape[2] = {catalog->pairs, catalog->keypoints};
    int64_t last = catalog->keypoints ? (int64_t)catalog->keypoints - 1 : INT64_MAX; /* unknown: any */
    if (has_beside(reader, names->mirror_index, names->source))
        TRY(read_integers(reader, names->mirror_index, 2, shape, -1, last, &catalog->mirror_index, NULL));
    if (has_beside(reader, names->symmetry_group, names->source))
        TRY(read_integers(reader, names->symmetry_group, 2, shape, -1, last, &catalog->symmetry_group, NULL));
done:
    return status;
}

static void read_true_pose(const struct reader *reader, const char *path)
{
    struct catalog *catalog = reader->catalog;
    enum geosc_pose pose;

    if (!reader_has(reader, path))
        return;
    read_strings(reader, path, catalog->pairs, &catalog->true_pose);
    for (size_t i = 0; catalog->true_pose && i < catalog->pairs; i++)
        if (!pose_parse(catalog->true_pose[i], &pose)) {
            reader_problem(reader, path, "[%zu] is \"%s\", which is no pose" REASON_BAD_NAME, i, catalog->true_pose[i]);
            return;
        }
}

/* ---- pairs -------------------------------------------------------------------------------------- */

enum geosc_status catalog_read_stacked(const struct reader *reader)
{
    static const struct point_names names = {"/keypoints", "/target_keypoints", NULL, NULL, {"/source_size", "/target_size"}, NULL};
    struct catalog *catalog = reader->catalog;
    enum geosc_status status;

    catalog->pairs = catalog->sets[0].count ? catalog->sets[0].count : catalog->sets[1].count;
    TRY(memory_allocate(reader->context, &catalog->source, catalog->pairs, sizeof(size_t), "pairs"));
    TRY(memory_allocate(reader->context, &catalog->target, catalog->pairs, sizeof(size_t), "pairs"));
    for (size_t i = 0; i < catalog->pairs; i++) {
        catalog->source[i] = i;
        catalog->target[i] = catalog->pairs + i;
    }
    for (size_t i = 0; i < 2; i++)
        TRY(read_sizes(reader, names.sizes[i], &catalog->sets[i]));
    TRY(read_keypoints(reader, &names));
    read_true_pose(reader, "/true_pose");
done:
    return status;
}

/* Image numbers of one side. */
static enum geosc_status read_side(const struct reader *reader, const char *path, size_t **out)
{
    struct catalog *catalog = reader->catalog;
    int64_t last = catalog->images ? (int64_t)catalog->images - 1 : INT64_MAX, *numbers = NULL;
    enum geosc_status status;
    size_t length = 0;

    TRY(read_integers(reader, path, 1, &catalog->pairs, 0, last, &numbers, &length));
    if (!numbers)
        goto done;
    TRY(memory_allocate(reader->context, out, length, sizeof **out, path));
    for (size_t i = 0; i < length; i++)
        (*out)[i] = (size_t)numbers[i];
    catalog->pairs = length;
done:
    memory_free(numbers);
    return status;
}

/* The pictures are read by those who draw, row by row. */
static void open_rgb(const struct reader *reader)
{
    struct catalog *catalog = reader->catalog;
    const size_t shape[4] = {catalog->images, 0, 0, 3};

    catalog->has_rgb = reader_has(reader, "/images/rgb") &&
                       reader_open_shaped(reader, "/images/rgb", WANT_UINT8, 4, shape, &catalog->rgb);
}

enum geosc_status catalog_read_indexed(const struct reader *reader)
{
    static const struct point_names names = {"/pairs/keypoints",
                                             "/pairs/target_keypoints",
                                             "/pairs/mirror_index",
                                             "/pairs/symmetry_group",
                                             {"/images/size", NULL},
                                             "/images/placement"};
    struct catalog *catalog = reader->catalog;
    enum geosc_status status;

    TRY(read_side(reader, "/pairs/source", &catalog->source));
    TRY(read_side(reader, "/pairs/target", &catalog->target));
    TRY(read_sizes(reader, names.sizes[0], &catalog->sets[0]));
    TRY(read_placements(reader, names.placement, &catalog->sets[0]));
    TRY(read_keypoints(reader, &names));
    if (reader_has(reader, "/pairs/threshold"))
        TRY(read_doubles(reader, "/pairs/threshold", 1, &catalog->pairs, &catalog->threshold));
    if (reader_has(reader, "/pairs/category"))
        read_strings(reader, "/pairs/category", catalog->pairs, &catalog->category);
    if (reader_has(reader, "/images/name"))
        read_strings(reader, "/images/name", catalog->images, &catalog->image_name);
    read_true_pose(reader, "/pairs/true_pose");
    open_rgb(reader);
done:
    return status;
}
