/*
 * h5_testing: what the tests of the reading side of h5 share: files made with plain HDF5, opened by h5, and refusals of
 * one line. Each uses a part of it.
 */
#ifndef TESTS_H5_TESTING_H
#define TESTS_H5_TESTING_H

#include "h5/h5.h"
#include "h5/h5_make.h"
#include "kernel/kernel.h"
#include "testing.h"

static inline struct h5_file *open_file(const char *path)
{
    struct h5_file *file;

    assert_ok(h5_open(context, path, &file));
    return file;
}

static inline void refuse_array(struct h5_file *file, const char *path, const char *text)
{
    struct h5_array array;

    assert_refused(h5_array_open(context, file, path, &array), text);
    assert_non_null(strstr(context->message, path));
    h5_array_close(&array);
}

/* mask: bit i: the chunk did not pass filter i. */
static inline void put_chunk_masked(hid_t file, const char *path, hsize_t row, uint32_t mask, const void *bytes,
                                    size_t count)
{
    hsize_t offset[4] = {row};
    hid_t id = H5Dopen2(file, path, H5P_DEFAULT);

    MAKE(H5Dwrite_chunk(id, H5P_DEFAULT, mask, offset, count, bytes));
    H5Dclose(id);
}

static inline void put_chunk(hid_t file, const char *path, hsize_t row, const void *bytes, size_t count)
{
    put_chunk_masked(file, path, row, 0, bytes, count);
}

/* values [5]: of LZF (3) or bitshuffle, as they are stored: no plugin changes them. */
static inline void make_filter(hid_t creation, enum raw_filter filter, const unsigned *values)
{
    MAKE(H5PLset_loading_state(0));
    switch (filter) {
    case RAW_SHUFFLE:
        MAKE(H5Pset_shuffle(creation));
        break;
    case RAW_FLETCHER32:
        MAKE(H5Pset_fletcher32(creation));
        break;
    case RAW_LZF:
        MAKE(H5Pset_filter(creation, (H5Z_filter_t)32000, H5Z_FLAG_OPTIONAL, 3, values));
        break;
    case RAW_BITSHUFFLE_LZ4:
        MAKE(H5Pset_filter(creation, (H5Z_filter_t)32008, H5Z_FLAG_OPTIONAL, 5, values));
        break;
    default:
        MAKE(H5Pset_deflate(creation, 6));
    }
}

#endif
