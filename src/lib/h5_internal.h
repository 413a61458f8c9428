/*
 * h5_internal: what the files of h5 share. Each function of h5.h that calls HDF5 stands between h5_enter and
 * h5_leave: one lock for all threads and contexts (it may be entered again by the same thread), and the caller's
 * error handler switched off meanwhile, so that HDF5 prints nothing.
 */
#ifndef GEOSC_H5_INTERNAL_H
#define GEOSC_H5_INTERNAL_H

#include "h5.h"

#include <hdf5.h>

enum { H5_CAUSE_SIZE = 256 };

struct h5_file {
    hid_t id;
    int fd;              /* keeps a shared lock, so that nobody writes meanwhile */
    uint64_t bytes;      /* of the file when it was opened */
    size_t address_size; /* bytes of an address in this file */
    char *path;          /* owned */
};

/* The caller's error handler while we are inside. */
struct h5_guard {
    bool version_1; /* set through the old H5Eset_auto1 */
    H5E_auto2_t handler;
    H5E_auto1_t handler_1;
    void *data;
};

void h5_enter(struct h5_guard *guard);
/* Puts the handler back and clears the error stack: take the cause before. errno is kept. */
void h5_leave(const struct h5_guard *guard);

/* The innermost line of HDF5's error stack, control characters replaced; "unknown cause" where it is empty. Returns out. */
const char *h5_cause(char out[H5_CAUSE_SIZE]);

/* "FILE: /dataset: " and the reason. Returns GEOSC_FAILED. */
enum geosc_status h5_refuse(geosc_context *context, const struct h5_file *file, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Opens whatever stands at `path`, whose every link must be one within the file; H5Oclose it. Under h5_enter. */
enum geosc_status h5_object_open(geosc_context *context, const struct h5_file *file, const char *path, hid_t *id);

/* The whole array in its stored type, a new block. damaged as in h5_read_doubles; such rows are zero. Under h5_enter. */
enum geosc_status h5_read_stored(geosc_context *context, const struct h5_array *array, bool *damaged,
                                 unsigned char **bytes);

/* Strings as HDF5 hands them out: [count] pointers, or [count][size] bytes padded to `size`. */
struct h5_strings {
    size_t count, size;
    char *const *variable; /* NULL elements are empty strings; or NULL */
    const char *fixed;
    bool spaces; /* padded with spaces */
};

/* One block of them: (*out)[i], each with its terminating NUL. */
enum geosc_status h5_pack_strings(geosc_context *context, const struct h5_strings *strings, char ***out);

#endif
