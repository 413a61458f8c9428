/*
 * h5_internal: what the files of h5 share. Every function of h5.h that calls HDF5 does so between h5_enter and
 * h5_leave: one recursive lock for all threads and contexts, with the caller's error handler switched off so that HDF5
 * prints nothing.
 */
#ifndef GEOSC_H5_INTERNAL_H
#define GEOSC_H5_INTERNAL_H

#include "h5/h5.h"
#include "h5/h5_driver.h"

enum { H5_CAUSE_SIZE = 256, H5_TRAIL = 32 /* most nested groups kept open */ };

/* The open groups of the path looked up last: the next path often shares them. */
struct h5_trail {
    size_t count;
    char path[H5_PATH];   /* looked up last */
    size_t end[H5_TRAIL]; /* where each group's name ends in path */
    hid_t id[H5_TRAIL];
};

struct h5_file {
    hid_t id;
    struct h5_trail trail;
    struct h5_driver driver; /* holds our descriptor */
    uint64_t bytes;          /* size when it was opened */
    struct h5_access access;
    hid_t links; /* link access list: decides which external links are followed */
    char *path;  /* owned */
};

/* The caller's error handler, saved while ours is set. */
struct h5_guard {
    H5E_auto2_t handler;
#ifndef H5_NO_DEPRECATED_SYMBOLS /* without these symbols HDF5 has no old kind of handler */
    bool version_1;              /* set through the old H5Eset_auto1 */
    H5E_auto1_t handler_1;
#endif
    void *data;
};

void h5_enter(struct h5_guard *guard);
/* Restores the handler and clears the error stack: call h5_cause before. Keeps errno. */
void h5_leave(const struct h5_guard *guard);

/* HDF5 crashes when it runs out of memory while it creates or opens a file: check first. */
enum geosc_status h5_check_room(geosc_context *context);

/* The innermost line of HDF5's error stack, with control characters replaced; "unknown cause" if it is empty. Returns
 * out. */
const char *h5_cause(char out[H5_CAUSE_SIZE]);

/* After a failed read, do not trust what HDF5 holds of the file: it may return data that it never read. The driver
 * keeps its own failures; for data in other files only HDF5 knows: call this right after the failed call. */
void h5_take_error(struct h5_file *file);
/* GEOSC_FAILED with a message after such a failure: the disk's or network's fault, not the file's. */
enum geosc_status h5_sound(geosc_context *context, const struct h5_file *file, const char *path);
/* The same for a known errno. */
enum geosc_status h5_unreadable(geosc_context *context, const struct h5_file *file, const char *path, int error);

/* Closes an identifier of any kind: type, list, dataset; ignores a negative one. */
void h5_drop(hid_t id);

/* Fails with "FILE: /dataset: " and the reason. Returns GEOSC_FAILED. */
enum geosc_status h5_refuse(geosc_context *context, const struct h5_file *file, const char *path, const char *format,
                            ...) __attribute__((format(printf, 4, 5)));

/* Data in other files, if allowed (h5_elsewhere.c). Under h5_enter. */
hid_t h5_link_access(const struct h5_access *access); /* a new link access list; negative on failure */
enum geosc_status h5_check_external(geosc_context *context, const struct h5_array *array, hid_t id, hid_t creation);
/* Call it before any other query of the dataset: queries open its sources. */
enum geosc_status h5_check_virtual(geosc_context *context, const struct h5_array *array, hid_t id, hid_t creation);

/* Opens the object at `path` if every link on the way stays within the file; close it with H5Oclose. Under h5_enter. */
enum geosc_status h5_object_open(geosc_context *context, struct h5_file *file, const char *path, hid_t *id);
/* The same without a message: negative on failure, with *missing if there is no such object. */
hid_t h5_object_find(struct h5_file *file, const char *path, bool *missing);
void h5_trail_drop(struct h5_file *file);

/* Chunks of an array (h5_chunk.c). `start`: the chunk's first element. Under h5_enter. */
size_t h5_chunk_bytes(const struct h5_array *array); /* of a decoded chunk */
/* Stored bytes, 0 if the chunk is missing; and the same, 0 also for a size larger than its contents can explain. */
hsize_t h5_chunk_storage(const struct h5_array *array, const hsize_t *start);
size_t h5_chunk_stored(const struct h5_array *array, const hsize_t *start);
/* HDF5 reads the stored bytes; false if their number is not `bytes`, or on failure. */
bool h5_chunk_read(const struct h5_array *array, const hsize_t *start, size_t bytes, void *into, uint32_t *filter_mask);
/* The next chunk in row-major order from dimension `first` on; after the last, false, with start at the first again. */
bool h5_chunk_next(const struct h5_array *array, size_t first, hsize_t *start);
/* Whether all chunks from `start` on, in dimensions `first` and up, exist: HDF5 reads a missing chunk as zeros. */
bool h5_chunks_are_there(const struct h5_array *array, size_t first, hsize_t *start);

/* Reads the whole array in its stored type into a new block. damaged as in h5_read_doubles; damaged rows are zero.
 * Under h5_enter. */
enum geosc_status h5_read_stored(geosc_context *context, const struct h5_array *array, bool *damaged,
                                 unsigned char **bytes);

/* Whether an attribute of the array at `path` says that its 16-bit integers are bfloat16 (see geosc-files(5));
 * attributes that are no text say nothing. Under h5_enter. */
enum geosc_status h5_says_bfloat16(geosc_context *context, struct h5_file *file, const char *path, bool *says);

/* Strings of fixed length as one block: pointers, then texts without their padding. bytes [count][size of type]. */
enum geosc_status h5_pack_fixed(geosc_context *context, hid_t type, const char *bytes, size_t count, char ***out);
/* Reads the references of a dataset or attribute to variable-length strings, `size` stored bytes each. Under h5_enter.
 */
bool h5_read_references(hid_t id, bool dataset, hid_t type, size_t size, void *out);

/* Reads the variable-length strings of a dataset or attribute `object`. Each is stored as a reference of
 * h5_reference_bytes to its text in a heap of the object's file. This code reads the heaps itself, since HDF5 trusts
 * their sizes. file and path are for messages. One block: (*out)[i], NUL-terminated. Under h5_enter. */
size_t h5_reference_bytes(hid_t object); /* 0 if unknown */
enum geosc_status h5_heap_strings(geosc_context *context, const struct h5_file *file, const char *path, hid_t object,
                                  const unsigned char *references, size_t count, char ***out);

#endif
