/* Reads datasets. HDF5 returns the stored bytes; it runs its filters and conversions only for arrays that the user
 * permitted (h5_array.by_hdf5). */
#include "base/guard.h"
#include "h5/h5_internal.h"

#include "base/reason.h"

#include <string.h>

enum {
    LINE = 64,
    PART_BYTES = 64 * 1024 * 1024, /* contiguous data read in one call */
    SLAB_BYTES = 256 * 1024,       /* pieces of contiguous data for the workers */
    DEFLATE_RATIO = 1100,          /* deflate reaches at most 1032 */
    CHUNK_BYTES = 64 * 1024 * 1024,
    CHUNK_EXCESS = 8 /* chunks above CHUNK_BYTES may be at most CHUNK_EXCESS times the
                      * array, if it is read whole */
};

/* ---- chunks ------------------------------------------------------------------------------------- */

static size_t chunk_bytes(const struct h5_array *array)
{
    size_t bytes = array->item;

    for (size_t d = 0; d < array->rank; d++)
        bytes *= array->chunk[d];
    return bytes;
}

/* Stored bytes of the chunk at `start`, 0 if it is missing. (H5Dget_chunk_info_by_coord would scan all chunks.) For a
 * dataset without any data, HDF5 1.14 and 2 leave `bytes` unchanged. */
static hsize_t chunk_storage(const struct h5_array *array, const hsize_t *start)
{
    hsize_t bytes = 0;

    if (H5Dget_chunk_storage_size((hid_t)array->id, start + array->alone, &bytes) >= 0)
        return bytes;
    h5_take_error(array->file);
    return 0;
}

/* The same, or 0 if the size is larger than its contents can explain. */
static size_t stored_bytes(const struct h5_array *array, const hsize_t *start)
{
    hsize_t bytes = chunk_storage(array, start);

    if (GUARD(hostile_chunk_oversized) && bytes > raw_stored_most(chunk_bytes(array)))
        return 0;
    return bytes <= array->file_bytes ? (size_t)bytes : 0;
}

/* Reads the stored bytes of the chunk at `start`; fails if the size is not `bytes`. */
static bool fetch(const struct h5_array *array, const hsize_t *start, size_t bytes, void *into, uint32_t *filter_mask)
{
    size_t stored = bytes;

    if (H5Dread_chunk2((hid_t)array->id, H5P_DEFAULT, start + array->alone, filter_mask, into, &stored) < 0) {
        h5_take_error(array->file);
        return false;
    }
    if (stored != bytes)
        return false;
    for (size_t d = 0; array->plain_edges && d < array->rank; d++)
        if (start[d] + array->chunk[d] > array->dims[d])
            *filter_mask = UINT32_MAX;
    return true;
}

/* The next chunk in row-major order from dimension `first` on; after the last, false, with start at the first again. */
static bool next_chunk(const struct h5_array *array, size_t first, hsize_t *start)
{
    for (size_t d = array->rank; d-- > first;) {
        start[d] += array->chunk[d];
        if (start[d] < array->dims[d])
            return true;
        start[d] = 0;
    }
    return false;
}

/* ---- rows for the workers ----------------------------------------------------------------------- */

static enum geosc_status add_piece(geosc_context *context, struct raw *raw, const struct raw_piece *piece)
{
    if (piece->bytes > SIZE_MAX - 2 * LINE - raw->byte_count)
        return fail_memory(context, SIZE_MAX, "an image");
    if (memory_grow(context, &raw->pieces, &raw->piece_capacity, raw->piece_count + 1, sizeof *piece, "chunks") !=
        GEOSC_OK)
        return GEOSC_FAILED;
    raw->pieces[raw->piece_count] = *piece;
    raw->pieces[raw->piece_count++].byte_offset = raw->byte_count;
    raw->byte_count += (piece->bytes + LINE - 1) / LINE * LINE;
    return GEOSC_OK;
}

static enum geosc_status read_chunked_row(geosc_context *context, const struct h5_array *array, struct raw *raw)
{
    hsize_t start[H5_RANK] = {0};
    struct raw_piece piece = {0};

    start[0] = raw->row / array->chunk[0] * array->chunk[0];
    for (size_t d = 0; d < RAW_RANK; d++)
        piece.size[d] = d < array->rank ? array->chunk[d] : 1;
    do {
        for (size_t d = 0; d < array->rank; d++)
            piece.start[d] = (size_t)start[d];
        piece.bytes = stored_bytes(array, start);
        if (add_piece(context, raw, &piece) != GEOSC_OK)
            return GEOSC_FAILED;
    } while (next_chunk(array, 1, start));
    if (memory_grow(context, &raw->bytes, &raw->byte_capacity, raw->byte_count, 1, "an image as stored") != GEOSC_OK)
        return GEOSC_FAILED;
    for (size_t i = 0; i < raw->piece_count; i++) {
        struct raw_piece *at = &raw->pieces[i];
        for (size_t d = 0; d < array->rank; d++)
            start[d] = at->start[d];
        if (stop_asked(context))
            return check_stop(context);
        if (at->bytes && !fetch(array, start, at->bytes, raw->bytes + at->byte_offset, &at->filter_mask))
            at->bytes = 0;
    }
    return GEOSC_OK;
}

