#include "base/guard.h"
#include "base/place.h"
#include "h5/h5_driver.h"
#include "h5/h5_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum {
    CHUNK_BYTES = 1 << 20,
    PIECE_BYTES = 8 << 20 /* piece of a large array that is written, checked and read back at a time */
};

/* Written rows of an array, to be compared with the file at the end. */
struct written {
    char path[H5_PATH];
    size_t first, rows; /* rows 0: a scalar */
    uint32_t crc32;
};

struct h5_writer {
    struct place place;
    struct h5_driver driver;
    hid_t file; /* -1 when closed */
    size_t written_count, written_capacity;
    struct written *written;
};

/* An array to create. */
struct shape {
    hid_t type;
    size_t item; /* bytes */
    size_t rank;
    const size_t *dims;
};

/* Call it right after a failure: the message is the disk's error if the driver saw one, else HDF5's. */
static enum geosc_status fail_writing(geosc_context *context, const struct h5_writer *writer, const char *path)
{
    char cause[H5_CAUSE_SIZE];

    if (writer->driver.error)
        return fail(context, GEOSC_FAILED, "%s: cannot be written: %s", writer->place.path,
                    strerror(writer->driver.error));
    return fail(context, GEOSC_FAILED, "%s: %s: cannot be written: %s", writer->place.path, path, h5_cause(cause));
}

/* Needs context, writer, path, status and a label `done`. */
#define CHECK(call)                                   \
    do {                                              \
        if ((call) < 0)                               \
            TRY(fail_writing(context, writer, path)); \
    } while (0)

/* Closes an identifier unless it is negative, with a check: a close may write and fail. */
#define CLOSE(close, id)                                                                     \
    do {                                                                                     \
        if ((id) >= 0 && close(id) < 0 && GUARD(output_close_checked) && status == GEOSC_OK) \
            status = fail_writing(context, writer, path);                                    \
    } while (0)

/* Reports the failure that the driver hid from HDF5. */
static enum geosc_status check_driver(geosc_context *context, const struct h5_writer *writer)
{
    return GUARD(output_write_errors) && writer->driver.error ? fail_writing(context, writer, "/") : GEOSC_OK;
}

/* ---- the file ----------------------------------------------------------------------------------- */

static enum geosc_status make_file(geosc_context *context, struct h5_writer *writer)
{
    enum geosc_status status = GEOSC_OK;
    const char *path = "/";
    hid_t create = -1, access = -1;

    TRY(h5_check_room(context));
    CHECK(h5_driver_open(&writer->driver, writer->place.fd));
    CHECK(create = H5Pcreate(H5P_FILE_CREATE));
    CHECK(H5Pset_obj_track_times(create, !GUARD(output_no_time_of_the_root))); /* of the root group */
    CHECK(access = H5Pcreate(H5P_FILE_ACCESS));
    CHECK(H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110));
    CHECK(H5Pset_fclose_degree(access, H5F_CLOSE_SEMI));
    CHECK(h5_driver_use(&writer->driver, access));
    CHECK(writer->file = H5Fcreate(writer->place.path, H5F_ACC_TRUNC, create, access));
    TRY(check_driver(context, writer));
done:
    CLOSE(H5Pclose, access);
    CLOSE(H5Pclose, create);
    return status;
}

enum geosc_status h5_writer_create(geosc_context *context, const char *path, bool replace, struct h5_writer **writer)
{
    struct h5_guard guard;
    struct h5_writer *made;
    enum geosc_status status = memory_allocate_zero(context, &made, 1, sizeof *made, "a file to write");

    *writer = NULL;
    if (status != GEOSC_OK)
        return status;
    made->file = -1;
    status = place_open(context, path, replace, &made->place);
    if (status == GEOSC_OK) {
        place_sweep(path);
        h5_enter(&guard);
        status = make_file(context, made);
        h5_leave(&guard);
    }
    if (status == GEOSC_OK)
        *writer = made;
    else
        h5_writer_free(made);
    return status;
}

void h5_writer_free(struct h5_writer *writer)
{
    struct h5_guard guard;

    if (!writer)
        return;
    h5_enter(&guard);
    if (writer->file >= 0)
        H5Fclose(writer->file); /* give up: the file is removed below */
    h5_driver_close(&writer->driver);
    h5_leave(&guard);
    place_close(&writer->place);
    memory_free(writer->written);
    memory_free(writer);
}

