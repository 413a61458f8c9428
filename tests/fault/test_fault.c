/*
 * Runs of geosc that are killed, fail or are interrupted anywhere: the same command then resumes and gives the bytes of
 * an undisturbed run; no run reports success falsely; the output's name is free, or has the old file or the complete
 * new one. It needs $builddir/geosc and $builddir/tests/fault/shim.so. In the environment, GEOSC_LONG makes it do more
 * of everything, GEOSC_SEED chooses other random moments, GEOSC_KIND runs only one kind of fault.
 */
#include <sched.h>
#include <sys/mount.h>

#include "trial.h"

enum { EXIT_STOPPED = 75, ATTEMPTS = 10 /* to have a signal reach a run before its end */ };

static const double EXIT_SECONDS = 2;

/* ---- jobs --------------------------------------------------------------------------------------- */

/* Of some milliseconds; of some tenths of a second; of some milliseconds and many pages of journal and output. */
static struct job small, large, wide;

static int set_up(void **state)
{
    if (trial_set_up(state) != 0)
        return -1;
    name_job(&small, "small", "out");
    name_job(&large, "large", "out");
    name_job(&wide, "wide", "disk/out");
    make_data(&small, "indexed", "0", "8", "6", "16", "12");
    make_data(&large, "indexed", "0", "32", "30", "256", "12");
    if (mkdir(scratch_path("disk"), 0755) != 0)
        return -1;
    make_data(&wide, "indexed", "0", "8", "12", "16", "500");
    make_whole(&small);
    make_whole(&large);
    make_whole(&wide);
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

/* ---- the same command on the same files --------------------------------------------------------- */

/* The output and the journal; NULL: not there. */
struct files {
    unsigned char *bytes[2];
    size_t size[2];
};

static struct {
    struct files list[200];
    size_t count;
} continued; /* from each of these the command has given the bytes of an undisturbed run */

static void free_files(struct files *files)
{
    free(files->bytes[0]);
    free(files->bytes[1]);
}

static void forget_continued(void)
{
    while (continued.count)
        free_files(&continued.list[--continued.count]);
}

static bool are_equal(const struct files *a, const struct files *b)
{
    for (int i = 0; i < 2; i++)
        if (!a->bytes[i] != !b->bytes[i] || a->size[i] != b->size[i] ||
            (a->bytes[i] && memcmp(a->bytes[i], b->bytes[i], a->size[i]) != 0))
            return false;
    return true;
}

/* check_rerun, but once for equal files: the command would do the same again. Temporary files differ each time. */
static void check_rerun_once(const struct job *job, const char *what)
{
    struct files files;

    if (count_temporary(job)) {
        check_rerun(job, what);
        return;
    }
    files.bytes[0] = scratch_read(job->output, &files.size[0]);
    files.bytes[1] = scratch_read(job->journal, &files.size[1]);
    for (size_t i = 0; i < continued.count; i++)
        if (are_equal(&continued.list[i], &files)) {
            free_files(&files);
            return;
        }
    check_rerun(job, what);
    assert_true(continued.count < sizeof continued.list / sizeof *continued.list);
    continued.list[continued.count++] = files;
}

/* ---- faults at every call ----------------------------------------------------------------------- */

/* Whether a failed call of this name must fail the run: what it was to do for the results has not been done. */
static bool must_fail(const char *kind, const char *call)
{
    bool failing = strcmp(kind, "eio") == 0 || strcmp(kind, "enospc") == 0 || strcmp(kind, "full") == 0;

    return failing && *call && strcmp(call, "close") != 0 && strcmp(call, "unlink") != 0;
}

/* Half a write and an interrupted call are no faults: the run goes on as if nothing had been. */
static bool must_succeed(const char *kind)
{
    return strcmp(kind, "short") == 0 || strcmp(kind, "eintr") == 0;
}

/* What is called only when all pairs are done: they must not be lost before the output is in place. */
static bool is_of_output(const char *call)
{
    return strcmp(call, "pwrite") == 0 || strcmp(call, "link") == 0 || strcmp(call, "rename") == 0 ||
           strcmp(call, "close-output") == 0;
}

/* Goes through all calls of a run, or with a sanitizer through every third; returns how many there were. */
static long fault_everywhere(const struct scene *scene, const char *kind)
{
    static long turn;
    const long step = SANITIZED && !thorough ? 3 : 1;
    struct trial trial = {0};
    char fault[64];
    long k = 1 + turn++ % step - step;

    do {
        k += step;
        snprintf(fault, sizeof fault, "%s:%ld", kind, k);
        set_scene(scene);
        trial.fault = fault;
        run(scene->job, &trial);
        if (trial.signal && trial.signal != SIGKILL && strcmp(kind, "read") != 0)
            fail_msg("%s at %s: signal %d: %s", fault, trial.hit, trial.signal, trial.said);
        if (must_fail(kind, trial.hit) && (trial.exit != 1 || !strstr(trial.said, "geosc: ")))
            fail_msg("%s at %s: exit %d: %s", fault, trial.hit, trial.exit, trial.said);
        if (must_succeed(kind) && trial.exit != 0)
            fail_msg("%s at %s: exit %d: %s", fault, trial.hit, trial.exit, trial.said);
        check_name(scene->job, &trial, scene->old);
        if (is_of_output(trial.hit) && !same_file(scene->job->output, scene->job->whole) &&
            !is_there(scene->job->journal))
            fail_msg("%s at %s: the journal is gone: %s", fault, trial.hit, trial.said);
        check_rerun_once(scene->job, fault);
        /* A process that a sanitizer has ended says nothing of its calls. */
    } while (trial.signal || k <= trial.calls || *trial.hit || (trial.exit != 0 && trial.calls == 0));
    return trial.calls;
}

static const char *const kinds[] = {"before", "eio", "half", "after", "full", "enospc", "short", "eintr", "stumble"};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* The first `count` kinds, or with GEOSC_LONG all, or GEOSC_KIND alone; each at `least` calls or more. */
static void fault_by_all(const struct scene *scene, int count, long least)
{
    const char *only = getenv("GEOSC_KIND");

    forget_continued();
    for (int i = 0; i < (thorough ? KINDS : count); i++) {
        if (only && strcmp(only, kinds[i]) != 0)
            continue;
        long calls = fault_everywhere(scene, kinds[i]);
        print_message("# %s: %ld calls, and the same command gave equal bytes after each\n", kinds[i], calls);
        assert_true(calls >= least);
    }
}

static void new_output(void **state)
{
    const struct scene scene = {.job = &small};

    (void)state;
    fault_by_all(&scene, KINDS, 40);
}

/* With --force over another output, which stays until the new one is whole. */
static void replaced_output(void **state)
{
    struct job job = small, other = small;
    struct scene scene = {.job = &job, .old = other.whole};

    (void)state;
    job.force = true;
    other.poses = "none";
    snprintf(other.whole, sizeof other.whole, "%s", scratch_path("other_whole"));
    make_whole(&other);
    assert_false(same_file(small.whole, other.whole));
    fault_by_all(&scene, 1, 40);
}

/* A second blow while a run goes on from a torn journal. */
static void resumed_run(void **state)
{
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
    fault_by_all(&scene, 2, 35);
}

/* HDF5 may hand out as read what it has failed to read. Grouped and packed: B-trees, heaps and chunks are read, too.
 * Where it lists names, HDF5 1.10 then frees what it has not yet set: it may crash, which is as good as a kill, and a
 * sanitizer sees it. */
static void failed_reads(void **state)
{
    static struct job packed;
    const struct scene scenes[] = {{.job = &small}, {.job = &packed}};

    (void)state;
    name_job(&packed, "packed", "out");
    make_data(&packed, "grouped", "1", "8", "6", "16", "12");
    make_whole(&packed);
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        forget_continued();
        long calls = fault_everywhere(&scenes[i], "read");
        print_message("# read: %ld calls, and the same command gave equal bytes after each\n", calls);
        assert_true(calls >= 100);
    }
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
    int failed = 0, steps = (int)number_of(20, 100);
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
    print_message("# %d limits of file size: %d were too low, and all resumed equal\n", steps, failed);
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
    char size[16], at[SCRATCH_PATH / 2 + 8];
    int failed = 0, kept = 0, steps = (int)number_of(20, 50);

    (void)state;
    snprintf(at, sizeof at, "%s", scratch_path("disk"));
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        !mount_disk(at, "1m", 0)) {
        print_message("# no file system can be mounted here\n");
        return; /* not skip(): cmocka's TAP says "not ok" of it */
    }
    umount(at);
    for (int i = 1; i <= steps; i++) {
        struct trial trial = {0};
        snprintf(size, sizeof size, "%d", 4096 * (i * 50 / steps));
        assert_true(mount_disk(at, size, 0));
        run(&wide, &trial);
        assert_int_equal(trial.signal, 0);
        check_name(&wide, &trial, NULL);
        failed += trial.exit == 1 && strstr(trial.said, "No space left");
        kept += is_there(wide.journal);
        assert_true(mount_disk(at, "1m", MS_REMOUNT));
        check_rerun(&wide, "a full disk");
        assert_int_equal(umount(at), 0);
    }
    print_message("# %d sizes of disks: %d were full, with %d journals left, and all resumed equal\n", steps, failed,
                  kept);
    assert_true(failed >= steps / 2 && failed < steps);
    assert_true(kept >= failed * 3 / 4);
}

