/*
 * trial: geosc as a process of its own, with faults on order, and what must hold after it.
 */
#ifndef TESTS_TRIAL_H
#define TESTS_TRIAL_H

#include "base/clock.h"
#include "base/random.h"
#include "testing.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { SAID = 8192, WORDS = 24 };

static const double HANG_SECONDS = 120;

static char geosc[SCRATCH_PATH], shim[SCRATCH_PATH];
static bool thorough; /* GEOSC_LONG */
static struct random_stream chance;

/* A group's set-up: the programs, the scratch folder, and chance from GEOSC_SEED. */
static inline int trial_set_up(void **state)
{
    const char *builddir = getenv("builddir"), *seed = getenv("GEOSC_SEED");

    if (!builddir)
        builddir = ".";
    thorough = getenv("GEOSC_LONG") && *getenv("GEOSC_LONG");
    if (!seed)
        seed = "1";
    chance = random_stream(strtoull(seed, NULL, 10), 0, 0);
    print_message("# GEOSC_SEED=%s\n", seed);
    snprintf(geosc, sizeof geosc, "%s/geosc", builddir);
    snprintf(shim, sizeof shim, "%s/tests/fault/shim.so", builddir);
    setenv("OMP_NUM_THREADS", "1", 1);
    unsetenv("GEOSC_ISA");
    /* The sanitizers' libraries need not come first: the shim comes before them. */
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=1:intercept_tls_get_addr=0", 1);
    return scratch_make(state);
}

/* How many of something: fewer where a sanitizer makes each take longer, more with GEOSC_LONG. */
static inline size_t number_of(size_t usual, size_t many)
{
    return thorough ? many : SANITIZED ? (usual + 2) / 3 : usual;
}

/* The shim cannot come before ThreadSanitizer: the test is skipped. */
static inline bool cannot_preload(void)
{
    if (THREAD_SANITIZED)
        puts("1..0 # SKIP ThreadSanitizer is in the way of the shim");
    return THREAD_SANITIZED;
}

/* ---- processes ---------------------------------------------------------------------------------- */

/* How a command is run, and what came of it. */
struct trial {
    const char *fault;   /* GEOSC_FAULT, or NULL */
    const char *record;  /* GEOSC_RECORD, or NULL */
    rlim_t largest_file; /* RLIMIT_FSIZE, 0: none */
    rlim_t memory;       /* RLIMIT_AS, 0: none */
    bool ignores_hangup; /* as under nohup */
    pid_t pid;
    int from; /* its stderr */
    char said[SAID];
    size_t length;
    int exit, signal; /* exit status or -1; signal that ended it or 0 */
    char hit[32];     /* the call that the fault hit, "" if none */
    long calls;       /* of those that the shim counts; -1: it was killed */
};

