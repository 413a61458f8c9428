/* Files and their links: which are opened and followed, and which are refused. */
#include "h5/h5_testing.h"

#include <fcntl.h>
#include <sys/file.h>

static void files_that_are_none(void **state)
{
    struct h5_file *file = NULL;

    (void)state;
    assert_refused(h5_open(context, scratch_path("nothing.h5"), &file), "nothing.h5: No such file");
    assert_refused(h5_open(context, scratch_folder, &file), "is a directory");
    assert_int_equal(mkfifo(scratch_path("fifo"), 0600), 0);
    assert_refused(h5_open(context, scratch_path("fifo"), &file), "is not a regular file");
    write_file(scratch_path("empty.h5"), "", 0);
    assert_refused(h5_open(context, scratch_path("empty.h5"), &file), "is empty");
    write_file(scratch_path("text.h5"), "this is no HDF5 file", 20);
    assert_refused(h5_open(context, scratch_path("text.h5"), &file), "is not an HDF5 file");
    assert_null(file);
}

#define STARTS(bytes, what)            \
    {                                  \
        sizeof(bytes) - 1, bytes, what \
    }

/* What people take for an input or a model is called by its name, with what to do. */
static void files_of_others(void **state)
{
    static const struct {
        size_t size;
        const char *bytes, *said;
    } others[] = {
        STARTS("PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\20\0\0\0archive/data.pkl more",
               "a PyTorch checkpoint: convert it with geosc-import model"),
        STARTS("PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0x.npy more",
               "a numpy archive (.npz): convert a folder"),
        STARTS("PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0x.txt more", "a zip archive: unpack"),
        STARTS("PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\377\377\0\0x", "a zip archive: unpack"),
        STARTS("PK\3\4", "a zip archive: unpack"),
        STARTS("\200\2\212\nl\374\234F\371 j\250P\31.",
               "a Python pickle, such as an old PyTorch checkpoint: convert it"),
        STARTS("\223NUMPY\1\0v\0{'descr'", "a numpy array (.npy): convert a folder"),
        STARTS("\2\0\0\0\0\0\0\0{}", "a safetensors checkpoint: convert it with geosc-import model"),
        STARTS("version https://git-lfs.github.com/spec/v1\noid sha256:abc\n",
               "a Git LFS pointer to a file that was not downloaded: get it"),
        STARTS("MATLAB 5.0 MAT-file, Platform: GLNXA64", "a MATLAB file: read it with"),
        STARTS("\16\3\23\1", "an HDF4 file: convert"),
        STARTS("CDF\1\0\0", "a classic netCDF file: convert"),
        STARTS("\37\213\10", "compressed (gzip): unpack"),
        STARTS("\211PNG\r\n\32\n", "a PNG picture: give the features"),
        STARTS("\377\330\377\340", "a JPEG picture: give the features"),
        STARTS("\357\273\277 \n<!DOCTYPE HTML><html>", "a web page: download"),
        STARTS(" {\"a\": 1}", "JSON: "),
        STARTS("a b\nc d\n", "text: "),
        STARTS("\1\2\3\4", "is not an HDF5 file [not-hdf5]"),
    };
    struct h5_file *file;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        for (size_t size = others[i].size; size > 0; size--) { /* cut anywhere, it is something or nothing */
            write_file(scratch_path("other.h5"), others[i].bytes, size);
            assert_refused(h5_open(context, scratch_path("other.h5"), &file),
                           size == others[i].size ? others[i].said : "is not an HDF5 file");
        }
}

/* A writer that takes no lock, or has given it up (SWMR), or died: HDF5's mark in the file tells of it. */
static void a_file_marked_as_being_written(void **state)
{
    const char *path = scratch_path("swmr.h5");
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), writer;
    struct h5_file *file;

    (void)state;
    MAKE(H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST));
    MAKE(writer = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access));
    MAKE(H5Fstart_swmr_write(writer));
    size_t size;
    unsigned char *bytes = scratch_read(path, &size);
    MAKE(H5Fclose(writer));
    H5Pclose(access);
    write_file(path, bytes, size);
    free(bytes);
    assert_refused(h5_open(context, path, &file), "another program is writing it, or died while writing");
    assert_non_null(strstr(context->message, "[busy]"));
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
        write_file(cut, bytes, length);
        assert_refused(h5_open(context, cut, &file), "truncated");
    }
    write_file(cut, bytes, size);
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
    assert_refused(h5_open(context, path, &file), "is writing it");
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

