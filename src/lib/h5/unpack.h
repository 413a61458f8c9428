/*
 * unpack: chunks packed by filters that HDF5 does not bring: LZF (h5py), and bitshuffle with LZ4. Nothing in the packed
 * bytes is trusted: each length and distance is checked against what is left. Allocates nothing. Any thread.
 */
#ifndef GEOSC_UNPACK_H
#define GEOSC_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

/* LZF: in [in_bytes] -> exactly out [out_bytes]; false otherwise.
 * Source: the format comment of liblzf. A control byte below 32 is followed by so many bytes, plus one, to copy. In any
 * other, the upper three bits are a length, 7 plus the next byte if all are set, and the lower five, with one more
 * byte, a distance: `length + 2` bytes repeat what was made `distance + 1` bytes before. */
bool unpack_lzf(const unsigned char *in, size_t in_bytes, unsigned char *out, size_t out_bytes);

/* Bitshuffle with LZ4, of elements of `item` bytes: in [in_bytes] -> exactly out [out_bytes]; false otherwise, or
 * without liblz4. Ignores bytes after the end. scratch [out_bytes].
 * Source: bitshuffle's README and the description of HDF5's filter 32008. All numbers are big-endian: 8 bytes with the
 * size of the chunk, 4 with that of a block, a multiple of 8 elements; then each block, the last of which may be
 * smaller: 4 bytes with its packed size, and LZ4's bytes; then up to 7 elements as they are. A block of n elements has
 * n / 8 bytes for each bit of an element, the lowest of its first byte first: bit k % 8 of byte k / 8 belongs to
 * element k. */
bool unpack_bitshuffle_lz4(const unsigned char *in, size_t in_bytes, size_t item, unsigned char *out, size_t out_bytes,
                           unsigned char *scratch);

const char *unpack_lz4_version(void); /* NULL: built without liblz4 */

#endif