/* Twice, since a growing list is copied. */
size_t h5_writer_array_bytes(void)
{
    return 2 * sizeof(struct written);
}

/* ---- arrays ------------------------------------------------------------------------------------- */

/* A new identifier of this machine's native type; negative on failure. */
static hid_t number_type_id(enum number_type type)
{
    hid_t half;

    switch (type) {
    case NUMBER_F16:
        half = H5Tcopy(H5T_NATIVE_FLOAT);
        if (half >= 0 &&
            (H5Tset_fields(half, 15, 10, 5, 0, 10) < 0 || H5Tset_size(half, 2) < 0 || H5Tset_ebias(half, 15) < 0)) {
            H5Tclose(half);
            return -1;
        }
        return half;
    case NUMBER_F32:
        return H5Tcopy(H5T_NATIVE_FLOAT);
    case NUMBER_F64:
        return H5Tcopy(H5T_NATIVE_DOUBLE);
    case NUMBER_I8:
        return H5Tcopy(H5T_NATIVE_INT8);
    case NUMBER_I16:
        return H5Tcopy(H5T_NATIVE_INT16);
    case NUMBER_I32:
        return H5Tcopy(H5T_NATIVE_INT32);
    case NUMBER_I64:
        return H5Tcopy(H5T_NATIVE_INT64);
    case NUMBER_U8:
        return H5Tcopy(H5T_NATIVE_UINT8);
    case NUMBER_U16:
        return H5Tcopy(H5T_NATIVE_UINT16);
    case NUMBER_U32:
        return H5Tcopy(H5T_NATIVE_UINT32);
    case NUMBER_U64:
        return H5Tcopy(H5T_NATIVE_UINT64);
    case NUMBER_BF16: /* only read */
    case NUMBER_STRING:
        break;
    }
    return -1;
}

static hid_t string_type_id(size_t size)
{
    hid_t type = H5Tcopy(H5T_C_S1);

    if (type >= 0 && (H5Tset_size(type, size) < 0 || H5Tset_strpad(type, H5T_STR_NULLPAD) < 0 ||
                      H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
        H5Tclose(type);
        return -1;
    }
    return type;
}

static hid_t enum_type_id(const struct h5_enum *members)
{
    hid_t type = H5Tenum_create(H5T_NATIVE_UINT8);
    bool good = type >= 0;

    for (size_t i = 0; good && i < members->count; i++)
        good = H5Tenum_insert(type, members->names[i], &members->values[i]) >= 0;
    if (type >= 0 && !good) {
        H5Tclose(type);
        return -1;
    }
    return type;
}

/* Makes the missing groups above `path`. */
static enum geosc_status make_groups(geosc_context *context, struct h5_writer *writer, const char *path)
{
    enum geosc_status status = GEOSC_OK;
    hid_t create = -1, group = -1;
    char folder[H5_PATH];
    htri_t there;

    CHECK(create = H5Pcreate(H5P_GROUP_CREATE));
    CHECK(H5Pset_obj_track_times(create, !GUARD(output_no_times_of_groups)));
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        CHECK(there = H5Lexists(writer->file, folder, H5P_DEFAULT));
        if (there)
            continue;
        CHECK(group = H5Gcreate2(writer->file, folder, H5P_DEFAULT, create, H5P_DEFAULT));
        CLOSE(H5Gclose, group);
        group = -1;
    }
done:
    CLOSE(H5Gclose, group);
    CLOSE(H5Pclose, create);
    return status;
}

/* Takes whole trailing dimensions while they fit into CHUNK_BYTES. */
static void choose_chunk(const struct shape *shape, hsize_t *chunk)
{
    size_t bytes = shape->item;

    for (size_t d = shape->rank; d-- > 0;) {
        size_t most = bytes < CHUNK_BYTES ? CHUNK_BYTES / bytes : 1;
        size_t length = shape->dims[d] < most ? shape->dims[d] : most;
        chunk[d] = length;
        bytes *= length;
    }
}

