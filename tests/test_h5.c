/* The reading side of h5: files, links and datasets that are refused, each with its reason, and numbers that come out
 * right from every layout. */
#include "h5.h"
#include "kernel.h"
#include "scratch.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/file.h>

#include <cmocka.h>

#include "h5_make.h"

static geosc_context context;

#define assert_ok(call)                      \
    do {                                     \
        context.message[0] = '\0';           \
        if ((call) != GEOSC_OK)              \
            fail_msg("%s", context.message); \
    } while (0)

/* Fails with one line in which `text` stands. */
#define assert_refused(call, text)                                           \
    do {                                                                     \
        context.message[0] = '\0';                                           \
        assert_int_equal(call, GEOSC_FAILED);                                \
        if (!strstr(context.message, text) || strchr(context.message, '\n')) \
            fail_msg("\"%s\" does not say \"%s\"", context.message, text);   \
    } while (0)

static struct h5_file *open_file(const char *path)
{
    struct h5_file *file;

    assert_ok(h5_open(&context, path, &file));
    return file;
}

/* ---- files -------------------------------------------------------------------------------------- */

static void write_bytes(const char *path, const void *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    fclose(file);
}

static void files_that_are_none(void **state)
{
    struct h5_file *file = NULL;

    (void)state;
    assert_refused(h5_open(&context, scratch_path("nothing.h5"), &file), "nothing.h5: No such file");
    assert_refused(h5_open(&context, scratch_folder, &file), "is a directory");
    assert_int_equal(mkfifo(scratch_path("fifo"), 0600), 0);
    assert_refused(h5_open(&context, scratch_path("fifo"), &file), "is not a regular file");
    write_bytes(scratch_path("empty.h5"), "", 0);
    assert_refused(h5_open(&context, scratch_path("empty.h5"), &file), "is empty");
    write_bytes(scratch_path("text.h5"), "this is no HDF5 file", 20);
    assert_refused(h5_open(&context, scratch_path("text.h5"), &file), "is not an HDF5 file");
    assert_null(file);
}

static void truncated_files(void **state)
{
    const hsize_t dims[1] = {1000};
    double numbers[1000] = {0};
    const char *path = scratch_path("whole.h5"), *cut = scratch_path("cut.h5");
    hid_t id = make_file(path);
    struct h5_file *file;
    size_t size;

    (void)state;
    make_array(id, "/x", H5T_NATIVE_DOUBLE, 1, dims, numbers, H5P_DEFAULT);
    H5Fclose(id);
    unsigned char *bytes = scratch_read(path, &size);
    for (size_t length = 8; length < size; length += length < 200 ? 1 : 371) {
        write_bytes(cut, bytes, length);
        assert_refused(h5_open(&context, cut, &file), "truncated");
    }
    write_bytes(cut, bytes, size);
    h5_close(open_file(cut));
    free(bytes);
}

static void a_file_that_is_being_written(void **state)
{
    const char *path = scratch_path("busy.h5");
    struct h5_file *file;

    (void)state;
    H5Fclose(make_file(path));
    int writer = open(path, O_RDWR);
    assert_int_equal(flock(writer, LOCK_EX), 0);
    assert_refused(h5_open(&context, path, &file), "open for writing");
    close(writer);
    file = open_file(path);
    h5_close(open_file(path)); /* several readers are fine */
    h5_close(file);
}

static herr_t own_handler(hid_t stack, void *data)
{
    (void)stack;
    ++*(int *)data;
    return 0;
}

static herr_t old_handler(void *data)
{
    ++*(int *)data;
    return 0;
}

/* The caller's error handler isn't called, and stands again afterwards; so does one of the old kind. */
static void the_callers_error_handler(void **state)
{
    H5E_auto2_t found, kept;
    void *data, *kept_data;
    int calls = 0;
    H5E_auto1_t found_1;
    struct h5_file *file;

    (void)state;
    write_bytes(scratch_path("text.h5"), "this is no HDF5 file", 20);
    H5Eget_auto2(H5E_DEFAULT, &kept, &kept_data);
    H5Eset_auto2(H5E_DEFAULT, own_handler, &calls);
    assert_refused(h5_open(&context, scratch_path("text.h5"), &file), "is not an HDF5 file");
    H5Eget_auto2(H5E_DEFAULT, &found, &data);
    assert_ptr_equal(found, own_handler);
    assert_ptr_equal(data, &calls);
    H5Eset_auto1(old_handler, &calls);
    assert_refused(h5_open(&context, scratch_path("text.h5"), &file), "is not an HDF5 file");
    H5Eget_auto1(&found_1, &data);
    assert_ptr_equal(found_1, old_handler);
    assert_int_equal(calls, 0);
    assert_int_equal(H5Eget_num(H5E_DEFAULT), 0);
    H5Eset_auto2(H5E_DEFAULT, kept, kept_data);
}

