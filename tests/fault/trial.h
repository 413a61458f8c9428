/*
 * trial: geosc as a process of its own, with faults on order, and what must hold after it. Include after cmocka.h.
 */
#ifndef TESTS_TRIAL_H
#define TESTS_TRIAL_H

#include "../scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { SAID = 8192, WORDS = 16 };

static const double HANG_SECONDS = 120;

static char geosc[SCRATCH_PATH], shim[SCRATCH_PATH];

/* ---- processes ---------------------------------------------------------------------------------- */

/* How a command is run, and what came of it. */
struct trial {
    const char *fault;   /* GEOSC_FAULT, or NULL */
    rlim_t largest_file; /* RLIMIT_FSIZE, 0: none */
    bool ignores_hangup; /* as under nohup */
    pid_t pid;
    int from; /* its stderr */
    char said[SAID];
    size_t length;
    int exit, signal; /* exit status or -1; signal that ended it or 0 */
    char hit[32];     /* the call that the fault hit, "" if none */
    long calls;       /* of those that the shim counts; -1: it was killed */
};

static inline double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

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
        struct rlimit limit = {trial->largest_file, trial->largest_file};
        dup2(ends[1], STDERR_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        if (trial->largest_file)
            setrlimit(RLIMIT_FSIZE, &limit);
        if (trial->ignores_hangup)
            signal(SIGHUP, SIG_IGN);
        if (trial->fault) {
            setenv("LD_PRELOAD", shim, 1);
            setenv("GEOSC_FAULT", trial->fault, 1);
            setenv("GEOSC_FAULT_LOG", log, 1);
        }
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

/* Reads what it says until it is over. */
static inline void await(struct trial *trial)
{
    double deadline = seconds() + HANG_SECONDS;
    ssize_t got = 1;
    int status;

    while (got > 0) {
        struct pollfd wait = {.fd = trial->from, .events = POLLIN};
        if (poll(&wait, 1, 1000) == 0) {
            if (seconds() > deadline)
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
    trial->exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    trial->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    read_log(trial);
}

/* ---- the job ------------------------------------------------------------------------------------ */

struct job {
    char input[SCRATCH_PATH], model[SCRATCH_PATH], output[SCRATCH_PATH], journal[SCRATCH_PATH];
    char whole[SCRATCH_PATH]; /* the output of a run that was left alone */
    const char *poses;        /* NULL: the default ones */
    bool force;
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

static inline void make_data(const struct job *job, const char *side, const char *pairs, const char *channels)
{
    const char *const words[] = {"synth",   "-o",         job->input, "--model-out", job->model, "--layout",
                                 "indexed", "--pairs",    pairs,      "--height",    side,       "--width",
                                 side,      "--channels", channels,   NULL};
    struct trial trial = {0};

    start(&trial, words);
    await(&trial);
    if (trial.exit != 0)
        fail_msg("%s", trial.said);
}

static inline bool same_file(const char *a, const char *b)
{
    size_t size, other;
    unsigned char *bytes = scratch_read(a, &size), *others = scratch_read(b, &other);
    bool same = bytes && others && size == other && memcmp(bytes, others, size) == 0;

    free(bytes);
    free(others);
    return same;
}

static inline bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static inline void copy_file(const char *from, const char *to)
{
    size_t size;
    unsigned char *bytes = scratch_read(from, &size);
    FILE *file = fopen(to, "wb");

    assert_non_null(bytes);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    free(bytes);
}

/* Files of the scratch folder whose names begin with `start`: what a run may leave beside its output. */
static inline size_t count_files(const char *start)
{
    DIR *folder = opendir(scratch_folder);
    size_t count = 0;

    for (struct dirent *entry; (entry = readdir(folder));)
        count += strncmp(entry->d_name, start, strlen(start)) == 0;
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
    const char *name = strrchr(job->output, '/') + 1;
    char hidden[64];

    run(job, &again);
    if (again.exit != 0)
        fail_msg("after %s: exit %d, signal %d: %s", what, again.exit, again.signal, again.said);
    if (strstr(again.said, "are damaged"))
        fail_msg("after %s: more than the journal's end was lost: %s", what, again.said);
    if (!same_file(job->output, job->whole))
        fail_msg("after %s: other bytes than those of an uninterrupted run", what);
    snprintf(hidden, sizeof hidden, ".%s.", name);
    if (is_there(job->journal) || count_files(hidden))
        fail_msg("after %s: the journal or a temporary file is left", what);
}

#endif