/* Whether all chunks from `start` on, in dimensions `first` and up, exist: HDF5 reads a missing chunk as zeros. */
static bool chunks_are_there(const struct h5_array *array, size_t first, hsize_t *start)
{
    do {
        if (!chunk_storage(array, start))
            return false;
    } while (next_chunk(array, first, start));
    return true;
}

static bool row_is_there(const struct h5_array *array, size_t row)
{
    hsize_t start[H5_RANK] = {0};

    if (!array->chunked)
        return array->allocated;
    start[0] = row / array->chunk[0] * array->chunk[0];
    return chunks_are_there(array, 1, start);
}

bool h5_row_stored(const struct h5_array *array, size_t row)
{
    struct h5_guard guard;

    if (array->by_hdf5 || array->elsewhere)
        return true;
    h5_enter(&guard);
    bool there = row_is_there(array, row);
    h5_leave(&guard);
    return there;
}

/* Indices of dimension 1 to read in one call: few enough that a reader sees a stop soon. */
static size_t part_of_row(const struct h5_array *array, const hsize_t *count)
{
    size_t bytes = array->item;

    for (size_t d = 2; d < array->rank; d++)
        bytes *= count[d];
    return bytes > PART_BYTES ? 1 : PART_BYTES / bytes;
}

/* Reads the row to raw->bytes; *done: success. */
static enum geosc_status fetch_slab(geosc_context *context, const struct h5_array *array, struct raw *raw, bool *done)
{
    hid_t type = H5Dget_type((hid_t)array->id), file_space = H5Dget_space((hid_t)array->id), memory_space = -1;
    hsize_t start[H5_RANK] = {raw->row}, count[H5_RANK] = {1};
    enum geosc_status status = GEOSC_OK;
    unsigned char *out = raw->bytes;
    size_t all = array->rank < 2 ? 1 : array->dims[1], step;

    for (size_t d = 1; d < array->rank; d++)
        count[d] = array->dims[d];
    step = array->chunked ? all : part_of_row(array, count); /* each part would decode its chunk again */
    *done = true;
    for (size_t first = 0; first < all && *done; first += step) {
        TRY(check_stop(context));
        if (array->rank > 1) {
            start[1] = first;
            count[1] = all - first < step ? all - first : step;
        }
        memory_space = H5Screate_simple((int)(array->rank - array->alone), count + array->alone, NULL);
        *done = H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start + array->alone, NULL, count + array->alone,
                                    NULL) >= 0 &&
                H5Dread((hid_t)array->id, type, memory_space, file_space, H5P_DEFAULT, out) >= 0;
        if (!*done)
            h5_take_error(array->file);
        out += (size_t)H5Sget_simple_extent_npoints(memory_space) * array->item;
        H5Sclose(memory_space);
    }
done:
    H5Sclose(file_space);
    H5Tclose(type);
    return status;
}

/* Cuts the row into boxes of whole inner dimensions, each at most SLAB_BYTES (or one element). */
static enum geosc_status cut_slab(geosc_context *context, const struct h5_array *array, struct raw *raw, bool there)
{
    size_t inner[RAW_RANK] = {0}, cut = 1, step; /* inner[d]: bytes of one index of dimension d */
    size_t rows = raw->dims[1], offset = 0;

    inner[3] = array->item;
    inner[2] = inner[3] * raw->dims[3];
    inner[1] = inner[2] * raw->dims[2];
    while (cut < RAW_RANK - 1 && inner[cut] > SLAB_BYTES)
        rows *= raw->dims[++cut];
    step = inner[cut] < SLAB_BYTES ? SLAB_BYTES / inner[cut] : 1;
    /* `rows` counts the indices of dimension `cut` in all outer indices; a box stays within one outer index. */
    for (size_t row = 0, count; row < rows; row += count) {
        size_t place = row % raw->dims[cut], outer = row / raw->dims[cut];
        struct raw_piece piece = {.start = {raw->row}, .size = {1, 1, 1, 1}};
        count = step < raw->dims[cut] - place ? step : raw->dims[cut] - place;
        for (size_t d = cut + 1; d < RAW_RANK; d++)
            piece.size[d] = raw->dims[d];
        piece.start[cut] = place;
        piece.size[cut] = count;
        for (size_t d = cut; d-- > 1; outer /= raw->dims[d])
            piece.start[d] = outer % raw->dims[d];
        piece.bytes = there ? count * inner[cut] : 0;
        if (add_piece(context, raw, &piece) != GEOSC_OK)
            return GEOSC_FAILED;
        raw->pieces[raw->piece_count - 1].byte_offset = offset;
        offset += piece.bytes;
    }
    raw->byte_count = offset;
    return GEOSC_OK;
}

