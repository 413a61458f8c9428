/* LZF and bitshuffle: known bytes, what a second writer packs, and lies in every field, between fences. */
#include "h5/unpack.h"

#include "h5/encode.h"
#include "testing.h"

enum { FENCE = 512, ROOM = 65536 };

/* Like the chunks of a row: in from a block of its size, so that memory checkers see a byte read too far, and out
 * between fences. `more` bytes of in follow unsaid: a reader beyond the end finds what it looks for. */
static bool unpack(bool bitshuffle, size_t item, const unsigned char *in, size_t in_bytes, size_t more,
                   unsigned char *out, size_t out_bytes)
{
    unsigned char *fence = malloc(out_bytes + 2 * FENCE), *scratch = malloc(out_bytes + FENCE);
    unsigned char *exact = encode_copy(in, in_bytes + more);

    memset(fence, 0xa5, out_bytes + 2 * FENCE);
    memset(scratch, 0xa5, out_bytes + FENCE);
    bool good = bitshuffle ? unpack_bitshuffle_lz4(exact, in_bytes, item, fence + FENCE, out_bytes, scratch)
                           : unpack_lzf(exact, in_bytes, fence + FENCE, out_bytes);
    memcpy(out, fence + FENCE, out_bytes);
    for (size_t i = 0; i < FENCE; i++)
        assert_true(fence[i] == 0xa5 && fence[FENCE + out_bytes + i] == 0xa5 && scratch[out_bytes + i] == 0xa5);
    free(exact);
    free(scratch);
    free(fence);
    return good;
}

static uint32_t random_state;

static uint32_t random_bits(void)
{
    return (random_state = random_state * 1664525 + 1013904223) >> 8;
}

/* Smooth numbers, noise, zeros, or periods. */
static void fill(unsigned char *bytes, size_t count, int kind)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (unsigned char)(kind == 0 ? i / 7 : kind == 1 ? random_bits() >> 8 : kind == 2 ? 0 : i % 5 * 3);
}

/* ---- LZF ---------------------------------------------------------------------------------------- */

static bool lzf_gives(const char *in, size_t in_bytes, size_t more, const char *wanted)
{
    unsigned char out[1024];
    size_t bytes = strlen(wanted);

    return unpack(false, 1, (const unsigned char *)in, in_bytes, more, out, bytes) && memcmp(out, wanted, bytes) == 0;
}

static void known_lzf(void **state)
{
    (void)state;
    assert_true(lzf_gives("", 0, 0, ""));
    assert_true(lzf_gives("\4hello", 6, 0, "hello"));
    assert_true(lzf_gives("\0a\x20\0", 4, 0, "aaaa"));                 /* 1 + 2 bytes from 1 before */
    assert_true(lzf_gives("\2abc\x80\2", 6, 0, "abcabcabc"));          /* 4 + 2 from 3 before */
    assert_true(lzf_gives("\0x\xe0\0\0", 5, 0, "xxxxxxxxxx"));         /* 7 + 0 + 2 */
    assert_true(lzf_gives("\1ab\xe0\2\1\0!", 8, 0, "ababababababa!")); /* 7 + 2 + 2 from 2 before */
}

static void lies_of_lzf(void **state)
{
    unsigned char out[8];

    (void)state;
    assert_false(lzf_gives("\4hello", 5, 1, "hello"));  /* a literal beyond the end */
    assert_false(lzf_gives("\0a\x20\0", 3, 1, "aaaa")); /* no distance */
    assert_false(lzf_gives("\0x\xe0\0\0", 4, 1, "xxxxxxxxxx"));
    assert_false(lzf_gives("\4hello", 6, 0, "hell")); /* a literal of more than the chunk */
    assert_false(lzf_gives("\0a\xe0\xff\0", 5, 0, "aaaa"));
    assert_false(unpack(false, 1, (const unsigned char *)"\4hello", 6, 0, out, 6));   /* too few */
    assert_false(unpack(false, 1, (const unsigned char *)"\0a\x20\1", 4, 0, out, 4)); /* from before the start */
    assert_false(unpack(false, 1, (const unsigned char *)"\x3f\xff", 2, 0, out, 3));
}

static void packed_lzf_comes_back(void **state)
{
    static unsigned char bytes[ROOM], wanted[ROOM], out[ROOM];

    (void)state;
    for (int kind = 0; kind < 4; kind++)
        for (size_t count = 0; count < 9000; count += 1 + count / 3) {
            fill(wanted, count, kind);
            memcpy(bytes, wanted, count);
            size_t packed = encode_lzf(bytes, count, sizeof bytes);
            assert_true(unpack(false, 1, bytes, packed, 0, out, count));
            assert_memory_equal(out, wanted, count);
            assert_false(unpack(false, 1, bytes, packed, 0, out, count + 1));
            assert_true(count == 0 || !unpack(false, 1, bytes, packed, 0, out, count - 1));
        }
}

