/*
 * catalog_internal: what the files of catalog share: looking into an input while collecting what is wrong with it.
 * A function that finds a fault adds a problem and goes on; a status tells of nothing but lack of memory.
 */
#ifndef GEOSC_CATALOG_INTERNAL_H
#define GEOSC_CATALOG_INTERNAL_H

#include "catalog.h"

enum { LONG_PATH = 2 * H5_PATH }; /* room for paths that h5 refuses as too long */

struct reader {
    geosc_context *context;
    struct catalog *catalog;
    struct problems *problems;
};

/* What a dataset may hold. */
enum want { WANT_FLOAT, WANT_NUMBER, WANT_INTEGER, WANT_MASK, WANT_STRING, WANT_UINT8 };

/* Adds "FILE: /dataset: " and the reason. */
void reader_problem(const struct reader *reader, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds the context's message. */
void reader_message(const struct reader *reader);

bool reader_has(const struct reader *reader, const char *path);

/* Opens a dataset of the wanted type. False, and a problem, where that can't be; the array is closed then. */
bool reader_open(const struct reader *reader, const char *path, enum want want, struct h5_array *array);
/* The same for a given shape, in which 0 stands for any size. */
bool reader_open_shaped(const struct reader *reader, const char *path, enum want want, size_t rank, const size_t *dims,
                        struct h5_array *array);

/* catalog_images.c: features, masks and poses of one set. count 0: as many as there are. */
struct set_names {
    const char *features, *mask, *poses; /* paths; poses is a group of groups */
    const char *posed;                   /* name of the features in a pose's group */
};
void catalog_open_set(const struct reader *reader, const struct set_names *names, size_t count, struct image_set *set);
void catalog_close_set(struct image_set *set);

/* catalog_pairs.c: pairs and what belongs to each, when the sets are open. */
enum geosc_status catalog_read_stacked(const struct reader *reader);
enum geosc_status catalog_read_indexed(const struct reader *reader);

#endif
