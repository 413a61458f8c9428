/*
 * tensors: the tensors of a PyTorch state_dict by key, from a file or from the caller's memory. They are found and sorted
 * first; their numbers are loaded only when keys and shapes have turned out to be those of a model, so that a file
 * which is none costs nothing. Counters (num_batches_tracked) are left out.
 */
#ifndef GEOSC_TENSORS_H
#define GEOSC_TENSORS_H

#include "h5/h5.h"
#include "base/problems.h"

struct tensor {
    char key[H5_PATH];     /* as PyTorch has it: the "/" of a group is a "." */
    char path[H5_PATH];    /* for messages: of the dataset, or the key */
    size_t rank, dims[H5_RANK];
    bool faulty;           /* it is a problem already */
    bool used;             /* belongs to the model: was asked for */
    bool ignored;          /* belongs to it, but nothing is computed from it: not loaded, not part of the sum */
    struct h5_array array; /* of a file, open */
    const float *data;     /* NULL until it is loaded */
    float *loaded;         /* owned, or NULL where data is the caller's */
};

struct tensors {
    const char *name;     /* the caller's: of the file, or what stands for it in messages */
    struct h5_file *file; /* or NULL */
    size_t count, capacity;
    struct tensor *items; /* sorted by key */
};

/* GEOSC_FAILED for lack of memory or a file that can't be opened at all; everything else goes to `problems`. */
enum geosc_status tensors_open(geosc_context *context, const char *path, struct tensors *tensors,
                               struct problems *problems);
enum geosc_status tensors_wrap(geosc_context *context, const struct geosc_tensor *given, size_t count,
                               struct tensors *tensors, struct problems *problems);
void tensors_close(struct tensors *tensors); /* of zeroed or filled tensors */

/* "FILE: /dataset: " and the reason, to `problems`. path: a tensor's, or the key of one that is not there. */
void tensors_problem(const struct tensors *tensors, struct problems *problems, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* NULL if there is none. */
struct tensor *tensors_find(const struct tensors *tensors, const char *key);
/* The tensor of this key and shape, marked as used; NULL, and a problem, if it is missing or of another shape. */
struct tensor *tensors_take(const struct tensors *tensors, struct problems *problems, const char *key, size_t rank,
                            const size_t *dims);
/* The tensor of this key, if there is one, may stay. */
void tensors_ignore(const struct tensors *tensors, const char *key);
/* A problem for each tensor that was not taken. */
void tensors_left_over(const struct tensors *tensors, struct problems *problems);

/* Loads what was taken, checks that it is finite, and sums it up in the order of the keys: key with its NUL, rank (4 bytes),
 * dims (8 bytes each), float32 values, all little-endian. So a float16 and a float32 file of equal values agree. */
enum geosc_status tensors_load(geosc_context *context, const struct tensors *tensors, struct problems *problems,
                               uint32_t *crc32);
void tensor_unload(struct tensor *tensor); /* gives loaded numbers back early */
size_t tensor_items(const struct tensor *tensor);

#endif
