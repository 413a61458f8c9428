/*
 * catalog_internal: what the files of catalog share: looking into an input while collecting what is wrong with it.
 * A function that finds a fault adds a problem and goes on; a status tells of nothing but lack of memory.
 */
#ifndef GEOSC_CATALOG_INTERNAL_H
#define GEOSC_CATALOG_INTERNAL_H

#include "input/catalog.h"

enum { LONG_PATH = 2 * H5_PATH }; /* room for paths that h5 refuses as too long */

struct reader {
    geosc_context *context;
    struct catalog *catalog;
    struct problems *problems;
    bool alone; /* what is opened belongs to one image, and has no dimension for the number of images */
};

/* What a dataset may hold. */
enum want { WANT_FLOAT, WANT_NUMBER, WANT_INTEGER, WANT_MASK, WANT_STRING, WANT_UINT8 };

/* Adds "FILE: /dataset: " and the reason. */
void reader_problem(const struct reader *reader, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds the context's message. */
void reader_message(const struct reader *reader);

/* catalog_images.c: "; if these are ViT tokens ..." of features that have tokens and channels where a grid should be.
 */
void catalog_explain_tokens(const struct reader *reader, size_t tokens, size_t channels, char *out, size_t size);

bool reader_has(const struct reader *reader, const char *path);
enum { NEAR = 2 * LONG_PATH };
/* "; is /a/names meant?" for a path that is missing, in out, which is returned; "" where there is nothing like it. */
const char *reader_near(const struct reader *reader, const char *path, char out[NEAR]);
bool reader_is_of_strings(const struct reader *reader, const char *path); /* no problem where it is nothing of the kind */

/* Opens a dataset of the wanted type. False, and a problem, where that can't be; the array is closed then. */
bool reader_open(const struct reader *reader, const char *path, enum want want, struct h5_array *array);
/* The same for a given shape, in which 0 stands for any size. */
bool reader_open_shaped(const struct reader *reader, const char *path, enum want want, size_t rank, const size_t *dims,
                        struct h5_array *array);

/* A new set, zeroed; NULL without memory. */
struct image_set *catalog_add_set(const struct reader *reader);

/* catalog_images.c: features, masks and poses of one set. count 0: as many as there are; 1 where reader->alone. */
struct set_names {
    const char *features, *mask, *poses; /* paths; poses is a group of groups */
    const char *posed;                   /* name of the features in a pose's group */
};
void catalog_open_set(const struct reader *reader, const struct set_names *names, size_t count, struct image_set *set);
void catalog_close_set(struct image_set *set);

/* "/images/NAME/part" of a grouped file, in out, which is returned. */
const char *catalog_part(const struct catalog *catalog, size_t image, const char *part, char out[LONG_PATH]);

/* catalog_groups.c: whether there are groups in a group, or may be: where it can't be read. */
bool catalog_has_groups(const struct reader *reader, const char *path);
/* Finds the images of a grouped file, and opens each. */
enum geosc_status catalog_open_groups(const struct reader *reader);
/* Keypoints that belong to the images, and are asked in each pair whose source they are on; nothing where there are none. */
enum geosc_status catalog_read_group_keypoints(const struct reader *reader);

/* catalog_values.c: small arrays, read whole. The first opens one, and looks that the file can hold it. *out is new, and
 * stays NULL where there is a problem. */
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
/* Sizes, placements: images first .. first + count - 1 of a dataset [count, 2], [count, 3] (a group's: without count) that
 * may be missing. */
enum geosc_status reader_sizes(const struct reader *reader, const char *path, size_t first, size_t count);
enum geosc_status reader_placements(const struct reader *reader, const char *path, size_t first, size_t count);

/* catalog_pairs.c: pairs and what belongs to each, when the sets are open. */
enum geosc_status catalog_read_stacked(const struct reader *reader);
enum geosc_status catalog_read_indexed(const struct reader *reader, const struct catalog_pairs *pairs);

/* catalog_names.c: images by their names (catalog.image_name). A text file's lines "SOURCE TARGET" become the pairs; */
enum geosc_status catalog_read_list(const struct reader *reader, const char *text);
/* and a dataset of strings one side of them. */
enum geosc_status catalog_find_names(const struct reader *reader, const char *path, size_t **out);

#endif
