/*
 * identity: distinguishes a run from others. Stored in the root attributes of its output, in every format, and in the
 * header of its journal.
 */
#ifndef GEOSC_IDENTITY_H
#define GEOSC_IDENTITY_H

#include "base/problems.h"
#include "h5/h5.h"

/* Attribute format: geosc's own, and hloc's. */
#define OUTPUT_FORMAT "geosc-matches"
#define HLOC_FORMAT   "geosc-hloc"

/* Starts the last item of run_identity.options if the run had its own list of pairs. */
#define OUTPUT_PAIRS " pairs="

enum { OUTPUT_VERSION = 1 /* attribute format_version */ };

/* The identity of a run, as in the root attributes. */
struct run_identity {
    char options[512]; /* all options that shape the result, as one string */
    char isa_class[8]; /* "fma" or "c" */
    bool has_model;
    uint32_t model_crc32;
    char input_name[256];     /* without folder */
    uint32_t input_crc32;     /* fingerprint.h */
    size_t shard, shards;     /* part `shard` (from 0) of `shards` parts of the pairs; shards 0: all pairs */
    size_t all_pairs;         /* pairs of the input; only in a shard */
    char version[32];         /* of geosc; writers and output_prepare use their own */
    enum geosc_format format; /* of the file to write; unused for files that were read */
};

/* Write and read the root attributes of an output in the format named `format`; reading returns false for a fault. */
enum geosc_status identity_write(geosc_context *context, struct h5_writer *writer, const char *format,
                                 const struct run_identity *identity);
bool identity_read_format(geosc_context *context, struct h5_file *file, const char *format, struct problems *problems);
/* Reads all but the shard into a zeroed identity. */
bool identity_read(geosc_context *context, struct h5_file *file, struct run_identity *identity,
                   struct problems *problems);
/* A whole number from the root attributes; 0 if it is missing. */
bool identity_read_number(geosc_context *context, struct h5_file *file, const char *name, uint32_t *value, bool *found,
                          struct problems *problems);

/* Names what makes two runs different, for a message; NULL if nothing. _run: ignores the shard. */
const char *identity_run_difference(const struct run_identity *a, const struct run_identity *b);
const char *identity_difference(const struct run_identity *a, const struct run_identity *b);
/* Moves both texts on to the first part, ended by the separator, that differs; false if none does. */
bool identity_next_difference(const char **before, const char **now, char separator);
/* Describes that difference, as "imd=squared, now imd=mutual"; "none" stands for a part that only the other text
 * has. */
void identity_describe_difference(const char *before, const char *now, char separator, char *out, size_t size);

#endif
