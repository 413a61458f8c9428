#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catalog.h"
#include "hloc.h"
#include "message.h"
#include "model.h"
#include "output.h"
#include "place.h"
#include "reason.h"
#include "unused.h"

enum {
    BASE_SECONDS = 10,
    SMALL_BYTES_PER_SECOND = 4 * 1024 * 1024, /* where a file is all small objects, a kilobyte each; for */
    SMALL_SECONDS = 120,                      /* a file of hundreds of thousands of them; */
    BYTES_PER_SECOND = 64 * 1024 * 1024,      /* beyond, it is data */
    OWN_BYTES = 48 * 1024 * 1024,             /* for HDF5 itself, on top of what the command may take */
    LEAST_BYTES = 512 * 1024 * 1024,          /* that a file may take, however small, */
    GROWTH = 16,                              /* and as a multiple of its own */
    WALL_FACTOR = 10,                         /* a busy machine, or a slow disk */
    POLL_MILLISECONDS = 100
};

/* What the child tells at its end; without a whole one it did not get there. */
struct report {
    int status;
    char message[STATUS_MESSAGE_SIZE];
};

/* ---- the child ---------------------------------------------------------------------------------- */

/* Bytes that the file takes on disk: its size may be a claim. Some file systems tell no blocks of what was written just
 * now, or ever; one that is nothing but a hole is no HDF5 file. */
static rlim_t bytes_on_disk(const struct probe *probe)
{
    struct stat there;

    if (stat(probe->path, &there) != 0)
        return 0;
    return there.st_blocks ? (rlim_t)there.st_blocks * 512 : (rlim_t)there.st_size;
}

/* Seconds of CPU time. */
static rlim_t seconds_for(const struct probe *probe)
{
    rlim_t bytes = bytes_on_disk(probe), small = bytes / SMALL_BYTES_PER_SECOND;

    if (probe->seconds)
        return probe->seconds;
    return BASE_SECONDS + (small < SMALL_SECONDS ? small : SMALL_SECONDS) + bytes / BYTES_PER_SECOND;
}

/* Bytes of memory, on top of what the process has. */
static rlim_t memory_for(const struct probe *probe)
{
    rlim_t most = memory_available() / 10 * 7, wanted = LEAST_BYTES + GROWTH * bytes_on_disk(probe);

    if (probe->memory)
        return probe->memory + OWN_BYTES;
    return (wanted < most ? wanted : most) + OWN_BYTES;
}

static void limit_memory(rlim_t memory)
{
    unsigned long long pages;
    FILE *file = fopen("/proc/self/statm", "re");
    bool known = file && fscanf(file, "%llu", &pages) == 1;
    long page = sysconf(_SC_PAGESIZE);

    if (file)
        fclose(file);
    if (!known || page <= 0 || memory > RLIM_INFINITY / 2)
        return;
    rlim_t limit = (rlim_t)pages * (rlim_t)page + memory;
    setrlimit(RLIMIT_AS, &(struct rlimit){limit, limit});
}

static void limit_process(const struct probe *probe)
{
    /* Not those that ask for something: a whole group of processes may get them, and the command answers. */
    static const int deadly[] = {SIGXCPU, SIGALRM, SIGSEGV, SIGABRT, SIGBUS, SIGFPE};
    rlim_t seconds = seconds_for(probe);
    sigset_t none;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        signal(deadly[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (null >= 0)
        dup2(null, STDERR_FILENO);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds + 1});
    alarm((unsigned)(seconds * WALL_FACTOR));
    limit_memory(memory_for(probe));
}

/* Of a walk that failed: where memory ran out, what that means here. */
static void fill_message(const struct probe *probe, const char *said, char *message, size_t size)
{
    if (strncmp(said, "out of memory", strlen("out of memory")) != 0)
        snprintf(message, size, "%s", said);
    else
        snprintf(message, size,
                 "%s: out of memory: to look at this file takes more than the %llu MB that it may take: it is damaged "
                 "or hostile, or the limit is too low" REASON_MEMORY,
                 probe->path, (unsigned long long)(memory_for(probe) >> 20));
}

static void __attribute__((noreturn)) walk_and_end(const struct probe *probe, int out)
{
    struct report report = {GEOSC_FAILED, "out of memory"};
    geosc_context *context;

    limit_process(probe);
    context = geosc_create();
    if (context) {
        report.status = (int)probe->walk(context, probe);
        fill_message(probe, geosc_message(context), report.message, sizeof report.message);
    }
    if (fflush(stdout) != 0 && report.status == GEOSC_OK) {
        report.status = GEOSC_FAILED;
        snprintf(report.message, sizeof report.message, "stdout: cannot be written: %s", strerror(errno));
    }
    _exit(write(out, &report, sizeof report) == (ssize_t)sizeof report ? 0 : 1);
}

/* ---- the command -------------------------------------------------------------------------------- */

