/*
 * Hostile and damaged files, for tests/cli/hostile*.sh, made with HDF5 itself and by editing bytes:
 *   hostile                       the names, in order
 *   hostile NAME FILE             makes one; what it refers to (pipe, other.h5) is made in the working folder
 *   hostile mutate SEED IN OUT    a copy of IN with a few bytes changed, most of them in HDF5's own structures
 *   hostile same A B              whether two outputs have the same matches, by their checksums
 *   hostile run COMMAND...        runs it, says so if it takes longer or more memory than a hostile file may make it take, and ends as
 *                                 it did
 * A case is a good file of which one object is left out, and a function that puts something else in its place.
 */
#include <hdf5.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS_MOST = 5, MEGABYTES_MOST = 128 }; /* the tests run with --memory 64M */

static void check(long long result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "hostile: %s failed\n", what);
        exit(1);
    }
}

#define CHECK(call) check((long long)(call), #call)

/* ---- good files --------------------------------------------------------------------------------- */

static double noise(size_t i)
{
    return (double)((i * 7919 + 13) % 997) / 997 - 0.5;
}

static double one(size_t i)
{
    (void)i;
    return 1;
}

static double point(size_t i)
{
    static const double points[] = {1, 1, 4, 2, 2.5, 3.25};

    return points[i % 6];
}

static double number(size_t i)
{
    return (double)(i % 2);
}

struct dataset {
    const char *path;
    int rank;
    hsize_t dims[4];
    double (*value)(size_t i);
};

static const struct dataset stacked[] = {
    {"/source", 4, {2, 4, 5, 6}, noise}, {"/target", 4, {2, 4, 5, 6}, noise}, {"/mask", 3, {2, 5, 6}, one},
    {"/keypoints", 3, {2, 3, 2}, point}, {.path = NULL},
};

static const struct dataset indexed[] = {
    {"/images/features", 4, {3, 4, 5, 6}, noise}, {"/images/size", 2, {3, 2}, one}, {"/pairs/keypoints", 3, {2, 3, 2}, point}, {.path = NULL},
};

static const struct dataset model[] = {
    {"/b.0.net.0.weight", 4, {3, 4, 1, 1}, noise}, {"/b.0.net.1.weight", 1, {3}, one},
    {"/b.0.net.1.bias", 1, {3}, noise},            {"/b.0.net.1.running_mean", 1, {3}, noise},
    {"/b.0.net.1.running_var", 1, {3}, one},       {"/b.0.net.3.weight", 4, {3, 3, 3, 3}, noise},
    {"/b.0.net.4.weight", 1, {3}, one},            {"/b.0.net.4.bias", 1, {3}, noise},
    {"/b.0.net.4.running_mean", 1, {3}, noise},    {"/b.0.net.4.running_var", 1, {3}, one},
    {"/b.0.net.6.weight", 4, {4, 3, 1, 1}, noise}, {"/b.0.net.7.weight", 1, {4}, one},
    {"/b.0.net.7.bias", 1, {4}, noise},            {"/b.0.net.7.running_mean", 1, {4}, noise},
    {"/b.0.net.7.running_var", 1, {4}, one},       {.path = NULL},
};

/* A dataset and the groups above it; items NULL: not written. */
static void put_typed(hid_t file, const char *path, hid_t type, int rank, const hsize_t *dims, const double *items, hid_t creation)
{
    hid_t links = H5Pcreate(H5P_LINK_CREATE), space = rank ? H5Screate_simple(rank, dims, NULL) : H5Screate(H5S_SCALAR), id;

    H5Pset_create_intermediate_group(links, 1);
    CHECK(id = H5Dcreate2(file, path, type, space, links, creation, H5P_DEFAULT));
    if (items)
        CHECK(H5Dwrite(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, items));
    H5Dclose(id);
    H5Sclose(space);
    H5Pclose(links);
}

/* Element `place` becomes `other`. */
static void put_except(hid_t file, const struct dataset *set, hid_t type, hid_t creation, size_t place, double other)
{
    double items[1024];
    size_t count = 1;

    for (int d = 0; d < set->rank; d++)
        count *= set->dims[d];
    for (size_t i = 0; i < count; i++)
        items[i] = i == place ? other : set->value(i);
    put_typed(file, set->path, type, set->rank, set->dims, items, creation);
}

