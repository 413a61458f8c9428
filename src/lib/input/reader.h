/*
 * reader: looking into an input while collecting what is wrong with it. A function that finds a fault adds a problem
 * and goes on; a status tells of nothing but lack of memory.
 */
#ifndef GEOSC_READER_H
#define GEOSC_READER_H

#include "input/catalog.h"

struct reader {
    geosc_context *context;
    struct catalog *catalog;
    struct problems *problems;
    bool alone; /* what is opened belongs to one image, and has no dimension for the number of images */
};

enum { NEAR = 2 * LONG_PATH /* room for a name that may be meant */ };

/* What a dataset may hold. */
enum want { WANT_FLOAT, WANT_NUMBER, WANT_INTEGER, WANT_MASK, WANT_STRING, WANT_UINT8 };

/* Adds "FILE: /dataset: " and the reason. */
void reader_problem(const struct reader *reader, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds the context's message. */
void reader_message(const struct reader *reader);

bool reader_has(const struct reader *reader, const char *path);
/* "; is /a/names meant?" for a path that is missing, in out, which is returned; "" where there is nothing like it. */
const char *reader_near(const struct reader *reader, const char *path, char out[NEAR]);
bool reader_is_of_strings(const struct reader *reader, const char *path); /* no problem where it is not */

/* Opens a dataset of the wanted type. False, and a problem, where that can't be; the array is closed then. */
bool reader_open(const struct reader *reader, const char *path, enum want want, struct h5_array *array);
/* The same for a given shape, in which 0 stands for any size. */
bool reader_open_shaped(const struct reader *reader, const char *path, enum want want, size_t rank, const size_t *dims,
                        struct h5_array *array);
/* "; if these are ViT tokens ..." of features that have tokens and channels where a grid should be. */
void reader_explain_tokens(const struct reader *reader, size_t tokens, size_t channels, char *out, size_t size);

/* Small arrays, read whole. The first opens one, and looks that the file can hold it. *out is new, and stays
 * NULL where there is a problem. */
bool reader_open_whole(const struct reader *reader, const char *path, enum want want, size_t rank, const size_t *dims,
                       struct h5_array *array);
enum geosc_status reader_doubles(const struct reader *reader, const char *path, size_t rank, const size_t *dims,
                                 double **out);
/* Integers within first..last. length: that of the first dimension, may be NULL. */
enum geosc_status reader_integers(const struct reader *reader, const char *path, size_t rank, const size_t *dims,
                                  int64_t first, int64_t last, int64_t **out, size_t *length);
/* [*count] strings; *count 0: as many as there are. */
void reader_strings(const struct reader *reader, const char *path, size_t *count, char ***out);
/* Attribute `units` of keypoints; *given tells whether it is there. */
void reader_units(const struct reader *reader, const char *path, enum units *units, bool *given);
/* Sizes, placements: images first .. first + count - 1 of a dataset [count, 2], [count, 3] (a group's: without count)
 * that may be missing. */
enum geosc_status reader_sizes(const struct reader *reader, const char *path, size_t first, size_t count);
enum geosc_status reader_placements(const struct reader *reader, const char *path, size_t first, size_t count);

#endif
