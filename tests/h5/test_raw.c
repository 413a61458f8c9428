/* Decoding of stored chunks: every order of filters, false sizes, damage, and pieces put in their places. */
#include "h5/encode.h"
#include "kernel/kernel.h"
#include "testing.h"

#include <math.h>

enum { CHUNK = 1003, ROOM = 8192, FENCE = 2048 }; /* CHUNK: odd, and no multiple of an element */

static const struct kernels *kernels;

/* ---- chunks ------------------------------------------------------------------------------------- */

static void fill(unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (unsigned char)(i * i % 251 / 3);
}

static bool decode(const struct raw_filters *filters, uint32_t mask, size_t item, const unsigned char *in,
                   size_t in_bytes, unsigned char *out, size_t out_bytes)
{
    unsigned char *scratch = aligned_alloc(64, (raw_chunk_scratch(filters, out_bytes) + 63) / 64 * 64);
    unsigned char *exact = malloc(in_bytes ? in_bytes : 1); /* memory checkers see a byte read too far */
    unsigned char *fence = malloc(out_bytes + FENCE);       /* and this one sees what is written too far */

    memcpy(exact, in, in_bytes);
    memset(fence, 0xa5, out_bytes + FENCE);
    bool good = raw_decode_chunk(filters, mask, item, exact, in_bytes, fence, out_bytes, scratch);
    memcpy(out, fence, out_bytes);
    for (size_t i = out_bytes; i < out_bytes + FENCE; i++)
        assert_int_equal(fence[i], 0xa5);
    free(fence);
    free(exact);
    free(scratch);
    return good;
}

/* bitshuffle stands last in the tables: without liblz4, they end before. */
static bool can_undo(const struct raw_filters *filters)
{
    for (size_t i = 0; i < filters->count; i++)
        if (!raw_can_undo(filters->filter[i]))
            return false;
    return true;
}

static void every_order_of_filters(void **state)
{
    static const struct raw_filters orders[] = {
        {0, {RAW_SHUFFLE}},
        {1, {RAW_SHUFFLE}},
        {1, {RAW_DEFLATE}},
        {1, {RAW_FLETCHER32}},
        {2, {RAW_SHUFFLE, RAW_DEFLATE}},
        {2, {RAW_DEFLATE, RAW_SHUFFLE}},
        {2, {RAW_FLETCHER32, RAW_DEFLATE}},
        {2, {RAW_FLETCHER32, RAW_SHUFFLE}},
        {3, {RAW_SHUFFLE, RAW_DEFLATE, RAW_FLETCHER32}},
        {3, {RAW_SHUFFLE, RAW_FLETCHER32, RAW_DEFLATE}},
        {3, {RAW_DEFLATE, RAW_SHUFFLE, RAW_FLETCHER32}},
        {3, {RAW_FLETCHER32, RAW_SHUFFLE, RAW_DEFLATE}},
        {3, {RAW_FLETCHER32, RAW_DEFLATE, RAW_SHUFFLE}},
        {1, {RAW_LZF}},
        {2, {RAW_SHUFFLE, RAW_LZF}},
        {3, {RAW_SHUFFLE, RAW_LZF, RAW_FLETCHER32}},
        {3, {RAW_FLETCHER32, RAW_LZF, RAW_SHUFFLE}},
        {1, {RAW_BITSHUFFLE_LZ4}},
        {2, {RAW_BITSHUFFLE_LZ4, RAW_FLETCHER32}},
        {2, {RAW_SHUFFLE, RAW_BITSHUFFLE_LZ4}},
        {3, {RAW_FLETCHER32, RAW_BITSHUFFLE_LZ4, RAW_SHUFFLE}},
    };
    static const size_t items[] = {1, 2, 3, 4, 8, 16};

    (void)state;
    for (size_t o = 0; o < sizeof orders / sizeof *orders && can_undo(&orders[o]); o++)
        for (size_t t = 0; t < sizeof items / sizeof *items; t++)
            for (uint32_t mask = 0; mask < 8; mask++) {
                unsigned char bytes[ROOM], wanted[CHUNK], out[CHUNK];
                fill(wanted, CHUNK);
                memcpy(bytes, wanted, CHUNK);
                size_t count = encode(&orders[o], mask, items[t], bytes, CHUNK, ROOM);
                assert_true(decode(&orders[o], mask, items[t], bytes, count, out, CHUNK));
                assert_memory_equal(out, wanted, CHUNK);
            }
}

/* HDF5 1.6.2 and older stored the bytes of each half of the sum the other way round. */
static void old_checksums(void **state)
{
    const struct raw_filters filters = {1, {RAW_FLETCHER32}};
    unsigned char bytes[ROOM], wanted[CHUNK], out[CHUNK];

    (void)state;
    fill(wanted, CHUNK);
    memcpy(bytes, wanted, CHUNK);
    size_t count = encode_fletcher32(bytes, CHUNK);
    for (size_t i = CHUNK; i < count; i += 2) {
        unsigned char kept = bytes[i];
        bytes[i] = bytes[i + 1];
        bytes[i + 1] = kept;
    }
    assert_true(decode(&filters, 0, 1, bytes, count, out, CHUNK));
    assert_memory_equal(out, wanted, CHUNK);
}