/* For contiguous data and for what HDF5 reads. */
static enum geosc_status read_slab_row(geosc_context *context, const struct h5_array *array, struct raw *raw)
{
    size_t bytes = array->item * raw->dims[1] * raw->dims[2] * raw->dims[3];

    bool there = row_is_there(array, raw->row);
    enum geosc_status status = GEOSC_OK;

    if (there) {
        TRY(memory_grow(context, &raw->bytes, &raw->byte_capacity, bytes, 1, "an image as stored"));
        TRY(fetch_slab(context, array, raw, &there));
    }
    TRY(cut_slab(context, array, raw, there));
done:
    return status;
}

enum geosc_status h5_read_row(geosc_context *context, const struct h5_array *array, size_t row, struct raw *raw)
{
    enum geosc_status status;
    struct h5_guard guard;

    raw->rank = array->rank;
    raw->row = row;
    raw->format = array->format;
    raw->filters = array->filters;
    raw->piece_count = raw->byte_count = 0;
    for (size_t d = 0; d < RAW_RANK; d++)
        raw->dims[d] = d < array->rank ? array->dims[d] : 1;
    h5_enter(&guard);
    status = check_stop(context);
    if (status == GEOSC_OK)
        status = h5_check_room(context);
    if (status == GEOSC_OK)
        status = array->chunked && !array->by_hdf5 ? read_chunked_row(context, array, raw)
                                                   : read_slab_row(context, array, raw);
    if (status == GEOSC_OK)
        status = h5_sound(context, array->file, array->path);
    h5_leave(&guard);
    return status;
}

/* ---- looking ahead ------------------------------------------------------------------------------ */

void h5_array_walk(const struct h5_array *array)
{
    hsize_t start[H5_RANK] = {0}, unused;
    struct h5_guard guard;
    uint64_t left = array->file_bytes; /* a chunk takes at least a byte, if only for its address */

    if (!array->chunked)
        return;
    h5_enter(&guard);
    do
        H5Dget_chunk_storage_size((hid_t)array->id, start + array->alone, &unused);
    while (next_chunk(array, 0, start) && --left);
    h5_leave(&guard);
}

size_t h5_row_bytes(const struct h5_array *array)
{
    size_t bytes = array->item, pieces = 1;

    for (size_t d = 1; d < array->rank; d++) {
        size_t extent = array->chunked && !array->by_hdf5 ? array->chunk[d] : array->dims[d];
        size_t count = (array->dims[d] - 1) / extent + 1;
        if (!size_multiply(bytes, extent, &bytes) || !size_multiply(pieces, count, &pieces))
            return SIZE_MAX;
    }
    if (array->chunked && !array->by_hdf5)
        bytes = raw_stored_most(bytes * array->chunk[0]) + LINE;
    return size_multiply(bytes, pieces, &bytes) ? bytes : SIZE_MAX;
}

size_t h5_row_scratch(const struct h5_array *array)
{
    return array->filters.count ? chunk_bytes(array) + LINE + raw_chunk_scratch(chunk_bytes(array)) : LINE;
}

/* ---- whole arrays ------------------------------------------------------------------------------- */

enum geosc_status h5_array_stored(geosc_context *context, const struct h5_array *array)
{
    size_t bytes = h5_array_items(array) * array->item;
    struct h5_guard guard;
    hsize_t stored;

    if (array->elsewhere)
        return GEOSC_OK; /* checked when it was opened */
    if (array->chunked && GUARD(hostile_large_chunk) && chunk_bytes(array) / CHUNK_EXCESS > bytes &&
        chunk_bytes(array) > CHUNK_BYTES)
        return h5_refuse(context, array->file, array->path,
                         "has chunks of %zu bytes for %zu bytes of data" REASON_TOO_LARGE, chunk_bytes(array), bytes);
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

    room->bytes = chunk_bytes(array);
    TRY(memory_allocate(context, &room->decoded, room->bytes, 1, "a chunk"));
    TRY(memory_allocate(context, &room->scratch, raw_chunk_scratch(room->bytes), 1, "a chunk"));
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
    size_t bytes = stored_bytes(array, start);
    uint32_t filter_mask = 0;

    *decoded = false;
    if (memory_grow(context, &room->stored, &room->stored_capacity, bytes, 1, "a chunk as stored") != GEOSC_OK)
        return GEOSC_FAILED;
    *decoded = bytes && fetch(array, start, bytes, room->stored, &filter_mask) &&
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
    } while (next_chunk(array, 0, start));
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
    if (array->chunked && array->by_hdf5 && !chunks_are_there(array, 0, start))
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