/* ---- little memory ------------------------------------------------------------------------------ */

/* Too little of it for the libraries to begin: HDF5 1.10 crashes then. */
static bool is_too_little(rlim_t memory)
{
    static const char *const words[] = {"inspect", "/nonexistent", NULL};
    struct trial trial = {.memory = memory};

    start(&trial, words);
    await(&trial);
    return trial.exit != 1 || strncmp(trial.said, "geosc: ", 7) != 0;
}

/* From what the command begins with to what it needs: it ends with a message, or well. */
static void limited_memory(void **state)
{
    const struct scene scene = {.job = &large};
    const rlim_t step = 256 << 10, plenty = 1 << 30;
    int failed = 0, values = thorough ? 40 : 8;
    rlim_t least = 1 << 24, most;

    (void)state;
    if (SANITIZED || emulated()) /* they have terabytes of addresses */
        return;
    while (least < plenty && is_too_little(least))
        least += step;
    most = 2 * least;
    for (int i = 0; i < values; i++) {
        struct trial trial = {.memory = i < values - 1 ? least + (most - least) * (rlim_t)i / (rlim_t)values : plenty};
        set_scene(&scene);
        run(&large, &trial);
        if (trial.exit != 0 && (trial.exit != 1 || strncmp(trial.said, "geosc: ", 7) != 0))
            fail_msg("%llu bytes of memory: exit %d, signal %d: %s", (unsigned long long)trial.memory, trial.exit,
                     trial.signal, trial.said);
        failed += trial.exit == 1;
        check_name(&large, &trial, NULL);
        check_rerun(&large, "a limit of memory");
    }
    print_message("# %d limits of memory from %llu to %llu MB, and plenty: %d were too low, and all resumed equal\n",
                  values, (unsigned long long)(least >> 20), (unsigned long long)(most >> 20), failed);
    assert_true(failed >= 2 && failed < values);
}