/* ---- bitshuffle --------------------------------------------------------------------------------- */

#ifdef GEOSC_LZ4

/* Eight 16-bit elements, of which number k has bit k and bit 15: each bit's byte has one bit set, the last all. */
static void known_bitshuffle(void **state)
{
    const unsigned char packed[] = {0, 0, 0, 0, 0, 0,  0,  16, 0,   0, 0, 16, 0, 0, 0, 18, 0xf0,
                                    1, 1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0,  0, 0, 0, 0,  255};
    unsigned char out[16];

    (void)state;
    assert_true(unpack(true, 2, packed, sizeof packed, 0, out, 16));
    for (size_t k = 0; k < 8; k++)
        assert_true(out[2 * k] == 1 << k && out[2 * k + 1] == 128);
}

static void packed_bitshuffle_comes_back(void **state)
{
    static const size_t items[] = {1, 2, 3, 4, 8, 16}, blocks[] = {8, 128, 1024, 8192};
    static unsigned char bytes[ROOM], wanted[ROOM], out[ROOM];

    (void)state;
    for (int kind = 0; kind < 4; kind++)
        for (size_t t = 0; t < sizeof items / sizeof *items; t++)
            for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++)
                for (size_t count = 0; count < 9000; count += 1 + count / 2) {
                    fill(wanted, count, kind);
                    memcpy(bytes, wanted, count);
                    size_t packed = encode_bitshuffle(bytes, count, items[t], blocks[b], sizeof bytes);
                    assert_true(unpack(true, items[t], bytes, packed, 0, out, count));
                    assert_memory_equal(out, wanted, count);
                    assert_false(unpack(true, items[t], bytes, packed, 0, out, count + 1));
                    assert_true(count == 0 || !unpack(true, items[t], bytes, packed, 0, out, count - 1));
                    assert_false(unpack(true, items[t], bytes, packed - 1, 1, out, count));
                }
}

enum { COUNT = 301, ITEM = 4, BLOCK = 32 };

/* 301 bytes: 64 elements in two blocks, 8 in one, and 13 bytes as they are. */
static size_t sound(unsigned char bytes[ROOM])
{
    fill(bytes, COUNT, 0);
    return encode_bitshuffle(bytes, COUNT, ITEM, BLOCK, ROOM);
}

static void lies_of_bitshuffle(void **state)
{
    static unsigned char bytes[ROOM], out[ROOM];
    size_t packed = sound(bytes);

    (void)state;
    for (size_t cut = 0; cut < packed; cut++) /* in the header, lengths, blocks and the rest */
        assert_false(unpack(true, ITEM, bytes, cut, packed - cut, out, COUNT));
    bytes[7]++; /* the size of the chunk, which the caller knows */
    assert_false(unpack(true, ITEM, bytes, packed, 0, out, COUNT));
    packed = encode_bitshuffle(bytes, COUNT, ITEM, 9, ROOM); /* 8 elements share a byte */
    assert_false(unpack(true, ITEM, bytes, packed, 0, out, COUNT));
    packed = sound(bytes);
    memset(bytes + 8, 0, 4);
    assert_false(unpack(true, ITEM, bytes, packed, 0, out, COUNT));
    packed = sound(bytes);
    bytes[15]--; /* LZ4's bytes of the first block: one less */
    assert_false(unpack(true, ITEM, bytes, packed, 0, out, COUNT));
    bytes[12] = 255;
    assert_false(unpack(true, ITEM, bytes, packed, 0, out, COUNT));
}

/* One block of 8 bytes where 64 are needed: LZ4's own fault is not the only one. */
static void a_short_block(void **state)
{
    const unsigned char packed[] = {0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 64, 0, 0, 0, 9, 0x80, 1, 2, 3, 4, 5, 6, 7, 8};
    unsigned char out[64];

    (void)state;
    assert_false(unpack(true, 8, packed, sizeof packed, 0, out, 64));
}

/* Any byte changed: refused or other numbers, and nothing is touched outside. */
static void damage(void **state)
{
    static unsigned char bytes[ROOM], out[ROOM];
    size_t packed = sound(bytes);

    (void)state;
    for (size_t i = 0; i < packed; i++)
        for (int bit = 0; bit < 8; bit++) {
            bytes[i] ^= (unsigned char)(1 << bit);
            unpack(true, ITEM, bytes, packed, 0, out, COUNT);
            bytes[i] ^= (unsigned char)(1 << bit);
        }
    assert_true(unpack(true, ITEM, bytes, packed, 0, out, COUNT));
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_lzf),
        cmocka_unit_test(lies_of_lzf),
        cmocka_unit_test(packed_lzf_comes_back),
#ifdef GEOSC_LZ4
        cmocka_unit_test(known_bitshuffle),
        cmocka_unit_test(packed_bitshuffle_comes_back),
        cmocka_unit_test(lies_of_bitshuffle),
        cmocka_unit_test(a_short_block),
        cmocka_unit_test(damage),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