#ifndef H5_NO_DEPRECATED_SYMBOLS
static herr_t old_handler(void *data)
{
    ++*(int *)data;
    return 0;
}
#endif

/* The caller's error handler isn't called, and stands again afterwards; so does one of the old kind. */
static void the_callers_error_handler(void **state)
{
    H5E_auto2_t found, kept;
    void *data, *kept_data;
    int calls = 0;
    struct h5_file *file;

    (void)state;
    write_file(scratch_path("text.h5"), "this is no HDF5 file", 20);
    H5Eget_auto2(H5E_DEFAULT, &kept, &kept_data);
    H5Eset_auto2(H5E_DEFAULT, own_handler, &calls);
    assert_refused(h5_open(context, scratch_path("text.h5"), &file), "is not an HDF5 file");
    H5Eget_auto2(H5E_DEFAULT, &found, &data);
    assert_ptr_equal(found, own_handler);
    assert_ptr_equal(data, &calls);
#ifndef H5_NO_DEPRECATED_SYMBOLS
    H5E_auto1_t found_1;
    H5Eset_auto1(old_handler, &calls);
    assert_refused(h5_open(context, scratch_path("text.h5"), &file), "is not an HDF5 file");
    H5Eget_auto1(&found_1, &data);
    assert_ptr_equal(found_1, old_handler);
#endif
    assert_int_equal(calls, 0);
    assert_int_equal(H5Eget_num(H5E_DEFAULT), 0);
    H5Eset_auto2(H5E_DEFAULT, kept, kept_data);
}

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
    assert_ok(h5_list(context, file, "/b", 8, &names, &count));
    assert_int_equal(count, 3);
    assert_string_equal(names[0], "Three");
    assert_string_equal(names[1], "one");
    assert_string_equal(names[2], "two");
    memory_free(names);
    assert_ok(h5_list(context, file, "/b/one", 8, &names, &count));
    assert_int_equal(count, 0);
    memory_free(names);
    assert_refused(h5_list(context, file, "/b/two", 8, &names, &count), "/b/two: is not a group");
    assert_refused(h5_list(context, file, "/c", 8, &names, &count), "/c: missing");
    h5_close(file);
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
    char long_path[600], **names;
    struct h5_array array;
    size_t count;

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
    memset(long_path, 'x', sizeof long_path - 1);
    long_path[0] = '/';
    long_path[sizeof long_path - 1] = '\0';
    MAKE(H5Lcreate_soft(long_path, id, "/long", H5P_DEFAULT, H5P_DEFAULT));
    MAKE(H5Lcreate_external("other.h5", "/deep", id, "/outside", H5P_DEFAULT, H5P_DEFAULT));
    MAKE(H5Lcreate_external("elink", "/x", id, "/pipe", H5P_DEFAULT, H5P_DEFAULT));
    MAKE(H5Lcreate_soft("/outside/x", id, "/hidden", H5P_DEFAULT, H5P_DEFAULT));
    MAKE(H5Lregister(&class));
    MAKE(H5Lcreate_ud(id, "/user", class.id, "", 0, H5P_DEFAULT, H5P_DEFAULT));
    H5Fclose(id);
    struct h5_file *file = open_file(path);
    static const char *const good[] = {"/soft", "/a/relative", "/folder/x", "/folder/relative", "//a//x"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_ok(h5_array_open(context, file, good[i], &array));
        h5_array_close(&array);
    }
    refuse_array(file, "/dangling", "without a target");
    refuse_array(file, "/loop", "too many soft links");
    refuse_array(file, "/long", "the path is too long");
    assert_refused(h5_list(context, file, long_path, 8, &names, &count), "the path is too long");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_that_are_none),
        TEST(files_of_others),
        TEST(a_file_marked_as_being_written),
        TEST(truncated_files),
        TEST(a_file_that_is_being_written),
        TEST(the_callers_error_handler),
        TEST(kinds_and_lists),
        TEST(links),
    };

    return cmocka_run_group_tests(tests, make_single_context, free_context);
}
