/*
 * identity: what tells a run from others. It stands in the root attributes of its output, in whatever format, and in
 * the heading of its journal.
 */
#ifndef GEOSC_IDENTITY_H
#define GEOSC_IDENTITY_H

#include "base/problems.h"
#include "h5/h5.h"

/* Attribute format: geosc's own, and hloc's. */
#define OUTPUT_FORMAT "geosc-matches"
#define HLOC_FORMAT   "geosc-hloc"

/* Begins the last of run_identity.options where the run had a list of pairs of its own. */
#define OUTPUT_PAIRS " pairs="

enum { OUTPUT_VERSION = 1 /* attribute format_version */ };

/* What identifies the run; stands in the root attributes. */
struct run_identity {
    char options[512]; /* each option that shapes the result, as one string */
    char isa_class[8]; /* "fma" or "c" */
    bool has_model;
    uint32_t model_crc32;
    char input_name[256];     /* without folder */
    uint32_t input_crc32;     /* fingerprint.h */
    size_t shard, shards;     /* which part of the pairs: shard of shards, from 0; shards 0: all of them */
    size_t all_pairs;         /* of the input, in a shard */
    char version[32];         /* of geosc; what writes takes its own, and so does output_prepare */
    enum geosc_format format; /* of the file that the run writes; of no file that was read */
};

/* The root attributes of a file that holds matches in the format of that attribute, and the other way; false if
 * something is wrong. */
enum geosc_status identity_write(geosc_context *context, struct h5_writer *writer, const char *format,
                                 const struct run_identity *identity);
bool identity_read_format(geosc_context *context, struct h5_file *file, const char *format, struct problems *problems);
/* All but the shard: of a zeroed one. */
bool identity_read(geosc_context *context, struct h5_file *file, struct run_identity *identity,
                   struct problems *problems);
/* A whole number among the root attributes; 0 where it isn't there. */
bool identity_read_number(geosc_context *context, struct h5_file *file, const char *name, uint32_t *value, bool *found,
                          struct problems *problems);

/* What makes two runs different ones, in a word for a message; NULL if nothing does. _run: shards of one run are alike.
 */
const char *identity_run_difference(const struct run_identity *a, const struct run_identity *b);
const char *identity_difference(const struct run_identity *a, const struct run_identity *b);
/* Moves both on to the first part, of those that the separator ends, in which they differ; false if none does. */
bool identity_next_difference(const char **before, const char **now, char separator);
/* The difference that both stand at, as "imd=squared, now imd=mutual"; none, where only one of them has a part of that
 * name. */
void identity_describe_difference(const char *before, const char *now, char separator, char *out, size_t size);

#endif
