/*
 * h5_internal: what the files of h5 share. Each function of h5.h that calls HDF5 stands between h5_enter and
 * h5_leave: one lock for all threads and contexts (it may be entered again by the same thread), and the caller's
 * error handler switched off meanwhile, so that HDF5 prints nothing.
 */
#ifndef GEOSC_H5_INTERNAL_H
#define GEOSC_H5_INTERNAL_H

#include "h5/h5.h"
#include "h5/h5_driver.h"

enum { H5_CAUSE_SIZE = 256, H5_TRAIL = 32 /* groups in groups, at most */ };

/* Groups that the path asked for last goes through, open: the next one often goes through them, too. */
struct h5_trail {
    size_t count;
    char path[H5_PATH];   /* of the last one */
    size_t end[H5_TRAIL]; /* where each ends in it */
    hid_t id[H5_TRAIL];
};

struct h5_file {
    hid_t id;
    struct h5_trail trail;
    struct h5_driver driver; /* and the descriptor, ours */
    uint64_t bytes;          /* of the file when it was opened */
    struct h5_access access;
    hid_t links; /* link access list: says which external links are followed */
    char *path;  /* owned */
};

/* The caller's error handler while we are inside. */
struct h5_guard {
    H5E_auto2_t handler;
#ifndef H5_NO_DEPRECATED_SYMBOLS /* an HDF5 that was built without has no handler of the old kind */
    bool version_1;              /* set through the old H5Eset_auto1 */
    H5E_auto1_t handler_1;
#endif
    void *data;
};

void h5_enter(struct h5_guard *guard);
/* Puts the handler back and clears the error stack: take the cause before. errno is kept. */
void h5_leave(const struct h5_guard *guard);

/* Whether there is the memory that HDF5 takes as it makes or opens a file: where it gets none then, it crashes. */
enum geosc_status h5_check_room(geosc_context *context);

/* The innermost line of HDF5's error stack, control characters replaced; "unknown cause" where it is empty. Returns
 * out. */
const char *h5_cause(char out[H5_CAUSE_SIZE]);

/* What HDF5 holds of a file of which it could not read a part is not to be trusted: it may hand out as read what never
 * was. The driver keeps what failed; of data in other files HDF5 alone knows: to be asked right after a call that
 * failed. */
void h5_take_error(struct h5_file *file);
/* GEOSC_FAILED, and says so, once such an error has been met. A fault of the disk or the network, not of the file. */
enum geosc_status h5_sound(geosc_context *context, const struct h5_file *file, const char *path);

/* Closes what the identifier stands for, be it a type, a list, a dataset; none (negative) is fine. */
void h5_drop(hid_t id);

/* "FILE: /dataset: " and the reason. Returns GEOSC_FAILED. */
enum geosc_status h5_refuse(geosc_context *context, const struct h5_file *file, const char *path, const char *format,
                            ...) __attribute__((format(printf, 4, 5)));

/* Data in other files, where that is allowed (h5_elsewhere.c). Under h5_enter. */
hid_t h5_link_access(const struct h5_access *access); /* a new link access list; negative on failure */
enum geosc_status h5_check_external(geosc_context *context, const struct h5_array *array, hid_t id, hid_t creation);
/* Comes before any other question about the dataset: those open its sources. */
enum geosc_status h5_check_virtual(geosc_context *context, const struct h5_array *array, hid_t id, hid_t creation);

/* Opens whatever stands at `path`, whose every link must be one within the file; H5Oclose it. Under h5_enter. */
enum geosc_status h5_object_open(geosc_context *context, struct h5_file *file, const char *path, hid_t *id);
/* The same without a message: negative where it can't be opened, or *missing. */
hid_t h5_object_find(struct h5_file *file, const char *path, bool *missing);
void h5_trail_drop(struct h5_file *file);

/* The whole array in its stored type, a new block. damaged as in h5_read_doubles; such rows are zero. Under h5_enter.
 */
enum geosc_status h5_read_stored(geosc_context *context, const struct h5_array *array, bool *damaged,
                                 unsigned char **bytes);

/* Strings of variable length of a dataset or attribute `object`. Each is stored as a reference of h5_reference_bytes,
 * which leads to its text in a heap of the object's file. The heaps are read here and not by HDF5, which believes what
 * they say. file and path are for messages. One block: (*out)[i], each with its terminating NUL. Under h5_enter. */
size_t h5_reference_bytes(hid_t object); /* 0 if it can't be told */
enum geosc_status h5_heap_strings(geosc_context *context, const struct h5_file *file, const char *path, hid_t object,
                                  const unsigned char *references, size_t count, char ***out);

#endif
