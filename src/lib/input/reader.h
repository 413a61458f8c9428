/*
 * reader: reads an input and collects its faults. A function that finds a fault adds a problem and continues; a status
 * only reports that memory is short.
 */
#ifndef GEOSC_READER_H
#define GEOSC_READER_H

#include "input/catalog.h"

struct reader {
    geosc_context *context;
    struct catalog *catalog;
    struct problems *problems;
    bool alone; /* datasets belong to one image and lack the dimension for the number of images */
};

enum { NEAR = 2 * LONG_PATH /* space for a suggested name */ };

/* Type that a dataset must have. */
enum want { WANT_FLOAT, WANT_NUMBER, WANT_INTEGER, WANT_MASK, WANT_STRING, WANT_UINT8 };

/* Adds "FILE: /dataset: " and the reason. */
void reader_problem(const struct reader *reader, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds the message of the context. */
void reader_message(const struct reader *reader);

bool reader_has(const struct reader *reader, const char *path);
/* Writes "; is /a/names meant?" for a missing path, or "" if no name is similar, to out and returns it. */
const char *reader_near(const struct reader *reader, const char *path, char out[NEAR]);
bool reader_is_of_strings(const struct reader *reader, const char *path); /* no problem if not */

/* Opens a dataset of the wanted type. On failure returns false, adds a problem and closes the array. */
bool reader_open(const struct reader *reader, const char *path, enum want want, struct h5_array *array);
/* The same for a given shape; 0 stands for any size. */
bool reader_open_shaped(const struct reader *reader, const char *path, enum want want, size_t rank, const size_t *dims,
                        struct h5_array *array);
/* "; if these are ViT tokens ..." for features that have tokens and channels instead of a grid. */
void reader_explain_tokens(const struct reader *reader, size_t tokens, size_t channels, char *out, size_t size);

/* Small arrays, read whole. The first function opens one and checks that the file can hold it. *out is new; NULL after
 * a problem. */
bool reader_open_whole(const struct reader *reader, const char *path, enum want want, size_t rank, const size_t *dims,
                       struct h5_array *array);
enum geosc_status reader_doubles(const struct reader *reader, const char *path, size_t rank, const size_t *dims,
                                 double **out);
/* Integers within first..last. length: of the first dimension, may be NULL. */
enum geosc_status reader_integers(const struct reader *reader, const char *path, size_t rank, const size_t *dims,
                                  int64_t first, int64_t last, int64_t **out, size_t *length);
/* [*count] strings; *count 0: any number. */
void reader_strings(const struct reader *reader, const char *path, size_t *count, char ***out);
/* [dims[0]][dims[1]] strings. */
void reader_string_rows(const struct reader *reader, const char *path, const size_t dims[2], char ***out);
/* Attribute `units` of keypoints; *given: it exists. */
void reader_units(const struct reader *reader, const char *path, enum units *units, bool *given);
/* Sizes or placements: images first .. first + count - 1 of a dataset [count, 2] or [count, 3] (in a group: without
 * count), which may be missing. */
enum geosc_status reader_sizes(const struct reader *reader, const char *path, size_t first, size_t count);
enum geosc_status reader_placements(const struct reader *reader, const char *path, size_t first, size_t count);

#endif
