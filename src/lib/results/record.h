/*
 * record: what a journal is made of, byte by byte; no files. All numbers are little-endian.
 *
 *   journal   header, then records in the order in which they were written
 *   header    magic u32 | length u32 | text | crc32            the text says which run it is: lines NAME=VALUE
 *   record    magic u32 | length u64 | sequence u64 | pair u64 | payload | crc32
 *   payload   status u8 | chosen u8 | imd f32 [candidates] | xy f32 [answers][2] | score f32 [answers];
 *             with confidence then peak i32 [answers][2] | second f32 [answers] | mutual u8 [answers]
 *   end       a record with a magic of its own, the number of pairs in place of a pair, and no payload
 *
 * A length counts the whole thing, and a crc32 (zlib) everything before it, starting from the header's crc32: a record
 * of another run is none here, and no run of zeros is one. Sequence numbers only grow.
 */
#ifndef GEOSC_RECORD_H
#define GEOSC_RECORD_H

#include "results/results.h"

#include <sys/types.h>

enum { RECORD_HEADER = 12 /* bytes of a header beside its text */, RECORD_TEXT = 2048 /* bytes of the text at most */ };

/* What a run's records look like. */
struct record_shape {
    size_t pairs, candidates, answers;
    uint32_t seed; /* the header's crc32 */
    bool confidence;
};

/* ---- writing ------------------------------------------------------------------------------------ */

/* out [RECORD_HEADER + RECORD_TEXT]; returns the bytes used. text: shorter than RECORD_TEXT. */
size_t record_make_header(const char *text, unsigned char *out);
uint32_t record_header_seed(const unsigned char *header, size_t bytes);
/* Bytes of a pair's record, which are more than an end's. */
size_t record_bytes(const struct record_shape *shape);
/* out [record_bytes]; returns the bytes used. */
size_t record_make_pair(const struct record_shape *shape, uint64_t sequence, size_t pair, const struct results *results,
                        unsigned char *out);
size_t record_make_end(const struct record_shape *shape, uint64_t sequence, unsigned char *out);

/* ---- reading ------------------------------------------------------------------------------------ */

enum record_header {
    RECORD_HEADER_WHOLE,
    RECORD_HEADER_TORN, /* nothing, zeros, or the start of a header: it was never finished, and there is nothing behind
                           it */
    RECORD_HEADER_DAMAGED, /* begins like a header, and is not sound */
    RECORD_HEADER_FOREIGN  /* is no journal */
};

/* Looks at the first `size` bytes of a file (RECORD_HEADER + RECORD_TEXT of them, or all if it has fewer) of `total`.
 * Whole: *bytes is the header's length and text [RECORD_TEXT] its text. */
enum record_header record_read_header(const unsigned char *data, size_t size, uint64_t total, size_t *bytes,
                                      char *text);

/* Whether those bytes are what a loss of power may leave of a header with this text, before it was synced: of each
 * sector what was written, or zeros. */
bool record_is_torn_header(const unsigned char *data, size_t size, uint64_t total, const char *text);

/* Where the bytes of records come from. */
struct record_source {
    ssize_t (*read)(void *from, void *to, size_t size, uint64_t offset); /* up to `size` bytes at `offset`, as pread */
    void *from;
    uint64_t offset; /* of the first record: the end of the header */
};

/* What a journal was found to hold. */
struct record_scan {
    size_t records;    /* sound ones of pairs */
    uint64_t end;      /* where the last sound record ends: what follows is torn */
    uint64_t damaged;  /* bytes before that which are no sound record */
    uint64_t sequence; /* the next number */
    bool ended;        /* the last sound record is an end */
    int error;         /* errno of a source that failed, or 0 */
};

/* Walks the records; each sound one is put into results and marked in done [pairs]. GEOSC_FAILED is for lack of
 * memory, or for an error of the source. */
enum geosc_status record_walk(geosc_context *context, const struct record_shape *shape,
                              const struct record_source *source, struct results *results, bool *done,
                              struct record_scan *scan);

#endif
