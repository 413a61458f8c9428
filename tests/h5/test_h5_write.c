/* The writer: the file's contents, the same bytes each time, and no incomplete file under the name. */
#include "base/place.h"
#include "h5/h5.h"
#include "h5/h5_make.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

static const float numbers[2][3] = {{1, 2, 3}, {4, 5, 6.5F}};
static const size_t numbers_dims[2] = {2, 3};
static const struct h5_layout checked = {.checksum = true};

/* One of everything. */
static enum geosc_status write_sample(const char *path, bool replace)
{
    struct h5_writer *writer;
    const uint8_t bytes[3] = {0, 255, 0}, values[2] = {0, 255};
    const int64_t scalar = 7;
    const uint16_t half[2] = {0x3c00, 0xc000}; /* 1, -2 */
    enum geosc_status status;

    TRY(h5_writer_create(context, path, replace, &writer));
    TRY(h5_write_array(context, writer, "/a/b/numbers", NUMBER_F32, 2, numbers_dims, numbers, &checked));
    TRY(h5_write_array(context, writer, "/a/squeezed", NUMBER_F32, 2, numbers_dims, numbers,
                       &(struct h5_layout){.chunk = (size_t[]){1, 3}, .deflate = 6, .checksum = true}));
    TRY(h5_write_array(context, writer, "/scalar", NUMBER_I64, 0, NULL, &scalar, NULL));
    TRY(h5_write_array(context, writer, "/half", NUMBER_F16, 1, (size_t[]){2}, half, NULL));
    TRY(h5_write_array(context, writer, "/empty", NUMBER_F32, 2, (size_t[]){0, 3}, numbers, &checked));
    TRY(h5_write_strings(context, writer, "/names", 3, (const char *const[]){"one", "", "three"}, &checked));
    TRY(h5_write_enum(context, writer, "/choice", 3, bytes,
                      &(struct h5_enum){2, (const char *const[]){"none", "undecided"}, values}, &checked));
    TRY(h5_write_attribute_string(context, writer, "/", "format", "sample"));
    TRY(h5_write_attribute_uint32(context, writer, "/a/b/numbers", "version", 4000000000U));
    TRY(h5_writer_finish(context, writer));
done:
    h5_writer_free(writer);
    return status;
}

static uint32_t read_uint32(hid_t file, const char *path, const char *name)
{
    uint32_t value = 0;
    hid_t attribute = H5Aopen_by_name(file, path, name, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(attribute >= 0);
    assert_true(H5Aread(attribute, H5T_NATIVE_UINT32, &value) >= 0);
    H5Aclose(attribute);
    return value;
}

static void holds_what_was_written(void **state)
{
    const char *path = scratch_path("a.h5");
    float values[6] = {0};
    int64_t scalar = 0;
    uint8_t choice[3] = {9, 9, 9};
    char names[3][5], member[16];

    (void)state;
    assert_ok(write_sample(path, false));
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    read_array(file, "/a/b/numbers", H5T_NATIVE_FLOAT, 6, values);
    assert_memory_equal(values, numbers, sizeof numbers);
    read_array(file, "/a/squeezed", H5T_NATIVE_FLOAT, 6, values);
    assert_memory_equal(values, numbers, sizeof numbers);
    read_array(file, "/half", H5T_NATIVE_FLOAT, 2, values);
    assert_true(values[0] == 1 && values[1] == -2);
    read_array(file, "/scalar", H5T_NATIVE_INT64, 1, &scalar);
    assert_int_equal(scalar, 7);

    hid_t dataset = H5Dopen2(file, "/names", H5P_DEFAULT), type = H5Dget_type(dataset);
    assert_int_equal(H5Tget_size(type), 5);
    assert_int_equal(H5Tget_strpad(type), H5T_STR_NULLPAD);
    assert_int_equal(H5Tget_cset(type), H5T_CSET_UTF8);
    assert_true(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, names) >= 0);
    assert_memory_equal(names, "one\0\0\0\0\0\0\0three", 15);
    H5Tclose(type);
    H5Dclose(dataset);

    dataset = H5Dopen2(file, "/choice", H5P_DEFAULT), type = H5Dget_type(dataset);
    assert_true(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, choice) >= 0);
    assert_int_equal(choice[1], 255);
    assert_true(H5Tenum_nameof(type, &choice[1], member, sizeof member) >= 0);
    assert_string_equal(member, "undecided");
    H5Tclose(type);
    H5Dclose(dataset);

    assert_int_equal(read_uint32(file, "/a/b/numbers", "crc32"), crc32_z(0, (const void *)numbers, sizeof numbers));
    assert_int_equal(read_uint32(file, "/a/b/numbers", "version"), 4000000000U);
    assert_int_equal(read_uint32(file, "/empty", "crc32"), 0);
    assert_int_equal(H5Fget_obj_count(file, H5F_OBJ_ALL), 1);
    H5Fclose(file);
    assert_int_equal(scratch_entries(), 1);
}