/* ---- links -------------------------------------------------------------------------------------- */

static void kinds_and_lists(void **state)
{
    const char *path = scratch_path("kinds.h5");
    hid_t id = make_file(path), type = H5Tcopy(H5T_NATIVE_INT);
    struct h5_file *file;
    char **names;
    size_t count;

    (void)state;
    make_array(id, "/b/two", H5T_NATIVE_INT, 0, NULL, NULL, H5P_DEFAULT);
    make_group(id, "/b/one");
    make_group(id, "/b/Three");
    MAKE(H5Tcommit2(id, "/type", type, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Tclose(type);
    H5Fclose(id);
    file = open_file(path);
    assert_int_equal(h5_kind(file, "/"), H5_GROUP);
    assert_int_equal(h5_kind(file, "/b"), H5_GROUP);
    assert_int_equal(h5_kind(file, "/b/two"), H5_ARRAY);
    assert_int_equal(h5_kind(file, "/type"), H5_OTHER);
    assert_int_equal(h5_kind(file, "/c"), H5_MISSING);
    assert_int_equal(h5_kind(file, "/c/d/e"), H5_MISSING);
    assert_int_equal(h5_kind(file, "/b/two/three"), H5_MISSING);
    assert_ok(h5_list(&context, file, "/b", &names, &count));
    assert_int_equal(count, 3);
    assert_string_equal(names[0], "Three");
    assert_string_equal(names[1], "one");
    assert_string_equal(names[2], "two");
    memory_free(names);
    assert_ok(h5_list(&context, file, "/b/one", &names, &count));
    assert_int_equal(count, 0);
    memory_free(names);
    assert_refused(h5_list(&context, file, "/b/two", &names, &count), "/b/two: is no group");
    assert_refused(h5_list(&context, file, "/c", &names, &count), "/c: missing");
    h5_close(file);
}

static void refuse_array(struct h5_file *file, const char *path, const char *text)
{
    struct h5_array array;

    assert_refused(h5_array_open(&context, file, path, &array), text);
    assert_non_null(strstr(context.message, path));
    h5_array_close(&array);
}

static ssize_t never_query(const char *name, const void *data, size_t size, void *out, size_t out_size)
{
    (void)name, (void)data, (void)size, (void)out, (void)out_size;
    return 0;
}

static hid_t never_follow(const char *name, hid_t group, const void *data, size_t size, hid_t access, hid_t transfer)
{
    (void)name, (void)group, (void)data, (void)size, (void)access, (void)transfer;
    fail_msg("a user-defined link was followed");
    return -1;
}

/* Links within the file are followed, others not, wherever on the path they stand. */
static void links(void **state)
{
    const H5L_class_t class = {.version = H5L_LINK_CLASS_T_VERS,
                               .id = (H5L_type_t)100,
                               .comment = "ours",
                               .trav_func = never_follow,
                               .query_func = never_query};
    const char *path = scratch_path("links.h5"), *other = scratch_path("other.h5");
    const hsize_t dims[1] = {3};
    const int numbers[3] = {1, 2, 3};
    hid_t id = make_file(other);
    struct h5_array array;

    (void)state;
    make_array(id, "/deep/x", H5T_NATIVE_INT, 1, dims, numbers, H5P_DEFAULT);
    H5Fclose(id);
    assert_int_equal(mkfifo(scratch_path("elink"), 0600), 0);
    id = make_file(path);
    make_array(id, "/a/x", H5T_NATIVE_INT, 1, dims, numbers, H5P_DEFAULT);
    MAKE(H5Lcreate_soft("/a/x", id, "/soft", H5P_DEFAULT, H5P_DEFAULT));
    MAKE(H5Lcreate_soft("x", id, "/a/relative", H5P_DEFAULT, H5P_DEFAULT));
    MAKE(H5Lcreate_soft("/a", id, "/folder", H5P_DEFAULT, H5P_DEFAULT));
    MAKE(H5Lcreate_soft("/nowhere", id, "/dangling", H5P_DEFAULT, H5P_DEFAULT));
    MAKE(H5Lcreate_soft("/loop", id, "/loop", H5P_DEFAULT, H5P_DEFAULT));
    MAKE(H5Lcreate_external("other.h5", "/deep", id, "/outside", H5P_DEFAULT, H5P_DEFAULT));
    MAKE(H5Lcreate_external("elink", "/x", id, "/pipe", H5P_DEFAULT, H5P_DEFAULT));
    MAKE(H5Lcreate_soft("/outside/x", id, "/hidden", H5P_DEFAULT, H5P_DEFAULT));
    MAKE(H5Lregister(&class));
    MAKE(H5Lcreate_ud(id, "/user", class.id, "", 0, H5P_DEFAULT, H5P_DEFAULT));
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    static const char *const good[] = {"/soft", "/a/relative", "/folder/x", "/folder/relative", "//a//x"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_ok(h5_array_open(&context, file, good[i], &array));
        h5_array_close(&array);
    }
    refuse_array(file, "/dangling", "leads nowhere");
    refuse_array(file, "/loop", "too many soft links");
    refuse_array(file, "/outside/x", "external link");
    refuse_array(file, "/outside", "external link");
    refuse_array(file, "/pipe", "external link");
    refuse_array(file, "/hidden", "external link");
    refuse_array(file, "/user", "user-defined link");
    refuse_array(file, "/user/x", "user-defined link");
    assert_int_equal(h5_kind(file, "/hidden"), H5_OTHER);
    assert_int_equal(h5_kind(file, "/dangling"), H5_OTHER);
    assert_int_equal(h5_kind(file, "/user"), H5_OTHER);
    h5_close(file);
    MAKE(H5Lunregister(class.id));
}

/* ---- datasets that are refused ------------------------------------------------------------------ */

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
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    refuse_array(file, "/scaled", "the filter scaleoffset (number 6)");
    refuse_array(file, "/blosc", "(number 32001)");
    refuse_array(file, "/twice", "the filter deflate twice");
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
    type = H5Tcopy(H5T_IEEE_F32LE); /* bfloat16: the upper half of a float */
    MAKE(H5Tset_fields(type, 15, 7, 8, 0, 7));
    MAKE(H5Tset_size(type, 2));
    make_type(id, "/bfloat16", type);
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
    make_group(id, "/group");
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    refuse_array(file, "/bfloat16", "16 bits, 8 of exponent, 7 of fraction");
    refuse_array(file, "/complex", "type compound");
    refuse_array(file, "/int24", "4 bytes, 24 bits used");
    refuse_array(file, "/opaque", "type opaque");
    refuse_array(file, "/array", "type array");
    refuse_array(file, "/ragged", "type variable-length");
    refuse_array(file, "/bits", "type bit field");
    refuse_array(file, "/reference", "type reference");
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
    assert_ok(h5_array_open(&context, file, "/scalar", &array));
    assert_int_equal(array.rank, 0);
    assert_int_equal(h5_array_items(&array), 1);
    h5_array_close(&array);
    assert_ok(h5_array_open(&context, file, "/large", &array));
    assert_refused(h5_array_stored(&context, &array), "no data was ever written");
    h5_array_close(&array);
    h5_close(file);
}

/* A file that ends within its data, and whose superblock says so: HDF5 itself opens it. */
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
    write_bytes(path, bytes, (size_t)end);
    free(bytes);
    struct h5_file *file = open_file(path);
    refuse_array(file, "/x", "beyond the end of the file");
    h5_close(file);
}