/* ---- random moments ----------------------------------------------------------------------------- */

static double run_seconds;  /* of the large job, from its journal on */
static off_t journal_bytes; /* when all its pairs are there */

static void nap(double time)
{
    struct timespec length = {(time_t)time, (long)((time - (double)(time_t)time) * 1e9)};

    nanosleep(&length, NULL);
}

/* Starts the large job, and waits until it has begun with its pairs. */
static void begin(struct trial *trial)
{
    const char *words[WORDS], *journal = large.journal;
    double deadline = clock_seconds() + HANG_SECONDS;
    struct stat facts = {0};

    job_words(&large, words);
    start(trial, words);
    while ((stat(journal, &facts) != 0 || facts.st_size == 0) && clock_seconds() < deadline && !is_there(large.output))
        nap(0.0005);
}

static double some_time(double most)
{
    return most * random_uniform(&chance);
}

/* Waits until a run has finished this share of its pairs. */
static void wait_for(double share)
{
    double deadline = clock_seconds() + HANG_SECONDS;
    struct stat facts;

    while (stat(large.journal, &facts) == 0 && (double)facts.st_size < share * (double)journal_bytes &&
           clock_seconds() < deadline)
        nap(0.0002);
}

/* Any moment of it, however fast the machine is just now: after some of its pairs, and a little. */
static void wait_for_some_moment(void)
{
    wait_for(random_uniform(&chance));
    nap(some_time(run_seconds / 15));
}