/* The sums are folded before they overflow: the largest words, many of them. */
static void long_checksums(void **state)
{
    const struct raw_filters filters = {1, {RAW_FLETCHER32}};
    enum { LONG = 300001 };
    unsigned char *bytes = malloc(LONG + 4), *out = malloc(LONG);

    (void)state;
    memset(bytes, 0xfe, LONG);
    assert_true(decode(&filters, 0, 1, bytes, encode_fletcher32(bytes, LONG), out, LONG));
    assert_memory_equal(out, bytes, LONG);
    free(bytes);
    free(out);
}

/* Contents of another size than the chunk's are refused whatever the filters. */
static void sizes_that_lie(void **state)
{
    static const struct raw_filters orders[] = {{0, {RAW_SHUFFLE}},
                                                {1, {RAW_SHUFFLE}},
                                                {1, {RAW_DEFLATE}},
                                                {2, {RAW_SHUFFLE, RAW_DEFLATE}},
                                                {3, {RAW_SHUFFLE, RAW_DEFLATE, RAW_FLETCHER32}},
                                                {3, {RAW_FLETCHER32, RAW_SHUFFLE, RAW_DEFLATE}},
                                                {1, {RAW_LZF}},
                                                {2, {RAW_SHUFFLE, RAW_LZF}},
                                                {1, {RAW_BITSHUFFLE_LZ4}},
                                                {2, {RAW_BITSHUFFLE_LZ4, RAW_FLETCHER32}}};
    static const int differences[] = {-CHUNK, -4, -1, 1, 4, CHUNK};
    unsigned char bytes[ROOM], out[CHUNK];

    (void)state;
    for (size_t o = 0; o < sizeof orders / sizeof *orders && can_undo(&orders[o]); o++)
        for (size_t d = 0; d < sizeof differences / sizeof *differences; d++) {
            fill(bytes, ROOM);
            size_t count = encode(&orders[o], 0, 4, bytes, (size_t)(CHUNK + differences[d]), ROOM);
            assert_false(decode(&orders[o], 0, 4, bytes, count, out, CHUNK));
        }
}

/* A deflate stream of a few hundred bytes that gives 256 KB stops at the chunk's size. */
static void bombs(void **state)
{
    const struct raw_filters filters = {1, {RAW_DEFLATE}};
    enum { LARGE = 256 * 1024 };
    unsigned char *zeros = calloc(LARGE, 1), bytes[ROOM], out[CHUNK];
    uLongf size = sizeof bytes;

    (void)state;
    assert_int_equal(compress2(bytes, &size, zeros, LARGE, 9), Z_OK);
    assert_false(decode(&filters, 0, 1, bytes, size, out, CHUNK));
    free(zeros);
}

/* Cut at every byte, and each byte changed: refused, and never a byte read or written too far. */
static void damage(void **state)
{
    static const struct raw_filters kinds[] = {{3, {RAW_SHUFFLE, RAW_DEFLATE, RAW_FLETCHER32}},
                                               {3, {RAW_SHUFFLE, RAW_LZF, RAW_FLETCHER32}},
                                               {2, {RAW_BITSHUFFLE_LZ4, RAW_FLETCHER32}}};
    unsigned char bytes[ROOM], out[CHUNK];

    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds && can_undo(&kinds[k]); k++) {
        fill(bytes, CHUNK);
        size_t count = encode(&kinds[k], 0, 4, bytes, CHUNK, ROOM);
        for (size_t cut = 0; cut < count; cut++)
            assert_false(decode(&kinds[k], 0, 4, bytes, cut, out, CHUNK));
        for (size_t i = 0; i < count; i++) {
            bytes[i] ^= 0x40;
            assert_false(decode(&kinds[k], 0, 4, bytes, count, out, CHUNK));
            bytes[i] ^= 0x40;
        }
        assert_true(decode(&kinds[k], 0, 4, bytes, count, out, CHUNK));
    }
}

static void nothing_but_garbage(void **state)
{
    const struct raw_filters filters = {3, {RAW_DEFLATE, RAW_SHUFFLE, RAW_FLETCHER32}};
    unsigned char bytes[ROOM], out[CHUNK];
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (unsigned char)((seed = seed * 1664525 + 1013904223) >> 24);
        bytes[0] = 0x78, bytes[1] = 0x9c; /* a good header, at least */
        assert_false(decode(&filters, (uint32_t)round % 8 & 6, 2, bytes, seed % sizeof bytes, out, CHUNK));
    }
}

/* ---- pieces ------------------------------------------------------------------------------------- */

/* A row of a [5][3][4][7] array of float32 that is cut into chunks; element values tell their place. */
static float value_at(size_t row, size_t c, size_t h, size_t w)
{
    return (float)(((row * 3 + c) * 4 + h) * 7 + w);
}

