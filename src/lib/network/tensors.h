/*
 * tensors: the tensors of a PyTorch state_dict by key, from a file or the caller's memory. They are first listed and
 * sorted; numbers are loaded only when keys and shapes match a model, so that another kind of file costs nothing, and
 * one weight at a time, so that its bytes are read, summed up and packed while they are in the caches. Counters
 * (num_batches_tracked) are skipped.
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
    const float *data;     /* NULL until loaded; of a weight, valid until the next weight is loaded */
    float *own;            /* a vector's numbers; NULL if they are the caller's */
    uint32_t crc32;        /* once loaded: its part of the checksum, */
    size_t summed;         /* over so many bytes */
};

struct tensors {
    const char *name;     /* the caller's: the file's name, or a description for messages */
    struct h5_file *file; /* or NULL */
    size_t count, capacity;
    struct tensor *items;  /* sorted by key */
    float *weight;         /* numbers of the weight loaded last */
    unsigned char *stored; /* bytes of a tensor that is not stored as this machine's floats */
    size_t weight_capacity, stored_capacity;
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

/* Looks at the taken tensors' storage as loading them will, and takes as much memory, but reads no numbers. */
enum geosc_status tensors_walk(geosc_context *context, const struct tensors *tensors, struct problems *problems);
/* Loads a taken tensor, checks that its numbers are finite, and sums them up, in one pass over them on all threads. */
enum geosc_status tensor_load(geosc_context *context, struct tensors *tensors, struct tensor *tensor,
                              struct problems *problems);
/* The checksum of the taken tensors, each loaded once, in the order of the keys: key with its NUL, rank (4 bytes), dims
 * (8 bytes each), float32 values, all little-endian. So float16 and float32 files of equal values have equal
 * checksums. */
uint32_t tensors_crc32(const struct tensors *tensors);
size_t tensor_items(const struct tensor *tensor);

#endif
