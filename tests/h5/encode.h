/*
 * encode: chunks as HDF5 and its filters store them, written a second time, from the descriptions of the formats. Each
 * packs `count` bytes in place and returns their new number, or 0 if the bytes have no room for it.
 */
#ifndef TESTS_H5_ENCODE_H
#define TESTS_H5_ENCODE_H

#include "h5/raw.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#ifdef GEOSC_LZ4
#include <lz4.h>
#endif

static inline void *encode_copy(const void *bytes, size_t count)
{
    void *copy = malloc(count + 1);

    assert(copy);
    if (count)
        memcpy(copy, bytes, count);
    return copy;
}

static inline size_t encode_shuffle(unsigned char *bytes, size_t count, size_t item)
{
    unsigned char *copy = encode_copy(bytes, count);
    size_t n = count / item;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < item; j++)
            bytes[j * n + i] = copy[i * item + j];
    free(copy);
    return count;
}

static inline size_t encode_deflate(unsigned char *bytes, size_t count, size_t room)
{
    unsigned char *copy = encode_copy(bytes, count);
    uLongf size = room;
    int result = compress2(bytes, &size, copy, count, 6);

    free(copy);
    return result == Z_OK ? size : 0;
}

/* By the definition of the sums modulo 65535, where only a sum of nothing but zeros is 0, and other multiples are
 * 65535. */
static inline size_t encode_fletcher32(unsigned char *bytes, size_t count)
{
    uint64_t low = 0, high = 0;

    for (size_t i = 0; i < count; i += 2) {
        low += bytes[i] * 256U + (i + 1 < count ? bytes[i + 1] : 0);
        low = low ? (low - 1) % 65535 + 1 : 0;
        high += low;
        high = high ? (high - 1) % 65535 + 1 : 0;
    }
    for (size_t i = 0; i < 4; i++)
        bytes[count + i] = (unsigned char)((high << 16 | low) >> 8 * i);
    return count + 4;
}

/* Bytes that repeat from `distance` before, at most 264, as many as LZF may say at once. */
static inline size_t encode_repeats(const unsigned char *bytes, size_t at, size_t distance, size_t count)
{
    size_t length = 0;

    while (at + length < count && length < 264 && bytes[at + length] == bytes[at + length - distance])
        length++;
    return length;
}

/* LZF: takes the longest of some distances, near ones that overlap among them, if it is 3 bytes or more. */
static inline size_t encode_lzf(unsigned char *bytes, size_t count, size_t room)
{
    static const size_t distances[] = {1, 2, 3, 4, 7, 8, 16, 48, 251, 753, 8192};
    unsigned char *copy = encode_copy(bytes, count);
    size_t out = 0, literal = 0; /* bytes not yet written */

    for (size_t at = 0; at <= count;) {
        size_t best = 0, distance = 0;
        for (size_t d = 0; d < sizeof distances / sizeof *distances && distances[d] <= at; d++) {
            size_t length = encode_repeats(copy, at, distances[d], count);
            if (length > best)
                best = length, distance = distances[d];
        }
        if (literal && (best > 2 || literal == 32 || at == count)) {
            if (out + literal + 1 > room)
                break;
            bytes[out++] = (unsigned char)(literal - 1);
            memcpy(bytes + out, copy + at - literal, literal);
            out += literal;
            literal = 0;
        }
        if (at == count)
            break;
        if (best > 2) {
            if (out + 3 > room)
                break;
            size_t length = best - 2;
            bytes[out++] = (unsigned char)((length < 7 ? length : 7) << 5 | (distance - 1) >> 8);
            if (length >= 7)
                bytes[out++] = (unsigned char)(length - 7);
            bytes[out++] = (unsigned char)(distance - 1);
            at += best;
        } else {
            literal++;
            at++;
        }
    }
    free(copy);
    return out;
}

#ifdef GEOSC_LZ4

static inline unsigned char *encode_number(unsigned char *to, uint64_t number, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (unsigned char)(number >> 8 * (count - 1 - i));
    return to + count;
}

/* Bitshuffle with LZ4, in blocks of `block` elements. */
static inline size_t encode_bitshuffle(unsigned char *bytes, size_t count, size_t item, size_t block, size_t room)
{
    unsigned char *copy = encode_copy(bytes, count), *bits = malloc(block * item), *to;
    size_t n = count / item / 8 * 8;

    assert(bits);
    to = encode_number(encode_number(bytes, count, 8), block * item, 4);
    for (size_t first = 0; first < n; first += block) {
        size_t elements = n - first < block ? n - first : block;
        memset(bits, 0, block * item);
        for (size_t k = 0; k < elements; k++)
            for (size_t bit = 0; bit < 8 * item; bit++)
                if (copy[(first + k) * item + bit / 8] >> bit % 8 & 1)
                    bits[(bit * elements + k) / 8] |= (unsigned char)(1 << k % 8);
        size_t left = room - (size_t)(to - bytes);
        int packed =
            left > 4 ? LZ4_compress_default((const char *)bits, (char *)to + 4, (int)(elements * item), (int)(left - 4))
                     : 0;
        if (packed == 0) {
            free(copy), free(bits);
            return 0;
        }
        to = encode_number(to, (uint64_t)packed, 4) + packed;
    }
    size_t rest = count - n * item;
    memcpy(to, copy + n * item, rest);
    free(copy), free(bits);
    return (size_t)(to - bytes) + rest;
}

#endif

/* Bytes as HDF5 would store them; `room`: of bytes. */
static inline size_t encode(const struct raw_filters *filters, uint32_t mask, size_t item, unsigned char *bytes,
                            size_t count, size_t room)
{
    for (size_t i = 0; i < filters->count; i++) {
        if (mask >> i & 1)
            continue;
        switch (filters->filter[i]) {
        case RAW_SHUFFLE:
            count = encode_shuffle(bytes, count, item);
            break;
        case RAW_DEFLATE:
            count = encode_deflate(bytes, count, room);
            break;
        case RAW_LZF:
            count = encode_lzf(bytes, count, room);
            break;
        case RAW_FLETCHER32:
            count = encode_fletcher32(bytes, count);
            break;
        default:
#ifdef GEOSC_LZ4
            count = encode_bitshuffle(bytes, count, item, 128, room);
#endif
            break;
        }
    }
    return count;
}

#endif