static enum geosc_status set_layout(geosc_context *context, struct h5_writer *writer, const char *path,
                                    const struct shape *shape, const struct h5_layout *layout, hid_t create)
{
    enum geosc_status status = GEOSC_OK;
    hsize_t chunk[H5_RANK];
    bool plain = !layout || shape->rank == 0;

    for (size_t d = 0; d < shape->rank; d++)
        plain = plain || shape->dims[d] == 0; /* nothing to cut into chunks */
    CHECK(H5Pset_obj_track_times(create, !GUARD(output_no_times)));
    if (plain)
        return GEOSC_OK;
    choose_chunk(shape, chunk);
    for (size_t d = 0; layout->chunk && d < shape->rank; d++)
        chunk[d] = layout->chunk[d];
    CHECK(H5Pset_chunk(create, (int)shape->rank, chunk));
    if (layout->deflate) {
        CHECK(H5Pset_shuffle(create));
        CHECK(H5Pset_deflate(create, (unsigned)layout->deflate));
    }
    if (layout->checksum)
        CHECK(H5Pset_fletcher32(create));
done:
    return status;
}

static enum geosc_status make_array(geosc_context *context, struct h5_writer *writer, const char *path,
                                    const struct shape *shape, const struct h5_layout *layout)
{
    enum geosc_status status;
    hid_t create = -1, space = -1, dataset = -1;
    hsize_t dims[H5_RANK] = {0};

    assert(shape->rank <= H5_RANK && path[0] == '/' && strlen(path) < H5_PATH);
    for (size_t d = 0; d < shape->rank; d++)
        dims[d] = shape->dims[d];
    TRY(make_groups(context, writer, path));
    CHECK(create = H5Pcreate(H5P_DATASET_CREATE));
    TRY(set_layout(context, writer, path, shape, layout, create));
    CHECK(space = shape->rank ? H5Screate_simple((int)shape->rank, dims, NULL) : H5Screate(H5S_SCALAR));
    CHECK(dataset = H5Dcreate2(writer->file, path, shape->type, space, H5P_DEFAULT, create, H5P_DEFAULT));
done:
    CLOSE(H5Dclose, dataset);
    CLOSE(H5Sclose, space);
    CLOSE(H5Pclose, create);
    return status;
}

/* An open array and a selection: rows first .. first + rows - 1, or a scalar. */
struct rows {
    hid_t dataset, type, space, memory;
    size_t bytes; /* of the selection */
};

static enum geosc_status open_rows(geosc_context *context, struct h5_writer *writer, const char *path, size_t first,
                                   size_t count, struct rows *rows)
{
    enum geosc_status status = GEOSC_OK;
    hsize_t dims[H5_RANK] = {0}, start[H5_RANK] = {0};
    int rank;

    CHECK(rows->dataset = H5Dopen2(writer->file, path, H5P_DEFAULT));
    CHECK(rows->type = H5Dget_type(rows->dataset));
    CHECK(rows->space = H5Dget_space(rows->dataset));
    CHECK(rank = H5Sget_simple_extent_dims(rows->space, dims, NULL));
    rows->bytes = H5Tget_size(rows->type);
    if (rank) {
        assert(first + count <= dims[0]);
        start[0] = first;
        dims[0] = count;
        CHECK(H5Sselect_hyperslab(rows->space, H5S_SELECT_SET, start, NULL, dims, NULL));
    }
    for (int d = 0; d < rank; d++)
        rows->bytes *= dims[d];
    CHECK(rows->memory = rank ? H5Screate_simple(rank, dims, NULL) : H5Screate(H5S_SCALAR));
done:
    return status;
}

static enum geosc_status close_rows(geosc_context *context, struct h5_writer *writer, const char *path,
                                    struct rows *rows, enum geosc_status status)
{
    CLOSE(H5Sclose, rows->memory);
    CLOSE(H5Sclose, rows->space);
    CLOSE(H5Tclose, rows->type);
    CLOSE(H5Dclose, rows->dataset);
    return status == GEOSC_OK ? check_driver(context, writer) : status;
}

