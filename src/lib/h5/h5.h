/*
 * h5: HDF5, behind one door. The only code that calls HDF5. It owns the identifiers, and takes one
 * lock around every call, since a serial HDF5 serves one thread at a time. It prints nothing (the caller's
 * error handler is put back) and changes no setting of the process. All paths inside a file are absolute.
 *
 * Whatever a file claims is checked here before it is believed: kind of object, link and layout, filters, element
 * type, rank and sizes. A refusal is a line "FILE: /dataset: reason".
 */
#ifndef GEOSC_H5_H
#define GEOSC_H5_H

#include "h5/raw.h"

enum { H5_RANK = 8, H5_PATH = 256, H5_NAMES = 1 << 20 /* in a group, of any use */ };

struct h5_file; /* open for reading */

/* What a file may do beyond holding plain data; all off at first. */
struct h5_access {
    bool links;   /* take data from other files: external links, external storage, virtual datasets */
    bool plugins; /* use filters beyond those that raw.h knows: HDF5 loads its plugins, and reads such data */
    bool empty;   /* have arrays without elements, which there is nothing to read of */
};

enum h5_kind { H5_MISSING, H5_ARRAY, H5_GROUP, H5_OTHER };

/* An open dataset that passed the checks. */
struct h5_array {
    struct h5_file *file; /* must outlive it */
    int64_t id;           /* <= 0: not open */
    char path[H5_PATH];
    size_t rank, dims[H5_RANK]; /* every dimension >= 1 (but see access.empty); rank 0 is a scalar */
    struct number_format format;
    bool enumerated;    /* an HDF5 enum; format is that of its values */
    bool boolean;       /* an enum of FALSE = 0 and TRUE = 1, as h5py writes booleans */
    size_t item;        /* bytes of an element as stored */
    size_t string_size; /* bytes of a fixed-length string, 0 for variable length */
    bool chunked;
    bool allocated;   /* contiguous data has a place in the file: it was written */
    bool by_hdf5;     /* only HDF5 can read it: other filters, or data in other files */
    bool elsewhere;   /* its data is in other files */
    uint64_t file_bytes; /* of the file that it is in */
    bool plain_edges; /* chunks that hang over the edge are stored unfiltered */
    bool alone;       /* h5_array_alone: the file has one dimension fewer */
    size_t chunk[H5_RANK];
    struct raw_filters filters;
};

/* Opens a regular file that HDF5 can read. Messages tell a missing, non-regular, truncated or foreign file apart, and one that
 * another program is writing. */
enum geosc_status h5_open(geosc_context *context, const char *path, struct h5_file **file);
/* Lifts what `access` names, for what is opened from now on. */
void h5_allow(struct h5_file *file, const struct h5_access *access);
void h5_close(struct h5_file *file); /* NULL allowed */
const char *h5_file_path(const struct h5_file *file);
int h5_file_descriptor(const struct h5_file *file); /* the file's own, to be left open */
uint64_t h5_file_bytes(const struct h5_file *file); /* when it was opened */

/* H5_OTHER: there is something, but it can't be used (an external link, say): h5_array_open and h5_list say why. */
enum h5_kind h5_kind(struct h5_file *file, const char *path);

/* Names in a group, sorted, as one block: names[i] until count; free with memory_free. A group with more than `most` names is refused
 * before HDF5 gathers them. */
enum geosc_status h5_list(geosc_context *context, struct h5_file *file, const char *group, size_t most, char ***names, size_t *count);

enum geosc_status h5_array_open(geosc_context *context, struct h5_file *file, const char *path, struct h5_array *array);
void h5_array_close(struct h5_array *array); /* of a zeroed or open array */
/* Makes an open array the only row of one with a dimension more, [1, ...]: what is stored image by image is then read
 * like the rows of a batch. False where it has H5_RANK dimensions already. */
bool h5_array_alone(struct h5_array *array);
/* Lets go of the dataset and keeps its description, of which shape and storage can still be asked. */
void h5_array_release(struct h5_array *array);
/* Whether the rows of both have the same shape and type, and are stored in the same way. */
bool h5_array_alike(const struct h5_array *a, const struct h5_array *b);
size_t h5_array_items(const struct h5_array *array);
/* Fails if the file holds too little for the shape that the array claims, or its chunks are far larger than the array. To be
 * asked before its memory is allocated. */
enum geosc_status h5_array_stored(geosc_context *context, const struct h5_array *array);
/* Looks up each chunk, as reading would: HDF5 parses all of the array's metadata. */
void h5_array_walk(const struct h5_array *array);
/* Bytes at most: of a row as stored (h5_read_row), and of scratch to decode one piece of it (raw_scratch_bytes). */
size_t h5_row_bytes(const struct h5_array *array);
size_t h5_row_scratch(const struct h5_array *array);

