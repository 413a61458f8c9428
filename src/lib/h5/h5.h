/*
 * h5: the only code that calls HDF5. It owns the identifiers and holds one lock around every call, since a serial HDF5
 * serves one thread at a time. It prints nothing (the caller's error handler is restored) and changes no setting of the
 * process. All paths inside a file are absolute.
 *
 * Every claim of a file is checked here before use: kind of object, link and layout, filters, element type, rank and
 * sizes. A refusal is a line "FILE: /dataset: reason".
 */
#ifndef GEOSC_H5_H
#define GEOSC_H5_H

#include "h5/raw.h"

enum {
    H5_RANK = 8,
    H5_PATH = 256,
    H5_NAMES = 1 << 20 /* names in a group, for callers without a limit of their own */
};

struct h5_file; /* a file open for reading */

/* What a file may contain besides plain data; all off by default. */
struct h5_access {
    bool links;   /* data in other files: external links, external storage, virtual datasets */
    bool plugins; /* filters unknown to raw.h: HDF5 loads its plugins and reads such data */
    bool empty;   /* arrays without elements */
};

enum h5_kind { H5_MISSING, H5_ARRAY, H5_GROUP, H5_OTHER };

/* An open dataset that passed the checks. */
struct h5_array {
    struct h5_file *file; /* must outlive the array */
    int64_t id;           /* <= 0: not open */
    char path[H5_PATH];
    size_t rank, dims[H5_RANK]; /* every dimension >= 1 (except with access.empty); rank 0 is a scalar */
    struct number_format format;
    bool enumerated;    /* an HDF5 enum; format describes its values */
    bool boolean;       /* an enum of FALSE = 0 and TRUE = 1, h5py's boolean */
    size_t item;        /* bytes of a stored element */
    size_t string_size; /* bytes of a fixed-length string; 0: variable length */
    bool chunked;
    bool allocated;      /* the contiguous data was written and has space in the file */
    bool by_hdf5;        /* only HDF5 can read it: unknown filters, or data in other files */
    bool elsewhere;      /* the data is in other files */
    uint64_t file_bytes; /* size of the file that holds the dataset */
    uint64_t address;    /* of contiguous data in the opened file; 0: HDF5 reads it */
    bool plain_edges;    /* chunks that extend beyond the array are stored unfiltered */
    bool alone;          /* the dimension dims[0] was added by h5_array_alone */
    size_t chunk[H5_RANK];
    struct raw_filters filters;
};

/* Opens a regular HDF5 file. Messages distinguish missing, non-regular, truncated and foreign files, and files that
 * another program is writing. */
enum geosc_status h5_open(geosc_context *context, const char *path, struct h5_file **file);
/* Permits what `access` names for objects opened from now on. */
void h5_allow(struct h5_file *file, const struct h5_access *access);
void h5_close(struct h5_file *file); /* NULL allowed */
const char *h5_file_path(const struct h5_file *file);
int h5_file_descriptor(const struct h5_file *file); /* stays owned by the file */
uint64_t h5_file_bytes(const struct h5_file *file); /* size when it was opened */

/* H5_OTHER: an object exists but is unusable (such as an external link): h5_array_open and h5_list say why. */
enum h5_kind h5_kind(struct h5_file *file, const char *path);

/* Sorted names in a group, as one block: names[i], i < count; free with memory_free. A group with more than `most`
 * names is refused before HDF5 reads them all. */
enum geosc_status h5_list(geosc_context *context, struct h5_file *file, const char *group, size_t most, char ***names,
                          size_t *count);

enum geosc_status h5_array_open(geosc_context *context, struct h5_file *file, const char *path, struct h5_array *array);
void h5_array_close(struct h5_array *array); /* for a zeroed or open array */
/* Adds a first dimension of 1 to an open array, so that data stored image by image is read like rows of a batch. False
 * if the array has H5_RANK dimensions already. */
bool h5_array_alone(struct h5_array *array);
/* Closes the dataset and keeps its description: shape and storage stay valid. */
void h5_array_release(struct h5_array *array);
/* Whether the rows of both arrays have the same shape, type and storage. */
bool h5_array_alike(const struct h5_array *a, const struct h5_array *b);
size_t h5_array_items(const struct h5_array *array);
/* Fails if the file holds too little data for the array's shape, or if the chunks are far larger than the array. Call
 * it before allocating memory for the array. */
enum geosc_status h5_array_stored(geosc_context *context, const struct h5_array *array);
/* Looks up each chunk as a reader would: HDF5 parses all of the array's metadata. */
void h5_array_walk(const struct h5_array *array);
/* Upper bounds in bytes: of a stored row (h5_read_row), and of the scratch to decode one of its pieces
 * (raw_scratch_bytes). */
size_t h5_row_bytes(const struct h5_array *array);
size_t h5_row_scratch(const struct h5_array *array);

/* Read and convert a whole array to out [h5_array_items]. GEOSC_FAILED also for a chunk that cannot be decoded. */
enum geosc_status h5_read_floats(geosc_context *context, const struct h5_array *array, float *out, bool *finite);
/* damaged [dims[0]], cleared by the caller: marks rows that cannot be decoded, without a failure; NULL: they are a
 * failure. */
