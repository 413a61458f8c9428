/* The process that checks a file crashes, hangs, or takes too much memory. */
#include "base/memory.h"
#include "base/opened.h"
#include "system/probe.h"
#include "testing.h"

#include <fcntl.h>
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

/* Memory runs out, which becomes a problem of the file, as readers do it; the second problem is the message. */
static enum geosc_status swallow_and_go_on(geosc_context *own, const struct probe *probe)
{
    swallow(own, probe);
    return (fail)(own, GEOSC_FAILED, "x.h5: /source: damaged");
}

/* A message that only begins like fail_memory's. */
static enum geosc_status refuse(geosc_context *own, const struct probe *probe)
{
    (void)probe;
    return (fail)(own, GEOSC_FAILED, "cannot allocate.h5: /source: damaged");
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

static struct opened files;
static volatile int stop;

/* Runs a probe with stderr in a file, where nothing is to be; returns its message. */
static const char *said(enum geosc_status (*walk)(geosc_context *, const struct probe *), struct probe probe,
                        enum geosc_status *status)
{
    static char text[STATUS_MESSAGE_SIZE];
    int kept = dup(STDERR_FILENO);
    geosc_context *own = geosc_create();
    FILE *file = freopen(scratch_path("stderr"), "w+", stderr);
    long printed;

    assert_non_null(file);
    probe.walk = walk;
    probe.path = scratch_path("x.h5");
    close(open(probe.path, O_CREAT | O_WRONLY, 0666));
    own->opened = &files;
    own->stop = &stop;
    *status = probe_run(own, &probe);
    snprintf(text, sizeof text, "%s", geosc_message(own));
    geosc_destroy(own);
    opened_free(&files);
    fflush(stderr);
    printed = ftell(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    assert_int_equal(printed, 0);
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
    assert_non_null(strstr(said(bad, (struct probe){0}, &status), "x.h5: is bad"));
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
    geosc_context *own = geosc_create();
    own->opened = &files;
    if (there.st_blocks == 0)
        assert_int_equal(probe_run(own, &(struct probe){.path = path, .walk = has_time}), GEOSC_OK);
    opened_free(&files);
    geosc_destroy(own);
}

static void crashes(void **state)
{
    static enum geosc_status (*const walks[])(geosc_context *, const struct probe *) = {crash, abort_it, leave};
    enum geosc_status status;

    (void)state;
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        const char *text = said(walks[i], (struct probe){0}, &status);
        assert_int_equal(status, GEOSC_FAILED);
        assert_non_null(strstr(text, "x.h5: HDF5 crashed while reading this file's metadata"));
        assert_non_null(strstr(text, "[crash]"));
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
        assert_non_null(strstr(text, "[timeout]"));
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
    assert_non_null(strstr(text, "x.h5: the process that checked it was killed"));
    assert_non_null(strstr(text, "[memory]"));
    text = said(refuse, (struct probe){0}, &status);
    assert_int_equal(status, GEOSC_FAILED);
    assert_string_equal(text, "cannot allocate.h5: /source: damaged");
    if (SANITIZED || emulated())
        return;
    text = said(swallow, (struct probe){.memory = 64 << 20}, &status);
    assert_int_equal(status, GEOSC_FAILED);
    assert_non_null(strstr(text, "x.h5: out of memory"));
    text = said(swallow_and_go_on, (struct probe){.memory = 64 << 20}, &status);
    assert_int_equal(status, GEOSC_FAILED);
    assert_non_null(strstr(text, "x.h5: out of memory"));
}

static void raise_soon(int number)
{
    pid_t helper = fork();

    if (helper == 0) {
        usleep(300000);
        kill(getppid(), number);
        _exit(0);
    }
}

static void ask_to_stop(int number)
{
    (void)number;
    stop = 1;
}

/* A signal's flag ends it at once. */
static void stopped(void **state)
{
    enum geosc_status status;
    time_t before = time(NULL);

    (void)state;
    signal(SIGUSR1, ask_to_stop);
    raise_soon(SIGUSR1);
    assert_non_null(strstr(said(hang, (struct probe){.seconds = 60}, &status), "stopped"));
    assert_int_equal(status, GEOSC_STOPPED);
    assert_true(time(NULL) - before < 30); /* hang() would take longer */
    assert_non_null(strstr(said(good, (struct probe){0}, &status), "stopped"));
    assert_int_equal(status, GEOSC_STOPPED);
    signal(SIGUSR1, SIG_DFL);
    stop = 0;
}

static enum geosc_status ended_by_others(geosc_context *own, const struct probe *probe)
{
    (void)own;
    signal(*(const int *)probe->job, SIG_DFL);
    raise(*(const int *)probe->job);
    return GEOSC_OK;
}

static enum geosc_status gets_signals(geosc_context *own, const struct probe *probe)
{
    static const int asking[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ, SIGALRM};

    (void)own, (void)probe;
    for (size_t i = 0; i < 2 * sizeof asking / sizeof *asking; i++)
        raise(asking[i / 2]);
    return GEOSC_OK;
}

/* What others do to the process says nothing of the file; what asks the command for something does not touch it. */
static void signals_of_others(void **state)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGQUIT, SIGUSR1, SIGXFSZ, SIGALRM, SIGVTALRM};
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGSYS, SIGTRAP};
    enum geosc_status status;

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const char *text = said(ended_by_others, (struct probe){.job = &numbers[i]}, &status);
        assert_int_equal(status, GEOSC_FAILED);
        assert_non_null(strstr(text, "the file may be sound"));
        assert_non_null(strstr(text, "[interrupted]"));
    }
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        assert_non_null(strstr(said(ended_by_others, (struct probe){.job = &crashes[i]}, &status), "[crash]"));
    assert_string_equal(said(gets_signals, (struct probe){0}, &status), "");
    assert_int_equal(status, GEOSC_OK);
}

