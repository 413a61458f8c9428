/* Chunks and values that make single pairs fail. */
#include "files/hostile.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static const hsize_t row[4] = {1, 4, 5, 6};

/* Two chunks of 480 bytes, of which the first is these bytes; bytes NULL: none. */
static void first_chunk(hid_t file, hid_t creation, const unsigned char *bytes, size_t count)
{
    hid_t space = H5Screate_simple(4, source->dims, NULL), memory = H5Screate_simple(4, row, NULL), id;
    const hsize_t second[4] = {1, 0, 0, 0}, first[4] = {0};
    double items[120];

    for (size_t i = 0; i < 120; i++)
        items[i] = noise(i);
    CHECK(id = H5Dcreate2(file, "/source", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    CHECK(H5Sselect_hyperslab(space, H5S_SELECT_SET, second, NULL, row, NULL));
    CHECK(H5Dwrite(id, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, items));
    if (bytes)
        CHECK(H5Dwrite_chunk(id, H5P_DEFAULT, 0, first, count, bytes));
    H5Dclose(id);
}

static hid_t deflated(void)
{
    hid_t creation = chunks(4, row);

    CHECK(H5Pset_deflate(creation, 1));
    return creation;
}

static void chunk_missing(hid_t file)
{
    first_chunk(file, chunks(4, row), NULL, 0);
}

static void chunk_garbage(hid_t file)
{
    static const unsigned char garbage[40] = {0x42};

    first_chunk(file, deflated(), garbage, sizeof garbage);
}

/* A deflate stream of 4 zero bytes. */
static void chunk_short(hid_t file)
{
    static const unsigned char four[] = {0x78, 0x9c, 0x63, 0x60, 0x60, 0x60, 0, 0, 0, 4, 0, 1};

    first_chunk(file, deflated(), four, sizeof four);
}

/* Of 1000 zero bytes. */
static void chunk_long(hid_t file)
{
    static const unsigned char thousand[] = {0x78, 0x9c, 0x63, 0x60, 0x18, 0x05, 0xa3, 0x60, 0x14,
                                             0x0c, 0x77, 0,    0,    3,    0xe8, 0,    1};

    first_chunk(file, deflated(), thousand, sizeof thousand);
}

/* Much more than a chunk, stored: 400 KB. */
static void chunk_oversized(hid_t file)
{
    static const unsigned char zeros[400 * 1024] = {0x78, 0x9c};

    first_chunk(file, deflated(), zeros, sizeof zeros);
}

/* A fixed-Huffman deflate block of 300 MB of zeros would be 300 KB; within the size that a chunk may have stored, 1.5
 * KB give 1.5 MB. */
static void chunk_bomb(hid_t file)
{
    enum { MATCHES = 900 };
    unsigned char stream[1500] = {0x78, 0x9c, 0x63, 0x18}; /* a literal, then matches of 258 zeros */

    memset(stream + 4, 0x05, MATCHES);
    first_chunk(file, deflated(), stream, sizeof stream);
}

static void chunk_checksum(hid_t file)
{
    static const unsigned char wrong[484] = {1, 2, 3};
    hid_t creation = chunks(4, row);

    CHECK(H5Pset_fletcher32(creation));
    first_chunk(file, creation, wrong, sizeof wrong);
}

static void not_written(hid_t file)
{
    put_blank(file, H5T_IEEE_F32LE, 4, source->dims);
}

static void keypoints_chunk(hid_t file)
{
    const hsize_t chunk[3] = {1, 3, 2}, start[3] = {0};
    hid_t creation = chunks(3, chunk), id;

    H5Pset_deflate(creation, 1);
    put(file, &stacked[3], H5T_IEEE_F64LE, creation);
    CHECK(id = H5Dopen2(file, "/keypoints", H5P_DEFAULT));
    CHECK(H5Dwrite_chunk(id, H5P_DEFAULT, 0, start, 4, "abcd"));
    H5Dclose(id);
}

static void nan_features(hid_t file)
{
    put_except(file, source, H5T_IEEE_F32LE, H5P_DEFAULT, 7, NAN);
}

static void infinite_features(hid_t file)
{
    put_except(file, source, H5T_IEEE_F64BE, H5P_DEFAULT, 7, INFINITY);
}

static void beyond_float32(hid_t file)
{
    put_except(file, source, H5T_IEEE_F64LE, H5P_DEFAULT, 7, 1e300);
}

static void negative_mask(hid_t file)
{
    put_except(file, mask, H5T_IEEE_F32LE, H5P_DEFAULT, 3, -1);
}

static void nan_mask(hid_t file)
{
    put_except(file, mask, H5T_IEEE_F32LE, H5P_DEFAULT, 3, NAN);
}

static void empty_mask(hid_t file)
{
    double zeros[60] = {0};

    put_typed(file, "/mask", H5T_STD_U8LE, 3, mask->dims, zeros, H5P_DEFAULT);
}

/* Of a terabyte, nearly all of it a hole: nothing is wrong with its pairs. */
static void sparse(const char *path)
{
    CHECK(truncate(path, (off_t)1 << 40));
}

/* clang-format off */
const struct hostile hostile_pairs[] = {
    {"pair:chunk-missing", stacked, "/source", chunk_missing, NULL},
    {"pair:chunk-garbage", stacked, "/source", chunk_garbage, NULL},
    {"pair:chunk-short", stacked, "/source", chunk_short, NULL},
    {"pair:chunk-long", stacked, "/source", chunk_long, NULL},
    {"pair:chunk-oversized", stacked, "/source", chunk_oversized, NULL},
    {"pair:chunk-bomb", stacked, "/source", chunk_bomb, NULL},
    {"pair:chunk-checksum", stacked, "/source", chunk_checksum, NULL},
    {"pair:not-written", stacked, "/source", not_written, NULL},
    {"pair:keypoints-chunk", stacked, "/keypoints", keypoints_chunk, NULL},
    {"pair:nan-features", stacked, "/source", nan_features, NULL},
    {"pair:infinite-features", stacked, "/source", infinite_features, NULL},
    {"pair:beyond-float32", stacked, "/source", beyond_float32, NULL},
    {"pair:negative-mask", stacked, "/mask", negative_mask, NULL},
    {"pair:nan-mask", stacked, "/mask", nan_mask, NULL},
    {"pair:empty-mask", stacked, "/mask", empty_mask, NULL},
    {"pair:sparse", stacked, "", nothing, sparse},
    {.name = NULL},
};
/* clang-format on */
