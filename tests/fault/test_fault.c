/*
 * Runs of geosc that are killed, failed or interrupted anywhere: the same command then goes on and gives the bytes of a
 * run that was left alone; no run says that it is done when it is not; the output's name is free, or its file the old
 * one or whole.
 *
 * It needs $builddir/geosc and $builddir/tests/fault/shim.so. With GEOSC_LONG in the environment it does more of
 * everything; with GEOSC_SEED the random moments are others.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "../../src/lib/random.h"
#include "trial.h"

enum { EXIT_STOPPED = 75 };

static const double EXIT_SECONDS = 2;

static bool thorough; /* GEOSC_LONG */
static struct random_stream chance;

/* ---- faults at every call ----------------------------------------------------------------------- */

static struct job small, large; /* of some milliseconds; of some tenths of a second */

/* Runs a job undisturbed, to its `whole`. */
static void make_whole(const struct job *job)
{
    struct job undisturbed = *job;
    struct trial trial = {0};

    snprintf(undisturbed.output, SCRATCH_PATH, "%s", job->whole);
    run(&undisturbed, &trial);
    if (trial.exit != 0)
        fail_msg("%s", trial.said);
}

static int set_up(void **state)
{
    const char *builddir = getenv("builddir"), *seed = getenv("GEOSC_SEED");

    if (!builddir)
        builddir = ".";
    thorough = getenv("GEOSC_LONG") && *getenv("GEOSC_LONG");
    chance = random_stream(seed ? strtoull(seed, NULL, 10) : 1, 0, 0);
    snprintf(geosc, sizeof geosc, "%s/geosc", builddir);
    snprintf(shim, sizeof shim, "%s/tests/fault/shim.so", builddir);
    setenv("OMP_NUM_THREADS", "1", 1);
    unsetenv("GEOSC_ISA");
    /* The sanitizers' libraries need not come first: the shim comes before them. */
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0", 1);
    if (scratch_make(state) != 0)
        return -1;
    name_job(&small, "small", "out");
    name_job(&large, "large", "out");
    make_data(&small, "8", "6", "16");
    make_data(&large, "32", "30", "256");
    make_whole(&small);
    make_whole(&large);
    return 0;
}

/* What stands in the folder when a run begins: files of these names become the output and its journal. */
struct scene {
    const struct job *job;
    const char *old, *journal; /* NULL: none */
};

static void set_scene(const struct scene *scene)
{
    unlink(scene->job->output);
    unlink(scene->job->journal);
    if (scene->old)
        copy_file(scene->old, scene->job->output);
    if (scene->journal)
        copy_file(scene->journal, scene->job->journal);
}

/* Whether a failed call of this name must fail the run: what it was to do for the results has not been done. */
static bool must_fail(const char *kind, const char *call)
{
    bool failing = strcmp(kind, "eio") == 0 || strcmp(kind, "enospc") == 0 || strcmp(kind, "full") == 0;

    return failing && *call && strcmp(call, "close") != 0 && strcmp(call, "unlink") != 0;
}

/* What is called only when all pairs are done: they must not be lost before the output is in place. */
static bool is_of_output(const char *call)
{
    return strcmp(call, "pwrite") == 0 || strcmp(call, "link") == 0 || strcmp(call, "rename") == 0 ||
           strcmp(call, "close-output") == 0;
}

/* Goes through all calls of a run; returns how many there were. */
static long fault_everywhere(const struct scene *scene, const char *kind)
{
    struct trial trial = {0};
    char fault[64];
    long k = 0;

    do {
        snprintf(fault, sizeof fault, "%s:%ld", kind, ++k);
        set_scene(scene);
        trial.fault = fault;
        run(scene->job, &trial);
        if (trial.signal && trial.signal != SIGKILL)
            fail_msg("%s at %s: signal %d: %s", fault, trial.hit, trial.signal, trial.said);
        if (must_fail(kind, trial.hit) && (trial.exit != 1 || !strstr(trial.said, "geosc: ")))
            fail_msg("%s at %s: exit %d: %s", fault, trial.hit, trial.exit, trial.said);
        check_name(scene->job, &trial, scene->old);
        if (is_of_output(trial.hit) && !same_file(scene->job->output, scene->job->whole) &&
            !is_there(scene->job->journal))
            fail_msg("%s at %s: the journal is gone: %s", fault, trial.hit, trial.said);
        check_rerun(scene->job, fault);
    } while (trial.signal || k <= trial.calls);
    return k - 1;
}

