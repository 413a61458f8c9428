/* Datasets that are refused, each with its reason. */
#include "h5/h5_testing.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Without room for one more file than are open. */
static enum geosc_status open_with_none_left(const char *path)
{
    int next = open("/dev/null", O_RDONLY);
    struct h5_file *file = NULL;
    struct rlimit before;
    enum geosc_status status;

    assert_true(next >= 0);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)next, before.rlim_max}), 0);
    status = h5_open(context, path, &file);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    h5_close(file);
    return status;
}

/* What the system does not give is no fault of the file's. */
static void no_more_files(void **state)
{
    const char *path = scratch_path("sound.h5");
    char reason[128];

    (void)state;
    snprintf(reason, sizeof reason, "cannot be read: %s; try again [io]", strerror(EMFILE));
    H5Fclose(make_file(path));
    assert_refused(open_with_none_left(path), reason);
    h5_close(open_file(path));
}

static void other_files_data(void **state)
{
    const char *path = scratch_path("elsewhere.h5");
    const hsize_t dims[1] = {4}, unlimited[1] = {H5S_UNLIMITED};
    hid_t id = make_file(path), creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, dims, unlimited);

    (void)state;
    MAKE(H5Pset_external(creation, "/etc/passwd", 0, 16));
    make_array(id, "/external", H5T_NATIVE_INT, 1, dims, NULL, creation);
    /* An unlimited source: questions about the shape would open it. */
    assert_int_equal(mkfifo(scratch_path("source"), 0600), 0);
    creation = H5Pcreate(H5P_DATASET_CREATE);
    MAKE(H5Sselect_hyperslab(space, H5S_SELECT_SET, (hsize_t[1]){0}, NULL, unlimited, NULL));
    MAKE(H5Pset_virtual(creation, space, scratch_path("source"), "/x", space));
    hid_t set = H5Dcreate2(id, "/virtual", H5T_NATIVE_INT, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    MAKE(set);
    H5Pclose(creation);
    H5Sclose(space);
    H5Dclose(set);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    refuse_array(file, "/external", "stored in another file");
    refuse_array(file, "/virtual", "virtual dataset");
    h5_close(file);
}

static void make_filtered(hid_t file, const char *path, const enum raw_filter filters[2], const unsigned *values)
{
    const hsize_t dims[2] = {4, 4};
    hid_t creation = make_chunks(2, dims);

    make_filter(creation, filters[0], values);
    make_filter(creation, filters[1], values);
    make_array(file, path, H5T_NATIVE_INT, 2, dims, NULL, creation);
}

static void filters(void **state)
{
    const char *path = scratch_path("filters.h5");
    const hsize_t dims[2] = {4, 4};
    const unsigned parameters[1] = {7};
    const int numbers[16] = {0};
    hid_t id = make_file(path), creation;

    (void)state;
    creation = make_chunks(2, dims);
    MAKE(H5Pset_scaleoffset(creation, H5Z_SO_INT, 0));
    make_array(id, "/scaled", H5T_NATIVE_INT, 2, dims, numbers, creation);
    creation = make_chunks(2, dims);
    MAKE(H5Pset_filter(creation, (H5Z_filter_t)32001, H5Z_FLAG_OPTIONAL, 1, parameters));
    make_array(id, "/blosc", H5T_NATIVE_INT, 2, dims, NULL, creation);
    creation = make_chunks(2, dims);
    MAKE(H5Pset_deflate(creation, 1));
    MAKE(H5Pset_deflate(creation, 1));
    make_array(id, "/twice", H5T_NATIVE_INT, 2, dims, numbers, creation);
    make_filtered(id, "/packed", (enum raw_filter[]){RAW_DEFLATE, RAW_LZF}, (unsigned[5]){4});
    make_filtered(id, "/bits", (enum raw_filter[]){RAW_SHUFFLE, RAW_BITSHUFFLE_LZ4}, (unsigned[5]){0, 4, 3, 0, 2});
    make_filtered(id, "/blocks", (enum raw_filter[]){RAW_SHUFFLE, RAW_BITSHUFFLE_LZ4}, (unsigned[5]){0, 4, 4, 8, 2});
    make_filtered(id, "/zstd", (enum raw_filter[]){RAW_SHUFFLE, RAW_BITSHUFFLE_LZ4}, (unsigned[5]){0, 4, 4, 0, 3});
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    refuse_array(file, "/scaled", "the filter scaleoffset (number 6)");
    refuse_array(file, "/blosc", "(number 32001)");
    refuse_array(file, "/twice", "the filter deflate twice");
    refuse_array(file, "/packed", "the filter lzf after another that packs");
    bool lz4 = raw_can_undo(RAW_BITSHUFFLE_LZ4);
    refuse_array(file, "/bits", lz4 ? "its bitshuffle-lz4 filter is for elements of 3 bytes, not 4" : "without liblz4");
    refuse_array(file, "/blocks", lz4 ? "has blocks of 8 elements" : "without liblz4");
    refuse_array(file, "/zstd", "(number 32008); only shuffle");
    h5_close(file);
}

