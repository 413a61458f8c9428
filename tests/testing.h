/*
 * testing: what the unit tests share: cmocka, the context that they work with, calls held to their status and message,
 * whole files. For files that are one test program each, which use a part of it.
 */
#ifndef TESTS_TESTING_H
#define TESTS_TESTING_H

#include "base/status.h" /* before cmocka, which has a macro of the name fail */
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the context, and the folder ----------------------------------------------------------------- */

/* Of a group of tests, from its set-up to its tear-down. */
static geosc_context *context;

static inline int make_context(void **state)
{
    (void)state;
    return (context = geosc_create()) ? 0 : -1;
}

/* Of one thread: for programs that fork, as OpenMP's other threads are missing in the child. */
static inline int make_single_context(void **state)
{
    return make_context(state) == 0 && geosc_configure(context, 1, NULL) == GEOSC_OK ? 0 : -1;
}

/* The same with the plain kernels: for what depends on none. */
static inline int make_plain_context(void **state)
{
    return make_context(state) == 0 && geosc_configure(context, 1, "c") == GEOSC_OK ? 0 : -1;
}

static inline int free_context(void **state)
{
    (void)state;
    geosc_destroy(context);
    return 0;
}

/* The context and one folder, for all tests of a group. */
static inline int make_all(void **state)
{
    return make_context(state) == 0 ? scratch_make(state) : -1;
}

static inline int free_all(void **state)
{
    free_context(state);
    return scratch_remove(state);
}

/* By qemu, which limits no memory of its programs. It stands in for them in /proc/self alone. */
static inline bool emulated(void)
{
    char program[256] = "";
    return readlink("/proc/thread-self/exe", program, sizeof program - 1) > 0 && strstr(program, "/qemu-");
}

/* The letter by which Linux tells what a process does: R, S, Z...; 0 if it tells nothing. */
static inline char process_state(pid_t process)
{
    char path[64], state = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%ld/stat", (long)process);
    file = fopen(path, "r");
    if (!file)
        return 0;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 0;
    fclose(file);
    return state;
}

/* A test with a folder of its own. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

/* ---- calls --------------------------------------------------------------------------------------- */

#define assert_ok(call)                                        \
    do {                                                       \
        context->message[0] = '\0';                            \
        if ((call) != GEOSC_OK)                                \
            fail_msg("%s: %s", #call, geosc_message(context)); \
    } while (0)

/* Ends with `wanted` and with a message of one line in which `text` stands. */
#define assert_fails(call, wanted, text)                                       \
    do {                                                                       \
        context->message[0] = '\0';                                            \
        assert_int_equal(call, wanted);                                        \
        if (!strstr(context->message, text) || strchr(context->message, '\n')) \
            fail_msg("\"%s\" does not say \"%s\"", context->message, text);    \
    } while (0)

/* cmocka's own for it has another name in each of its major versions. */
#define assert_between(value, least, most)                                                             \
    do {                                                                                               \
        long long value_ = (long long)(value), least_ = (long long)(least), most_ = (long long)(most); \
        if (value_ < least_ || value_ > most_)                                                         \
            fail_msg("%s is %lld, expected %lld to %lld", #value, value_, least_, most_);              \
    } while (0)

#define assert_refused(call, text) assert_fails(call, GEOSC_FAILED, text)

/* The call is made by another process, more than a second later: if times get into a file, they are others. */
#define assert_ok_later(call)                                  \
    do {                                                       \
        int ended_;                                            \
        nanosleep(&(struct timespec){1, 200000000}, NULL);     \
        pid_t child_ = fork();                                 \
        if (child_ == 0)                                       \
            _exit(call);                                       \
        assert_int_equal(waitpid(child_, &ended_, 0), child_); \
        assert_int_equal(ended_, GEOSC_OK);                    \
    } while (0)

/* ---- whole files --------------------------------------------------------------------------------- */

static inline void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* SIZE_MAX: it is not there. */
static inline size_t file_size(const char *path)
{
    struct stat there;

    return stat(path, &there) == 0 ? (size_t)there.st_size : SIZE_MAX;
}

/* Whether it is there and has these bytes, and no others. */
static inline bool has_bytes(const char *path, const void *bytes, size_t size)
{
    size_t found;
    unsigned char *whole = scratch_read(path, &found);
    bool same = whole && found == size && memcmp(whole, bytes, size) == 0;

    free(whole);
    return same;
}

/* Whether both are there, with the same bytes. */
static inline bool same_file(const char *a, const char *b)
{
    size_t size;
    unsigned char *bytes = scratch_read(a, &size);
    bool same = bytes && has_bytes(b, bytes, size);

    free(bytes);
    return same;
}

#endif
