/* A look at a file by a process that dies of it. */
#include "memory.h"
#include "message.h"
#include "probe.h"
#include "testing.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* What the processes do; the context is one of theirs. */

static enum geosc_status good(geosc_context *own, const struct probe *probe)
{
    (void)own, (void)probe;
    return GEOSC_OK;
}

static enum geosc_status bad(geosc_context *own, const struct probe *probe)
{
    return (fail)(own, GEOSC_FAILED, "%s: is bad", probe->path);
}

static enum geosc_status crash(geosc_context *own, const struct probe *probe)
{
    (void)own, (void)probe;
    fputs("double free or corruption\n", stderr);
    raise(SIGSEGV);
    return GEOSC_OK;
}

static enum geosc_status abort_it(geosc_context *own, const struct probe *probe)
{
    (void)own, (void)probe;
    abort();
}

/* Ends, but not where it should. */
static enum geosc_status leave(geosc_context *own, const struct probe *probe)
{
    (void)own, (void)probe;
    _exit(0);
}

static enum geosc_status hang(geosc_context *own, const struct probe *probe)
{
    (void)own, (void)probe;
    for (volatile bool on = true; on;)
        continue;
    return GEOSC_OK;
}

/* As a system does that is out of memory. */
static enum geosc_status killed(geosc_context *own, const struct probe *probe)
{
    (void)own, (void)probe;
    raise(SIGKILL);
    return GEOSC_OK;
}

/* Waits for what never comes, as opening a FIFO does. */
static enum geosc_status wait_for_ever(geosc_context *own, const struct probe *probe)
{
    (void)own, (void)probe;
    for (;;)
        pause();
    return GEOSC_OK;
}

/* Takes all address space that it can get; 16 GB are too much for the limit of 64 MB. */
static enum geosc_status swallow(geosc_context *own, const struct probe *probe)
{
    char *block;

    (void)probe;
    for (int i = 0; i < 256; i++)
        if (memory_allocate(own, &block, 64, 1 << 20, "a test") != GEOSC_OK)
            return GEOSC_FAILED;
    return GEOSC_OK;
}

static enum geosc_status has_no_core_and_no_stderr(geosc_context *own, const struct probe *probe)
{
    struct rlimit core, cpu;

    (void)probe;
    fputs("this must not be seen\n", stderr);
    fflush(stderr);
    getrlimit(RLIMIT_CORE, &core);
    getrlimit(RLIMIT_CPU, &cpu);
    return core.rlim_cur == 0 && cpu.rlim_cur != RLIM_INFINITY ? GEOSC_OK : (fail)(own, GEOSC_FAILED, "no limits");
}

/* Runs a probe with stderr in a file; returns what was said. */
static const char *said(enum geosc_status (*walk)(geosc_context *, const struct probe *), struct probe probe, enum geosc_status *status)
{
    static char text[1000];
    int kept = dup(STDERR_FILENO);
    FILE *file = freopen(scratch_path("stderr"), "w+", stderr);
    size_t count;

    assert_non_null(file);
    probe.walk = walk;
    probe.path = "x.h5";
    *status = probe_run(&probe);
    fflush(stderr);
    rewind(file);
    count = fread(text, 1, sizeof text - 1, file);
    text[count] = '\0';
    dup2(kept, STDERR_FILENO);
    close(kept);
    return text;
}

static void ends(void **state)
{
    enum geosc_status status;
    struct rlimit core;

    (void)state;
    getrlimit(RLIMIT_CORE, &core);
    setrlimit(RLIMIT_CORE, &(struct rlimit){core.rlim_max, core.rlim_max}); /* which the child gives up */
    assert_string_equal(said(good, (struct probe){0}, &status), "");
    assert_int_equal(status, GEOSC_OK);
    assert_string_equal(said(bad, (struct probe){0}, &status), "geosc: x.h5: is bad\n");
    assert_int_equal(status, GEOSC_FAILED);
    assert_string_equal(said(has_no_core_and_no_stderr, (struct probe){0}, &status), "");
    assert_int_equal(status, GEOSC_OK);
    setrlimit(RLIMIT_CORE, &core);
}

static enum geosc_status has_time(geosc_context *own, const struct probe *probe)
{
    struct rlimit cpu;

    (void)probe;
    getrlimit(RLIMIT_CPU, &cpu);
    return cpu.rlim_cur > 100 ? GEOSC_OK : (fail)(own, GEOSC_FAILED, "%lu s", (unsigned long)cpu.rlim_cur);
}

/* A file of which the file system tells no blocks. */
static void large_without_blocks(void **state)
{
    const char *path = scratch_path("large");
    FILE *file = fopen(path, "w");
    struct stat there;

    (void)state;
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), (off_t)1 << 32), 0);
    assert_int_equal(fstat(fileno(file), &there), 0);
    fclose(file);
    if (there.st_blocks == 0)
        assert_int_equal(probe_run(&(struct probe){.path = path, .walk = has_time}), GEOSC_OK);
}

static void crashes(void **state)
{
    static enum geosc_status (*const walks[])(geosc_context *, const struct probe *) = {crash, abort_it, leave};
    enum geosc_status status;

    (void)state;
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        const char *text = said(walks[i], (struct probe){0}, &status);
        assert_int_equal(status, GEOSC_FAILED);
        assert_non_null(strstr(text, "x.h5: HDF5 crashed on this file's metadata"));
        assert_non_null(strstr(text, "[crash]\n"));
        assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    }
}

static void hangs(void **state)
{
    static enum geosc_status (*const walks[])(geosc_context *, const struct probe *) = {hang, wait_for_ever};
    enum geosc_status status;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        time_t before = time(NULL);
        const char *text = said(walks[i], (struct probe){.seconds = 1}, &status);
        assert_int_equal(status, GEOSC_FAILED);
        if (!strstr(text, "x.h5: HDF5 took longer than 1 s"))
            fail_msg("said \"%s\"", text);
        assert_non_null(strstr(text, "[timeout]\n"));
        assert_true(time(NULL) - before < 30);
    }
}

static void memory(void **state)
{
    enum geosc_status status;
    const char *text;

    (void)state;
    text = said(killed, (struct probe){0}, &status);
    assert_int_equal(status, GEOSC_FAILED);
    assert_non_null(strstr(text, "x.h5: the process that looked at it was killed"));
    assert_non_null(strstr(text, "[memory]\n"));
    if (SANITIZED)
        return;
    text = said(swallow, (struct probe){.memory = 64 << 20}, &status);
    assert_int_equal(status, GEOSC_FAILED);
    assert_non_null(strstr(text, "out of memory"));
}

/* A signal's flag ends it at once. */
static void stopped(void **state)
{
    const volatile int stop = 1;
    enum geosc_status status;
    time_t before = time(NULL);

    (void)state;
    assert_string_equal(said(hang, (struct probe){.stop = &stop, .seconds = 60}, &status), "");
    assert_int_equal(status, GEOSC_STOPPED);
    assert_true(time(NULL) - before < 30); /* hang() would take longer */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends), cmocka_unit_test(crashes), cmocka_unit_test(hangs), cmocka_unit_test(memory), cmocka_unit_test(stopped),
        cmocka_unit_test(large_without_blocks),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