static void add_chunk(struct raw *raw, const size_t *start, const size_t *size)
{
    struct raw_piece *piece = &raw->pieces[raw->piece_count++];
    float *box = (float *)(raw->bytes + raw->byte_count);
    size_t at = 0;

    *piece = (struct raw_piece){.byte_offset = raw->byte_count};
    memcpy(piece->start, start, sizeof piece->start);
    memcpy(piece->size, size, sizeof piece->size);
    for (size_t n = 0; n < size[0]; n++)
        for (size_t c = 0; c < size[1]; c++)
            for (size_t h = 0; h < size[2]; h++)
                for (size_t w = 0; w < size[3]; w++) {
                    size_t place[4] = {start[0] + n, start[1] + c, start[2] + h, start[3] + w};
                    bool inside = place[0] < 5 && place[1] < 3 && place[2] < 4 && place[3] < 7;
                    /* What hangs over the edge may be anything. */
                    box[at++] = inside ? value_at(place[0], place[1], place[2], place[3]) : NAN;
                }
    piece->bytes = encode(&raw->filters, 0, 4, raw->bytes + raw->byte_count, at * 4, ROOM);
    raw->byte_count += (piece->bytes + 63) / 64 * 64;
}

static void pieces_find_their_places(void **state)
{
    static const size_t chunks[][4] = {{1, 3, 4, 7}, {2, 2, 4, 7}, {5, 1, 3, 7}, {3, 2, 3, 5},
                                       {1, 1, 1, 1}, {8, 4, 5, 9}, {1, 3, 1, 7}};
    static const struct raw_filters kinds[] = {{0, {RAW_SHUFFLE}}, {2, {RAW_SHUFFLE, RAW_DEFLATE}}};

    (void)state;
    for (size_t k = 0; k < sizeof chunks / sizeof *chunks * 2; k++) {
        const size_t *size = chunks[k / 2];
        size_t dims[4] = {5, 3, 4, 7}, row = 3;
        struct raw raw = {.rank = 4, .row = row, .format = {NUMBER_F32, false}, .filters = kinds[k % 2]};
        float out[3 * 4 * 7];
        memcpy(raw.dims, dims, sizeof dims);
        assert_ok(memory_allocate(context, &raw.pieces, 84, sizeof *raw.pieces, "pieces"));
        assert_ok(memory_allocate(context, &raw.bytes, 1 << 18, 1, "bytes"));
        for (size_t c = 0; c < 3; c += size[1])
            for (size_t h = 0; h < 4; h += size[2])
                for (size_t w = 0; w < 7; w += size[3])
                    add_chunk(&raw, (size_t[4]){row / size[0] * size[0], c, h, w}, size);
        void *scratch = aligned_alloc(64, (raw_scratch_bytes(&raw) + 63) / 64 * 64);
        memset(out, 0xff, sizeof out);
        for (size_t i = 0; i < raw.piece_count; i++)
            assert_int_equal(raw_decode_piece(&raw, i, kernels, scratch, out), RAW_OK);
        for (size_t i = 0; i < 84; i++)
            assert_true(out[i] == value_at(row, i / 28, i / 7 % 4, i % 7));
        free(scratch);
        raw_free(&raw);
        assert_null(raw.bytes);
    }
}

static void what_pieces_come_to(void **state)
{
    float numbers[2] = {1, NAN}, out[2];
    struct raw_piece pieces[3] = {
        {.bytes = 8, .size = {1, 2, 1, 1}}, {.bytes = 0, .size = {1, 2, 1, 1}}, {.bytes = 4, .size = {1, 2, 1, 1}}};
    struct raw raw = {.rank = 2,
                      .dims = {1, 2, 1, 1},
                      .format = {NUMBER_F32, false},
                      .piece_count = 3,
                      .pieces = pieces,
                      .bytes = (unsigned char *)numbers};

    (void)state;
    assert_int_equal(raw_decode_piece(&raw, 0, kernels, NULL, out), RAW_NOT_FINITE);
    assert_true(out[0] == 1);
    assert_int_equal(raw_decode_piece(&raw, 1, kernels, NULL, out), RAW_UNREADABLE);
    assert_int_equal(raw_decode_piece(&raw, 2, kernels, NULL, out), RAW_UNREADABLE);
    numbers[1] = 2;
    assert_int_equal(raw_decode_piece(&raw, 0, kernels, NULL, out), RAW_OK);
    assert_true(out[1] == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_of_filters),
        cmocka_unit_test(old_checksums),
        cmocka_unit_test(long_checksums),
        cmocka_unit_test(sizes_that_lie),
        cmocka_unit_test(bombs),
        cmocka_unit_test(damage),
        cmocka_unit_test(nothing_but_garbage),
        cmocka_unit_test(pieces_find_their_places),
        cmocka_unit_test(what_pieces_come_to),
    };

    kernels = kernels_find(NULL);
    return cmocka_run_group_tests(tests, make_single_context, free_context);
}
