/*
 * h5_make: HDF5 files as other programs write them, through plain HDF5 calls: the readers are not tested with our own
 * writer. Any failure ends the test.
 */
#ifndef TESTS_H5_MAKE_H
#define TESTS_H5_MAKE_H

#include "testing.h"

#include "h5/h5_oldest.h"

#define MAKE(call)                 \
    do {                           \
        if ((call) < 0)            \
            fail_msg("%s", #call); \
    } while (0)

static inline hid_t make_file(const char *path)
{
    hid_t file = create_oldest(path, H5P_DEFAULT);

    MAKE(file);
    return file;
}

/* A dataset, and the groups above it. data in memory_type, NULL: not written; file_type -1: memory_type;
 * creation: H5P_DEFAULT, or a list that is closed here. */
static inline void make_typed(hid_t file, const char *path, hid_t file_type, hid_t memory_type, int rank,
                              const hsize_t *dims, const void *data, hid_t creation)
{
    hid_t links = H5Pcreate(H5P_LINK_CREATE), space = rank ? H5Screate_simple(rank, dims, NULL) : H5Screate(H5S_SCALAR);
    hid_t id;

    MAKE(H5Pset_create_intermediate_group(links, 1));
    id = H5Dcreate2(file, path, file_type < 0 ? memory_type : file_type, space, links, creation, H5P_DEFAULT);
    MAKE(id);
    if (data)
        MAKE(H5Dwrite(id, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data));
    MAKE(H5Dclose(id));
    H5Sclose(space);
    H5Pclose(links);
    if (creation != H5P_DEFAULT)
        H5Pclose(creation);
}

static inline void make_array(hid_t file, const char *path, hid_t type, int rank, const hsize_t *dims, const void *data,
                              hid_t creation)
{
    make_typed(file, path, -1, type, rank, dims, data, creation);
}

/* Strings of fixed length `size`: [rows][columns], or (columns 0) [rows]. */
static inline void make_string_rows(hid_t file, const char *path, size_t rows, size_t columns, size_t size,
                                    const char *text)
{
    hsize_t dims[2] = {rows, columns};
    hid_t type = H5Tcopy(H5T_C_S1);

    MAKE(H5Tset_size(type, size));
    make_array(file, path, type, columns ? 2 : 1, dims, text, H5P_DEFAULT);
    H5Tclose(type);
}

static inline void make_strings(hid_t file, const char *path, size_t count, size_t size, const char *text)
{
    make_string_rows(file, path, count, 0, size, text);
}

static inline void make_variable_strings(hid_t file, const char *path, size_t count, const char *const *text,
                                         hid_t creation)
{
    hsize_t dims[1] = {count};
    hid_t type = H5Tcopy(H5T_C_S1);

    MAKE(H5Tset_size(type, H5T_VARIABLE));
    make_array(file, path, type, 1, dims, text, creation);
    H5Tclose(type);
}

/* IEEE half, as h5py makes it. Close it. */
static inline hid_t make_half_type(bool big_endian)
{
    hid_t type = H5Tcopy(big_endian ? H5T_IEEE_F32BE : H5T_IEEE_F32LE);

    MAKE(H5Tset_fields(type, 15, 10, 5, 0, 10));
    MAKE(H5Tset_size(type, 2));
    MAKE(H5Tset_ebias(type, 15));
    return type;
}

/* bfloat16 as a float of 16 bits. Close it. */
static inline hid_t make_bfloat_type(bool big_endian)
{
    hid_t type = H5Tcopy(big_endian ? H5T_IEEE_F32BE : H5T_IEEE_F32LE);

    MAKE(H5Tset_fields(type, 15, 7, 8, 0, 7));
    MAKE(H5Tset_size(type, 2));
    return type;
}

/* h5py's boolean. Close it. */
static inline hid_t make_boolean_type(void)
{
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    signed char value = 0;

    MAKE(H5Tenum_insert(type, "FALSE", &value));
    value = 1;
    MAKE(H5Tenum_insert(type, "TRUE", &value));
    return type;
}

static inline hid_t make_chunks(int rank, const hsize_t *chunk)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);

    MAKE(H5Pset_chunk(creation, rank, chunk));
    return creation;
}

static inline void make_attribute(hid_t file, const char *path, const char *name, hid_t type, size_t count,
                                  const void *data)
{
    hsize_t dims[1] = {count};
    hid_t object = H5Oopen(file, path, H5P_DEFAULT),
          space = count ? H5Screate_simple(1, dims, NULL) : H5Screate(H5S_SCALAR);
    hid_t id = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);

    MAKE(H5Awrite(id, type, data));
    H5Aclose(id);
    H5Sclose(space);
    H5Oclose(object);
}

/* A scalar string of fixed length. */
static inline void make_text_attribute(hid_t file, const char *path, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);

    MAKE(H5Tset_size(type, strlen(text) + 1));
    make_attribute(file, path, name, type, 0, text);
    H5Tclose(type);
}

static inline void make_number_attribute(hid_t file, const char *path, const char *name, double value)
{
    make_attribute(file, path, name, H5T_NATIVE_DOUBLE, 0, &value);
}

static inline void make_group(hid_t file, const char *path)
{
    hid_t links = H5Pcreate(H5P_LINK_CREATE);

    MAKE(H5Pset_create_intermediate_group(links, 1));
    MAKE(H5Gclose(H5Gcreate2(file, path, links, H5P_DEFAULT, H5P_DEFAULT)));
    H5Pclose(links);
}

/* Reads a dataset that has `count` elements; enums come as their bytes. */
static inline void read_array(hid_t file, const char *path, hid_t type, size_t count, void *out)
{
    hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT), space = H5Dget_space(dataset), stored = H5Dget_type(dataset);

    MAKE(dataset);
    assert_int_equal(H5Sget_simple_extent_npoints(space), count);
    MAKE(H5Dread(dataset, H5Tget_class(stored) == H5T_ENUM ? stored : type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out));
    H5Tclose(stored);
    H5Sclose(space);
    H5Dclose(dataset);
}

/* ---- good files, spoilt ---------------------------------------------------------------------------- */

/* One thing that is changed in a good file, and what is to be said of it. */
struct spoil {
    const char *path;      /* removed; NULL: nothing */
    void (*change)(hid_t); /* put in its place; NULL: nothing */
    const char *line;      /* part of a problem */
};

#define CHANGE(name, ...)        \
    static void name(hid_t file) \
    {                            \
        __VA_ARGS__;             \
    }

/* A rank and its dimensions, for make_array. */
#define DIMS(...)                                                          \
    (int)(sizeof((hsize_t[]){__VA_ARGS__}) / sizeof(hsize_t)), (hsize_t[]) \
    {                                                                      \
        __VA_ARGS__                                                        \
    }

static inline void make_spoilt(const char *path, const struct spoil *spoil)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);

    MAKE(file);
    if (spoil->path)
        MAKE(H5Ldelete(file, spoil->path, H5P_DEFAULT));
    if (spoil->change)
        spoil->change(file);
    MAKE(H5Fclose(file));
}

#endif