/* Object headers would hold times if they were let: another process, more than a second later, must write the same. */
static void same_bytes_later(void **state)
{
    (void)state;
    assert_ok(write_sample(scratch_path("a.h5"), false));
    assert_ok_later(write_sample(scratch_path("b.h5"), false));
    assert_true(same_file(scratch_path("a.h5"), scratch_path("b.h5")));
}

static void rows_in_any_order(void **state)
{
    const char *path = scratch_path("rows.h5");
    const size_t dims[3] = {5, 2, 2};
    struct h5_writer *writer;
    float row[4], all[5][4];

    (void)state;
    assert_ok(h5_writer_create(context, path, false, &writer));
    assert_ok(h5_write_array(context, writer, "/g/plain", NUMBER_F32, 3, dims, NULL, NULL));
    assert_ok(h5_write_array(context, writer, "/g/chunked", NUMBER_F32, 3, dims, NULL,
                             &(struct h5_layout){.chunk = (size_t[]){1, 1, 2}, .deflate = 1}));
    for (size_t i = 0; i < 5; i++) {
        size_t r = (i * 3 + 2) % 5;
        for (size_t k = 0; k < 4; k++)
            row[k] = (float)(10 * r + k);
        assert_ok(h5_write_row(context, writer, "/g/plain", r, row));
        assert_ok(h5_write_row(context, writer, "/g/chunked", r, row));
    }
    assert_ok(h5_writer_finish(context, writer));
    h5_writer_free(writer);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    for (int k = 0; k < 2; k++) {
        read_array(file, k ? "/g/chunked" : "/g/plain", H5T_NATIVE_FLOAT, 20, all);
        for (size_t r = 0; r < 5; r++)
            assert_true(all[r][0] == (float)(10 * r) && all[r][3] == (float)(10 * r + 3));
    }
    H5Fclose(file);
}

static void refuse_sample(const char *path, bool replace, const char *reason)
{
    assert_refused(write_sample(path, replace), reason);
    assert_non_null(strstr(context->message, path));
}

static void never_over_what_is_there(void **state)
{
    const char *path = scratch_path("a.h5"), *link_path = scratch_path("link.h5"), *pipe_path = scratch_path("pipe");
    struct stat there;

    (void)state;
    write_file(path, "precious", 8);
    refuse_sample(path, false, "--force");
    assert_true(has_bytes(path, "precious", 8));
    assert_int_equal(symlink("a.h5", link_path), 0);
    refuse_sample(link_path, false, "symbolic link");
    assert_ok(write_sample(link_path, true)); /* the link is replaced, what it pointed to is not */
    assert_int_equal(lstat(link_path, &there), 0);
    assert_true(S_ISREG(there.st_mode));
    assert_true(has_bytes(path, "precious", 8));
    assert_ok(write_sample(path, true));
    assert_true(H5Fis_hdf5(path) > 0);
    refuse_sample(scratch_folder, true, "folder");
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    refuse_sample(pipe_path, true, "regular");
    refuse_sample(scratch_path("missing/a.h5"), false, "folder does not exist");
    assert_int_equal(scratch_entries(), 3);
}