/* ---- numbers ------------------------------------------------------------------------------------ */

enum { N = 5, C = 3, H = 6, W = 7, ITEMS = N * C * H * W };

static hid_t creation_of(int kind, int rank)
{
    static const hsize_t chunks[][4] = {{1, 3, 6, 7}, {2, 2, 4, 5}, {5, 1, 3, 7}, {3, 3, 6, 7}, {1, 1, 1, 7}};
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);

    if (kind == 1)
        MAKE(H5Pset_layout(creation, H5D_COMPACT));
    if (kind >= 2)
        MAKE(H5Pset_chunk(creation, rank, chunks[kind % 5]));
    if (kind >= 7 && kind % 2)
        MAKE(H5Pset_fletcher32(creation));
    if (kind >= 6)
        MAKE(H5Pset_shuffle(creation));
    if (kind >= 6)
        MAKE(H5Pset_deflate(creation, 4));
    if (kind >= 6 && kind % 2 == 0)
        MAKE(H5Pset_fletcher32(creation));
    if (kind >= 9)
        MAKE(H5Pset_chunk_opts(creation, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS));
    return creation;
}

/* Every row, read and decoded as the pipeline does it. */
static void check_rows(const struct h5_array *array, const float *wanted)
{
    struct raw raw = {0};
    size_t items = h5_array_items(array) / array->dims[0];
    float *out = malloc(items * sizeof *out);

    for (size_t row = 0; row < array->dims[0]; row++) {
        assert_ok(h5_read_row(&context, array, row, &raw));
        void *scratch = aligned_alloc(64, (raw_scratch_bytes(&raw) + 63) / 64 * 64);
        memset(out, 0xff, items * sizeof *out);
        for (size_t i = 0; i < raw.piece_count; i++)
            assert_int_equal(raw_decode_piece(&raw, i, context.kernels, scratch, out), RAW_OK);
        assert_memory_equal(out, wanted + row * items, items * sizeof *out);
        free(scratch);
    }
    raw_free(&raw);
    free(out);
}