static void measure(void)
{
    const struct scene scene = {.job = &large};
    struct trial trial = {0};
    struct stat facts;
    double since;

    if (run_seconds > 0)
        return;
    set_scene(&scene);
    begin(&trial);
    since = clock_seconds();
    while (stat(large.journal, &facts) == 0) {
        if (facts.st_size > journal_bytes) /* what comes after the last pair is for a disk to say */
            run_seconds = clock_seconds() - since;
        journal_bytes = facts.st_size;
        nap(0.0002);
    }
    await(&trial);
    assert_int_equal(trial.exit, 0);
    print_message("# a run takes %.2f s\n", run_seconds);
}

static void killed_at_random(void **state)
{
    const struct scene scene = {.job = &large};
    int rounds = (int)number_of(20, 240), killed = 0, equal = 0;

    (void)state;
    measure();
    for (int round = 0; round < rounds; round++) {
        struct trial trial = {0};
        set_scene(&scene);
        begin(&trial);
        wait_for_some_moment();
        kill(trial.pid, SIGKILL);
        await(&trial);
        killed += trial.signal == SIGKILL;
        check_name(&large, &trial, NULL);
        check_rerun(&large, "a kill");
        equal += trial.signal == SIGKILL;
    }
    print_message("# %d kills, %d resumed equal\n", killed, equal);
    assert_true(killed >= (thorough ? 200 : rounds / 2));
}

/* A run that is killed, and whenever it goes on, too: at any time, or after any call. */
static void killed_again_and_again(void **state)
{
    enum { BLOWS = 10, CALLS = 80 /* about as many as it makes */ };
    const struct scene scene = {.job = &large};
    int rounds = thorough ? 100 : 5, killed = 0, most = 0;
    char fault[32];

    (void)state;
    measure();
    for (int round = 0; round < rounds; round++) {
        int blows = 1 + (int)random_below(&chance, BLOWS), in_a_row = 0;
        set_scene(&scene);
        for (int blow = 0; blow < blows; blow++) {
            bool by_call = random_below(&chance, 2);
            struct trial trial = {.fault = by_call ? fault : NULL};
            snprintf(fault, sizeof fault, "after:%d", 1 + (int)random_below(&chance, CALLS));
            begin(&trial);
            if (!by_call) {
                wait_for_some_moment();
                kill(trial.pid, SIGKILL);
            }
            await(&trial);
            in_a_row += trial.signal == SIGKILL;
            check_name(&large, &trial, NULL);
        }
        check_rerun(&large, "several kills");
        killed += in_a_row;
        most = in_a_row > most ? in_a_row : most;
    }
    print_message("# %d rounds of up to %d kills in a row, %d in all: all resumed equal\n", rounds, most, killed);
    assert_true(killed >= rounds);
}