static void make_type(hid_t file, const char *path, hid_t type)
{
    const hsize_t dims[1] = {2};

    MAKE(type);
    make_array(file, path, type, 1, dims, NULL, H5P_DEFAULT);
    H5Tclose(type);
}

static void types(void **state)
{
    const char *path = scratch_path("types.h5");
    const hsize_t dims[1] = {2};
    hid_t id = make_file(path), type;

    (void)state;
    type = make_bfloat_type(false);
    MAKE(H5Tset_ebias(type, 126));
    make_type(id, "/bias", type);
    type = H5Tcopy(H5T_IEEE_F32LE);
    MAKE(H5Tset_fields(type, 15, 9, 6, 0, 9));
    MAKE(H5Tset_size(type, 2));
    make_type(id, "/float", type);
    type = H5Tcreate(H5T_COMPOUND, 8);
    MAKE(H5Tinsert(type, "r", 0, H5T_IEEE_F32LE));
    MAKE(H5Tinsert(type, "i", 4, H5T_IEEE_F32LE));
    make_type(id, "/complex", type);
    type = H5Tcopy(H5T_STD_I32LE);
    MAKE(H5Tset_precision(type, 24));
    make_type(id, "/int24", type);
    make_type(id, "/opaque", H5Tcreate(H5T_OPAQUE, 4));
    make_type(id, "/array", H5Tarray_create2(H5T_NATIVE_FLOAT, 1, dims));
    make_type(id, "/ragged", H5Tvlen_create(H5T_NATIVE_FLOAT));
    make_type(id, "/bits", H5Tcopy(H5T_STD_B8LE));
    make_type(id, "/reference", H5Tcopy(H5T_STD_REF_OBJ));
#if H5_VERSION_GE(2, 0, 0)
    make_type(id, "/native complex", H5Tcomplex_create(H5T_IEEE_F32LE));
#endif
    make_group(id, "/group");
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    refuse_array(file, "/bias", "16 bits, 8 of exponent, 7 of fraction");
    refuse_array(file, "/float", "16 bits, 6 of exponent, 9 of fraction");
    refuse_array(file, "/complex", "type compound");
    refuse_array(file, "/int24", "4 bytes, 24 bits used");
    refuse_array(file, "/opaque", "type opaque");
    refuse_array(file, "/array", "type array");
    refuse_array(file, "/ragged", "type variable-length");
    refuse_array(file, "/bits", "type bit field");
    refuse_array(file, "/reference", "type reference");
#if H5_VERSION_GE(2, 0, 0)
    refuse_array(file, "/native complex", "type complex");
#endif
    refuse_array(file, "/group", "is a group, expected a dataset");
    refuse_array(file, "/group/x", "missing");
    h5_close(file);
}