static void check_whole(const struct h5_array *array, const float *wanted)
{
    float floats[ITEMS];
    double doubles[ITEMS];
    int64_t integers[ITEMS];
    bool finite = false;

    assert_ok(h5_array_stored(&context, array));
    assert_ok(h5_read_floats(&context, array, floats, &finite));
    assert_true(finite);
    assert_memory_equal(floats, wanted, sizeof floats);
    assert_ok(h5_read_doubles(&context, array, doubles, NULL));
    if (number_is_integer(array->format.type))
        assert_ok(h5_read_int64s(&context, array, integers));
    else
        assert_refused(h5_read_int64s(&context, array, integers), "expected integers");
    for (size_t i = 0; i < ITEMS; i++) {
        assert_true(doubles[i] == (double)wanted[i]);
        assert_true(!number_is_integer(array->format.type) || integers[i] == (int64_t)wanted[i]);
    }
}

/* All types, in all layouts, with all filters. */
static void every_layout(void **state)
{
    const hid_t kinds[] = {make_half_type(false), make_half_type(true), H5T_IEEE_F32LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE,
                           H5T_IEEE_F64BE,        H5T_STD_I8LE,         H5T_STD_U8LE,   H5T_STD_I16BE,  H5T_STD_U16LE,
                           H5T_STD_I32LE,         H5T_STD_U32BE,        H5T_STD_I64LE,  H5T_STD_U64BE};
    const enum number_type formats[] = {NUMBER_F16, NUMBER_F16, NUMBER_F32, NUMBER_F32, NUMBER_F64,
                                        NUMBER_F64, NUMBER_I8,  NUMBER_U8,  NUMBER_I16, NUMBER_U16,
                                        NUMBER_I32, NUMBER_U32, NUMBER_I64, NUMBER_U64};
    const char *path = scratch_path("layouts.h5");
    const hsize_t dims[4] = {N, C, H, W};
    float wanted[ITEMS];
    hid_t id;

    (void)state;
    for (size_t i = 0; i < ITEMS; i++)
        wanted[i] = (float)(i * 37 % 120);
    for (int layout = 0; layout < 12; layout++) {
        id = make_file(path);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            make_typed(id, (char[3]){'/', (char)('a' + k)}, kinds[k], H5T_NATIVE_FLOAT, 4, dims, wanted,
                       creation_of(layout, 4));
        H5Fclose(id);
        struct h5_file *file = open_file(path);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            struct h5_array array;
            assert_ok(h5_array_open(&context, file, (char[3]){'/', (char)('a' + k)}, &array));
            assert_int_equal(array.format.type, formats[k]);
            check_whole(&array, wanted);
            check_rows(&array, wanted);
            h5_array_close(&array);
        }
        h5_close(file);
    }
    H5Tclose(kinds[0]);
    H5Tclose(kinds[1]);
}