enum geosc_status h5_read_doubles(geosc_context *context, const struct h5_array *array, double *out, bool *damaged);
enum geosc_status h5_read_int64s(geosc_context *context, const struct h5_array *array, int64_t *out);
/* Reads an array of numbers as it is stored, to out [h5_array_items * item]. */
enum geosc_status h5_read_bytes(geosc_context *context, const struct h5_array *array, void *out);
/* Reads strings of fixed or variable length as one block: (*out)[i]; free with memory_free. */
enum geosc_status h5_read_strings(geosc_context *context, const struct h5_array *array, char ***out);

/* Whether all of row `row` was ever written; true for arrays that only HDF5 can read. */
bool h5_row_stored(const struct h5_array *array, size_t row);
/* Reads the stored bytes of row `row` of an array of rank <= RAW_RANK, undecoded. A chunk that is missing, too large or
 * unreadable becomes a piece of 0 bytes, which decodes to RAW_UNREADABLE. GEOSC_FAILED if the system cannot read the
 * file or memory is short. Several threads read at the same time: HDF5 only says where the bytes are, except those in
 * other files or under other filters. */
enum geosc_status h5_read_row(geosc_context *context, const struct h5_array *array, size_t row, struct raw *raw);

/* Attributes of the object at `path` ("/" for the root). *found: it exists. GEOSC_FAILED for a wrong type. */
enum geosc_status h5_attribute_string(geosc_context *context, struct h5_file *file, const char *path, const char *name,
                                      char *out, size_t size, bool *found);
enum geosc_status h5_attribute_double(geosc_context *context, struct h5_file *file, const char *path, const char *name,
                                      double *out, bool *found);
/* Up to `most` numbers, *count of them: a scalar or a list. */
enum geosc_status h5_attribute_doubles(geosc_context *context, struct h5_file *file, const char *path, const char *name,
                                       double *out, size_t most, size_t *count, bool *found);
/* Name of an object's i-th attribute; false if there is none or it does not fit. */
bool h5_attribute_name(struct h5_file *file, const char *path, size_t i, char *out, size_t size);
/* As one block; free with memory_free. */
enum geosc_status h5_attribute_strings(geosc_context *context, struct h5_file *file, const char *path, const char *name,
                                       char ***out, size_t *count, bool *found);

/* ---- the process -------------------------------------------------------------------------------- */

/* Settings of the whole process, for the command only, before its first other call of h5: HDF5 does nothing at exit
 * (after a failed write it would crash), takes no locks, and loads plugins only if `plugins`. */
void h5_process_setup(bool plugins);

/* ---- writing ------------------------------------------------------------------------------------ */

/*
 * A new file that appears complete or not at all (place.h). It is written to a temporary file through our own driver
 * (h5_driver.h), so that a full disk is an error and no crash at exit. At the end each array is read back and compared
 * before the file gets its name. Equal contents give equal bytes: no times are stored, and the format version is fixed
 * (V110).
 */
struct h5_writer;

struct h5_layout {
    const size_t *chunk; /* NULL: chosen by size, at most 1 MB */
    int deflate;         /* 0: none; else deflate level, with shuffle */
    bool checksum;       /* fletcher32, and for arrays written whole an attribute crc32 of the raw bytes */
};

/* Starts a file for `path`. Fails like place_open. */
enum geosc_status h5_writer_create(geosc_context *context, const char *path, bool replace, struct h5_writer **writer);
/* Closes with every error checked, syncs, reads back, and renames the file to its final name. */
enum geosc_status h5_writer_finish(geosc_context *context, struct h5_writer *writer);
void h5_writer_free(struct h5_writer *writer); /* NULL is allowed; removes an unfinished file */
/* Memory in bytes that a writer holds for each array until the end. */
size_t h5_writer_array_bytes(void);

/* Writes a dataset and makes the groups above it. data [dims[0]][dims[1]]... in this machine's format; layout NULL:
 * contiguous, unfiltered. Rank 0: a scalar. data NULL: only creates it; fill it with h5_write_row. */
enum geosc_status h5_write_array(geosc_context *context, struct h5_writer *writer, const char *path,
                                 enum number_type type, size_t rank, const size_t *dims, const void *data,
                                 const struct h5_layout *layout);
/* Writes row `row` of an array created without data; each row once, in any order. */
enum geosc_status h5_write_row(geosc_context *context, struct h5_writer *writer, const char *path, size_t row,
                               const void *data);
/* Writes [count] strings, with the fixed length of the longest. */
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
/* Writes an attribute of an existing object ("/" for the root). */
enum geosc_status h5_write_attribute_string(geosc_context *context, struct h5_writer *writer, const char *path,
                                            const char *name, const char *value);
enum geosc_status h5_write_attribute_uint32(geosc_context *context, struct h5_writer *writer, const char *path,
                                            const char *name, uint32_t value);
enum geosc_status h5_write_attribute_doubles(geosc_context *context, struct h5_writer *writer, const char *path,
                                             const char *name, const double *values, size_t count);

#endif