/* Someone else takes the name while we write: theirs stays. */
static void name_taken_meanwhile(void **state)
{
    const char *path = scratch_path("a.h5");
    struct h5_writer *writer;
    struct stat there;

    (void)state;
    assert_ok(h5_writer_create(context, path, false, &writer));
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_refused(h5_writer_finish(context, writer), "already exists");
    h5_writer_free(writer);
    assert_int_equal(stat(path, &there), 0);
    assert_int_equal(there.st_size, 0);
    assert_int_equal(scratch_entries(), 1);
}

/* What a killed run has left is removed by the next run of the same output, and by no other, long as the names may be.
 */
static void sweeps_its_own(void **state)
{
    struct place place;
    char name[2][SCRATCH_PATH], left[SCRATCH_PATH];

    (void)state;
    for (int length = 5; length <= 200; length += 195) {
        for (int i = 0; i < 2; i++)
            snprintf(name[i], sizeof name[i], "%s/%0*d", scratch_folder, length, i);
        assert_ok(place_open(context, name[0], false, &place));
        snprintf(left, sizeof left, "%s", place.temporary);
        assert_int_equal(rename(left, scratch_path("aside")), 0);
        place_close(&place);
        assert_int_equal(rename(scratch_path("aside"), left), 0);
        place_sweep(name[1]);
        assert_int_equal(scratch_entries(), 1);
        place_sweep(name[0]);
        assert_int_equal(scratch_entries(), 0);
    }
}

/* One whose process lives is not swept, wherever the names lead from, and is found to be the same name. */
static void leaves_those_at_work(void **state)
{
    const char *path = scratch_path("work.h5"), *twice = scratch_path("./work.h5");
    struct place place;

    (void)state;
    assert_ok(place_open(context, path, false, &place));
    place_sweep(path);
    place_sweep_all(path);
    assert_ok(place_check(context, path, false));
    assert_int_equal(scratch_entries(), 1);
    assert_true(place_is_same(path, twice) && !place_is_same(path, scratch_path("work.h")));
    assert_ok(place_sync(context, &place));
    assert_ok(place_finish(context, &place));
    place_close(&place);
    assert_int_equal(scratch_entries(), 1);
    assert_true(place_is_file(path));
}

/* Names in folders of the system, or that lead there, and what is no file. */
static void names_of_no_files(void **state)
{
    const char *const system[] = {"/dev/stdout",   "/dev/fd/1", "/proc/self/fd/1",
                                  "/dev/../dev/x", "/sys/x",    "/dev/x/../stdout"};
    const char *links[][2] = {{"to", "/dev/stdout"}, {"twice", "to"}, {"round", "round"}, {"folder", "/dev/fd"}};

    (void)state;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        assert_int_equal(symlink(links[i][1], scratch_path(links[i][0])), 0);
    for (int replace = 0; replace < 2; replace++) {
        for (size_t i = 0; i + 1 < sizeof system / sizeof *system; i++)
            assert_refused(place_check(context, system[i], replace), "which holds devices");
        assert_int_equal(place_check(context, system[5], replace), GEOSC_FAILED);
        assert_refused(place_check(context, scratch_path("to"), replace), "it leads to /dev");
        assert_refused(place_check(context, scratch_path("twice"), replace), "it leads to /dev");
        assert_refused(place_check(context, scratch_path("folder/1"), replace), "it is in /proc");
        assert_refused(place_check(context, scratch_path("folder"), replace), "it leads to /dev");
    }
    assert_ok(place_check(context, scratch_path("round"), true)); /* leads nowhere */
    assert_refused(place_check(context, scratch_path("round"), false), "is a symbolic link and already exists");
    assert_int_equal(symlink("ff", scratch_path("fl")), 0);
    assert_int_equal(mkfifo(scratch_path("ff"), 0600), 0);
    assert_refused(place_check(context, scratch_path("ff"), true), "it is a FIFO; name a regular file");
    assert_refused(place_check(context, scratch_path("fl"), true), "it is a link that leads to a FIFO");
    assert_int_equal(scratch_entries(), 6);
}