/* Contiguous rows beyond 256 KB are cut into pieces, by planes, by rows of a plane, and within rows. */
static void large_rows(void **state)
{
    static const hsize_t shapes[][4] = {{2, 700, 20, 20}, {2, 3, 300, 300}, {2, 2, 2, 100000}, {2, 1, 1, 100000}};
    const char *path = scratch_path("large.h5");
    struct raw raw = {0};

    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const hsize_t *dims = shapes[s];
        size_t items = (size_t)(dims[0] * dims[1] * dims[2] * dims[3]);
        float *numbers = malloc(items * sizeof *numbers);
        struct h5_array array;
        hid_t id = make_file(path);
        for (size_t i = 0; i < items; i++)
            numbers[i] = (float)(i % 16777216);
        make_array(id, "/x", H5T_NATIVE_FLOAT, 4, dims, numbers, H5P_DEFAULT);
        H5Fclose(id);
        struct h5_file *file = open_file(path);
        assert_ok(h5_array_open(&context, file, "/x", &array));
        check_rows(&array, numbers);
        assert_ok(h5_read_row(&context, &array, 1, &raw));
        assert_true(raw.piece_count > 1);
        for (size_t i = 0; i < raw.piece_count; i++)
            assert_true(raw.pieces[i].bytes <= 256 * 1024);
        h5_array_close(&array);
        h5_close(file);
        free(numbers);
    }
    raw_free(&raw);
}

static void booleans_and_enums(void **state)
{
    const char *path = scratch_path("enums.h5");
    const hsize_t dims[1] = {4};
    const signed char truth[4] = {0, 1, 1, 0};
    const uint8_t values[2] = {3, 255}, chosen[4] = {3, 255, 255, 3};
    hid_t id = make_file(path), boolean = make_boolean_type(), type = H5Tenum_create(H5T_STD_U8LE);
    struct h5_array array;
    float out[4];
    bool finite;

    (void)state;
    MAKE(H5Tenum_insert(type, "three", &values[0]));
    MAKE(H5Tenum_insert(type, "most", &values[1]));
    make_array(id, "/boolean", boolean, 1, dims, truth, H5P_DEFAULT);
    make_array(id, "/enum", type, 1, dims, chosen, H5P_DEFAULT);
    H5Tclose(boolean);
    H5Tclose(type);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    assert_ok(h5_array_open(&context, file, "/boolean", &array));
    assert_true(array.boolean && array.enumerated);
    assert_int_equal(array.format.type, NUMBER_U8);
    assert_ok(h5_read_floats(&context, &array, out, &finite));
    assert_true(out[0] == 0 && out[1] == 1 && out[3] == 0);
    h5_array_close(&array);
    assert_ok(h5_array_open(&context, file, "/enum", &array));
    assert_true(!array.boolean && array.enumerated);
    assert_ok(h5_read_floats(&context, &array, out, &finite));
    assert_true(out[0] == 3 && out[1] == 255);
    h5_array_close(&array);
    h5_close(file);
}

/* ---- damage ------------------------------------------------------------------------------------- */

static void put_chunk(hid_t file, const char *path, hsize_t row, const void *bytes, size_t count)
{
    hsize_t offset[2] = {row, 0};
    hid_t id = H5Dopen2(file, path, H5P_DEFAULT);

    MAKE(H5Dwrite_chunk(id, H5P_DEFAULT, 0, offset, count, bytes));
    H5Dclose(id);
}

static enum raw_result row_result(const struct h5_array *array, size_t row)
{
    struct raw raw = {0};
    enum raw_result worst = RAW_OK;
    float out[64];

    assert_ok(h5_read_row(&context, array, row, &raw));
    void *scratch = aligned_alloc(64, (raw_scratch_bytes(&raw) + 63) / 64 * 64);
    for (size_t i = 0; i < raw.piece_count; i++) {
        enum raw_result result = raw_decode_piece(&raw, i, context.kernels, scratch, out);
        worst = result > worst ? result : worst;
    }
    free(scratch);
    raw_free(&raw);
    return worst;
}

