/* What system.c does, with what this system has or by the fallbacks (--enable-fallbacks). */
#include "base/clock.h"
#include "base/system.h"
#include "testing.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { MEGABYTE = 1 << 20 };

/* What a child of this process, which has one thread, says of the function: its exit status. */
static int in_child(int (*say)(int fd))
{
    const char *path = scratch_path("mapped");
    FILE *file = fopen(path, "w");
    int ended = -1, fd;

    fputs("a file that can be mapped", file);
    fclose(file);
    fd = open(path, O_RDONLY);
    pid_t child = fork();
    if (child == 0)
        _exit(say(fd));
    assert_int_equal(waitpid(child, &ended, 0), child);
    close(fd);
    assert_true(WIFEXITED(ended));
    return WEXITSTATUS(ended);
}

static bool can_map(size_t bytes)
{
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0) != MAP_FAILED;
}

enum { UNLIMITED = 1, LIMITED, TOO_TIGHT, TOO_LOOSE, WRONG };

static int say_limited(int fd)
{
    if (!system_limit_memory(64 * MEGABYTE, fd))
        return UNLIMITED;
    return can_map(128 * MEGABYTE) ? TOO_LOOSE : can_map(32 * MEGABYTE) ? LIMITED : TOO_TIGHT;
}

static void memory_is_limited(void **state)
{
    int said = emulated() ? UNLIMITED : in_child(say_limited);

    (void)state;
    if (said == UNLIMITED)
        print_message("# left out: the system limits no address space\n");
    else
        assert_int_equal(said, LIMITED);
}

/* The search finds what Linux says, and leaves the limits as they were. */
static int say_found(int fd)
{
    uint64_t found = system_search_address_space(fd), pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (!file || fscanf(file, "%" SCNu64, &pages) != 1)
        return UNLIMITED;
    pages *= (uint64_t)sysconf(_SC_PAGESIZE);
    if (!can_map(512 * MEGABYTE))
        return TOO_TIGHT;
    return found + MEGABYTE > pages && found < pages + MEGABYTE ? LIMITED : WRONG;
}

static void address_space_is_found(void **state)
{
    int said = emulated() ? UNLIMITED : in_child(say_found);

    (void)state;
    if (said == UNLIMITED)
        print_message("# left out: the system does not say how much there is\n");
    else
        assert_int_equal(said, LIMITED);
}

static void pipes_are_not_inherited(void **state)
{
    char got[4] = "";
    int ends[2];

    (void)state;
    assert_int_equal(system_pipe(ends), 0);
    assert_true(fcntl(ends[0], F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(ends[1], F_GETFD) & FD_CLOEXEC);
    assert_int_equal(write(ends[1], "abc", 3), 3);
    assert_int_equal(read(ends[0], got, 3), 3);
    assert_string_equal(got, "abc");
    close(ends[0]);
    close(ends[1]);
}

static void change_of_a_file(void **state)
{
    const struct timespec times[2] = {{1000, 5}, {1234567890, 987654321}};
    const char *path = scratch_path("file");
    struct stat facts;
    FILE *file = fopen(path, "w");

    (void)state;
    fclose(file);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(system_changed(&facts).tv_sec, 1234567890);
#if defined GEOSC_HAVE_ST_MTIM || defined GEOSC_HAVE_ST_MTIMESPEC
    assert_int_equal(system_changed(&facts).tv_nsec / 1000, 987654); /* some file systems know microseconds */
#else
    assert_int_equal(system_changed(&facts).tv_nsec, 0);
#endif
}

static void files_are_synced(void **state)
{
    int fd = open(scratch_path("synced"), O_RDWR | O_CREAT, 0600);

    (void)state;
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(system_sync(fd), 0);
    system_drop_pages(fd);
    close(fd);
    assert_int_equal(system_sync(fd), -1);
}

static void waits_end(void **state)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition;
    double since;

    (void)state;
    clock_init_condition(&condition);
    pthread_mutex_lock(&lock);
    since = clock_seconds();
    clock_wait(&condition, &lock, 0.05);
    assert_true(clock_seconds() - since > 0.04 && clock_seconds() - since < 20);
    pthread_mutex_unlock(&lock);
    pthread_cond_destroy(&condition);
}

static void this_machine(void **state)
{
    (void)state;
    assert_true(system_cpus() >= 1);
    assert_true(system_memory() > 64 * MEGABYTE);
#ifdef GEOSC_HAVE_MAXRSS /* in bytes: more than a hundred kilobytes, and not more than there is */
    assert_true(system_memory_most() > 100000 && system_memory_most() < (double)system_memory());
#else
    assert_true(system_memory_most() == 0);
#endif
    assert_int_equal(system_huge_page(4096), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_limited),
        cmocka_unit_test(address_space_is_found),
        cmocka_unit_test(pipes_are_not_inherited),
        cmocka_unit_test(change_of_a_file),
        cmocka_unit_test(files_are_synced),
        cmocka_unit_test(waits_end),
        cmocka_unit_test(this_machine),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