static void new_output(void **state)
{
    static const char *const kinds[] = {"before", "after", "half",  "eio",    "enospc",
                                        "full",   "short", "eintr", "stumble"};
    const struct scene scene = {.job = &small};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        long calls = fault_everywhere(&scene, kinds[i]);
        print_message("# %s: %ld calls\n", kinds[i], calls);
        assert_true(calls >= 40);
    }
}

/* With --force over another output, which stays until the new one is whole. */
static void replaced_output(void **state)
{
    static const char *const kinds[] = {"before", "eio", "after", "half", "full"};
    struct job job = small, other = small;
    struct scene scene = {.job = &job, .old = other.whole};

    (void)state;
    job.force = true;
    other.poses = "none";
    snprintf(other.whole, sizeof other.whole, "%s", scratch_path("other_whole"));
    make_whole(&other);
    assert_false(same_file(small.whole, other.whole));
    for (size_t i = 0; i < (thorough ? sizeof kinds / sizeof *kinds : 1); i++)
        assert_true(fault_everywhere(&scene, kinds[i]) >= 40);
}

/* A second blow while a run goes on from a torn journal. */
static void resumed_run(void **state)
{
    static const char *const kinds[] = {"before", "eio", "half", "after", "full"};
    struct scene scene = {.job = &small};
    struct trial trial = {.fault = NULL};
    char fault[32], torn[SCRATCH_PATH];

    (void)state;
    /* The fourth write to the journal: its header and two pairs are there. */
    for (int k = 1, writes = 0; writes < 4; k++) {
        set_scene(&scene);
        snprintf(fault, sizeof fault, "half:%d", k);
        trial.fault = fault;
        run(&small, &trial);
        writes += strcmp(trial.hit, "write") == 0;
    }
    assert_int_equal(trial.signal, SIGKILL);
    snprintf(torn, sizeof torn, "%s", scratch_path("torn"));
    copy_file(small.journal, torn);
    scene.journal = torn;
    for (size_t i = 0; i < (thorough ? sizeof kinds / sizeof *kinds : 2); i++)
        assert_true(fault_everywhere(&scene, kinds[i]) >= 35);
}

/* A file system without locks: it is told, and no reason to stop. */
static void without_locks(void **state)
{
    const struct scene scene = {.job = &small};
    struct trial trial = {.fault = "nolock:0"};

    (void)state;
    set_scene(&scene);
    run(&small, &trial);
    assert_int_equal(trial.exit, 0);
    assert_non_null(strstr(trial.said, "cannot be locked"));
    assert_true(same_file(small.output, small.whole));
}

/* ---- full disks --------------------------------------------------------------------------------- */

/* Full in the middle, then with room: the same command goes on. */
static void limited_files(void **state)
{
    const struct scene scene = {.job = &small};
    struct stat facts;
    int failed = 0, steps = thorough ? 100 : 20;
    const off_t least = 1100; /* LLVM's OpenMP makes a file of 1024 bytes, and gives up where it cannot */

    (void)state;
    assert_int_equal(stat(small.whole, &facts), 0);
    for (int i = 1; i <= steps; i++) {
        struct trial trial = {.fault = NULL,
                              .largest_file = (rlim_t)(least + (facts.st_size - least) * i / (steps - 1))};
        set_scene(&scene);
        run(&small, &trial);
        assert_int_equal(trial.signal, 0);
        check_name(&small, &trial, NULL);
        failed += trial.exit == 1 && strstr(trial.said, "File too large");
        check_rerun(&small, "a limit of file size");
    }
    assert_true(failed >= steps / 2 && failed < steps);
}

