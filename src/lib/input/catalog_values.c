#include "input/catalog_internal.h"

#include "base/number.h"
#include "base/reason.h"
#include "input/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- small arrays, read whole ------------------------------------------------------------------- */

bool reader_open_whole(const struct reader *reader, const char *path, enum want want, size_t rank, const size_t *dims,
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

enum geosc_status reader_doubles(const struct reader *reader, const char *path, size_t rank, const size_t *dims,
                                      double **out)
{
    enum geosc_status status = GEOSC_OK;
    struct h5_array array;

    if (!reader_open_whole(reader, path, WANT_NUMBER, rank, dims, &array))
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

enum geosc_status reader_integers(const struct reader *reader, const char *path, size_t rank, const size_t *dims,
                                       int64_t first, int64_t last, int64_t **out, size_t *length)
{
    enum geosc_status status = GEOSC_OK;
    struct h5_array array;

    if (!reader_open_whole(reader, path, WANT_INTEGER, rank, dims, &array))
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

void reader_strings(const struct reader *reader, const char *path, size_t *count, char ***out)
{
    struct h5_array array;

    if (!reader_open_whole(reader, path, WANT_STRING, 1, count, &array))
        return;
    if (h5_read_strings(reader->context, &array, out) != GEOSC_OK)
        reader_message(reader);
    *count = array.dims[0];
    h5_array_close(&array);
}

void reader_units(const struct reader *reader, const char *path, enum units *units, bool *given)
{
    char name[64];

    *units = UNITS_CELL;
    *given = false;
    if (h5_attribute_string(reader->context, reader->catalog->file, path, "units", name, sizeof name, given) != GEOSC_OK)
        reader_message(reader);
    else if (*given && !units_parse(name, units))
        reader_problem(reader, path, "attribute units is \"%s\", expected cell, pixel or original" REASON_BAD_VALUE, name);
}

/* ---- numbers of images -------------------------------------------------------------------------- */

/* A dataset of `width` numbers for each of the images first .. first + count - 1, into *all [images][width], which is made,
 * all NaN, where it isn't there yet. *there tells whether any were read. */
static enum geosc_status read_of_images(const struct reader *reader, const char *path, size_t first, size_t count,
                                        size_t width, double **all, bool *there)
{
    const size_t shape[2] = {count, width};
    double *numbers = NULL;
    enum geosc_status status = GEOSC_OK;

    *there = false;
    if (!reader_has(reader, path))
        return GEOSC_OK;
    TRY(reader_doubles(reader, path, reader->alone ? 1 : 2, shape + reader->alone, &numbers));
    if (!numbers)
        goto done;
    if (!*all) {
        TRY(memory_allocate(reader->context, all, reader->catalog->images, width * sizeof **all, path));
        for (size_t i = 0; i < reader->catalog->images * width; i++)
            (*all)[i] = NAN;
    }
    memcpy(*all + first * width, numbers, count * width * sizeof **all);
    *there = true;
done:
    memory_free(numbers);
    return status;
}

enum geosc_status reader_sizes(const struct reader *reader, const char *path, size_t first, size_t count)
{
    double *sizes = (double *)reader->catalog->size;
    bool there;
    enum geosc_status status = read_of_images(reader, path, first, count, 2, &sizes, &there);

    reader->catalog->size = (double(*)[2])sizes;
    for (size_t i = 0; there && i < count; i++) {
        const double *size = reader->catalog->size[first + i];
        if (size[0] > 0 && size[1] > 0 && isfinite(size[0]) && isfinite(size[1]))
            continue;
        reader_problem(reader, path, "image %zu has the size %s x %s; both must be above 0" REASON_BAD_VALUE, i,
                       number_general(size[0], 6).text, number_general(size[1], 6).text);
        break;
    }
    return status;
}

enum geosc_status reader_placements(const struct reader *reader, const char *path, size_t first, size_t count)
{
    double *placements = (double *)reader->catalog->placement;
    bool there;
    enum geosc_status status = read_of_images(reader, path, first, count, 3, &placements, &there);

    reader->catalog->placement = (double(*)[3])placements;
    for (size_t i = 0; there && i < count; i++) {
        const double *placement = reader->catalog->placement[first + i];
        if (placement[0] > 0 && isfinite(placement[0]) && isfinite(placement[1]) && isfinite(placement[2]))
            continue;
        reader_problem(reader, path, "image %zu has the placement %s, %s, %s; the scale must be above 0, and all finite" REASON_BAD_VALUE,
                       i, number_general(placement[0], 6).text, number_general(placement[1], 6).text, number_general(placement[2], 6).text);
        break;
    }
    return status;
}
