/*
 * tensors: the tensors of a PyTorch state_dict by key, from a file or the caller's memory. They are first listed and
 * sorted; numbers are loaded only when keys and shapes match a model, so that another kind of file costs nothing.
 * Counters (num_batches_tracked) are skipped.
 */
#ifndef GEOSC_TENSORS_H
#define GEOSC_TENSORS_H

#include "base/problems.h"
#include "h5/h5.h"

struct tensor {
    char key[H5_PATH];  /* PyTorch's key: a group's "/" becomes "." */
    char path[H5_PATH]; /* for messages: path of the dataset, or the key */
    size_t rank, dims[H5_RANK];
    bool faulty;           /* its problem is reported already */
    bool used;             /* requested: belongs to the model */
    bool ignored;          /* belongs to the model but is not used: not loaded, not in the checksum */
    struct h5_array array; /* in a file: open */
    const float *data;     /* NULL until loaded */
    float *loaded;         /* owned; NULL if data is the caller's */
};

struct tensors {
    const char *name;     /* the caller's: the file's name, or a description for messages */
    struct h5_file *file; /* or NULL */
    size_t count, capacity;
    struct tensor *items; /* sorted by key */
};

/* GEOSC_FAILED if memory is short or the file cannot be opened; other faults go to `problems`. */
enum geosc_status tensors_open(geosc_context *context, const char *path, struct tensors *tensors,
                               struct problems *problems);
enum geosc_status tensors_wrap(geosc_context *context, const struct geosc_tensor *given, size_t count,
                               struct tensors *tensors, struct problems *problems);
void tensors_close(struct tensors *tensors); /* for zeroed or filled tensors */

/* Adds "FILE: /dataset: " and the reason to `problems`. path: of a tensor, or the key of a missing one. */
void tensors_problem(const struct tensors *tensors, struct problems *problems, const char *path, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));

/* NULL if there is none. */
struct tensor *tensors_find(const struct tensors *tensors, const char *key);
/* Marks the tensor with this key as used and returns it; NULL, with a problem, if it is missing or has another
 * shape. */
struct tensor *tensors_take(const struct tensors *tensors, struct problems *problems, const char *key, size_t rank,
                            const size_t *dims);
/* Accepts a tensor with this key, if it exists, without using it. */
void tensors_ignore(const struct tensors *tensors, const char *key);
/* Adds a problem for each tensor that was not taken. */
void tensors_left_over(const struct tensors *tensors, struct problems *problems);

/* Loads the taken tensors, checks that they are finite, and computes their checksum in the order of the keys: key with
 * its NUL, rank (4 bytes), dims (8 bytes each), float32 values, all little-endian. So float16 and float32 files of
 * equal values have equal checksums. */
enum geosc_status tensors_load(geosc_context *context, const struct tensors *tensors, struct problems *problems,
                               uint32_t *crc32);
void tensor_unload(struct tensor *tensor); /* frees loaded numbers early */
size_t tensor_items(const struct tensor *tensor);

#endif