/* Missing, garbled, short, and oversized chunks are the fault of their rows. */
static void damaged_chunks(void **state)
{
    const char *path = scratch_path("damaged.h5");
    const hsize_t dims[2] = {6, 16}, chunk[2] = {1, 16};
    float numbers[96];
    unsigned char garbage[4096] = {0x78, 0x9c, 1, 2, 3};
    hid_t id = make_file(path), creation = make_chunks(2, chunk), space, set;
    struct h5_array array;
    double out[96];
    bool damaged[6] = {0};

    (void)state;
    for (size_t i = 0; i < 96; i++)
        numbers[i] = i == 17 ? INFINITY : (float)i;
    MAKE(H5Pset_deflate(creation, 1));
    make_array(id, "/x", H5T_NATIVE_FLOAT, 2, dims, NULL, creation);
    set = H5Dopen2(id, "/x", H5P_DEFAULT);
    space = H5Dget_space(set);
    MAKE(H5Sselect_hyperslab(space, H5S_SELECT_SET, (hsize_t[2]){0, 0}, NULL, (hsize_t[2]){2, 16}, NULL));
    hid_t memory = H5Screate_simple(2, (hsize_t[2]){2, 16}, NULL);
    MAKE(H5Dwrite(set, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, numbers));
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(set);
    put_chunk(id, "/x", 2, garbage, 64);
    put_chunk(id, "/x", 3, garbage, sizeof garbage); /* more than 64 bytes can need */
    put_chunk(id, "/x", 4, garbage, 1);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    assert_ok(h5_array_open(&context, file, "/x", &array));
    const enum raw_result wanted[6] = {RAW_OK,         RAW_NOT_FINITE, RAW_UNREADABLE,
                                       RAW_UNREADABLE, RAW_UNREADABLE, RAW_UNREADABLE};
    for (size_t row = 0; row < 6; row++)
        assert_int_equal(row_result(&array, row), wanted[row]);
    assert_refused(h5_read_doubles(&context, &array, out, NULL), "/x: a chunk that holds row 2 is missing or damaged");
    assert_ok(h5_read_doubles(&context, &array, out, damaged));
    for (size_t row = 0; row < 6; row++)
        assert_int_equal(damaged[row], row >= 2);
    assert_true(out[3] == 3);
    h5_array_close(&array);
    h5_close(file);
}

static void never_written(void **state)
{
    const char *path = scratch_path("unwritten.h5");
    const hsize_t dims[2] = {6, 8};
    hid_t id = make_file(path);
    struct h5_array array;
    double out[48];

    (void)state;
    make_array(id, "/contiguous", H5T_NATIVE_FLOAT, 2, dims, NULL, H5P_DEFAULT);
    make_array(id, "/chunked", H5T_NATIVE_FLOAT, 2, dims, NULL, make_chunks(2, dims));
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    for (int i = 0; i < 2; i++) {
        assert_ok(h5_array_open(&context, file, i ? "/chunked" : "/contiguous", &array));
        assert_int_equal(row_result(&array, 5), RAW_UNREADABLE);
        assert_refused(h5_read_doubles(&context, &array, out, NULL), "no data was ever written");
        h5_array_close(&array);
    }
    h5_close(file);
}

/* A few bytes that claim gigabytes are found out before memory is taken for them. */
static void a_claim_that_cannot_be(void **state)
{
    const char *path = scratch_path("claim.h5");
    const hsize_t dims[1] = {(hsize_t)1 << 33}, chunk[1] = {1024};
    const float numbers[1024] = {0};
    hid_t id = make_file(path), creation = make_chunks(1, chunk);
    struct h5_array array;

    (void)state;
    make_array(id, "/x", H5T_NATIVE_FLOAT, 1, dims, NULL, creation);
    put_chunk(id, "/x", 0, numbers, sizeof numbers);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    assert_ok(h5_array_open(&context, file, "/x", &array));
    assert_refused(h5_array_stored(&context, &array), "only 4096 are stored");
    h5_array_close(&array);
    h5_close(file);
}

/* ---- strings and attributes --------------------------------------------------------------------- */

static void check_strings(struct h5_file *file, const char *path)
{
    struct h5_array array;
    char **text;

    assert_ok(h5_array_open(&context, file, path, &array));
    assert_int_equal(array.format.type, NUMBER_STRING);
    assert_ok(h5_read_strings(&context, &array, &text));
    assert_string_equal(text[0], "cat");
    assert_string_equal(text[1], "");
    assert_string_equal(text[2], "aeroplane");
    memory_free(text);
    h5_array_close(&array);
}

