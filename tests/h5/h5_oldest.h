/*
 * h5_oldest: files in HDF5's oldest form, which is what all versions before 2.0 write if they aren't told otherwise.
 * Tests that change a byte of a file know where it stands there.
 */
#ifndef TESTS_H5_OLDEST_H
#define TESTS_H5_OLDEST_H

#include "h5/h5_versions.h"

/* A new file, in place of what was there. creation: H5P_DEFAULT, or a list. Negative on failure. */
static inline hid_t create_oldest(const char *path, hid_t creation)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), file = -1;

    if (H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST) >= 0)
        file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
    H5Pclose(access);
    return file;
}

#endif
