#include "h5/raw.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

#include "base/guard.h"
#include "h5/unpack.h"

enum {
    LINE = 64,
    INFLATE_BYTES = 128 * 1024, /* zlib's state and window take about 40 KB; zlib-compatible libraries take more */
    CHECKSUM_BYTES = 4
};

static size_t whole_lines(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

size_t raw_stored_most(size_t out_bytes)
{
    return out_bytes + out_bytes / 8 + 1024;
}

/* The inflater's memory, two buffers between filters, each as large as a chunk at any stage, and one for a block. */
size_t raw_chunk_scratch(const struct raw_filters *filters, size_t out_bytes)
{
    size_t buffers = 2;

    for (size_t i = 0; i < filters->count; i++)
        buffers += filters->filter[i] == RAW_BITSHUFFLE_LZ4;
    return INFLATE_BYTES + buffers * whole_lines(raw_stored_most(out_bytes));
}

/* ---- filters ------------------------------------------------------------------------------------ */

const char *raw_filter_name(enum raw_filter filter)
{
    static const char *const names[RAW_FILTERS] = {"shuffle", "deflate", "fletcher32", "lzf", "bitshuffle-lz4"};

    return names[filter];
}

bool raw_can_undo(enum raw_filter filter)
{
    return filter != RAW_BITSHUFFLE_LZ4 || unpack_lz4_version();
}

bool raw_packs(enum raw_filter filter)
{
    return filter != RAW_SHUFFLE && filter != RAW_FLETCHER32;
}

const char *raw_lz4_version(void)
{
    return unpack_lz4_version();
}

/* ---- checksum ----------------------------------------------------------------------------------- */

/* Fletcher's checksum over big-endian 16-bit words, folded like HDF5's; an odd last byte is the high half of a word. */
static uint32_t fletcher32(const unsigned char *in, size_t bytes)
{
    enum { WORDS = 360 }; /* words that 32-bit sums hold without overflow */
    uint32_t low = 0, high = 0;

    for (size_t words = bytes / 2; words;) {
        size_t count = words < WORDS ? words : WORDS;
        for (size_t i = 0; i < count; i++, in += 2) {
            low += (uint32_t)in[0] << 8 | in[1];
            high += low;
        }
        low = (low & 0xffff) + (low >> 16);
        high = (high & 0xffff) + (high >> 16);
        words -= count;
    }
    if (bytes % 2) {
        low += (uint32_t)in[0] << 8;
        high += low;
        low = (low & 0xffff) + (low >> 16);
        high = (high & 0xffff) + (high >> 16);
    }
    low = (low & 0xffff) + (low >> 16);
    high = (high & 0xffff) + (high >> 16);
    return high << 16 | low;
}

/* On little-endian machines, HDF5 before 1.6.3 swapped the bytes of each half; accept both. */
static bool checksum_fits(const unsigned char *in, size_t bytes)
{
    const unsigned char *end = in + bytes;
    uint32_t stored = end[0] | (uint32_t)end[1] << 8 | (uint32_t)end[2] << 16 | (uint32_t)end[3] << 24;
    uint32_t sum = fletcher32(in, bytes);

    return stored == sum || stored == ((sum & 0x00ff00ffU) << 8 | (sum >> 8 & 0x00ff00ffU));
}

/* ---- shuffle ------------------------------------------------------------------------------------ */

/* Byte j of element i is at in[j * n + i]. With a constant `item` the compiler vectorises the loop. */
static inline void interleave(const unsigned char *restrict in, unsigned char *restrict out, size_t n, size_t item)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < item; j++)
            out[i * item + j] = in[j * n + i];
}

/* Undoes HDF5's shuffle; bytes after the last whole element are not shuffled. */
static void unshuffle(const unsigned char *in, unsigned char *out, size_t bytes, size_t item)
{
    size_t n = item ? bytes / item : 0, whole = n * item;

    switch (item) {
    case 2:
        interleave(in, out, n, 2);
        break;
    case 4:
        interleave(in, out, n, 4);
        break;
    case 8:
        interleave(in, out, n, 8);
        break;
    default:
        interleave(in, out, n, item);
    }
    memcpy(out + whole, in + whole, bytes - whole);
}