/* Writes rows and records them. */
static enum geosc_status write_rows(geosc_context *context, struct h5_writer *writer, const char *path, size_t first,
                                    size_t count, const void *data)
{
    struct rows rows = {-1, -1, -1, -1, 0};
    struct written *note;
    enum geosc_status status;

    TRY(check_stop(context));
    TRY(memory_grow(context, &writer->written, &writer->written_capacity, writer->written_count + 1, sizeof *note,
                    "the list of written arrays"));
    TRY(open_rows(context, writer, path, first, count, &rows));
    CHECK(H5Dwrite(rows.dataset, rows.type, rows.memory, rows.space, H5P_DEFAULT, data));
    note = &writer->written[writer->written_count++];
    *note = (struct written){.first = first, .rows = count};
    snprintf(note->path, sizeof note->path, "%s", path);
    note->crc32 = (uint32_t)crc32_z(0, data, rows.bytes);
done:
    return close_rows(context, writer, path, &rows, status);
}

/* count 0: a scalar. */
static enum geosc_status put_attribute(geosc_context *context, struct h5_writer *writer, const char *path,
                                       const char *name, hid_t type, const void *value, size_t count)
{
    hsize_t dims[1] = {count};
    enum geosc_status status = GEOSC_OK;
    hid_t space = -1, attribute = -1;

    CHECK(type);
    CHECK(space = count ? H5Screate_simple(1, dims, NULL) : H5Screate(H5S_SCALAR));
    CHECK(attribute = H5Acreate_by_name(writer->file, path, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Awrite(attribute, type, value));
done:
    CLOSE(H5Aclose, attribute);
    CLOSE(H5Sclose, space);
    return status == GEOSC_OK ? check_driver(context, writer) : status;
}

/* Writes an array piece by piece, with its checksum. Takes over shape->type. */
static enum geosc_status put_array(geosc_context *context, struct h5_writer *writer, const char *path,
                                   const struct shape *shape, const void *data, const struct h5_layout *layout)
{
    enum geosc_status status = GEOSC_OK;
    size_t row = shape->item, count = shape->rank ? shape->dims[0] : 1, step;
    uint32_t sum;

    CHECK(shape->type);
    TRY(make_array(context, writer, path, shape, layout));
    if (!data)
        goto done;
    for (size_t d = 1; d < shape->rank; d++)
        row *= shape->dims[d];
    step = row && row < PIECE_BYTES ? PIECE_BYTES / row : 1;
    for (size_t first = 0; row && first < count; first += step)
        TRY(write_rows(context, writer, path, first, count - first < step ? count - first : step,
                       (const unsigned char *)data + first * row));
    if (layout && layout->checksum) {
        sum = (uint32_t)crc32_z(0, data, row * count);
        TRY(put_attribute(context, writer, path, "crc32", H5T_NATIVE_UINT32, &sum, 0));
    }
done:
    CLOSE(H5Tclose, shape->type);
    return status;
}

enum geosc_status h5_write_array(geosc_context *context, struct h5_writer *writer, const char *path,
                                 enum number_type type, size_t rank, const size_t *dims, const void *data,
                                 const struct h5_layout *layout)
{
    struct h5_guard guard;
    enum geosc_status status;

    h5_enter(&guard);
    struct shape shape = {number_type_id(type), number_size(type), rank, dims};
    status = put_array(context, writer, path, &shape, data, layout);
    h5_leave(&guard);
    return status;
}

enum geosc_status h5_write_row(geosc_context *context, struct h5_writer *writer, const char *path, size_t row,
                               const void *data)
{
    struct h5_guard guard;
    enum geosc_status status;

    h5_enter(&guard);
    status = write_rows(context, writer, path, row, 1, data);
    h5_leave(&guard);
    return status;
}

enum geosc_status h5_write_strings(geosc_context *context, struct h5_writer *writer, const char *path, size_t count,
                                   const char *const *strings, const struct h5_layout *layout)
{
    struct h5_guard guard;
    enum geosc_status status;
    size_t width = 1;
    char *block;

    for (size_t i = 0; i < count; i++)
        width = strlen(strings[i]) > width ? strlen(strings[i]) : width;
    status = memory_allocate_zero(context, &block, count, width, path);
    if (status != GEOSC_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        memcpy(block + i * width, strings[i], strlen(strings[i]));
    h5_enter(&guard);
    struct shape shape = {string_type_id(width), width, 1, &count};
    status = put_array(context, writer, path, &shape, block, layout);
    h5_leave(&guard);
    memory_free(block);
    return status;
}

enum geosc_status h5_write_enum(geosc_context *context, struct h5_writer *writer, const char *path, size_t count,
                                const uint8_t *data, const struct h5_enum *members, const struct h5_layout *layout)
{
    struct h5_guard guard;
    enum geosc_status status;

    h5_enter(&guard);
    struct shape shape = {enum_type_id(members), 1, 1, &count};
    status = put_array(context, writer, path, &shape, data, layout);
    h5_leave(&guard);
    return status;
}

enum geosc_status h5_write_attribute_string(geosc_context *context, struct h5_writer *writer, const char *path,
                                            const char *name, const char *value)
{
    struct h5_guard guard;
    enum geosc_status status;
    hid_t type;

    h5_enter(&guard);
    type = string_type_id(value[0] ? strlen(value) : 1);
    status = put_attribute(context, writer, path, name, type, value, 0);
    CLOSE(H5Tclose, type);
    h5_leave(&guard);
    return status;
}

enum geosc_status h5_write_attribute_uint32(geosc_context *context, struct h5_writer *writer, const char *path,
                                            const char *name, uint32_t value)
{
    struct h5_guard guard;
    enum geosc_status status;

    h5_enter(&guard);
    status = put_attribute(context, writer, path, name, H5T_NATIVE_UINT32, &value, 0);
    h5_leave(&guard);
    return status;
}

enum geosc_status h5_write_attribute_doubles(geosc_context *context, struct h5_writer *writer, const char *path,
                                             const char *name, const double *values, size_t count)
{
    struct h5_guard guard;
    enum geosc_status status;

    h5_enter(&guard);
    status = put_attribute(context, writer, path, name, H5T_NATIVE_DOUBLE, values, count);
    h5_leave(&guard);
    return status;
}

/* ---- the end ------------------------------------------------------------------------------------ */

static enum geosc_status close_file(geosc_context *context, struct h5_writer *writer)
{
    enum geosc_status status = GEOSC_OK;
    const char *path = "/";

    CHECK(H5Fclose(writer->file));
    writer->file = -1;
    TRY(check_driver(context, writer));
done:
    return status;
}

/* Opens the finished file again through the same descriptor. */
static enum geosc_status reopen_file(geosc_context *context, struct h5_writer *writer)
{
    enum geosc_status status = GEOSC_OK;
    const char *path = "/";
    hid_t access = -1;

    TRY(h5_check_room(context));
    CHECK(access = H5Pcreate(H5P_FILE_ACCESS));
    CHECK(h5_driver_use(&writer->driver, access));
    CHECK(writer->file = H5Fopen(writer->place.path, H5F_ACC_RDONLY, access));
done:
    CLOSE(H5Pclose, access);
    return status;
}

static enum geosc_status compare_rows(geosc_context *context, struct h5_writer *writer, const struct written *note)
{
    struct rows rows = {-1, -1, -1, -1, 0};
    const char *path = note->path;
    unsigned char *data = NULL;
    enum geosc_status status;

    TRY(open_rows(context, writer, path, note->first, note->rows, &rows));
    TRY(memory_allocate_zero(context, &data, rows.bytes, 1, path));
    CHECK(H5Dread(rows.dataset, rows.type, rows.memory, rows.space, H5P_DEFAULT, data));
    TRY(check_driver(context, writer));
    if (GUARD(output_read_back) && (uint32_t)crc32_z(0, data, rows.bytes) != note->crc32)
        TRY(fail(context, GEOSC_FAILED, "%s: %s: what was written reads back differently: check the disk",
                 writer->place.path, path));
done:
    memory_free(data);
    return close_rows(context, writer, path, &rows, status);
}

static enum geosc_status finish_file(geosc_context *context, struct h5_writer *writer)
{
    enum geosc_status status;

    TRY(close_file(context, writer));
    TRY(place_sync(context, &writer->place));
    TRY(reopen_file(context, writer));
    for (size_t i = 0; i < writer->written_count; i++) {
        TRY(check_stop(context));
        TRY(compare_rows(context, writer, &writer->written[i]));
    }
    TRY(close_file(context, writer));
done:
    return status;
}

enum geosc_status h5_writer_finish(geosc_context *context, struct h5_writer *writer)
{
    struct h5_guard guard;
    enum geosc_status status;

    h5_enter(&guard);
    status = finish_file(context, writer);
    h5_leave(&guard);
    return status == GEOSC_OK || !GUARD(output_rename_after_reading_back) ? place_finish(context, &writer->place)
                                                                          : status;
}
