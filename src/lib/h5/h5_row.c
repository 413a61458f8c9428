/*
 * Reads rows of arrays, each an image's features or mask, as they are stored. HDF5 says where the bytes are, under its
 * lock; the bytes are then read without it, so that several threads read at the same time.
 */
#include "base/guard.h"
#include "h5/h5_internal.h"

#include "base/reason.h"

enum {
    LINE = 64,
    PART_BYTES = 64 * 1024 * 1024, /* contiguous data that HDF5 reads in one call */
    SLAB_BYTES = 256 * 1024        /* pieces of contiguous data for the workers */
};

/* ---- pieces ------------------------------------------------------------------------------------- */

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

/* Asks HDF5 where a chunk is, by reading it through a driver that does not read. */
static void locate_chunk(const struct h5_array *array, struct raw *raw, struct raw_piece *piece)
{
    struct h5_driver *driver = &array->file->driver;
    hsize_t start[H5_RANK];

    for (size_t d = 0; d < array->rank; d++)
        start[d] = piece->start[d];
    driver->locating = true;
    driver->located = HADDR_UNDEF;
    bool found = h5_chunk_read(array, start, piece->bytes, raw->bytes + piece->byte_offset, &piece->filter_mask);
    driver->locating = false;
    if (!found || (driver->located != HADDR_UNDEF && driver->located_bytes != piece->bytes))
        piece->bytes = 0;
    else if (driver->located != HADDR_UNDEF)
        piece->address = driver->located;
}

static enum geosc_status locate_chunks(geosc_context *context, const struct h5_array *array, struct raw *raw)
{
    hsize_t start[H5_RANK] = {0};
    struct raw_piece piece = {.address = RAW_FETCHED};

    start[0] = raw->row / array->chunk[0] * array->chunk[0];
    for (size_t d = 0; d < RAW_RANK; d++)
        piece.size[d] = d < array->rank ? array->chunk[d] : 1;
    do {
        for (size_t d = 0; d < array->rank; d++)
            piece.start[d] = (size_t)start[d];
        piece.bytes = h5_chunk_stored(array, start);
        if (add_piece(context, raw, &piece) != GEOSC_OK)
            return GEOSC_FAILED;
    } while (h5_chunk_next(array, 1, start));
    if (memory_grow(context, &raw->bytes, &raw->byte_capacity, raw->byte_count, 1, "an image as stored") != GEOSC_OK)
        return GEOSC_FAILED;
    for (size_t i = 0; i < raw->piece_count; i++) {
        if (stop_asked(context))
            return check_stop(context);
        if (raw->pieces[i].bytes)
            locate_chunk(array, raw, &raw->pieces[i]);
    }
    return GEOSC_OK;
}

static bool row_is_there(const struct h5_array *array, size_t row)
{
    hsize_t start[H5_RANK] = {0};

    if (!array->chunked)
        return array->allocated;
    start[0] = row / array->chunk[0] * array->chunk[0];
    return h5_chunks_are_there(array, 1, start);
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
static enum geosc_status read_slab(geosc_context *context, const struct h5_array *array, struct raw *raw, bool *done)
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
        struct raw_piece piece = {.address = RAW_FETCHED, .start = {raw->row}, .size = {1, 1, 1, 1}};
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
static enum geosc_status locate_slab(geosc_context *context, const struct h5_array *array, struct raw *raw)
{
    size_t bytes = array->item * raw->dims[1] * raw->dims[2] * raw->dims[3];
    bool there = row_is_there(array, raw->row);
    enum geosc_status status = GEOSC_OK;

    if (there)
        TRY(memory_grow(context, &raw->bytes, &raw->byte_capacity, bytes, 1, "an image as stored"));
    if (there && !array->address)
        TRY(read_slab(context, array, raw, &there));
    TRY(cut_slab(context, array, raw, there));
    for (size_t i = 0; array->address && i < raw->piece_count; i++)
        raw->pieces[i].address = array->address + raw->row * bytes + raw->pieces[i].byte_offset;
done:
    return status;
}

/* Finds where the bytes of the row are, and reads those that only HDF5 can. */
static enum geosc_status locate(geosc_context *context, const struct h5_array *array, struct raw *raw)
{
    enum geosc_status status;
    struct h5_guard guard;

    h5_enter(&guard);
    TRY(check_stop(context));
    TRY(h5_check_room(context));
    TRY((array->chunked && !array->by_hdf5 ? locate_chunks : locate_slab)(context, array, raw));
    TRY(h5_sound(context, array->file, array->path));
done:
    h5_leave(&guard);
    return status;
}

/* Reads the other bytes, without HDF5: other threads may do so at the same time. */
static enum geosc_status fetch(geosc_context *context, const struct h5_array *array, struct raw *raw)
{
    int fd = h5_file_descriptor(array->file), error = 0;
    enum geosc_status status = GEOSC_OK;

    for (size_t i = 0; i < raw->piece_count && !error; i++) {
        const struct raw_piece *piece = &raw->pieces[i];
        TRY(check_stop(context));
        if (piece->address != RAW_FETCHED)
            error = h5_driver_fetch(fd, piece->address, piece->bytes, raw->bytes + piece->byte_offset);
    }
    if (GUARD(read_error) && error)
        TRY(h5_unreadable(context, array->file, array->path, error));
done:
    return status;
}

enum geosc_status h5_read_row(geosc_context *context, const struct h5_array *array, size_t row, struct raw *raw)
{
    enum geosc_status status;

    raw->rank = array->rank;
    raw->row = row;
    raw->format = array->format;
    raw->filters = array->filters;
    raw->piece_count = raw->byte_count = 0;
    for (size_t d = 0; d < RAW_RANK; d++)
        raw->dims[d] = d < array->rank ? array->dims[d] : 1;
    TRY(locate(context, array, raw));
    TRY(fetch(context, array, raw));
done:
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
    while (h5_chunk_next(array, 0, start) && --left);
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
    size_t bytes = array->filters.count ? h5_chunk_bytes(array) : 0;

    return array->filters.count ? bytes + LINE + raw_chunk_scratch(&array->filters, bytes) : LINE;
}