static void strings(void **state)
{
    static const char *const variable[3] = {"cat", "", "aeroplane"};
    static char long_text[70000];
    const char *const too_long[1] = {long_text};
    const char *path = scratch_path("strings.h5");
    const hsize_t dims[1] = {3}, chunk[1] = {2};
    hid_t id = make_file(path), type = H5Tcopy(H5T_FORTRAN_S1), creation;
    struct h5_array array;
    char **text;
    double number;

    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    make_strings(id, "/fixed", 3, 10, "cat\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0aeroplane");
    MAKE(H5Tset_size(type, 9));
    make_array(id, "/spaces", type, 1, dims, "cat               aeroplane", H5P_DEFAULT);
    H5Tclose(type);
    make_variable_strings(id, "/variable", 3, variable, H5P_DEFAULT);
    creation = make_chunks(1, chunk);
    MAKE(H5Pset_shuffle(creation));
    MAKE(H5Pset_deflate(creation, 6)); /* some versions of HDF5 leave filters out here */
    make_variable_strings(id, "/packed", 3, variable, creation);
    make_variable_strings(id, "/long", 1, too_long, H5P_DEFAULT);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    check_strings(file, "/fixed");
    check_strings(file, "/spaces");
    check_strings(file, "/variable");
    check_strings(file, "/packed");
    assert_ok(h5_array_open(&context, file, "/long", &array));
    assert_refused(h5_read_strings(&context, &array, &text), "its strings are too long");
    assert_refused(h5_read_doubles(&context, &array, &number, NULL), "expected numbers");
    h5_array_close(&array);
    h5_close(file);
}

/* A chunk of references that holds less than its size would make HDF5 read beyond it. */
static void damaged_strings(void **state)
{
    static const char *const variable[3] = {"cat", "", "aeroplane"};
    /* a deflate stream of 5 bytes, where a chunk of two references has 32 */
    static const unsigned char few[] = {0x78, 0x9c, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x06, 0x2c, 0x02, 0x15};
    const char *path = scratch_path("damaged_strings.h5");
    const hsize_t chunk[1] = {2};
    hid_t id = make_file(path), creation = make_chunks(1, chunk);
    struct h5_array array;
    char **text;

    (void)state;
    MAKE(H5Pset_deflate(creation, 6));
    make_variable_strings(id, "/x", 3, variable, creation);
    put_chunk(id, "/x", 0, few, sizeof few);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    assert_ok(h5_array_open(&context, file, "/x", &array));
    assert_refused(h5_read_strings(&context, &array, &text), "missing or damaged");
    h5_array_close(&array);
    h5_close(file);
}

/* Each byte of the heap's header and of its objects' headers, changed: refused or read, and nothing is read beyond the
 * heap. */
static void damaged_heaps(void **state)
{
    static const char *const variable[3] = {"cat", "", "aeroplane"};
    const char *path = scratch_path("heap.h5"), *spoilt = scratch_path("spoilt.h5");
    hid_t id = make_file(path);
    size_t size, heap = 0, refused = 0;

    (void)state;
    make_variable_strings(id, "/x", 3, variable, H5P_DEFAULT);
    H5Fclose(id);
    unsigned char *bytes = scratch_read(path, &size);
    while (heap + 4 < size && memcmp(bytes + heap, "GCOL", 4) != 0)
        heap++;
    assert_true(heap + 64 < size);
    for (size_t i = 0; i < 64 * 3; i++) {
        static const unsigned char values[3] = {0, 0x7f, 0xff};
        struct h5_array array;
        char **text = NULL;
        unsigned char kept = bytes[heap + i / 3];
        bytes[heap + i / 3] = values[i % 3];
        write_bytes(spoilt, bytes, size);
        bytes[heap + i / 3] = kept;
        struct h5_file *file = open_file(spoilt);
        assert_ok(h5_array_open(&context, file, "/x", &array));
        refused += h5_read_strings(&context, &array, &text) != GEOSC_OK;
        assert_true(i >= 15 || values[i % 3] == kept || text == NULL); /* signature, version */
        memory_free(text);
        h5_array_close(&array);
        h5_close(file);
    }
    assert_in_range(refused, 15, 191);
    free(bytes);
}