static void shapes(void **state)
{
    const char *path = scratch_path("shapes.h5");
    const hsize_t nine[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1}, zero[3] = {3, 0, 2},
                  huge[2] = {(hsize_t)1 << 40, (hsize_t)1 << 23}, large[2] = {(hsize_t)1 << 20, (hsize_t)1 << 20},
                  chunk[2] = {64, 64};
    hid_t id = make_file(path), space = H5Screate(H5S_NULL), set;
    struct h5_array array;

    (void)state;
    make_array(id, "/nine", H5T_NATIVE_INT, 9, nine, NULL, H5P_DEFAULT);
    make_array(id, "/zero", H5T_NATIVE_INT, 3, zero, NULL, H5P_DEFAULT);
    make_array(id, "/huge", H5T_NATIVE_INT, 2, huge, NULL, make_chunks(2, chunk));
    make_array(id, "/large", H5T_NATIVE_INT, 2, large, NULL, make_chunks(2, chunk));
    make_array(id, "/scalar", H5T_NATIVE_INT, 0, NULL, NULL, H5P_DEFAULT);
    MAKE(set = H5Dcreate2(id, "/null", H5T_NATIVE_INT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Dclose(set);
    H5Sclose(space);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    refuse_array(file, "/nine", "9 dimensions");
    refuse_array(file, "/zero", "dimension 1 is 0");
    refuse_array(file, "/huge", "larger than any file");
    refuse_array(file, "/null", "no shape");
    assert_ok(h5_array_open(context, file, "/scalar", &array));
    assert_int_equal(array.rank, 0);
    assert_int_equal(h5_array_items(&array), 1);
    h5_array_close(&array);
    assert_ok(h5_array_open(context, file, "/large", &array));
    assert_refused(h5_array_stored(context, &array), "its data was never written");
    h5_array_close(&array);
    h5_close(file);
}

/* HDF5 1.14 refuses by itself to open a contiguous dataset of which the file does not hold all: then our own check is
 * never reached. */
static const char *unless_hdf5_refuses(const char *path, const char *text)
{
    hid_t id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), dataset;

    H5E_BEGIN_TRY
    {
        dataset = H5Dopen2(id, "/x", H5P_DEFAULT);
        H5Dclose(dataset);
    }
    H5E_END_TRY
    H5Fclose(id);
    return dataset < 0 ? "cannot be opened" : text;
}

/* A file that ends within its data, and whose superblock says so: HDF5 1.10 opens it. */
static void data_beyond_the_end(void **state)
{
    const char *path = scratch_path("beyond.h5");
    const hsize_t dims[1] = {5000};
    double numbers[5000] = {0};
    hid_t id = make_file(path);
    size_t size;

    (void)state;
    make_array(id, "/x", H5T_NATIVE_DOUBLE, 1, dims, numbers, H5P_DEFAULT);
    H5Fclose(id);
    unsigned char *bytes = scratch_read(path, &size);
    uint64_t end = size - 1000;
    for (size_t i = 0; i < 8; i++)
        bytes[40 + i] = (unsigned char)(end >> 8 * i); /* end of file in a superblock of version 0 */
    write_file(path, bytes, (size_t)end);
    free(bytes);
    const char *expected = unless_hdf5_refuses(path, "beyond the end of the file");
    struct h5_file *file = open_file(path);
    refuse_array(file, "/x", expected);
    h5_close(file);
}

/* The size of an element stands behind the filter's name in the file. */
static void a_shuffle_of_other_elements(void **state)
{
    const char *path = scratch_path("shuffle.h5");
    const hsize_t dims[2] = {4, 4};
    const int numbers[16] = {0};
    hid_t id = make_file(path), creation = make_chunks(2, dims);
    size_t size, changed = 0;

    (void)state;
    MAKE(H5Pset_shuffle(creation));
    make_array(id, "/x", H5T_NATIVE_INT, 2, dims, numbers, creation);
    H5Fclose(id);
    unsigned char *bytes = scratch_read(path, &size);
    for (size_t i = 0; i + 12 <= size; i++)
        if (memcmp(bytes + i, "shuffle\0\4", 9) == 0) {
            bytes[i + 8] = 3;
            changed++;
        }
    assert_int_equal(changed, 1);
    write_file(path, bytes, size);
    free(bytes);
    struct h5_file *file = open_file(path);
    refuse_array(file, "/x", "its shuffle filter is for elements of 3 bytes, not 4");
    h5_close(file);
}

/* More elements than were stored: their number is changed in the file. */
static void more_than_is_stored(void **state)
{
    const char *path = scratch_path("more.h5");
    const hsize_t dims[1] = {5003};
    double numbers[5003] = {0};
    hid_t id = make_file(path);
    size_t size, changed = 0;

    (void)state;
    make_array(id, "/x", H5T_NATIVE_DOUBLE, 1, dims, numbers, H5P_DEFAULT);
    H5Fclose(id);
    unsigned char *bytes = scratch_read(path, &size);
    for (size_t i = 0; i + 8 <= size; i++)
        if (memcmp(bytes + i, &dims[0], 8) == 0) {
            bytes[i + 2] = 1; /* 65536 more */
            changed++;
        }
    assert_true(changed >= 1);
    write_file(path, bytes, size);
    free(bytes);
    const char *expected = unless_hdf5_refuses(path, "bytes, but it is stored in");
    struct h5_file *file = open_file(path);
    refuse_array(file, "/x", expected);
    h5_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(other_files_data),
        TEST(filters),
        TEST(types),
        TEST(shapes),
        TEST(data_beyond_the_end),
        TEST(more_than_is_stored),
        TEST(no_more_files),
        TEST(a_shuffle_of_other_elements),
    };

    return cmocka_run_group_tests(tests, make_single_context, free_context);
}
