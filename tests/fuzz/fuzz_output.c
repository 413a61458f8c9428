/*
 * Outputs that are not as geosc writes them, read back (output.h). The fuzzer's bytes choose types, shapes, values and attributes of a
 * file that HDF5 itself makes in memory: it is our reader that is tested, not HDF5's parser, which has no promise to keep.
 */
#include "output.h"

#include <hdf5.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes that choose; zeros when they are used up, which is what a good file is made of. */
struct choices {
    const uint8_t *data;
    size_t left;
};

static uint8_t choose(struct choices *choices)
{
    if (!choices->left)
        return 0;
    choices->left--;
    return *choices->data++;
}

enum { BYTES = 4096, GOOD = 32 /* bytes of what a good file holds, zeros after them */ };

static void put_number(hid_t object, const char *name, hid_t type, double value)
{
    hid_t space = H5Screate(H5S_SCALAR), id = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);

    H5Awrite(id, H5T_NATIVE_DOUBLE, &value);
    H5Aclose(id);
    H5Sclose(space);
}

static void put_text(hid_t object, const char *name, const char *text, struct choices *choices)
{
    uint8_t choice = choose(choices);
    size_t size = choice ? choice : strlen(text) + 1;
    hid_t space = H5Screate(H5S_SCALAR), type = H5Tcopy(H5T_C_S1), id;
    char value[256] = "";

    memcpy(value, text, strlen(text));
    H5Tset_size(type, size);
    for (uint8_t i = choose(choices) % 16; i; i--)
        value[choose(choices)] = (char)choose(choices);
    if (choice != 255) {
        id = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
        H5Awrite(id, type, value);
        H5Aclose(id);
    }
    H5Tclose(type);
    H5Sclose(space);
}

/* A dataset of the given type and shape, or of another one, with a right or wrong checksum. */
static void put(hid_t file, const char *path, hid_t type, int rank, const hsize_t *shape, const void *good, struct choices *choices)
{
    const hid_t types[] = {type, H5T_STD_U8LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE, H5T_STD_I64LE};
    hsize_t dims[5] = {0};
    uint8_t bytes[BYTES] = {0}, choice = choose(choices);
    size_t items = 1, size;
    hid_t space, id;

    memcpy(dims, shape, (size_t)rank * sizeof *dims);
    if (choice & 1)
        dims[choose(choices) % 4] = choose(choices) % 9;
    if (choice & 2)
        rank = choose(choices) % 5;
    for (int d = 0; d < rank; d++)
        items *= dims[d];
    hid_t chosen = types[choice & 4 ? choose(choices) % 5 : 0];
    size = items * H5Tget_size(chosen);
    if (choice & 8 || size > BYTES)
        return;
    memcpy(bytes, good, size < GOOD ? size : GOOD);
    for (uint8_t i = choice & 16 ? choose(choices) : 0; i && size; i--)
        bytes[(choose(choices) << 8 | choose(choices)) % size] = choose(choices);
    space = H5Screate_simple(rank, dims, NULL);
    id = H5Dcreate2(file, path, chosen, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(id, chosen, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes);
    if (!(choice & 32))
        put_number(id, "crc32", H5T_STD_U32LE, (double)crc32(0, bytes, (uInt)size) + (choice & 64 ? 1 : 0));
    H5Dclose(id);
    H5Sclose(space);
}

static hid_t enum_type(void)
{
    hid_t type = H5Tenum_create(H5T_STD_U8LE);
    uint8_t value = 0;

    H5Tenum_insert(type, "ok", &value);
    value = 255;
    H5Tenum_insert(type, "undecided", &value);
    return type;
}

static void fill(hid_t file, struct choices *choices)
{
    static const char names[GOOD] = "none\0\0hflip", zeros[GOOD] = "";
    hid_t words = H5Tcopy(H5T_C_S1), status = enum_type();
    hsize_t shape[4] = {1 + choose(choices) % 4U, 1 + choose(choices) % 5U, 2, 2}, candidates[1] = {2}, imd[2] = {shape[0], 2};
    int rank = 2 + choose(choices) % 2;
    static const char *const groups[] = {"/matches", "/poses", "/pairs"};

    for (size_t i = 0; i < 3; i++)
        H5Gclose(H5Gcreate2(file, groups[i], H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Tset_size(words, 6);
    put_text(file, "format", "geosc-matches", choices);
    put_number(file, "format_version", H5T_STD_U32LE, 1 + choose(choices));
    put_text(file, "geosc_version", "0.1.0", choices);
    put_text(file, "options", "poses=none,hflip", choices);
    put_text(file, "isa_class", "fma", choices);
    put_text(file, "input_name", "in.h5", choices);
    put_number(file, "model_crc32", choose(choices) ? H5T_IEEE_F64LE : H5T_STD_U32LE, choose(choices));
    put_number(file, "input_crc32", H5T_STD_U32LE, choose(choices));
    put(file, "/poses/name", words, 1, candidates, names, choices);
    put(file, "/matches/score", H5T_IEEE_F32LE, rank, shape, zeros, choices);
    shape[rank] = 2;
    put(file, "/matches/xy", H5T_IEEE_F32LE, rank + 1, shape, zeros, choices);
    if (H5Lexists(file, "/matches/xy", H5P_DEFAULT) > 0) {
        hid_t xy = H5Dopen2(file, "/matches/xy", H5P_DEFAULT);
        put_text(xy, "units", "cell", choices);
        H5Dclose(xy);
    }
    put(file, "/poses/imd", H5T_IEEE_F32LE, 2, imd, zeros, choices);
    put(file, "/poses/chosen", status, 1, shape, zeros, choices);
    put(file, "/pairs/status", status, 1, shape, zeros, choices);
    if (choose(choices))
        put(file, "/pairs/source", H5T_STD_I64LE, 1, shape, zeros, choices);
    H5Tclose(words);
    H5Tclose(status);
}

static char path[] = "output-XXXXXX";

static void remove_file(void)
{
    unlink(path);
}

/* Writes the file's bytes to `path`, in the working folder; a new one at first. */
static void make_file(struct choices *choices)
{
    static int fd = -1;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), file;
    ssize_t size;
    void *image;

    if (fd < 0) {
        fd = mkstemp(path);
        atexit(remove_file);
    }
    H5Pset_fapl_core(access, 1 << 16, 0);
    file = H5Fcreate("output", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    fill(file, choices);
    H5Fflush(file, H5F_SCOPE_LOCAL);
    size = H5Fget_file_image(file, NULL, 0);
    image = malloc((size_t)size);
    H5Fget_file_image(file, image, (size_t)size);
    assert(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, image, (size_t)size, 0) == size);
    free(image);
    H5Fclose(file);
    H5Pclose(access);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct choices choices = {data, size};
    geosc_context context = {.message = ""};
    struct problems problems = {0};
    struct results results = {0};
    struct run_identity identity;

    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    assert(geosc_configure(&context, 1, "c") == GEOSC_OK);
    make_file(&choices);
    assert(output_read(&context, path, &results, &identity, &problems) == GEOSC_OK);
    if (problems.count == 0)
        for (size_t p = 0; p < results.pairs; p++)
            assert(results.status[p] < GEOSC_PAIR_STATUSES &&
                   (results.chosen[p] == GEOSC_UNDECIDED || results.chosen[p] < results.candidates));
    assert(size || problems.count == 0); /* the good file is good */
    results_free(&results);
    problems_free(&problems);
    return 0;
}