/* Addresses count from the end of a user block. */
static void strings_behind_a_user_block(void **state)
{
    static const char *const variable[3] = {"cat", "", "aeroplane"};
    const char *path = scratch_path("block.h5");
    hid_t creation = H5Pcreate(H5P_FILE_CREATE), id;

    (void)state;
    MAKE(H5Pset_userblock(creation, 1024));
    MAKE(id = H5Fcreate(path, H5F_ACC_TRUNC, creation, H5P_DEFAULT));
    H5Pclose(creation);
    make_variable_strings(id, "/x", 3, variable, H5P_DEFAULT);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    check_strings(file, "/x");
    h5_close(file);
}

static void attributes(void **state)
{
    static const char *const variable[2] = {"one", "two"};
    const char *path = scratch_path("attributes.h5");
    const int32_t number = -7;
    const float pair[2] = {1, 2};
    hid_t id = make_file(path), type = H5Tcopy(H5T_C_S1);
    char text[8], **texts;
    double value;
    size_t count;
    bool found;

    (void)state;
    MAKE(H5Tset_size(type, H5T_VARIABLE));
    make_attribute(id, "/", "levels", type, 2, variable);
    make_attribute(id, "/", "one", type, 0, variable);
    H5Tclose(type);
    make_text_attribute(id, "/", "units", "pixel");
    make_text_attribute(id, "/", "essay", "much longer than eight");
    make_number_attribute(id, "/", "eps", 1e-3);
    make_attribute(id, "/", "integer", H5T_NATIVE_INT32, 0, &number);
    make_attribute(id, "/", "pair", H5T_NATIVE_FLOAT, 2, pair);
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    assert_ok(h5_attribute_string(&context, file, "/", "units", text, sizeof text, &found));
    assert_true(found);
    assert_string_equal(text, "pixel");
    assert_ok(h5_attribute_string(&context, file, "/", "one", text, sizeof text, &found));
    assert_string_equal(text, "one");
    assert_ok(h5_attribute_string(&context, file, "/", "nothing", text, sizeof text, &found));
    assert_false(found);
    assert_ok(h5_attribute_strings(&context, file, "/", "levels", &texts, &count, &found));
    assert_int_equal(count, 2);
    assert_string_equal(texts[1], "two");
    memory_free(texts);
    assert_ok(h5_attribute_double(&context, file, "/", "eps", &value, &found));
    assert_true(found && value == 1e-3);
    assert_ok(h5_attribute_double(&context, file, "/", "integer", &value, &found));
    assert_true(value == -7);
    assert_ok(h5_attribute_double(&context, file, "/", "nothing", &value, &found));
    assert_false(found);
    assert_refused(h5_attribute_string(&context, file, "/", "eps", text, sizeof text, &found),
                   "attribute eps is not a string");
    assert_refused(h5_attribute_string(&context, file, "/", "levels", text, sizeof text, &found), "several strings");
    assert_refused(h5_attribute_string(&context, file, "/", "essay", text, sizeof text, &found), "too long");
    assert_refused(h5_attribute_double(&context, file, "/", "units", &value, &found), "not one number");
    assert_refused(h5_attribute_double(&context, file, "/", "pair", &value, &found), "not one number");
    assert_refused(h5_attribute_double(&context, file, "/x", "pair", &value, &found), "/x: missing");
    h5_close(file);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
    const struct CMUnitTest tests[] = {
        TEST(files_that_are_none),
        TEST(truncated_files),
        TEST(a_file_that_is_being_written),
        TEST(the_callers_error_handler),
        TEST(kinds_and_lists),
        TEST(links),
        TEST(other_files_data),
        TEST(filters),
        TEST(types),
        TEST(shapes),
        TEST(data_beyond_the_end),
        TEST(every_layout),
        TEST(large_rows),
        TEST(booleans_and_enums),
        TEST(damaged_chunks),
        TEST(never_written),
        TEST(a_claim_that_cannot_be),
        TEST(strings),
        TEST(damaged_strings),
        TEST(damaged_heaps),
        TEST(strings_behind_a_user_block),
        TEST(attributes),
    };

    context.kernels = kernels_find(NULL);
    context.threads = 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
