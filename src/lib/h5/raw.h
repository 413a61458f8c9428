/*
 * raw: the stored bytes of one row of an array (one image's features or mask) as they are in the file,
 * and their way to float32. Reading (h5_read_row) is done by the one thread that owns HDF5; decoding is
 * done here, without HDF5, piece by piece by any thread: a piece is one chunk, or a slab of contiguous data.
 * The sizes inside chunks are never trusted: a chunk inflates to exactly its size or it is refused. Nothing is allocated
 * while decoding.
 */
#ifndef GEOSC_RAW_H
#define GEOSC_RAW_H

#include "base/memory.h"
#include "base/number.h"

enum { RAW_RANK = 4, RAW_FILTERS = 3 };

enum raw_filter { RAW_SHUFFLE, RAW_DEFLATE, RAW_FLETCHER32 };

/* A chunk's filters in the order in which the writer applied them; each kind once at most. */
struct raw_filters {
    size_t count;
    enum raw_filter filter[RAW_FILTERS];
};

struct raw_piece {
    size_t byte_offset, bytes; /* in raw.bytes */
    uint32_t filter_mask;      /* bit i: filter i was not applied to this chunk */
    size_t start[RAW_RANK];    /* first element in the array; start[0] may be below row */
    size_t size[RAW_RANK];     /* extent of the stored box (a whole chunk, also where it hangs over the edge) */
};

/* A row [dims[1]][dims[2]][dims[3]] of an array of rank `rank` (trailing dims are 1). */
struct raw {
    size_t rank, dims[RAW_RANK], row;
    struct number_format format;
    struct raw_filters filters;
    size_t piece_count, piece_capacity;
    struct raw_piece *pieces;
    unsigned char *bytes; /* owned; reused from row to row */
    size_t byte_count, byte_capacity;
};

enum raw_result {
    RAW_OK,
    RAW_NOT_FINITE, /* decoded, but a value is NaN, infinite or beyond float32 */
    RAW_UNREADABLE  /* a chunk is missing, damaged, or inflates to another size than its own */
};

/* Scratch bytes that raw_decode_piece needs for any piece of this raw, to be aligned to 64. */
size_t raw_scratch_bytes(const struct raw *raw);

/* Decodes one piece into its place in out [dims[1]][dims[2]][dims[3]]; parts of the piece outside the row are left out.
 * scratch is the calling thread's own. Pieces of one raw may be decoded at the same time: their places don't overlap. */
enum raw_result raw_decode_piece(const struct raw *raw, size_t piece, const struct kernels *kernels, void *scratch,
                                 float *out);

void raw_free(struct raw *raw); /* of a zeroed or filled raw; leaves it zeroed */

/* One chunk through its filters backwards: in [in_bytes] -> out [out_bytes] exactly.
 * scratch: raw_chunk_scratch(out_bytes) bytes, aligned to 64. `item` is the element size (for shuffle). False if a
 * checksum or a size is wrong; only what stands behind the end of a deflate stream is left alone, as HDF5 does. */
bool raw_decode_chunk(const struct raw_filters *filters, uint32_t filter_mask, size_t item, const unsigned char *in,
                      size_t in_bytes, unsigned char *out, size_t out_bytes, unsigned char *scratch);
size_t raw_chunk_scratch(size_t out_bytes);
/* Bytes that a chunk of out_bytes may take as stored: deflate adds little to what it can't compress. */
size_t raw_stored_most(size_t out_bytes);

#endif