static void stopped_by(int number, int rounds)
{
    const struct scene scene = {.job = &large};
    int stopped = 0, late = 0;
    double slowest = 0;

    measure();
    for (int round = 0; round < rounds; round++) {
        struct trial trial = {0};
        set_scene(&scene);
        begin(&trial);
        wait_for(0.9 * random_uniform(&chance));
        double since = clock_seconds();
        kill(trial.pid, number);
        await(&trial);
        double took = clock_seconds() - since;
        slowest = took > slowest ? took : slowest;
        late += took >= EXIT_SECONDS;
        if (trial.exit != EXIT_STOPPED && trial.exit != 0)
            fail_msg("signal %d: exit %d, ended by %d: %s", number, trial.exit, trial.signal, trial.said);
        if (trial.exit == EXIT_STOPPED && !strstr(trial.said, "the same command"))
            fail_msg("signal %d: %s", number, trial.said);
        stopped += trial.exit == EXIT_STOPPED;
        check_name(&large, &trial, NULL);
        check_rerun(&large, "a signal");
    }
    print_message("# signal %d: %d of %d stopped, the slowest in %.3f s, and all were equal then\n", number, stopped,
                  rounds, slowest);
    assert_true(stopped >= rounds / 3);
    assert_true(late <= 1); /* the end waits for a disk, which may be another's at that moment */
}

static void stopped(void **state)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGUSR1, SIGXCPU, SIGHUP};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        stopped_by(numbers[i], (int)number_of(10, 50));
}

/* Signals that end nothing: a life sign, a hang-up under nohup; and stderr closed by its reader. */
static void not_stopped(void **state)
{
    const struct scene scene = {.job = &large};
    struct trial trial = {.ignores_hangup = true};

    (void)state;
    measure();
    for (int i = 0; i < ATTEMPTS && !strstr(trial.said, "of 30 pairs"); i++) {
        set_scene(&scene);
        begin(&trial);
        kill(trial.pid, SIGHUP);
        kill(trial.pid, SIGUSR2);
        await(&trial);
        assert_int_equal(trial.exit, 0);
    }
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
    for (int attempt = 0; attempt < ATTEMPTS && trial.exit == 0; attempt++) {
        set_scene(&scene);
        begin(&trial);
        kill(trial.pid, SIGSTOP); /* both are there when it goes on; of equal ones that wait, one is kept */
        kill(trial.pid, SIGINT);
        kill(trial.pid, SIGCONT);
        for (int i = 0; i < 50; i++)
            kill(trial.pid, SIGINT);
        await(&trial);
    }
    assert_true(trial.exit == 130 || trial.exit == EXIT_STOPPED);
    check_rerun(&large, "two interrupts");
}

/* Many start at once: one works, the others are refused, or come late and find the output. */
static void one_of_many(void **state)
{
    enum { MOST = 16 };
    const struct scene scene = {.job = &small};
    struct trial trials[MOST] = {{0}};
    int rounds = thorough ? 100 : 5, starters = thorough ? MOST : 6, all_refused = 0, all_late = 0;
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
            bool refused = trials[i].exit == 1 && (strstr(trials[i].said, "another run is writing") ||
                                                   strstr(trials[i].said, "since the files were checked"));
            bool late = trials[i].exit == 0 && strstr(trials[i].said, "nothing to do");
            if (!refused && !late && trials[i].exit != 0)
                fail_msg("exit %d: %s", trials[i].exit, trials[i].said);
            worked += !refused && !late;
            all_refused += refused;
            all_late += late;
        }
        assert_int_equal(worked, 1);
        check_rerun(&small, "many starts");
    }
    print_message("# %d rounds of %d starts: one worked each time, %d were refused, %d found the output\n", rounds,
                  starters, all_refused, all_late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_output),     cmocka_unit_test(replaced_output),  cmocka_unit_test(resumed_run),
        cmocka_unit_test(failed_reads),   cmocka_unit_test(without_locks),    cmocka_unit_test(limited_files),
        cmocka_unit_test(limited_memory), cmocka_unit_test(killed_at_random), cmocka_unit_test(killed_again_and_again),
        cmocka_unit_test(stopped),        cmocka_unit_test(not_stopped),      cmocka_unit_test(a_second_interrupt),
        cmocka_unit_test(one_of_many),    cmocka_unit_test(full_disk), /* last: it leaves our mounts to ourselves */
    };

    if (cannot_preload())
        return 0;
    return cmocka_run_group_tests(tests, set_up, scratch_remove);
}
