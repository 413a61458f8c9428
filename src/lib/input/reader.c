#include "input/reader.h"

#include "base/guard.h"
#include "base/number.h"
#include "base/reason.h"
#include "input/units.h"
#include "input/unused.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- problems and datasets ---------------------------------------------------------------------- */

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
    bool strings =
        h5_array_open(reader->context, reader->catalog->file, path, &array) == GEOSC_OK && of_type(&array, WANT_STRING);

    h5_array_close(&array);
    return strings;
}

bool reader_open(const struct reader *reader, const char *path, enum want want, struct h5_array *array)
{
    static const char *const names[] = {"float16, bfloat16, float32 or float64",
                                        "integers or floats",
                                        "integers",
                                        "integers, floats or booleans",
                                        "strings",
                                        "uint8"};

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
    reader_problem(reader, path, "has type %s%s, expected %s" REASON_WRONG_TYPE, array->enumerated ? "enum of " : "",
                   number_name(array->format.type), names[want]);
    h5_array_close(array);
    return false;
}

/* The documentation's letter for a size that may be any, by the number `behind` of later dimensions. */
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

/* Tokens before the patches ([CLS], registers): as many as leave a square; 0 if none do. */
static size_t tokens_in_front(size_t tokens, size_t *side)
{
    static const size_t known[] = {0, 1, 5};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        for (*side = 1; known[i] < tokens && *side * *side <= tokens - known[i]; ++*side)
            if (*side * *side == tokens - known[i])
                return known[i];
    *side = 0;
    return 0;
}

void reader_explain_tokens(const struct reader *reader, size_t tokens, size_t channels, char *out, size_t size)
{
    enum { MOST = 1 << 20 /* largest number of tokens to try */ };
    const char *rows = reader->alone ? "" : "-1, ";
    size_t side = 0, front = tokens <= MOST ? tokens_in_front(tokens, &side) : 0;
    char grid[64] = "h, w", cut[32] = "";

    if (side)
        snprintf(grid, sizeof grid, "%zu, %zu", side, side);
    if (front)
        snprintf(cut, sizeof cut, "[..., %zu:, :]", front);
    snprintf(out, size, "; if these are %zu ViT tokens of %zu channels, store x%s.reshape(%s%s, %zu).transpose(%s)",
             tokens, channels, cut, rows, grid, channels, reader->alone ? "2, 0, 1" : "0, 3, 1, 2");
}

/* Explains a wrong shape and its remedy; "" if unknown. */
static void explain_shape(const struct reader *reader, enum want want, size_t rank, const size_t *dims,
                          const struct h5_array *array, char *out, size_t size)
{
    const size_t *found = array->dims;

    out[0] = '\0';
    if (want == WANT_FLOAT && array->rank + 1 == rank)
        reader_explain_tokens(reader, found[array->rank - 2], found[array->rank - 1], out, size);
    else if (want == WANT_MASK && array->rank == rank && found[rank - 2] > dims[rank - 2] &&
             found[rank - 1] > dims[rank - 1])
        snprintf(out, size,
                 ": a mask must have the features' grid; resize a mask of the picture's size by area, as geosc-import "
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
    reader_problem(reader, path, "has shape %s, expected %s%s" REASON_WRONG_SHAPE, found, expected, hint);
    h5_array_close(array);
    return false;
}

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

/* "[3]" or "[3, 5]": the indices of element i. */
static void describe_place(const struct h5_array *array, size_t i, char *out, size_t size)
{
    if (array->rank == 1)
        snprintf(out, size, "[%zu]", i);
    else
        snprintf(out, size, "[%zu, %zu]", i / array->dims[1], i % array->dims[1]);
}

/* Adds a problem for the first number outside first..last. */
static void check_range(const struct reader *reader, const struct h5_array *array, const int64_t *numbers,
                        int64_t first, int64_t last)
{
    char place[64];

    for (size_t i = 0; i < h5_array_items(array); i++) {
        if (!GUARD(hostile_index) || (numbers[i] >= first && numbers[i] <= last))
            continue;
        describe_place(array, i, place, sizeof place);
        reader_problem(reader, array->path, "%s is %lld, expected %lld to %lld" REASON_OUT_OF_RANGE, place,
                       (long long)numbers[i], (long long)first, (long long)last);
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

void reader_string_rows(const struct reader *reader, const char *path, const size_t dims[2], char ***out)
{
    struct h5_array array;

    if (!reader_open_whole(reader, path, WANT_STRING, 2, dims, &array))
        return;
    if (h5_read_strings(reader->context, &array, out) != GEOSC_OK)
        reader_message(reader);
    h5_array_close(&array);
}

void reader_units(const struct reader *reader, const char *path, enum units *units, bool *given)
{
    char name[64];

    *units = UNITS_CELL;
    *given = false;
    if (h5_attribute_string(reader->context, reader->catalog->file, path, "units", name, sizeof name, given) !=
        GEOSC_OK)
        reader_message(reader);
    else if (*given && !units_parse(name, units))
        reader_problem(reader, path, "attribute units is \"%s\", expected cell, pixel or original" REASON_BAD_VALUE,
                       name);
}

/* ---- numbers of images -------------------------------------------------------------------------- */

/* Reads `width` numbers for each of the images first .. first + count - 1 into *all [images][width], which is created
 * with all NaN if it does not exist. *there: some were read. */
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
        if (!GUARD(hostile_image_size) || (size[0] > 0 && size[1] > 0 && isfinite(size[0]) && isfinite(size[1])))
            continue;
        reader_problem(reader, path, "image %zu has size %s x %s; both must be above 0" REASON_BAD_VALUE, i,
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
        reader_problem(
            reader, path,
            "image %zu has placement %s, %s, %s; the scale must be above 0, and all must be finite" REASON_BAD_VALUE, i,
            number_general(placement[0], 6).text, number_general(placement[1], 6).text,
            number_general(placement[2], 6).text);
        break;
    }
    return status;
}
