/* Reads whole arrays. HDF5 returns the stored bytes; it runs its filters and conversions only for arrays that the user
 * permitted (h5_array.by_hdf5). */
#include "base/guard.h"
#include "h5/h5_internal.h"

#include "base/reason.h"

#include <string.h>

enum {
    DEFLATE_RATIO = 1100, /* deflate reaches at most 1032 */
    CHUNK_BYTES = 64 * 1024 * 1024,
    CHUNK_EXCESS = 8 /* chunks above CHUNK_BYTES may be at most CHUNK_EXCESS times the array, if it is read whole */
};

enum geosc_status h5_array_stored(geosc_context *context, const struct h5_array *array)
{
    size_t bytes = h5_array_items(array) * array->item;
    struct h5_guard guard;
    hsize_t stored;

    if (array->elsewhere)
        return GEOSC_OK; /* checked when it was opened */
    if (array->chunked && GUARD(hostile_large_chunk) && h5_chunk_bytes(array) / CHUNK_EXCESS > bytes &&
        h5_chunk_bytes(array) > CHUNK_BYTES)
        return h5_refuse(context, array->file, array->path,
                         "has chunks of %zu bytes for %zu bytes of data" REASON_TOO_LARGE, h5_chunk_bytes(array),
                         bytes);
    h5_enter(&guard);
    stored = array->chunked || array->allocated ? H5Dget_storage_size((hid_t)array->id) : 0;
    h5_leave(&guard);
    if (GUARD(hostile_no_data) && stored == 0)
        return h5_refuse(context, array->file, array->path,
                         "has a shape, but its data was never "
                         "written" REASON_NO_DATA);
    if (!array->by_hdf5 && GUARD(hostile_claim) && bytes / DEFLATE_RATIO > stored)
        return h5_refuse(context, array->file, array->path,
                         "its shape needs %zu bytes, but only %llu are stored" REASON_NO_DATA, bytes,
                         (unsigned long long)stored);
    return GEOSC_OK;
}

/* Buffers for one chunk at a time. */
struct chunk_room {
    size_t bytes, stored_capacity;
    unsigned char *stored, *decoded, *scratch;
};

static enum geosc_status chunk_room_make(geosc_context *context, const struct h5_array *array, struct chunk_room *room)
{
    enum geosc_status status;

    room->bytes = h5_chunk_bytes(array);
    TRY(memory_allocate(context, &room->decoded, room->bytes, 1, "a chunk"));
    TRY(memory_allocate(context, &room->scratch, raw_chunk_scratch(&array->filters, room->bytes), 1, "a chunk"));
done:
    return status;
}

static void chunk_room_free(struct chunk_room *room)
{
    memory_free(room->stored);
    memory_free(room->decoded);
    memory_free(room->scratch);
}

/* *decoded: whether the chunk at `start` could be read. */
static enum geosc_status decode_at(geosc_context *context, const struct h5_array *array, const hsize_t *start,
                                   struct chunk_room *room, bool *decoded)
{
    size_t bytes = h5_chunk_stored(array, start);
    uint32_t filter_mask = 0;

    *decoded = false;
    if (memory_grow(context, &room->stored, &room->stored_capacity, bytes, 1, "a chunk as stored") != GEOSC_OK)
        return GEOSC_FAILED;
    *decoded = bytes && h5_chunk_read(array, start, bytes, room->stored, &filter_mask) &&
               raw_decode_chunk(&array->filters, filter_mask, array->item, room->stored, bytes, room->decoded,
                                room->bytes, room->scratch);
    return GEOSC_OK;
}

/* Copies the part of a decoded chunk inside the array to its position, run by run. */
static void copy_chunk(const struct h5_array *array, const hsize_t *start, const unsigned char *chunk,
                       unsigned char *out)
{
    size_t last = array->rank - 1, run, at[H5_RANK] = {0}, d;

    run = array->chunk[last] < array->dims[last] - start[last] ? array->chunk[last] : array->dims[last] - start[last];
    do {
        size_t from = 0, to = 0;
        for (d = 0; d <= last; d++) {
            from = from * array->chunk[d] + at[d];
            to = to * array->dims[d] + start[d] + at[d];
        }
        memcpy(out + to * array->item, chunk + from * array->item, run * array->item);
        for (d = last; d-- > 0;) {
            if (++at[d] < array->chunk[d] && start[d] + at[d] < array->dims[d])
                break;
            at[d] = 0;
        }
    } while (d < last); /* wraps below 0 after the last outer dimension */
}

/* Marks the rows of the chunk at `start`, or fails if the caller wants no marks. */
static enum geosc_status damage(geosc_context *context, const struct h5_array *array, const hsize_t *start,
                                bool *damaged)
{
    if (!damaged)
        return h5_refuse(context, array->file, array->path,
                         "a chunk that holds row %llu is missing or damaged" REASON_BAD_CHUNK,
                         (unsigned long long)start[0]);
    for (size_t i = 0; i < array->chunk[0] && start[0] + i < array->dims[0]; i++)
        damaged[start[0] + i] = GUARD(hostile_chunk_marked);
    return GEOSC_OK;
}