/* Whole arrays, converted. out has h5_array_items places. GEOSC_FAILED for a chunk that can't be decoded, too. */
enum geosc_status h5_read_floats(geosc_context *context, const struct h5_array *array, float *out, bool *finite);
/* damaged [dims[0]], cleared by the caller: rows that can't be decoded are marked there and do not fail; NULL: they do. */
enum geosc_status h5_read_doubles(geosc_context *context, const struct h5_array *array, double *out, bool *damaged);
enum geosc_status h5_read_int64s(geosc_context *context, const struct h5_array *array, int64_t *out);
/* Strings of fixed or variable length as one block: (*out)[i]; free with memory_free. */
enum geosc_status h5_read_strings(geosc_context *context, const struct h5_array *array, char ***out);

/* Whether all of row `row` was ever written; true of what only HDF5 can read. */
bool h5_row_stored(const struct h5_array *array, size_t row);
/* The stored bytes of row `row` of an array of rank <= RAW_RANK, undecoded. A chunk that is missing or too large becomes a piece
 * of 0 bytes, which decodes to RAW_UNREADABLE; an I/O error does too. GEOSC_FAILED is for lack of memory alone. */
enum geosc_status h5_read_row(geosc_context *context, const struct h5_array *array, size_t row, struct raw *raw);

/* Attributes of the object at `path` ("/" for the root). *found tells whether it is there; of a wrong type: GEOSC_FAILED. */
enum geosc_status h5_attribute_string(geosc_context *context, struct h5_file *file, const char *path, const char *name,
                                      char *out, size_t size, bool *found);
enum geosc_status h5_attribute_double(geosc_context *context, struct h5_file *file, const char *path, const char *name,
                                      double *out, bool *found);
/* The name of attribute number i of an object; false where there is none, or it does not fit. */
bool h5_attribute_name(struct h5_file *file, const char *path, size_t i, char *out, size_t size);
/* One block; free with memory_free. */
enum geosc_status h5_attribute_strings(geosc_context *context, struct h5_file *file, const char *path, const char *name,
                                       char ***out, size_t *count, bool *found);

/* ---- the process -------------------------------------------------------------------------------- */

/* Settings that belong to a whole process, for the command alone, before its first other call: HDF5 does nothing at
 * exit (after a failed write it would crash there), takes no locks of its own, and loads no plugin unless they are
 * allowed. */
void h5_process_setup(bool plugins);

/* ---- writing ------------------------------------------------------------------------------------ */

/*
 * A new file that appears whole or not at all (place.h). It is built in its temporary file through a driver of our own
 * (h5_driver.h), so that a full disk is an error here and not a crash at exit; when it is finished, each array is read
 * back and compared before the file gets its name. The same contents give the same bytes: no times are kept, and the
 * bounds of the format are fixed (V110).
 */
struct h5_writer;

struct h5_layout {
    const size_t *chunk; /* NULL: chosen by size, within 1 MB */
    int deflate;         /* 0: none, else level with shuffle */
    bool checksum;       /* fletcher32, and an attribute crc32 of the raw bytes where the array is written as a whole */
};

/* Starts a file for `path`; fails where place_open does. */
enum geosc_status h5_writer_create(geosc_context *context, const char *path, bool replace, struct h5_writer **writer);
/* Checks every close, syncs, reads back, and puts the file in place. */
enum geosc_status h5_writer_finish(geosc_context *context, struct h5_writer *writer);
void h5_writer_free(struct h5_writer *writer); /* NULL allowed; removes what was not finished */
/* Bytes of memory that a writer keeps for each array until it is finished. */
size_t h5_writer_array_bytes(void);

/* Writes a dataset (and makes the groups above it). data in this machine's format, [dims[0]][dims[1]]...; layout NULL:
 * contiguous and plain. A scalar has rank 0. data NULL: only made, to be filled by h5_write_row. */
enum geosc_status h5_write_array(geosc_context *context, struct h5_writer *writer, const char *path, enum number_type type,
                                 size_t rank, const size_t *dims, const void *data, const struct h5_layout *layout);
/* Row `row` of an array made without data; each row once, in any order. */
enum geosc_status h5_write_row(geosc_context *context, struct h5_writer *writer, const char *path, size_t row, const void *data);
/* [count] strings of fixed length, the longest one's. */
enum geosc_status h5_write_strings(geosc_context *context, struct h5_writer *writer, const char *path, size_t count,
                                   const char *const *strings, const struct h5_layout *layout);
struct h5_enum {
    size_t count;
    const char *const *names; /* [count] */
    const uint8_t *values;    /* [count] */
};
/* [count] bytes of an HDF5 enum over uint8. */
enum geosc_status h5_write_enum(geosc_context *context, struct h5_writer *writer, const char *path, size_t count,
                                const uint8_t *data, const struct h5_enum *members, const struct h5_layout *layout);
/* Attributes of an object that exists ("/" for the root). */
enum geosc_status h5_write_attribute_string(geosc_context *context, struct h5_writer *writer, const char *path, const char *name,
                                            const char *value);
enum geosc_status h5_write_attribute_uint32(geosc_context *context, struct h5_writer *writer, const char *path, const char *name,
                                            uint32_t value);

#endif