static bool mount_disk(const char *at, const char *size, unsigned long flags)
{
    char options[32];

    snprintf(options, sizeof options, "size=%s", size);
    return mount("none", at, "tmpfs", flags, options) == 0;
}

static void full_disk(void **state)
{
    struct job job = small;
    char size[16], at[SCRATCH_PATH / 2 + 8];
    int failed = 0, steps = thorough ? 50 : 20;

    (void)state;
    snprintf(at, sizeof at, "%s", scratch_path("disk"));
    assert_int_equal(mkdir(at, 0755), 0);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        !mount_disk(at, "1m", 0)) {
        rmdir(at);
        print_message("# no file system can be mounted here\n");
        return; /* not skip(): cmocka's TAP says "not ok" of it */
    }
    umount(at);
    snprintf(job.output, sizeof job.output, "%s/out", at);
    snprintf(job.journal, sizeof job.journal, "%s/out.journal", at);
    for (int i = 1; i <= steps; i++) {
        struct trial trial = {0};
        snprintf(size, sizeof size, "%d", 4096 * (thorough ? i : 1 + i / 2));
        assert_true(mount_disk(at, size, 0));
        run(&job, &trial);
        assert_int_equal(trial.signal, 0);
        check_name(&job, &trial, NULL);
        failed += trial.exit == 1 && strstr(trial.said, "No space left");
        assert_true(mount_disk(at, "1m", MS_REMOUNT));
        check_rerun(&job, "a full disk");
        assert_int_equal(umount(at), 0);
    }
    rmdir(at);
    assert_true(failed >= 2 && failed < steps);
}

/* ---- random moments ----------------------------------------------------------------------------- */

static double run_seconds; /* of the large job, from its journal on */

static void nap(double time)
{
    struct timespec length = {(time_t)time, (long)((time - (double)(time_t)time) * 1e9)};

    nanosleep(&length, NULL);
}

/* Starts the large job, and waits until it has begun with its pairs. */
static void begin(struct trial *trial)
{
    const char *words[WORDS], *journal = large.journal;
    double deadline = seconds() + HANG_SECONDS;
    struct stat facts = {0};

    job_words(&large, words);
    start(trial, words);
    while ((stat(journal, &facts) != 0 || facts.st_size == 0) && seconds() < deadline && !is_there(large.output))
        nap(0.0005);
}

static void measure(void)
{
    const struct scene scene = {.job = &large};
    struct trial trial = {0};
    double since;

    if (run_seconds > 0)
        return;
    set_scene(&scene);
    begin(&trial);
    since = seconds();
    await(&trial);
    run_seconds = seconds() - since;
    assert_int_equal(trial.exit, 0);
    print_message("# a run takes %.2f s\n", run_seconds);
}

static double some_time(double most)
{
    return most * random_uniform(&chance);
}

static void killed_at_random(void **state)
{
    const struct scene scene = {.job = &large};
    int rounds = thorough ? 200 : 20, killed = 0;

    (void)state;
    measure();
    for (int round = 0; round < rounds; round++) {
        int blows = round % 5 == 4 ? 3 : 1; /* and while it goes on, once more */
        set_scene(&scene);
        for (int blow = 0; blow < blows; blow++) {
            struct trial trial = {0};
            begin(&trial);
            nap(some_time(run_seconds));
            kill(trial.pid, SIGKILL);
            await(&trial);
            killed += trial.signal == SIGKILL;
            check_name(&large, &trial, NULL);
        }
        check_rerun(&large, "a kill");
    }
    print_message("# %d kills\n", killed);
    assert_true(killed >= rounds / 2);
}