static void long_names(void **state)
{
    char name[300];

    (void)state;
    snprintf(name, sizeof name, "%0256d", 0);
    assert_refused(place_check(context, scratch_path(name), false), "its name has 256 bytes; the limit is 255");
    assert_ok(place_check(context, scratch_path(name + 1), false));
    assert_refused(place_check_length(context, scratch_path(name + 1), ".journal"),
                   "its name has 255 bytes; the limit is 247, as .journal is added");
    assert_ok(place_check_length(context, scratch_path(name + 9), ".journal"));
}

static void keeps_the_umask(void **state)
{
    struct stat there;
    mode_t old = umask(027);

    (void)state;
    assert_ok(write_sample(scratch_path("a.h5"), false));
    umask(old);
    assert_int_equal(stat(scratch_path("a.h5"), &there), 0);
    assert_int_equal(there.st_mode & 0777, 0640);
    assert_int_equal(there.st_nlink, 1);
}

static void limit_files(size_t limit)
{
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, limit});
}

/* 0: written; 1: the limit is told; 2: something else is. */
static int exit_status(enum geosc_status status)
{
    if (status == GEOSC_OK)
        return 0;
    return strstr(context->message, "File too large") && strstr(context->message, "full.h5") ? 1 : 2;
}

/* A file larger than the limit, in a child: HDF5's own driver would end this in a crash at exit. */
static int write_beyond_limit(size_t limit, bool chunked)
{
    const size_t dims[2] = {4, 100000};
    struct h5_writer *writer = NULL;
    float *data = calloc(dims[0] * dims[1], sizeof *data);
    enum geosc_status status = GEOSC_FAILED;

    for (size_t i = 0; i < dims[0] * dims[1]; i++)
        data[i] = (float)i;
    limit_files(limit);
    TRY(h5_writer_create(context, scratch_path("full.h5"), false, &writer));
    TRY(h5_write_array(context, writer, "/data", NUMBER_F32, 2, dims, data, chunked ? &checked : NULL));
    if (limit <= dims[0] * dims[1] * sizeof *data) /* it was to be told at once */
        TRY((fail)(context, GEOSC_FAILED, "what cannot be was written"));
    TRY(h5_write_array(context, writer, "/more", NUMBER_F32, 1, (size_t[]){10}, data, &checked));
    TRY(h5_writer_finish(context, writer));
done:
    h5_writer_free(writer);
    free(data);
    return exit_status(status);
}

/* What is not written at the end of a file is made by a truncation, which the limit does not allow. */
static int truncate_beyond_limit(void)
{
    const size_t dims[2] = {4, 100000};
    struct h5_writer *writer = NULL;
    float *row = calloc(dims[1], sizeof *row);
    enum geosc_status status = GEOSC_FAILED;

    limit_files(1000000);
    TRY(h5_writer_create(context, scratch_path("full.h5"), false, &writer));
    TRY(h5_write_array(context, writer, "/data", NUMBER_F32, 2, dims, NULL, NULL));
    TRY(h5_write_row(context, writer, "/data", 0, row));
    TRY(h5_writer_finish(context, writer));
done:
    h5_writer_free(writer);
    free(row);
    return exit_status(status);
}

/* Ends a child: HDF5 cleans up, other libraries do not. LLVM's OpenMP, watched by Archer, crashes in a child's exit. */
static _Noreturn void leave(int status)
{
    H5close();
    _exit(status);
}

static void full_disk_is_an_error(void **state)
{
    (void)state;
    for (size_t step = 0; step <= 17; step++) {
        int child_status, chunked = (int)(step % 2), fits = step == 17;
        pid_t child = fork();
        if (child == 0)
            leave(write_beyond_limit(step * 100000 + fits * 1000000, chunked));
        assert_int_equal(waitpid(child, &child_status, 0), child);
        assert_true(WIFEXITED(child_status));
        assert_int_equal(WEXITSTATUS(child_status), fits ? 0 : 1);
        assert_int_equal(scratch_entries(), (size_t)fits);
    }
}