static void put(hid_t file, const struct dataset *set, hid_t type, hid_t creation)
{
    put_except(file, set, type, creation, SIZE_MAX, 0);
}

static const struct dataset *source = &stacked[0], *mask = &stacked[2];

/* Not written, of another type or shape. */
static void put_blank(hid_t file, hid_t type, int rank, const hsize_t *dims)
{
    put_typed(file, "/source", type, rank, dims, NULL, H5P_DEFAULT);
}

static hid_t chunks(int rank, const hsize_t *dims)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);

    CHECK(H5Pset_chunk(creation, rank, dims));
    return creation;
}

static void put_indices(hid_t file, uint64_t last)
{
    const hsize_t dims[1] = {2};
    uint64_t numbers[2] = {0, last};
    hid_t space = H5Screate_simple(1, dims, NULL), group = H5Gopen2(file, "/pairs", H5P_DEFAULT), id;

    CHECK(id = H5Dcreate2(group, "source", H5T_STD_U64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Dwrite(id, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers));
    H5Dclose(id);
    numbers[1] = 1;
    CHECK(id = H5Dcreate2(group, "target", H5T_STD_U64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Dwrite(id, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers));
    H5Dclose(id);
    H5Gclose(group);
}

static void put_text(hid_t file, const char *path, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), object = H5Oopen(file, path, H5P_DEFAULT), id;

    H5Tset_size(type, strlen(text));
    CHECK(id = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Awrite(id, type, text));
}

static void put_number(hid_t file, const char *path, const char *name, double value)
{
    hid_t space = H5Screate(H5S_SCALAR), object = H5Oopen(file, path, H5P_DEFAULT), id;

    CHECK(id = H5Acreate2(object, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Awrite(id, H5T_NATIVE_DOUBLE, &value));
}

/* ---- links -------------------------------------------------------------------------------------- */

static void make_other(void)
{
    hid_t file = H5Fcreate("other.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

    CHECK(file);
    put(file, source, H5T_IEEE_F32LE, H5P_DEFAULT);
    CHECK(H5Fclose(file));
}

static void external_link(hid_t file)
{
    make_other();
    CHECK(H5Lcreate_external("other.h5", "/source", file, "/source", H5P_DEFAULT, H5P_DEFAULT));
}

static void external_folder(hid_t file)
{
    make_other();
    CHECK(H5Lcreate_external("other.h5", "/", file, "/elsewhere", H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Lcreate_soft("/elsewhere/source", file, "/source", H5P_DEFAULT, H5P_DEFAULT));
}

static void external_missing(hid_t file)
{
    CHECK(H5Lcreate_external("nowhere.h5", "/source", file, "/source", H5P_DEFAULT, H5P_DEFAULT));
}

static void external_pipe(hid_t file)
{
    mkfifo("pipe", 0600);
    CHECK(H5Lcreate_external("pipe", "/source", file, "/source", H5P_DEFAULT, H5P_DEFAULT));
}

static void soft_loop(hid_t file)
{
    CHECK(H5Lcreate_soft("/again", file, "/source", H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Lcreate_soft("/source", file, "/again", H5P_DEFAULT, H5P_DEFAULT));
}

static void soft_dangling(hid_t file)
{
    CHECK(H5Lcreate_soft("/nowhere", file, "/source", H5P_DEFAULT, H5P_DEFAULT));
}

static hid_t never_follow(const char *name, hid_t group, const void *data, size_t size, hid_t access, hid_t transfer)
{
    (void)name, (void)group, (void)data, (void)size, (void)access, (void)transfer;
    return -1;
}

static void user_link(hid_t file)
{
    const H5L_class_t class = {.version = H5L_LINK_CLASS_T_VERS, .id = (H5L_type_t)100, .comment = "", .trav_func = never_follow};

    CHECK(H5Lregister(&class));
    CHECK(H5Lcreate_ud(file, "/source", class.id, "", 0, H5P_DEFAULT, H5P_DEFAULT));
}

static void hard_cycle(hid_t file)
{
    hid_t group = H5Gcreate2(file, "/group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

    CHECK(H5Lcreate_hard(file, "/group", group, "again", H5P_DEFAULT, H5P_DEFAULT));
    H5Gclose(group);
}

/* ---- data in other files ------------------------------------------------------------------------ */

static void stored_in(hid_t file, const char *name)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);

    CHECK(H5Pset_external(creation, name, 0, 960));
    put_typed(file, "/source", H5T_IEEE_F32LE, 4, source->dims, NULL, creation);
}

static void external_storage(hid_t file)
{
    stored_in(file, "/etc/passwd");
}

static void external_storage_pipe(hid_t file)
{
    mkfifo("pipe", 0600);
    stored_in(file, "pipe");
}

static void external_storage_short(hid_t file)
{
    FILE *out = fopen("short.bin", "wb");

    if (out) {
        fputs("short", out);
        fclose(out);
    }
    stored_in(file, "short.bin");
}

static void virtual_of(hid_t file, const char *name)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(4, source->dims, NULL);

    CHECK(H5Pset_virtual(creation, space, name, "/source", space));
    put_typed(file, "/source", H5T_IEEE_F32LE, 4, source->dims, NULL, creation);
}

static void virtual_set(hid_t file)
{
    make_other();
    virtual_of(file, "other.h5");
}

static void virtual_missing(hid_t file)
{
    virtual_of(file, "nowhere.h5");
}

static void virtual_pipe(hid_t file)
{
    mkfifo("pipe", 0600);
    virtual_of(file, "pipe");
}

/* Half of it has no source. */
static void virtual_holes(hid_t file)
{
    const hsize_t start[4] = {0}, half[4] = {1, 4, 5, 6};
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(4, source->dims, NULL);

    make_other();
    CHECK(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, half, NULL));
    CHECK(H5Pset_virtual(creation, space, "other.h5", "/source", space));
    put_typed(file, "/source", H5T_IEEE_F32LE, 4, source->dims, NULL, creation);
}

/* ---- filters ------------------------------------------------------------------------------------ */

static void filtered(hid_t file, int filter)
{
    const unsigned values[1] = {7};
    hid_t creation = chunks(4, source->dims);

    CHECK(H5Pset_filter(creation, (H5Z_filter_t)filter, H5Z_FLAG_OPTIONAL, 1, values));
    put_typed(file, "/source", H5T_IEEE_F32LE, 4, source->dims, NULL, creation);
}

static void filter_unknown(hid_t file)
{
    filtered(file, 32001);
}

/* The number that tests/canary.c answers to; one chunk, so that a reader has to undo it. */
static void filter_plugin(hid_t file)
{
    const hsize_t start[4] = {0};
    unsigned char bytes[960] = {0};
    hid_t id;

    filtered(file, 32123);
    CHECK(id = H5Dopen2(file, "/source", H5P_DEFAULT));
    CHECK(H5Dwrite_chunk(id, H5P_DEFAULT, 0, start, sizeof bytes, bytes));
    H5Dclose(id);
}

static void filter_scale(hid_t file)
{
    hid_t creation = chunks(4, source->dims);

    CHECK(H5Pset_scaleoffset(creation, H5Z_SO_FLOAT_DSCALE, 3));
    put(file, source, H5T_IEEE_F32LE, creation);
}

static void filter_twice(hid_t file)
{
    hid_t creation = chunks(4, source->dims);

    H5Pset_deflate(creation, 1);
    CHECK(H5Pset_deflate(creation, 1));
    put(file, source, H5T_IEEE_F32LE, creation);
}

/* ---- kinds and types ---------------------------------------------------------------------------- */

static void group_for_dataset(hid_t file)
{
    CHECK(H5Gcreate2(file, "/mask", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static void dataset_for_group(hid_t file)
{
    put_typed(file, "/poses", H5T_IEEE_F32LE, 4, source->dims, NULL, H5P_DEFAULT);
}

static void named_type(hid_t file)
{
    CHECK(H5Tcommit2(file, "/source", H5Tcopy(H5T_IEEE_F32LE), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static void attribute_instead(hid_t file)
{
    put_number(file, "/", "source", 1);
}

static void of_type(hid_t file, hid_t type)
{
    CHECK(type);
    put_blank(file, type, 4, source->dims);
}

static void compound(hid_t file)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, 8);

    CHECK(H5Tinsert(type, "r", 0, H5T_IEEE_F32LE));
    CHECK(H5Tinsert(type, "i", 4, H5T_IEEE_F32LE));
    of_type(file, type);
}

static void variable_length(hid_t file)
{
    of_type(file, H5Tvlen_create(H5T_IEEE_F32LE));
}

static void string(hid_t file)
{
    of_type(file, H5T_C_S1);
}

static void array(hid_t file)
{
    const hsize_t dims[1] = {2};

    of_type(file, H5Tarray_create2(H5T_IEEE_F32LE, 1, dims));
}

static void reference(hid_t file)
{
    of_type(file, H5T_STD_REF_OBJ);
}

static void bit_field(hid_t file)
{
    of_type(file, H5T_STD_B32LE);
}

static void opaque(hid_t file)
{
    of_type(file, H5Tcreate(H5T_OPAQUE, 4));
}

static void bfloat16(hid_t file)
{
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);

    CHECK(H5Tset_fields(type, 15, 7, 8, 0, 7));
    CHECK(H5Tset_size(type, 2));
    of_type(file, type);
}

static void long_double(hid_t file)
{
    of_type(file, H5T_NATIVE_LDOUBLE);
}

static void integer(hid_t file)
{
    of_type(file, H5T_STD_I32LE);
}

/* ---- shapes ------------------------------------------------------------------------------------- */

static void huge_dims(hid_t file)
{
    const hsize_t dims[4] = {(hsize_t)1 << 40, (hsize_t)1 << 23, 5, 6}, chunk[4] = {1, 1, 5, 6};

    put_typed(file, "/source", H5T_IEEE_F32LE, 4, dims, NULL, chunks(4, chunk));
}

static void huge_rows(hid_t file)
{
    const hsize_t dims[4] = {(hsize_t)1 << 32, 4, 5, 6}, chunk[4] = {1, 4, 5, 6};

    put_typed(file, "/source", H5T_IEEE_F32LE, 4, dims, NULL, chunks(4, chunk));
    put_typed(file, "/target", H5T_IEEE_F32LE, 4, dims, NULL, chunks(4, chunk));
}

static void huge_images(hid_t file)
{
    const hsize_t dims[4] = {2, 4096, 4096, 4096}, chunk[4] = {1, 1, 64, 64};

    put_typed(file, "/source", H5T_IEEE_F32LE, 4, dims, NULL, chunks(4, chunk));
    put_typed(file, "/target", H5T_IEEE_F32LE, 4, dims, NULL, chunks(4, chunk));
}

static void huge_keypoints(hid_t file)
{
    const hsize_t dims[3] = {2, (hsize_t)1 << 33, 2}, chunk[3] = {1, 4096, 2};

    put_typed(file, "/keypoints", H5T_IEEE_F32LE, 3, dims, NULL, chunks(3, chunk));
}

/* Few numbers in a chunk of 2 GB. */
static void huge_chunk(hid_t file)
{
    const hsize_t dims[3] = {2, 3, 2}, most[3] = {2, H5S_UNLIMITED, 2}, chunk[3] = {2, 64 << 20, 2};
    hid_t creation = chunks(3, chunk), space = H5Screate_simple(3, dims, most), id;

    H5Pset_deflate(creation, 1);
    CHECK(id = H5Dcreate2(file, "/keypoints", H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    CHECK(H5Dwrite_chunk(id, H5P_DEFAULT, 0, (const hsize_t[3]){0}, 4, "abcd"));
    H5Dclose(id);
}

static void zero_dim(hid_t file)
{
    const hsize_t dims[4] = {2, 4, 0, 6};

    put_blank(file, H5T_IEEE_F32LE, 4, dims);
}

static void null_space(hid_t file)
{
    hid_t space = H5Screate(H5S_NULL);

    CHECK(H5Dcreate2(file, "/source", H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static void scalar(hid_t file)
{
    put_blank(file, H5T_IEEE_F32LE, 0, NULL);
}

static void rank_nine(hid_t file)
{
    const hsize_t dims[9] = {2, 1, 1, 1, 1, 1, 4, 5, 6};

    put_blank(file, H5T_IEEE_F32LE, 9, dims);
}

/* ---- chunks ------------------------------------------------------------------------------------- */

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
    static const unsigned char thousand[] = {0x78, 0x9c, 0x63, 0x60, 0x18, 0x05, 0xa3, 0x60, 0x14, 0x0c, 0x77, 0, 0, 3, 0xe8, 0, 1};

    first_chunk(file, deflated(), thousand, sizeof thousand);
}

/* Much more than a chunk, stored: 400 KB. */
static void chunk_oversized(hid_t file)
{
    static const unsigned char zeros[400 * 1024] = {0x78, 0x9c};

    first_chunk(file, deflated(), zeros, sizeof zeros);
}

/* A fixed-Huffman deflate block of 300 MB of zeros would be 300 KB; within the size that a chunk may have stored, 1.5 KB give 1.5 MB. */
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

/* ---- values ------------------------------------------------------------------------------------- */

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

static void index_beyond(hid_t file)
{
    put_indices(file, 3);
}

static void index_huge(hid_t file)
{
    put_indices(file, UINT64_MAX);
}

static void size_zero(hid_t file)
{
    const struct dataset size = {"/images/size", 2, {3, 2}, number};

    put_indices(file, 1);
    put(file, &size, H5T_IEEE_F32LE, H5P_DEFAULT);
}

static void pose_unknown(hid_t file)
{
    put_typed(file, "/poses/rot45/source", H5T_IEEE_F32LE, 4, source->dims, NULL, H5P_DEFAULT);
}

static void levels_twice(hid_t file)
{
    char names[2][4] = {"one", "one"};
    const hsize_t two[1] = {2};
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, two, NULL), group, id;

    put_indices(file, 1);
    put_typed(file, "/images/features/one", H5T_IEEE_F32LE, 4, indexed[0].dims, NULL, H5P_DEFAULT);
    CHECK(group = H5Gopen2(file, "/images/features", H5P_DEFAULT));
    H5Tset_size(type, 4);
    CHECK(id = H5Acreate2(group, "levels", type, space, H5P_DEFAULT, H5P_DEFAULT));
    CHECK(H5Awrite(id, type, names));
}

static void units_unknown(hid_t file)
{
    put(file, &stacked[3], H5T_IEEE_F32LE, H5P_DEFAULT);
    put_text(file, "/keypoints", "units", "inch\33[31m");
}

static void units_number(hid_t file)
{
    put(file, &stacked[3], H5T_IEEE_F32LE, H5P_DEFAULT);
    put_number(file, "/keypoints", "units", 1);
}

/* ---- models ------------------------------------------------------------------------------------- */

static void model_extra(hid_t file)
{
    const struct dataset extra = {"/head\n\33[2Jweight", 1, {3}, one};

    put(file, &extra, H5T_IEEE_F32LE, H5P_DEFAULT);
}

static void nothing(hid_t file)
{
    (void)file;
}

static void model_shape(hid_t file)
{
    const struct dataset other = {"/b.0.net.3.weight", 4, {3, 3, 5, 5}, noise};

    put(file, &other, H5T_IEEE_F32LE, H5P_DEFAULT);
}

static void model_nan(hid_t file)
{
    put_except(file, &model[10], H5T_IEEE_F32LE, H5P_DEFAULT, 5, NAN);
}

static void model_variance(hid_t file)
{
    put_except(file, &model[14], H5T_IEEE_F32LE, H5P_DEFAULT, 1, -0.5);
}

static void model_hidden(hid_t file)
{
    const hsize_t dims[4] = {(hsize_t)1 << 31, 4, 1, 1}, chunk[4] = {1024, 4, 1, 1};

    put_typed(file, "/b.0.net.0.weight", H5T_IEEE_F32LE, 4, dims, NULL, chunks(4, chunk));
}

static void model_integer(hid_t file)
{
    put(file, &model[0], H5T_STD_I16LE, H5P_DEFAULT);
}

static void model_eps(hid_t file)
{
    put_number(file, "/", "bn_eps", -1);
}

/* ---- bytes -------------------------------------------------------------------------------------- */

static void put_byte(const char *path, long offset, int byte)
{
    FILE *out = fopen(path, "r+b");

    check(out ? 0 : -1, path);
    CHECK(fseek(out, offset, SEEK_SET));
    CHECK(fputc(byte, out));
    CHECK(fclose(out));
}

static void cut(const char *path, long percent)
{
    struct stat there;

    CHECK(stat(path, &there));
    CHECK(truncate(path, there.st_size * percent / 100));
}

static void cut_10(const char *path)
{
    cut(path, 10);
}

static void cut_50(const char *path)
{
    cut(path, 50);
}

static void cut_99(const char *path)
{
    cut(path, 99);
}

static void cut_superblock(const char *path)
{
    CHECK(truncate(path, 40));
}

static void superblock_version(const char *path)
{
    put_byte(path, 8, 77);
}

/* The root group's B-tree, or whatever stands first behind the superblock and root header, is overwritten. */
static void structure_lost(const char *path)
{
    for (long at = 96; at < 1200; at++)
        put_byte(path, at, 0xff);
}

static void signature_only(const char *path)
{
    CHECK(truncate(path, 8));
}

static void become_empty(const char *path)
{
    CHECK(truncate(path, 0));
}

static void become_text(const char *path)
{
    FILE *out = fopen(path, "w");

    check(out ? 0 : -1, path);
    fputs("source,target\n1,2\n", out);
    fclose(out);
}

static void become_folder(const char *path)
{
    CHECK(unlink(path));
    CHECK(mkdir(path, 0700));
}

static void become_pipe(const char *path)
{
    CHECK(unlink(path));
    CHECK(mkfifo(path, 0600));
}

static void become_device_link(const char *path)
{
    CHECK(unlink(path));
    CHECK(symlink("/dev/zero", path));
}

/* ---- the list ----------------------------------------------------------------------------------- */

struct hostile {
    const char *name;
    const struct dataset *base;
    const char *without; /* left out of the base; more of them after a comma */
    void (*make)(hid_t file);
    void (*spoil)(const char *path);
};

/* clang-format off */
static const struct hostile cases[] = {
    {"external-link", stacked, "/source", external_link, NULL},
    {"external-folder", stacked, "/source", external_folder, NULL},
    {"external-missing", stacked, "/source", external_missing, NULL},
    {"external-pipe", stacked, "/source", external_pipe, NULL},
    {"soft-loop", stacked, "/source", soft_loop, NULL},
    {"soft-dangling", stacked, "/source", soft_dangling, NULL},
    {"user-link", stacked, "/source", user_link, NULL},
    {"external-storage", stacked, "/source", external_storage, NULL},
    {"external-storage-pipe", stacked, "/source", external_storage_pipe, NULL},
    {"external-storage-short", stacked, "/source", external_storage_short, NULL},
    {"virtual", stacked, "/source", virtual_set, NULL},
    {"virtual-missing", stacked, "/source", virtual_missing, NULL},
    {"virtual-pipe", stacked, "/source", virtual_pipe, NULL},
    {"virtual-holes", stacked, "/source", virtual_holes, NULL},
    {"filter-unknown", stacked, "/source", filter_unknown, NULL},
    {"filter-plugin", stacked, "/source", filter_plugin, NULL},
    {"filter-scale", stacked, "/source", filter_scale, NULL},
    {"filter-twice", stacked, "/source", filter_twice, NULL},

    {"group-for-dataset", stacked, "/mask", group_for_dataset, NULL},
    {"dataset-for-group", stacked, "", dataset_for_group, NULL},
    {"named-type", stacked, "/source", named_type, NULL},
    {"attribute-instead", stacked, "/source", attribute_instead, NULL},
    {"compound", stacked, "/source", compound, NULL},
    {"variable-length", stacked, "/source", variable_length, NULL},
    {"string", stacked, "/source", string, NULL},
    {"array", stacked, "/source", array, NULL},
    {"reference", stacked, "/source", reference, NULL},
    {"bit-field", stacked, "/source", bit_field, NULL},
    {"opaque", stacked, "/source", opaque, NULL},
    {"bfloat16", stacked, "/source", bfloat16, NULL},
    {"long-double", stacked, "/source", long_double, NULL},
    {"integer", stacked, "/source", integer, NULL},

    {"huge-dims", stacked, "/source", huge_dims, NULL},
    {"huge-rows", stacked, "/source,/target,/mask,/keypoints", huge_rows, NULL},
    {"huge-images", stacked, "/source,/target,/mask", huge_images, NULL},
    {"huge-keypoints", stacked, "/keypoints", huge_keypoints, NULL},
    {"huge-chunk", stacked, "/keypoints", huge_chunk, NULL},
    {"zero-dim", stacked, "/source", zero_dim, NULL},
    {"null-space", stacked, "/source", null_space, NULL},
    {"scalar", stacked, "/source", scalar, NULL},
    {"rank-nine", stacked, "/source", rank_nine, NULL},

    {"index-beyond", indexed, "", index_beyond, NULL},
    {"index-huge", indexed, "", index_huge, NULL},
    {"size-zero", indexed, "/images/size", size_zero, NULL},
    {"pose-unknown", stacked, "", pose_unknown, NULL},
    {"levels-twice", indexed, "/images/features", levels_twice, NULL},
    {"units-unknown", stacked, "/keypoints", units_unknown, NULL},
    {"units-number", stacked, "/keypoints", units_number, NULL},

    {"cut-signature", stacked, "", nothing, signature_only},
    {"cut-superblock", stacked, "", nothing, cut_superblock},
    {"cut-10", stacked, "", nothing, cut_10},
    {"cut-50", stacked, "", nothing, cut_50},
    {"cut-99", stacked, "", nothing, cut_99},
    {"superblock-version", stacked, "", nothing, superblock_version},
    {"structure-lost", stacked, "", nothing, structure_lost},
    {"empty", stacked, "", nothing, become_empty},
    {"text", stacked, "", nothing, become_text},
    {"folder", stacked, "", nothing, become_folder},
    {"pipe", stacked, "", nothing, become_pipe},
    {"device", stacked, "", nothing, become_device_link},

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

    {"model:extra", model, "", model_extra, NULL},
    {"model:missing", model, "/b.0.net.4.running_var", nothing, NULL},
    {"model:shape", model, "/b.0.net.3.weight", model_shape, NULL},
    {"model:nan", model, "/b.0.net.6.weight", model_nan, NULL},
    {"model:variance", model, "/b.0.net.7.running_var", model_variance, NULL},
    {"model:hidden", model, "/b.0.net.0.weight", model_hidden, NULL},
    {"model:integer", model, "/b.0.net.0.weight", model_integer, NULL},
    {"model:eps", model, "", model_eps, NULL},
    {"model:cycle", model, "", hard_cycle, NULL},
    {"good:input", stacked, "", nothing, NULL},
    {"good:model", model, "", nothing, NULL},
};
/* clang-format on */

/* `path` stands in a list with commas. */
static bool is_listed(const char *list, const char *path)
{
    size_t length = strlen(path);

    for (const char *at = list; (at = strstr(at, path)); at += length)
        if (at[length] == ',' || at[length] == '\0')
            return true;
    return false;
}

static void make_case(const struct hostile *hostile, const char *path)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

    CHECK(file);
    for (const struct dataset *set = hostile->base; set->path; set++)
        if (!is_listed(hostile->without, set->path))
            put(file, set, H5T_IEEE_F32LE, H5P_DEFAULT);
    hostile->make(file);
    CHECK(H5Fflush(file, H5F_SCOPE_LOCAL));
    H5close(); /* with all that the cases left open */
    if (hostile->spoil)
        hostile->spoil(path);
}

/* ---- mutants ------------------------------------------------------------------------------------ */

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return *state >> 33;
}

/* One to eight bytes become others: bits flipped, or extreme values, mostly where the file is not just zeros. */
static int mutate(uint64_t seed, const char *in, const char *out)
{
    static const unsigned char extreme[] = {0, 1, 0x7f, 0x80, 0xff};
    FILE *from = fopen(in, "rb"), *to = fopen(out, "wb");
    static unsigned char bytes[1 << 20];
    size_t count = from ? fread(bytes, 1, sizeof bytes, from) : 0;

    if (!count || !to)
        return 1;
    next_random(&seed);
    for (uint64_t changes = 1 + next_random(&seed) % 8; changes; changes--) {
        size_t at = next_random(&seed) % count;
        for (int tries = 0; bytes[at] == 0 && tries < 8; tries++)
            at = next_random(&seed) % count;
        bytes[at] = next_random(&seed) % 2 ? extreme[next_random(&seed) % sizeof extreme]
                                           : (unsigned char)(bytes[at] ^ 1 << next_random(&seed) % 8);
    }
    return fwrite(bytes, 1, count, to) != count || fclose(to) != 0;
}

/* ---- comparing ---------------------------------------------------------------------------------- */

static uint32_t stored_sum(hid_t file, const char *path)
{
    uint32_t sum = 0;
    hid_t id = H5Aopen_by_name(file, path, "crc32", H5P_DEFAULT, H5P_DEFAULT);

    CHECK(id);
    CHECK(H5Aread(id, H5T_NATIVE_UINT32, &sum));
    H5Aclose(id);
    return sum;
}

static int compare(const char *a, const char *b)
{
    static const char *const paths[] = {"/matches/xy", "/matches/score", "/poses/imd", "/poses/chosen", "/pairs/status"};
    hid_t first = H5Fopen(a, H5F_ACC_RDONLY, H5P_DEFAULT), second = H5Fopen(b, H5F_ACC_RDONLY, H5P_DEFAULT);
    bool same = true;

    CHECK(first);
    CHECK(second);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        same &= stored_sum(first, paths[i]) == stored_sum(second, paths[i]);
    puts(same ? "the same" : "not the same");
    return !same;
}

/* ---- running ------------------------------------------------------------------------------------ */

/* Sanitizers take a multiple of memory and time. */
#if defined(__SANITIZE_ADDRESS__)
enum { SLACK = 6 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { SLACK = 6 };
#else
enum { SLACK = 1 };
#endif
#else
enum { SLACK = 1 };
#endif

static int run(char **command)
{
    struct timespec before, after;
    struct rusage usage;
    int ended = 0;
    pid_t child;

    clock_gettime(CLOCK_MONOTONIC, &before);
    child = fork();
    if (child == 0) {
        execvp(command[0], command);
        _exit(127);
    }
    CHECK(wait4(child, &ended, 0, &usage));
    clock_gettime(CLOCK_MONOTONIC, &after);
    if (after.tv_sec - before.tv_sec > SECONDS_MOST * SLACK)
        fprintf(stderr, "it took more than %d s\n", SECONDS_MOST * SLACK);
    if (usage.ru_maxrss > 1024L * MEGABYTES_MOST * SLACK)
        fprintf(stderr, "it took more than %d MB\n", MEGABYTES_MOST * SLACK);
    if (WIFSIGNALED(ended))
        fprintf(stderr, "it died of signal %d\n", WTERMSIG(ended));
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : 128;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "run") == 0)
        return run(argv + 2);
    if (argc == 5 && strcmp(argv[1], "mutate") == 0)
        return mutate(strtoull(argv[2], NULL, 10), argv[3], argv[4]);
    if (argc == 4 && strcmp(argv[1], "same") == 0)
        return compare(argv[2], argv[3]);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (argc != 3) {
            puts(cases[i].name);
        } else if (strcmp(argv[1], cases[i].name) == 0) {
            make_case(&cases[i], argv[2]);
            return 0;
        }
    }
    return argc == 1 ? 0 : 1;
}
