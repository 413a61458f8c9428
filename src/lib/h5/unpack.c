#include "h5/unpack.h"

#include "base/guard.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>
#ifdef GEOSC_LZ4
#include <lz4.h>
#endif

/* ---- LZF ---------------------------------------------------------------------------------------- */

/* What is left of the packed bytes, and what was made of the chunk. */
struct lzf {
    const unsigned char *in, *end;
    unsigned char *out;
    size_t made, out_bytes;
};

static bool copy_literal(struct lzf *lzf, size_t length)
{
    if ((GUARD(hostile_lzf_beyond_its_end) && length > (size_t)(lzf->end - lzf->in)) ||
        (GUARD(hostile_lzf_writes) && length > lzf->out_bytes - lzf->made))
        return false;
    memcpy(lzf->out + lzf->made, lzf->in, length);
    lzf->in += length;
    lzf->made += length;
    return true;
}

/* The bytes may overlap: those that were just made repeat. */
static bool copy_earlier(struct lzf *lzf, unsigned control)
{
    size_t length = control >> 5, distance = (control & 31) << 8;

    if (GUARD(hostile_lzf_cut) && (size_t)(lzf->end - lzf->in) < (length == 7 ? 2 : 1))
        return false;
    length += 2U + (length == 7 ? *lzf->in++ : 0U);
    distance += 1U + *lzf->in++;
    if ((GUARD(hostile_lzf_before_its_start) && distance > lzf->made) ||
        (GUARD(hostile_lzf_repeats) && length > lzf->out_bytes - lzf->made))
        return false;
    unsigned char *to = lzf->out + lzf->made;
    if (distance >= length)
        memcpy(to, to - distance, length);
    else
        for (size_t i = 0; i < length; i++)
            to[i] = *(to + i - distance);
    lzf->made += length;
    return true;
}

bool unpack_lzf(const unsigned char *in, size_t in_bytes, unsigned char *out, size_t out_bytes)
{
    struct lzf lzf = {in, in + in_bytes, out, 0, out_bytes};

    while (lzf.in < lzf.end) {
        unsigned control = *lzf.in++;
        if (!(control < 32 ? copy_literal(&lzf, control + 1) : copy_earlier(&lzf, control)))
            return false;
    }
    return lzf.made == out_bytes || !GUARD(hostile_lzf_short);
}

/* ---- bitshuffle --------------------------------------------------------------------------------- */

#ifdef GEOSC_LZ4

enum { HEADER = 12, LENGTH = 4 };

/* Of eight bytes, byte i gets bit i of each, the first byte's the lowest: swaps halves, quarters, and single bits. */
static uint64_t transpose_bits(uint64_t bytes)
{
    uint64_t swap = (bytes ^ bytes >> 7) & 0x00aa00aa00aa00aa;

    bytes ^= swap ^ swap << 7;
    swap = (bytes ^ bytes >> 14) & 0x0000cccc0000cccc;
    bytes ^= swap ^ swap << 14;
    swap = (bytes ^ bytes >> 28) & 0x00000000f0f0f0f0;
    return bytes ^ swap ^ swap << 28;
}

/* A block of n elements, a multiple of 8. */
static void untranspose(const unsigned char *in, size_t n, size_t item, unsigned char *out)
{
    const size_t row = n / 8; /* bytes that hold one bit of all elements */

    for (size_t j = 0; j < item; j++, in += n)
        for (size_t i = 0; i < row; i++) {
            uint64_t bytes = 0;
            for (size_t b = 0; b < 8; b++)
                bytes |= (uint64_t)in[b * row + i] << 8 * b;
            bytes = transpose_bits(bytes);
            for (size_t k = 0; k < 8; k++)
                out[(8 * i + k) * item + j] = (unsigned char)(bytes >> 8 * k);
        }
}

static uint64_t big_endian(const unsigned char *bytes, size_t count)
{
    uint64_t number = 0;

    for (size_t i = 0; i < count; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* Unpacks the block at *in, which has `bytes`. */
static bool unpack_block(const unsigned char **in, const unsigned char *end, size_t bytes, unsigned char *block)
{
    size_t left = (size_t)(end - *in), packed;

    if (GUARD(hostile_bitshuffle_cut) && left < LENGTH)
        return false;
    packed = (size_t)big_endian(*in, LENGTH);
    *in += LENGTH;
    if ((GUARD(hostile_bitshuffle_beyond_its_end) && packed > left - LENGTH) || packed > INT_MAX || bytes > INT_MAX)
        return false;
    int made = LZ4_decompress_safe((const char *)*in, (char *)block, (int)packed, (int)bytes);
    *in += packed;
    return made == (int)bytes || !GUARD(hostile_bitshuffle_short);
}

bool unpack_bitshuffle_lz4(const unsigned char *in, size_t in_bytes, size_t item, unsigned char *out, size_t out_bytes,
                           unsigned char *scratch)
{
    const unsigned char *end = in + in_bytes;
    size_t group = 8 * item, whole = out_bytes - out_bytes % group, block;

    if ((GUARD(hostile_bitshuffle_header) && in_bytes < HEADER) ||
        (GUARD(hostile_bitshuffle_size) && big_endian(in, 8) != out_bytes))
        return false;
    block = (size_t)big_endian(in + 8, 4);
    if (block == 0 || (GUARD(hostile_bitshuffle_block) && block % group))
        return false;
    in += HEADER;
    for (size_t made = 0, bytes; made < whole; made += bytes) {
        bytes = block < whole - made ? block : whole - made;
        if (!unpack_block(&in, end, bytes, scratch))
            return false;
        untranspose(scratch, bytes / item, item, out + made);
    }
    if (GUARD(hostile_bitshuffle_rest) && (size_t)(end - in) < out_bytes - whole)
        return false;
    memcpy(out + whole, in, out_bytes - whole);
    return true;
}

const char *unpack_lz4_version(void)
{
    return LZ4_versionString();
}

#else

bool unpack_bitshuffle_lz4(const unsigned char *in, size_t in_bytes, size_t item, unsigned char *out, size_t out_bytes,
                           unsigned char *scratch)
{
    (void)in, (void)in_bytes, (void)item, (void)out, (void)out_bytes, (void)scratch;
    return false;
}

const char *unpack_lz4_version(void)
{
    return NULL;
}

#endif