static void failed_truncation_is_an_error(void **state)
{
    int child_status;
    pid_t child = fork();

    (void)state;
    if (child == 0)
        leave(truncate_beyond_limit());
    assert_int_equal(waitpid(child, &child_status, 0), child);
    assert_true(WIFEXITED(child_status));
    assert_int_equal(WEXITSTATUS(child_status), 1);
    assert_int_equal(scratch_entries(), 0);
}

/* Linked with --wrap: the number `failing` of HDF5's closes, from 1, says that it failed. */
static int closes, failing;

#define WRAP_CLOSE(name)                          \
    herr_t __real_##name(hid_t id);               \
    herr_t __wrap_##name(hid_t id);               \
    herr_t __wrap_##name(hid_t id)                \
    {                                             \
        herr_t result = __real_##name(id);        \
        return ++closes == failing ? -1 : result; \
    }

WRAP_CLOSE(H5Aclose)
WRAP_CLOSE(H5Dclose)
WRAP_CLOSE(H5Fclose)
WRAP_CLOSE(H5Gclose)

/* A close may be where a write fails: none goes unchecked. */
static void closes_that_fail(void **state)
{
    (void)state;
    failing = closes = 0;
    assert_ok(write_sample(scratch_path("a.h5"), true));
    int all = closes;
    assert_true(all > 20);
    unlink(scratch_path("a.h5"));
    for (int k = 1; k <= all; k++) {
        closes = 0;
        failing = k;
        assert_int_equal(write_sample(scratch_path("a.h5"), true), GEOSC_FAILED);
        assert_int_equal(scratch_entries(), 0);
    }
    failing = 0;
}

/* Changes a byte of the temporary file behind the writer's back. */
static void damage_temporary(long offset)
{
    DIR *folder = opendir(scratch_folder);
    bool done = false;

    for (struct dirent *entry; (entry = readdir(folder));) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 4, ".tmp") != 0)
            continue;
        int file = open(scratch_path(entry->d_name), O_RDWR);
        unsigned char byte;
        assert_int_equal(pread(file, &byte, 1, offset), 1);
        byte ^= 0x10;
        assert_int_equal(pwrite(file, &byte, 1, offset), 1);
        close(file);
        done = true;
    }
    closedir(folder);
    assert_true(done);
}

static void damage_is_found_before_the_rename(void **state)
{
    const size_t dims[2] = {4, 100000};
    float *data = calloc(dims[0] * dims[1], sizeof *data);
    struct h5_writer *writer;

    (void)state;
    for (int chunked = 0; chunked < 2; chunked++) {
        assert_ok(h5_writer_create(context, scratch_path("a.h5"), false, &writer));
        assert_ok(h5_write_array(context, writer, "/data", NUMBER_F32, 2, dims, data, chunked ? &checked : NULL));
        damage_temporary(800000);
        assert_refused(h5_writer_finish(context, writer), "/data");
        h5_writer_free(writer);
        assert_int_equal(scratch_entries(), 0);
    }
    free(data);
}

/* What another library in the program set up is as before. */
static void leaves_the_error_handler(void **state)
{
    H5E_auto2_t before, after;
    void *data;

    (void)state;
    H5Eget_auto2(H5E_DEFAULT, &before, &data);
    refuse_sample(scratch_path("missing/a.h5"), false, "folder does not exist");
    assert_ok(write_sample(scratch_path("a.h5"), false));
    H5Eget_auto2(H5E_DEFAULT, &after, &data);
    assert_true(before == after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(holds_what_was_written),   TEST(same_bytes_later),      TEST(rows_in_any_order),
        TEST(never_over_what_is_there), TEST(name_taken_meanwhile),  TEST(sweeps_its_own),
        TEST(leaves_those_at_work),     TEST(names_of_no_files),     TEST(long_names),
        TEST(keeps_the_umask),          TEST(full_disk_is_an_error), TEST(damage_is_found_before_the_rename),
        TEST(leaves_the_error_handler), TEST(closes_that_fail),      TEST(failed_truncation_is_an_error),
    };
    return cmocka_run_group_tests_name("h5_write", tests, make_single_context, free_context);
}