static void stopped_by(int number, int rounds)
{
    const struct scene scene = {.job = &large};
    int stopped = 0;
    double slowest = 0;

    measure();
    for (int round = 0; round < rounds; round++) {
        struct trial trial = {0};
        set_scene(&scene);
        begin(&trial);
        nap(some_time(run_seconds * 0.9));
        double since = seconds();
        kill(trial.pid, number);
        await(&trial);
        double took = seconds() - since;
        slowest = took > slowest ? took : slowest;
        if (trial.exit != EXIT_STOPPED && trial.exit != 0)
            fail_msg("signal %d: exit %d, ended by %d: %s", number, trial.exit, trial.signal, trial.said);
        if (trial.exit == EXIT_STOPPED && !strstr(trial.said, "the same command goes on from there"))
            fail_msg("signal %d: %s", number, trial.said);
        stopped += trial.exit == EXIT_STOPPED;
        check_name(&large, &trial, NULL);
        check_rerun(&large, "a signal");
    }
    print_message("# signal %d: %d of %d stopped, the slowest in %.3f s\n", number, stopped, rounds, slowest);
    assert_true(stopped >= rounds / 3);
    assert_true(slowest < EXIT_SECONDS);
}

static void stopped(void **state)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGUSR1, SIGXCPU, SIGHUP};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        stopped_by(numbers[i], thorough ? 50 : 10);
}

/* Signals that end nothing: a life sign, a hang-up under nohup; and stderr closed by its reader. */
static void not_stopped(void **state)
{
    const struct scene scene = {.job = &large};
    struct trial trial = {.ignores_hangup = true};

    (void)state;
    measure();
    set_scene(&scene);
    begin(&trial);
    kill(trial.pid, SIGHUP);
    kill(trial.pid, SIGUSR2);
    await(&trial);
    assert_int_equal(trial.exit, 0);
    assert_non_null(strstr(trial.said, "of 30 pairs"));
    set_scene(&scene);
    begin(&trial);
    close(trial.from);
    trial.from = open("/dev/null", O_RDONLY);
    await(&trial);
    assert_int_equal(trial.exit, 0);
    assert_true(same_file(large.output, large.whole));
}

static void a_second_interrupt(void **state)
{
    const struct scene scene = {.job = &large};
    struct trial trial = {0};

    (void)state;
    set_scene(&scene);
    begin(&trial);
    kill(trial.pid, SIGSTOP); /* both are there when it goes on; of equal ones that wait, one is kept */
    kill(trial.pid, SIGINT);
    kill(trial.pid, SIGCONT);
    for (int i = 0; i < 50; i++)
        kill(trial.pid, SIGINT);
    await(&trial);
    assert_true(trial.exit == 130 || trial.exit == EXIT_STOPPED);
    check_rerun(&large, "two interrupts");
}

/* Many start at once: one works, the others are refused, or come late and find the output. */
static void one_of_many(void **state)
{
    enum { MOST = 16 };
    const struct scene scene = {.job = &small};
    struct trial trials[MOST] = {{0}};
    int rounds = thorough ? 100 : 5, starters = thorough ? MOST : 6;
    const char *words[WORDS];

    (void)state;
    job_words(&small, words);
    for (int round = 0; round < rounds; round++) {
        int worked = 0;
        set_scene(&scene);
        for (int i = 0; i < starters; i++)
            start(&trials[i], words);
        for (int i = 0; i < starters; i++) {
            await(&trials[i]);
            bool refused = trials[i].exit == 1 && strstr(trials[i].said, "another run is at work");
            bool late = trials[i].exit == 0 && strstr(trials[i].said, "nothing to do");
            if (!refused && !late && trials[i].exit != 0)
                fail_msg("exit %d: %s", trials[i].exit, trials[i].said);
            worked += !refused && !late;
        }
        assert_int_equal(worked, 1);
        check_rerun(&small, "many starts");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_output),    cmocka_unit_test(replaced_output), cmocka_unit_test(resumed_run),
        cmocka_unit_test(without_locks), cmocka_unit_test(limited_files),   cmocka_unit_test(killed_at_random),
        cmocka_unit_test(stopped),       cmocka_unit_test(not_stopped),     cmocka_unit_test(a_second_interrupt),
        cmocka_unit_test(one_of_many),   cmocka_unit_test(full_disk), /* last: it leaves our mounts to ourselves */
    };

    if (SANITIZED) { /* the shim would fail calls of the sanitizer's own, and its OpenMP keeps a file of its own */
        puts("1..0 # SKIP a sanitizer is in the way of the shim");
        return 0;
    }
    return cmocka_run_group_tests(tests, set_up, scratch_remove);
}
