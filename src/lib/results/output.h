/*
 * output: the result file (geosc-files(5)): filled in memory, written whole, read back by eval, inspect and render.
 */
#ifndef GEOSC_OUTPUT_H
#define GEOSC_OUTPUT_H

#include "input/catalog.h"

#define OUTPUT_FORMAT "geosc-matches" /* attribute format */

/* Begins the last of run_identity.options where the run had a list of pairs of its own. */
#define OUTPUT_PAIRS " pairs="

enum { OUTPUT_VERSION = 1 /* attribute format_version */ };

/* Answers of all pairs. A pair that failed has NaN and GEOSC_UNDECIDED. */
struct results {
    size_t pairs, candidates;
    size_t rank;                        /* of one pair's answers: 1 [K], or 2 [H][W] when dense */
    size_t shape[2];                    /* K, or H and W */
    size_t answers;                     /* product of shape */
    float (*xy)[2];                     /* [pairs * answers] */
    float *score;                       /* [pairs * answers] */
    int32_t (*peak)[2];                 /* [pairs * answers] cell with the best similarity, -1: no query; NULL: not asked for */
    float *second;                      /* [pairs * answers] best similarity outside the window, or NULL */
    uint8_t *mutual;                    /* [pairs * answers] 1: the peak's nearest source cell is the query, or NULL */
    float *imd;                         /* [pairs * candidates] */
    uint8_t *chosen;                    /* [pairs], place among the candidates or GEOSC_UNDECIDED */
    uint8_t *status;                    /* [pairs], enum geosc_pair_status */
    enum geosc_pose poses[GEOSC_POSES]; /* the candidates */
    /* Only where they were read from a file: */
    enum units units;                   /* of xy */
    size_t *source, *target;            /* [pairs] image numbers of the indexed layout, or NULL */
    size_t images;                      /* of the grouped layout, and their names, in which the numbers count; else NULL */
    char **image_name;
    size_t *index;                      /* [pairs] places in the input, ascending, of a shard; else NULL */
};

/* What identifies the run; stands in the root attributes. */
struct run_identity {
    char options[512]; /* each option that shapes the result, as one string */
    char isa_class[8]; /* "fma" or "c" */
    bool has_model;
    uint32_t model_crc32;
    char input_name[256]; /* without folder */
    uint32_t input_crc32; /* fingerprint.h */
    size_t shard, shards; /* which part of the pairs: shard of shards, from 0; shards 0: all of them */
    size_t all_pairs;     /* of the input, in a shard */
    char version[32];     /* of geosc; output_write and output_prepare take their own */
    bool hloc;            /* the form of the file: hloc.h's; of output_prepare's concern alone */
};

/* Results for all pairs of the catalog: NaN, undecided, status ok until another is set. Free with results_free. */
enum geosc_status results_create(geosc_context *context, const struct catalog *catalog, const enum geosc_pose *poses,
                                 size_t pose_count, struct results *results);
/* Places for the results of results->pairs pairs, of the shape that stands in it. */
enum geosc_status results_allocate(geosc_context *context, struct results *results);
/* Makes room for peak, second and mutual: no query, NaN, 0. After a failure the results are still to be freed. */
enum geosc_status results_add_confidence(geosc_context *context, struct results *results);
/* Whether they are of the catalog's pairs, with as many answers each. */
bool results_fit(const struct results *results, const struct catalog *catalog);
void results_free(struct results *results); /* of a zeroed or filled one; leaves it zeroed */

/* What a run finds in the place of its output. */
struct output_there {
    bool complete; /* a finished and sound output of the same identity, durable: nothing is left to do */
    size_t failed; /* pairs of it that have no answer */
};

/* Fails early, before anything is computed, if `path` can't be written: folder missing or read-only, a file there
 * without `force`, something else than a regular file or link there (place.h). With `force`, nothing is complete. */
enum geosc_status output_prepare(geosc_context *context, const char *path, const struct run_identity *identity,
                                 bool force, struct output_there *there);
/* Pairs without an answer: with another status than ok. */
size_t results_count_failed(const struct results *results);
enum geosc_status output_write(geosc_context *context, const char *path, const struct catalog *catalog,
                               const struct run_identity *identity, const struct results *results, bool force);
/* Reads and verifies (structure, values, crc32) an output; everything wrong goes to `problems`, and only without any
 * are the results whole. Free them in any case. Returns GEOSC_FAILED if the file can't be opened at all, else GEOSC_OK.
 */
enum geosc_status output_read(geosc_context *context, const char *path, struct results *results,
                              struct run_identity *identity, struct problems *problems);
/* What a shard says of itself, and how many pairs it has bytes for: of both files and runs, nothing else is read.
 * GEOSC_FAILED where that cannot be told. */
struct output_outline {
    size_t shards, all_pairs, rank, shape[2], candidates; /* alike in all shards of a run */
    size_t pairs, answers;                                /* its own pairs, and all their answers */
};
enum geosc_status output_read_outline(geosc_context *context, const char *path, struct output_outline *outline);
/* The root attributes of a file that holds matches in some format, and the other way; false if something is wrong. */
enum geosc_status output_write_identity(geosc_context *context, struct h5_writer *writer, const char *format,
                                        const struct run_identity *identity);
bool output_read_identity(geosc_context *context, struct h5_file *file, const char *format,
                          struct run_identity *identity, struct problems *problems);
/* The pairs of the run that these results are from: of all zero for those of the input, else as they stand in the
 * results, whose arrays they are. */
struct catalog_pairs output_pairs(const struct results *results, const struct run_identity *identity);
/* What makes two runs different ones, in a word for a message; NULL if nothing does. _run: shards of one run are alike. */
const char *output_run_difference(const struct run_identity *a, const struct run_identity *b);
const char *output_difference(const struct run_identity *a, const struct run_identity *b);
/* Moves both on to the first part, of those that the separator ends, in which they differ; false if none does. */
bool output_next_difference(const char **before, const char **now, char separator);
/* The difference that both stand at, as "imd=squared, now imd=mutual"; none, where only one of them has a part of that
 * name. */
void output_describe_difference(const char *before, const char *now, char separator, char *out, size_t size);

#endif