/* ---- inflate ------------------------------------------------------------------------------------ */

/* zlib's memory, taken from the caller's scratch: workers allocate nothing. */
struct arena {
    unsigned char *bytes;
    size_t used;
};

static void *arena_take(void *arena_pointer, uInt items, uInt size)
{
    struct arena *arena = arena_pointer;
    size_t bytes = whole_lines((size_t)items * size);
    void *block = arena->bytes + arena->used;

    if (bytes > INFLATE_BYTES - arena->used)
        return Z_NULL;
    arena->used += bytes;
    return block;
}

static void arena_give(void *arena, void *block)
{
    (void)arena;
    (void)block;
}

/* True only if the stream is complete and gives exactly out_bytes. Like HDF5, ignores bytes after the stream. */
static bool inflate_exactly(const unsigned char *in, size_t in_bytes, unsigned char *out, size_t out_bytes,
                            unsigned char *scratch)
{
    struct arena arena = {scratch, 0};
    z_stream stream = {.zalloc = arena_take, .zfree = arena_give, .opaque = &arena};
    bool whole;

    if (in_bytes > UINT_MAX || out_bytes > UINT_MAX || inflateInit(&stream) != Z_OK)
        return false;
    stream.next_in = (unsigned char *)in;
    stream.avail_in = (uInt)in_bytes;
    stream.next_out = out;
    stream.avail_out = (uInt)out_bytes;
    whole = (inflate(&stream, Z_FINISH) == Z_STREAM_END || !GUARD(hostile_chunk_inflates_long)) &&
            (stream.avail_out == 0 || !GUARD(hostile_chunk_inflates_short));
    inflateEnd(&stream);
    return whole;
}

/* ---- a chunk ------------------------------------------------------------------------------------ */

/* The filters applied to a chunk, in the writer's order. */
static struct raw_filters applied(const struct raw_filters *filters, uint32_t filter_mask)
{
    struct raw_filters some = {0};

    for (size_t i = 0; i < filters->count; i++)
        if (!(filter_mask >> i & 1))
            some.filter[some.count++] = filters->filter[i];
    return some;
}

/* Bytes that the inverse of filter `place`, if it packs, must give: the chunk and any checksums added before. */
static size_t unpacked_bytes(const struct raw_filters *filters, size_t place, size_t out_bytes)
{
    for (size_t i = 0; i < place; i++)
        out_bytes += filters->filter[i] == RAW_FLETCHER32 ? CHECKSUM_BYTES : 0;
    return out_bytes;
}

/* Undoes filter `place` of these, but a checksum; *bytes: of in, then of `to`, which holds to_bytes. scratch as
 * raw_decode_chunk has it. */
static bool undo(const struct raw_filters *filters, size_t place, size_t item, const unsigned char *in, size_t *bytes,
                 unsigned char *to, size_t to_bytes, size_t out_bytes, unsigned char *scratch)
{
    size_t in_bytes = *bytes, made = unpacked_bytes(filters, place, out_bytes);
    unsigned char *block = scratch + INFLATE_BYTES + 2 * whole_lines(raw_stored_most(out_bytes));

    *bytes = made;
    switch (filters->filter[place]) {
    case RAW_DEFLATE:
        return inflate_exactly(in, in_bytes, to, made, scratch);
    case RAW_LZF:
        return unpack_lzf(in, in_bytes, to, made);
    case RAW_BITSHUFFLE_LZ4:
        return unpack_bitshuffle_lz4(in, in_bytes, item, to, made, block);
    default:
        if (GUARD(hostile_chunk_shuffle) && in_bytes > to_bytes)
            return false;
        unshuffle(in, to, in_bytes, item);
        *bytes = in_bytes;
        return true;
    }
}