/* Reads what the child tells until it ends; false if that is not a whole report. */
static bool receive(const struct probe *probe, int in, pid_t child, struct report *report)
{
    struct pollfd wait = {.fd = in, .events = POLLIN};
    size_t got = 0;

    for (;;) {
        int ready = poll(&wait, 1, POLL_MILLISECONDS);
        if (probe->stop && *probe->stop)
            kill(child, SIGKILL);
        if (ready <= 0)
            continue;
        ssize_t more = read(in, (char *)report + got, sizeof *report - got);
        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0 || (got += (size_t)more) == sizeof *report)
            break;
    }
    report->message[sizeof report->message - 1] = '\0';
    return got == sizeof *report;
}

/* How the child ended that told nothing. */
static enum geosc_status say_death(const struct probe *probe, int ended)
{
    int killed = WIFSIGNALED(ended) ? WTERMSIG(ended) : 0;

    if (probe->stop && *probe->stop)
        return GEOSC_STOPPED;
    if (killed == SIGXCPU || killed == SIGALRM)
        say("%s: HDF5 took longer than %lu s on this file's metadata: it is damaged or hostile" REASON_TIMEOUT,
            probe->path, (unsigned long)seconds_for(probe));
    else if (killed == SIGKILL)
        say("%s: the process that looked at it was killed, as a system does that is out of memory; nothing is known of "
            "the file: try again, or with less beside it" REASON_MEMORY,
            probe->path);
    else
        say("%s: HDF5 crashed on this file's metadata: it is damaged or hostile" REASON_CRASH, probe->path);
    return GEOSC_FAILED;
}

enum geosc_status probe_run(const struct probe *probe)
{
    struct report report = {0};
    int ends[2], ended = 0;
    pid_t child;

    fflush(stdout);
    if (pipe2(ends, O_CLOEXEC) != 0) {
        say("%s: no pipe can be made to look at it: %s", probe->path, strerror(errno));
        return GEOSC_FAILED;
    }
    child = fork();
    if (child == 0)
        walk_and_end(probe, ends[1]);
    close(ends[1]);
    bool whole = child > 0 && receive(probe, ends[0], child, &report);
    close(ends[0]);
    if (child < 0) {
        say("%s: no process can be started to look at it: %s", probe->path, strerror(errno));
        return GEOSC_FAILED;
    }
    while (waitpid(child, &ended, 0) < 0 && errno == EINTR)
        continue;
    if (!whole)
        return say_death(probe, ended);
    if (report.message[0])
        say("%s", report.message);
    return (enum geosc_status)report.status;
}

/* ---- walks -------------------------------------------------------------------------------------- */

enum geosc_status probe_input(geosc_context *context, const struct probe *probe)
{
    struct problems problems = {0};
    struct catalog catalog = {0};
    enum geosc_status status;

    const struct probe_allowed *allowed = probe->job;
    char unused[256];
    const struct catalog_pairs *pairs = allowed->pairs.text || allowed->pairs.source ? &allowed->pairs : NULL;

    TRY(catalog_open(context, probe->path, &allowed->access, pairs, &catalog, &problems));
    TRY(problems_status(context, &problems));
    catalog_walk(context, &catalog);
    unused_describe(context, &catalog, UNUSED_ALL, unused, sizeof unused); /* its groups' names, too */
done:
    return status; /* the process ends here: nothing is given back */
}

enum geosc_status probe_model(geosc_context *context, const struct probe *probe)
{
    struct problems problems = {0};
    enum geosc_status status;
    geosc_model *model;

    TRY(model_open(context, probe->path, GEOSC_CONV_DIRECT, &model, &problems));
    TRY(problems_status(context, &problems));
done:
    return status;
}

enum geosc_status probe_output(geosc_context *context, const struct probe *probe)
{
    struct problems problems = {0};
    struct results results = {0};
    struct run_identity identity;
    enum geosc_status status;

    TRY(output_read(context, probe->path, &results, &identity, &problems));
    TRY(problems_status(context, &problems));
done:
    return status;
}

static enum geosc_status look_at_hloc(geosc_context *context, const struct probe *probe)
{
    struct problems problems = {0};
    struct hloc_summary summary;
    struct run_identity identity;
    enum geosc_status status;

    TRY(hloc_read(context, probe->path, &identity, &summary, &problems));
    TRY(problems_status(context, &problems));
done:
    return status;
}

enum geosc_status probe_obstacle(geosc_context *context, const struct probe *probe)
{
    const enum geosc_format *format = probe->job;
    bool hloc = format && *format == GEOSC_FORMAT_HLOC;

    if ((hloc ? look_at_hloc : probe_output)(context, probe) == GEOSC_OK)
        return GEOSC_OK;
    context->message[0] = '\0'; /* what is wrong with it is of no interest */
    return place_check(context, probe->path, false);
}
