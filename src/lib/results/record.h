/*
 * record: the format of a journal, byte by byte; no files. All numbers are little-endian.
 *
 *   journal   header, then records in the order of writing
 *   header    magic u32 | length u32 | text | crc32            the text identifies the run: lines NAME=VALUE
 *   record    magic u32 | length u64 | sequence u64 | pair u64 | payload | crc32
 *   payload   status u8 | chosen u8 | imd f32 [candidates] | xy f32 [answers][2] | score f32 [answers];
 *             with confidence then peak i32 [answers][2] | second f32 [answers] | mutual u8 [answers] |
 *             cycle f32 [answers]; with the best cells then top_xy f32 [answers][tops][2] |
 *             top_score f32 [answers][tops]; with KAP then in, out f32 [answers][kaps] each | max f32 [answers] |
 *             range f32 [2]; with pictures of similarities then heat u8 [answers][side][side]
 *   end       a record with its own magic, the number of pairs instead of a pair, and no payload
 *
 * A length covers the whole record. A crc32 (zlib) covers everything before it in the record and starts from the
 * header's crc32: records of other runs are invalid, and so are zeros. Sequence numbers only increase.
 */
#ifndef GEOSC_RECORD_H
#define GEOSC_RECORD_H

#include "results/results.h"

#include <sys/types.h>

enum { RECORD_HEADER = 12 /* bytes of a header besides its text */, RECORD_TEXT = 2048 /* most bytes of the text */ };

/* The shape of a run's records. */
struct record_shape {
    size_t pairs, candidates, answers;
    uint32_t seed; /* the header's crc32 */
    bool unscored; /* imd none: the only candidate is chosen */
    struct results_asked asked;
};

/* ---- writing ------------------------------------------------------------------------------------ */

/* Writes out [RECORD_HEADER + RECORD_TEXT]; returns the bytes used. text: shorter than RECORD_TEXT. */
size_t record_make_header(const char *text, unsigned char *out);
uint32_t record_header_seed(const unsigned char *header, size_t bytes);
/* Bytes of a pair's record; an end has fewer. */
size_t record_bytes(const struct record_shape *shape);
/* Writes out [record_bytes]; returns the bytes used. */
size_t record_make_pair(const struct record_shape *shape, uint64_t sequence, size_t pair, const struct results *results,
                        unsigned char *out);
size_t record_make_end(const struct record_shape *shape, uint64_t sequence, unsigned char *out);

/* ---- reading ------------------------------------------------------------------------------------ */

enum record_header {
    RECORD_HEADER_WHOLE,
    RECORD_HEADER_TORN,    /* empty, zeros, or the start of a header with nothing after it: it was never finished */
    RECORD_HEADER_DAMAGED, /* starts like a header, but is not sound */
    RECORD_HEADER_FOREIGN  /* not a journal */
};

/* Examines the first `size` bytes of a file of `total` bytes: RECORD_HEADER + RECORD_TEXT of them, or all if it has
 * fewer. For a whole header, *bytes is its length and text [RECORD_TEXT] its text. */
enum record_header record_read_header(const unsigned char *data, size_t size, uint64_t total, size_t *bytes,
                                      char *text);

/* Whether those bytes can remain of an unsynced header with this text after a loss of power: each sector as written, or
 * zeros. */
bool record_is_torn_header(const unsigned char *data, size_t size, uint64_t total, const char *text);

/* Where the bytes of records come from. */
struct record_source {
    ssize_t (*read)(void *from, void *to, size_t size, uint64_t offset); /* up to `size` bytes at `offset`, as pread */
    void *from;
    uint64_t offset; /* of the first record: the end of the header */
};

/* Contents of a journal. */
struct record_scan {
    size_t records;    /* sound records of pairs */
    uint64_t end;      /* end of the last sound record; the rest is torn */
    uint64_t damaged;  /* bytes before the end that are in no sound record */
    uint64_t sequence; /* next sequence number */
    bool ended;        /* the last sound record is an end */
    int error;         /* errno of a source that failed, or 0 */
};

/* Walks the records; each sound one is put into results and marked in done [pairs]. GEOSC_FAILED is for lack of
 * memory, or for an error of the source. */
enum geosc_status record_walk(geosc_context *context, const struct record_shape *shape,
                              const struct record_source *source, struct results *results, bool *done,
                              struct record_scan *scan);

#endif