/* A limit of CPU time that the user has set is not the file's fault. */
static void limit_of_the_user(void **state)
{
    struct rlimit before;
    enum geosc_status status;
    const char *text;

    (void)state;
    if (SANITIZED)
        return;
    getrlimit(RLIMIT_CPU, &before);
    signal(SIGXCPU, SIG_IGN); /* this process has had its share already */
    setrlimit(RLIMIT_CPU, &(struct rlimit){1, before.rlim_max});
    text = said(hang, (struct probe){.seconds = 60}, &status);
    setrlimit(RLIMIT_CPU, &before);
    signal(SIGXCPU, SIG_DFL);
    assert_int_equal(status, GEOSC_FAILED);
    assert_non_null(strstr(text, "a limit of 1 s of CPU time"));
    assert_non_null(strstr(text, "[interrupted]"));
}

static enum geosc_status halts(geosc_context *own, const struct probe *probe)
{
    (void)own, (void)probe;
    raise(SIGSTOP);
    return GEOSC_OK;
}

/* A process that is halted alone is sent on. */
static void halted(void **state)
{
    enum geosc_status status;

    (void)state;
    assert_string_equal(said(halts, (struct probe){0}, &status), "");
    assert_int_equal(status, GEOSC_OK);
}

static enum geosc_status takes_a_moment(geosc_context *own, const struct probe *probe)
{
    (void)own, (void)probe;
    for (int i = 0; i < 10; i++) /* a stop prolongs only the step that it interrupts */
        usleep(70000);
    return GEOSC_OK;
}

/* Ctrl-Z: both stand still, for longer than the process may take. */
static void halted_with_the_command(void **state)
{
    enum geosc_status status;
    pid_t runner = fork();
    int ended = 0;

    (void)state;
    if (runner == 0) {
        setpgid(0, 0);
        alarm(60);
        said(takes_a_moment, (struct probe){.seconds = 1}, &status);
        _exit(status == GEOSC_OK ? 0 : 1);
    }
    usleep(300000);
    kill(-runner, SIGSTOP);
    sleep(12); /* longer than 1 s of CPU time and 10 s by the clock */
    kill(-runner, SIGCONT);
    assert_int_equal(waitpid(runner, &ended, 0), runner);
    assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
}

/* Whether it is there, but for a process that has ended and is waited for. */
static bool lives(pid_t process)
{
    char state = process_state(process);

    return state && state != 'Z' && state != 'X';
}

static enum geosc_status tells_itself(geosc_context *own, const struct probe *probe)
{
    pid_t self = getpid();

    if (write(*(const int *)probe->job, &self, sizeof self) < 0)
        return GEOSC_FAILED;
    return hang(own, probe);
}

/* It ends with the command, even one that is killed. */
static void no_orphans(void **state)
{
    enum geosc_status status;
    int ends[2];
    pid_t runner, child = 0;

    (void)state;
    if (access("/proc/self/stat", R_OK) != 0)
        return;
    assert_int_equal(pipe(ends), 0);
    runner = fork();
    if (runner == 0) {
        said(tells_itself, (struct probe){.seconds = 50, .job = &ends[1]}, &status);
        _exit(0);
    }
    assert_int_equal(read(ends[0], &child, sizeof child), sizeof child);
    kill(runner, SIGKILL);
    waitpid(runner, NULL, 0);
    for (int i = 0; i < 1000 && lives(child); i++)
        usleep(10000);
    if (lives(child)) {
        kill(child, SIGKILL);
        fail_msg("the process lives on");
    }
    close(ends[0]);
    close(ends[1]);
}

static enum geosc_status prints(geosc_context *own, const struct probe *probe)
{
    (void)own, (void)probe;
    for (int i = 0; i < 10000; i++)
        puts("what nobody reads");
    return GEOSC_OK;
}

/* A reader that has gone is no news, and not the file's fault; a full disk is news. */
static void stdout_that_fails(void **state)
{
    int kept, ends[2], full = open("/dev/full", O_WRONLY);
    enum geosc_status status;
    char text[STATUS_MESSAGE_SIZE];

    (void)state;
    fflush(stdout);
    kept = dup(STDOUT_FILENO);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    snprintf(text, sizeof text, "%s", said(prints, (struct probe){0}, &status));
    dup2(kept, STDOUT_FILENO);
    assert_int_equal(status, GEOSC_FAILED);
    assert_string_equal(text, "");
    if (full >= 0) {
        dup2(full, STDOUT_FILENO);
        snprintf(text, sizeof text, "%s", said(prints, (struct probe){0}, &status));
        dup2(kept, STDOUT_FILENO);
        close(full);
        assert_int_equal(status, GEOSC_FAILED);
        assert_non_null(strstr(text, "stdout: cannot be written"));
    }
    close(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends),
        cmocka_unit_test(crashes),
        cmocka_unit_test(hangs),
        cmocka_unit_test(memory),
        cmocka_unit_test(stopped),
        cmocka_unit_test(large_without_blocks),
        cmocka_unit_test(signals_of_others),
        cmocka_unit_test(limit_of_the_user),
        cmocka_unit_test(halted),
        cmocka_unit_test(halted_with_the_command),
        cmocka_unit_test(no_orphans),
        cmocka_unit_test(stdout_that_fails),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