static inline void start(struct trial *trial, const char *const *words)
{
    const char *const program[1] = {geosc};
    const char *log = scratch_path("log");
    char *line[WORDS + 2] = {(char *)program[0]};
    int ends[2];

    for (size_t i = 0; words[i]; i++)
        line[i + 1] = (char *)words[i];
    unlink(log);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    trial->length = 0;
    trial->pid = fork();
    assert_true(trial->pid >= 0);
    if (trial->pid == 0) {
        struct rlimit file = {trial->largest_file, trial->largest_file}, memory = {trial->memory, trial->memory};
        dup2(ends[1], STDERR_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        if (trial->largest_file)
            setrlimit(RLIMIT_FSIZE, &file);
        if (trial->memory)
            setrlimit(RLIMIT_AS, &memory);
        signal(SIGHUP, trial->ignores_hangup ? SIG_IGN : SIG_DFL); /* whatever the tests run under */
        signal(SIGINT, SIG_DFL);
        if (trial->fault || trial->record) {
            setenv("LD_PRELOAD", shim, 1);
            setenv("GEOSC_FAULT_FOLDER", scratch_folder, 1);
            setenv("GEOSC_FAULT_LOG", log, 1);
        }
        if (trial->fault)
            setenv("GEOSC_FAULT", trial->fault, 1);
        if (trial->record)
            setenv("GEOSC_RECORD", trial->record, 1);
        execv(geosc, line);
        _exit(99);
    }
    close(ends[1]);
    trial->from = ends[0];
}

static inline void read_log(struct trial *trial)
{
    FILE *log = fopen(scratch_path("log"), "r");
    char line[64];

    trial->hit[0] = '\0';
    trial->calls = -1;
    while (log && fgets(line, sizeof line, log)) {
        sscanf(line, "calls %ld", &trial->calls);
        sscanf(line, "hit %31s", trial->hit);
    }
    if (log)
        fclose(log);
}

/* LLVM's OpenMP runtime leaves a file in shared memory if its process is killed, and what it left half made kills a
 * later process of the same number, which may be any test. */
static inline void sweep_runtime(const struct trial *trial)
{
    char name[64];

    snprintf(name, sizeof name, "/__KMP_REGISTERED_LIB_%d_%d", (int)trial->pid, (int)getuid());
    shm_unlink(name);
}

/* Reads what it says until it is over. */
static inline void await(struct trial *trial)
{
    double deadline = clock_seconds() + HANG_SECONDS;
    ssize_t got = 1;
    int status;

    while (got > 0) {
        struct pollfd wait = {.fd = trial->from, .events = POLLIN};
        if (poll(&wait, 1, 1000) == 0) {
            if (clock_seconds() > deadline)
                fail_msg("%s hangs", geosc);
            continue;
        }
        size_t room = sizeof trial->said - 1 - trial->length;
        char rest[512];
        got = read(trial->from, room ? trial->said + trial->length : rest, room ? room : sizeof rest);
        trial->length += got > 0 && room ? (size_t)got : 0;
    }
    trial->said[trial->length] = '\0';
    close(trial->from);
    assert_int_equal(waitpid(trial->pid, &status, 0), trial->pid);
    sweep_runtime(trial);
    trial->exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    trial->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    read_log(trial);
}

/* ---- the job ------------------------------------------------------------------------------------ */

struct job {
    char input[SCRATCH_PATH], model[SCRATCH_PATH], output[SCRATCH_PATH], journal[SCRATCH_PATH];
    char whole[SCRATCH_PATH]; /* the output of a run that was left alone */
    const char *poses;        /* NULL: the default ones */
    bool force, restart, json;
};

static inline void name_job(struct job *job, const char *name, const char *output)
{
    *job = (struct job){.poses = NULL};
    snprintf(job->input, SCRATCH_PATH, "%.200s/%s.h5", scratch_folder, name);
    snprintf(job->model, SCRATCH_PATH, "%.200s/%s_model.h5", scratch_folder, name);
    snprintf(job->output, SCRATCH_PATH, "%.200s/%s", scratch_folder, output);
    snprintf(job->journal, SCRATCH_PATH, "%.200s/%s.journal", scratch_folder, output);
    snprintf(job->whole, SCRATCH_PATH, "%.200s/%s_whole", scratch_folder, name);
}

static inline void job_words(const struct job *job, const char **words)
{
    size_t n = 0;

    words[n++] = "match";
    words[n++] = job->input;
    words[n++] = "-m";
    words[n++] = job->model;
    words[n++] = "-o";
    words[n++] = job->output;
    words[n++] = "-j";
    words[n++] = "1";
    words[n++] = "--progress";
    words[n++] = "none";
    if (job->force)
        words[n++] = "-f";
    if (job->restart)
        words[n++] = "--restart";
    if (job->json)
        words[n++] = "--json";
    if (job->poses) {
        words[n++] = "--poses";
        words[n++] = job->poses;
    }
    words[n] = NULL;
}

static inline void run(const struct job *job, struct trial *trial)
{
    const char *words[WORDS];

    job_words(job, words);
    start(trial, words);
    await(trial);
}

/* layout: as geosc synth --layout; deflate: as --deflate. */
static inline void make_data(const struct job *job, const char *layout, const char *deflate, const char *side,
                             const char *pairs, const char *channels, const char *keypoints)
{
    const char *const words[] = {"synth",      "-o",       job->input,    "--model-out", job->model,
                                 "--layout",   layout,     "--deflate",   deflate,       "--pairs",
                                 pairs,        "--height", side,          "--width",     side,
                                 "--channels", channels,   "--keypoints", keypoints,     NULL};
    struct trial trial = {0};

    start(&trial, words);
    await(&trial);
    if (trial.exit != 0)
        fail_msg("%s", trial.said);
}

/* Runs a job undisturbed, to its `whole`. */
static inline void make_whole(const struct job *job)
{
    struct job undisturbed = *job;
    struct trial trial = {0};

    snprintf(undisturbed.output, SCRATCH_PATH, "%s", job->whole);
    run(&undisturbed, &trial);
    if (trial.exit != 0)
        fail_msg("%s", trial.said);
}

static inline void copy_file(const char *from, const char *to)
{
    size_t size;
    unsigned char *bytes = scratch_read(from, &size);

    assert_non_null(bytes);
    write_file(to, bytes, size);
    free(bytes);
}

/* Temporary files that a run has left beside its output. */
static inline size_t count_temporary(const struct job *job)
{
    char path[SCRATCH_PATH], hidden[64];
    size_t count = 0;

    snprintf(path, sizeof path, "%s", job->output);
    char *name = strrchr(path, '/');
    snprintf(hidden, sizeof hidden, ".%.60s.", name + 1);
    *name = '\0';
    DIR *folder = opendir(path);
    for (struct dirent *entry; (entry = readdir(folder));)
        count += strncmp(entry->d_name, hidden, strlen(hidden)) == 0;
    closedir(folder);
    return count;
}

/* After anything: the name is free, or the file there whole, or the old one. */
static inline void check_name(const struct job *job, const struct trial *trial, const char *old)
{
    bool whole = same_file(job->output, job->whole);

    if (is_there(job->output) && !whole && !(old && same_file(job->output, old)))
        fail_msg("after %s: what is at the output's name is neither old nor whole\n%s", trial->fault, trial->said);
    if (trial->exit == 0 && !whole)
        fail_msg("after %s: success without output\n%s", trial->fault, trial->said);
}

/* The same command again gives the bytes of a run left alone, and leaves nothing else. */
static inline void check_rerun(const struct job *job, const char *what)
{
    struct trial again = {0};

    run(job, &again);
    if (again.exit != 0)
        fail_msg("after %s: exit %d, signal %d: %s", what, again.exit, again.signal, again.said);
    if (strstr(again.said, "are damaged"))
        fail_msg("after %s: more than the journal's end was lost: %s", what, again.said);
    if (!same_file(job->output, job->whole))
        fail_msg("after %s: other bytes than those of an uninterrupted run", what);
    if (is_there(job->journal) || count_temporary(job))
        fail_msg("after %s: the journal or a temporary file is left", what);
}

#endif
