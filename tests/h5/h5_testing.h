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

static inline void put_chunk(hid_t file, const char *path, hsize_t row, const void *bytes, size_t count)
{
    hsize_t offset[2] = {row, 0};
    hid_t id = H5Dopen2(file, path, H5P_DEFAULT);

    MAKE(H5Dwrite_chunk(id, H5P_DEFAULT, 0, offset, count, bytes));
    H5Dclose(id);
}

#endif