bool raw_decode_chunk(const struct raw_filters *filters, uint32_t filter_mask, size_t item, const unsigned char *in,
                      size_t in_bytes, unsigned char *out, size_t out_bytes, unsigned char *scratch)
{
    struct raw_filters some = applied(filters, filter_mask);
    size_t most = raw_stored_most(out_bytes);
    unsigned char *stage[2] = {scratch + INFLATE_BYTES, scratch + INFLATE_BYTES + whole_lines(most)};

    for (size_t i = some.count; i-- > 0;) {
        unsigned char *to = i == 0 ? out : stage[i % 2];
        if (some.filter[i] == RAW_FLETCHER32) {
            if ((GUARD(hostile_chunk_without_sum) && in_bytes < CHECKSUM_BYTES) ||
                (GUARD(hostile_chunk_sum) && !checksum_fits(in, in_bytes - CHECKSUM_BYTES)))
                return false;
            in_bytes -= CHECKSUM_BYTES;
            continue;
        }
        if (!undo(&some, i, item, in, &in_bytes, to, i == 0 ? out_bytes : most, out_bytes, scratch))
            return false;
        in = to;
    }
    if (GUARD(hostile_chunk_size) && in_bytes != out_bytes)
        return false;
    if (in != out)
        memcpy(out, in, out_bytes);
    return true;
}

/* ---- pieces of a row ---------------------------------------------------------------------------- */

/* Decoded bytes of the piece's box. */
static size_t box_bytes(const struct raw *raw, const struct raw_piece *piece)
{
    size_t bytes = number_size(raw->format.type);

    for (size_t d = 0; d < RAW_RANK; d++)
        bytes *= piece->size[d];
    return bytes;
}

size_t raw_scratch_bytes(const struct raw *raw)
{
    size_t most = LINE;

    for (size_t i = 0; raw->filters.count && i < raw->piece_count; i++) {
        size_t box = box_bytes(raw, &raw->pieces[i]), bytes = whole_lines(box) + raw_chunk_scratch(&raw->filters, box);
        most = bytes > most ? bytes : most;
    }
    return most;
}

/* Converts the part of the decoded box inside the row, in runs as long as box and row allow. */
static bool place(const struct raw *raw, const struct raw_piece *piece, const struct kernels *kernels,
                  const unsigned char *box, float *out)
{
    const size_t *size = piece->size, *start = piece->start, *dims = raw->dims;
    size_t item = number_size(raw->format.type), count[RAW_RANK], rows, planes, run;
    bool finite = true;

    for (size_t d = 1; d < RAW_RANK; d++)
        count[d] = size[d] < dims[d] - start[d] ? size[d] : dims[d] - start[d];
    bool whole_rows = size[3] == dims[3], whole_planes = whole_rows && size[2] == dims[2];
    rows = whole_rows ? 1 : count[2];
    planes = whole_planes ? 1 : count[1];
    run = count[3] * (whole_rows ? count[2] : 1) * (whole_planes ? count[1] : 1);
    box += (raw->row - start[0]) * size[1] * size[2] * size[3] * item;
    for (size_t c = 0; c < planes; c++) {
        for (size_t h = 0; h < rows; h++) {
            size_t from = (c * size[2] + h) * size[3];
            size_t to = ((start[1] + c) * dims[2] + start[2] + h) * dims[3] + start[3];
            finite &= number_to_float(kernels, raw->format, box + from * item, run, out + to);
        }
    }
    return finite;
}

enum raw_result raw_decode_piece(const struct raw *raw, size_t piece_number, const struct kernels *kernels,
                                 void *scratch, float *out)
{
    const struct raw_piece *piece = &raw->pieces[piece_number];
    const unsigned char *stored;
    size_t bytes = box_bytes(raw, piece);

    if (GUARD(hostile_chunk_missing) && piece->bytes == 0)
        return RAW_UNREADABLE;
    stored = raw->bytes + piece->byte_offset;
    if (applied(&raw->filters, piece->filter_mask).count) {
        unsigned char *box = scratch;
        if (!raw_decode_chunk(&raw->filters, piece->filter_mask, number_size(raw->format.type), stored, piece->bytes,
                              box, bytes, box + whole_lines(bytes)))
            return RAW_UNREADABLE;
        stored = box;
    } else if (GUARD(hostile_piece_size) && piece->bytes != bytes) {
        return RAW_UNREADABLE;
    }
    return place(raw, piece, kernels, stored, out) || !GUARD(hostile_not_finite) ? RAW_OK : RAW_NOT_FINITE;
}

void raw_free(struct raw *raw)
{
    memory_free(raw->pieces);
    memory_free(raw->bytes);
    *raw = (struct raw){0};
}