static enum geosc_status read_chunks(geosc_context *context, const struct h5_array *array, unsigned char *out,
                                     bool *damaged)
{
    enum geosc_status status;
    struct chunk_room room = {0};
    hsize_t start[H5_RANK] = {0};
    bool decoded;

    TRY(chunk_room_make(context, array, &room));
    do {
        TRY(check_stop(context));
        TRY(decode_at(context, array, start, &room, &decoded));
        if (decoded)
            copy_chunk(array, start, room.decoded, out);
        else
            TRY(damage(context, array, start, damaged));
    } while (h5_chunk_next(array, 0, start));
    TRY(h5_sound(context, array->file, array->path));
done:
    chunk_room_free(&room);
    return status;
}

/* Fails early if the array holds too little data, or lacks a chunk that HDF5 would read as zeros. */
static enum geosc_status check_whole(geosc_context *context, const struct h5_array *array)
{
    hsize_t start[H5_RANK] = {0};
    enum geosc_status status;

    TRY(check_stop(context));
    TRY(h5_array_stored(context, array));
    if (array->chunked && array->by_hdf5 && !h5_chunks_are_there(array, 0, start))
        TRY(h5_refuse(context, array->file, array->path, "a chunk is missing" REASON_BAD_CHUNK));
done:
    return status;
}

static enum geosc_status read_whole(geosc_context *context, const struct h5_array *array, bool *damaged, void *out)
{
    enum geosc_status status = GEOSC_OK;
    char cause[H5_CAUSE_SIZE];

    if (array->chunked && !array->by_hdf5)
        return read_chunks(context, array, out, damaged);
    hid_t type = H5Dget_type((hid_t)array->id);
    if (H5Dread((hid_t)array->id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0)
        status = h5_refuse(context, array->file, array->path, "cannot be read (%s)" REASON_DAMAGED, h5_cause(cause));
    h5_drop(type);
    return status;
}

enum geosc_status h5_read_stored(geosc_context *context, const struct h5_array *array, bool *damaged,
                                 unsigned char **bytes)
{
    enum geosc_status status;

    *bytes = NULL;
    TRY(check_whole(context, array));
    TRY(memory_allocate_zero(context, bytes, h5_array_items(array), array->item, array->path));
    TRY(read_whole(context, array, damaged, *bytes));
done:
    return status;
}

enum geosc_status h5_read_bytes(geosc_context *context, const struct h5_array *array, void *out)
{
    enum geosc_status status;
    struct h5_guard guard;

    h5_enter(&guard);
    TRY(check_whole(context, array));
    TRY(read_whole(context, array, NULL, out));
done:
    h5_leave(&guard);
    return status;
}

static enum geosc_status read_numbers(geosc_context *context, const struct h5_array *array, bool *damaged,
                                      unsigned char **bytes)
{
    enum geosc_status status;
    struct h5_guard guard;

    *bytes = NULL;
    if (array->format.type == NUMBER_STRING)
        return h5_refuse(context, array->file, array->path, "has type string, expected numbers" REASON_WRONG_TYPE);
    h5_enter(&guard);
    status = h5_read_stored(context, array, damaged, bytes);
    h5_leave(&guard);
    return status;
}

enum geosc_status h5_read_floats(geosc_context *context, const struct h5_array *array, float *out, bool *finite)
{
    unsigned char *bytes;
    enum geosc_status status = read_numbers(context, array, NULL, &bytes);

    if (status == GEOSC_OK)
        *finite = number_to_float(context->kernels, array->format, bytes, h5_array_items(array), out);
    memory_free(bytes);
    return status;
}

enum geosc_status h5_read_doubles(geosc_context *context, const struct h5_array *array, double *out, bool *damaged)
{
    unsigned char *bytes;
    enum geosc_status status = read_numbers(context, array, damaged, &bytes);

    if (status == GEOSC_OK)
        number_to_double(array->format, bytes, h5_array_items(array), out);
    memory_free(bytes);
    return status;
}

enum geosc_status h5_read_int64s(geosc_context *context, const struct h5_array *array, int64_t *out)
{
    unsigned char *bytes = NULL;
    enum geosc_status status;

    if (!number_is_integer(array->format.type))
        return h5_refuse(context, array->file, array->path, "has type %s, expected integers" REASON_WRONG_TYPE,
                         number_name(array->format.type));
    status = read_numbers(context, array, NULL, &bytes);
    if (status == GEOSC_OK && !number_to_int64(array->format, bytes, h5_array_items(array), out))
        status = h5_refuse(context, array->file, array->path, "holds an integer of 2^63 or more" REASON_OUT_OF_RANGE);
    memory_free(bytes);
    return status;
}
