/*
 * raw: the stored bytes of one row of an array (an image's features or mask), and their decoding to float32.
 * h5_read_row reads. Any thread decodes piece by piece, without HDF5: a piece is one chunk, or a slab of contiguous
 * data. Sizes inside chunks are not trusted: a chunk inflates to exactly its size or is refused.
 * Decoding allocates nothing.
 */
#ifndef GEOSC_RAW_H
#define GEOSC_RAW_H

#include "base/memory.h"
#include "base/number.h"

enum { RAW_RANK = 4 };

#define RAW_FETCHED UINT64_MAX

enum raw_filter {
    RAW_SHUFFLE,
    RAW_DEFLATE,
    RAW_FLETCHER32,
    RAW_LZF,
    RAW_BITSHUFFLE_LZ4, /* only where raw_can_undo says so */
    RAW_FILTERS         /* their number */
};

const char *raw_filter_name(enum raw_filter filter);
bool raw_can_undo(enum raw_filter filter); /* false for what needs liblz4, if geosc was built without */
bool raw_packs(enum raw_filter filter);    /* its result has another size */
const char *raw_lz4_version(void);         /* NULL: built without liblz4 */

/* A chunk's filters in the order in which the writer applied them; each kind at most once, and at most one that packs.
 */
struct raw_filters {
    size_t count;
    enum raw_filter filter[RAW_FILTERS];
};

struct raw_piece {
    size_t byte_offset, bytes; /* within raw.bytes */
    uint64_t address;          /* of the bytes in the file; RAW_FETCHED: they have been read */
    uint32_t filter_mask;      /* bit i: filter i was skipped for this chunk */
    size_t start[RAW_RANK];    /* first element within the array; start[0] may be below row */
    size_t size[RAW_RANK];     /* extent of the stored box: a whole chunk, even beyond the array's edge */
};

/* A row [dims[1]][dims[2]][dims[3]] of an array with `rank` dimensions (the others are 1). */
struct raw {
    size_t rank, dims[RAW_RANK], row;
    struct number_format format;
    struct raw_filters filters;
    size_t piece_count, piece_capacity;
    struct raw_piece *pieces;
    unsigned char *bytes; /* owned; reused for the next row */
    size_t byte_count, byte_capacity;
};

enum raw_result {
    RAW_OK,
    RAW_NOT_FINITE, /* decoded, but a value is NaN, infinite or beyond float32 */
    RAW_UNREADABLE  /* a chunk is missing, damaged, or inflates to another size */
};

/* Scratch bytes, aligned to 64, that raw_decode_piece needs for any piece. */
size_t raw_scratch_bytes(const struct raw *raw);

/* Decodes one piece to its position in out [dims[1]][dims[2]][dims[3]], without the parts outside the row. Each thread
 * needs its own scratch. Threads may decode pieces of one raw at the same time: their positions do not overlap. */
enum raw_result raw_decode_piece(const struct raw *raw, size_t piece, const struct kernels *kernels, void *scratch,
                                 float *out);

void raw_free(struct raw *raw); /* for a zeroed or filled raw; leaves it zeroed */

/* Undoes a chunk's filters in reverse order: in [in_bytes] -> exactly out [out_bytes]. scratch:
 * raw_chunk_scratch(filters, out_bytes) bytes, aligned to 64. `item`: element size, for shuffles. False for a wrong
 * checksum or size; like HDF5, ignores bytes after the end of a deflate stream or of the last block. */
bool raw_decode_chunk(const struct raw_filters *filters, uint32_t filter_mask, size_t item, const unsigned char *in,
                      size_t in_bytes, unsigned char *out, size_t out_bytes, unsigned char *scratch);
size_t raw_chunk_scratch(const struct raw_filters *filters, size_t out_bytes);
/* Most bytes that a chunk of out_bytes takes when stored: filters add little to incompressible data. */
size_t raw_stored_most(size_t out_bytes);

#endif
