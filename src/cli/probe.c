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
#include "message.h"
#include "output.h"
#include "reason.h"
#include "tensors.h"

enum {
    BASE_SECONDS = 10,
    BYTES_PER_SECOND = 64 * 1024 * 1024,
    OWN_BYTES = 64 * 1024 * 1024, /* for HDF5 itself, on top of what the command may take */
    WALL_FACTOR = 10, /* a busy machine, or a slow disk */
    POLL_MILLISECONDS = 100
};

/* What the child tells at its end; without a whole one it did not get there. */
struct report {
    int status;
    char message[STATUS_MESSAGE_SIZE];
};

/* ---- the child ---------------------------------------------------------------------------------- */

/* Seconds of CPU time: by what it takes on disk, since its size may be a claim. */
static rlim_t seconds_for(const struct probe *probe)
{
    struct stat there;

    if (probe->seconds)
        return probe->seconds;
    return BASE_SECONDS + (stat(probe->path, &there) == 0 ? (rlim_t)there.st_blocks * 512 / BYTES_PER_SECOND : 0);
}

/* Limits address space to what there is now and `memory` on top. */
static void limit_memory(size_t memory)
{
    unsigned long long pages;
    FILE *file = fopen("/proc/self/statm", "re");
    bool known = file && fscanf(file, "%llu", &pages) == 1;
    long page = sysconf(_SC_PAGESIZE);

    if (file)
        fclose(file);
    if (!memory)
        memory = memory_available() / 10 * 7;
    if (!known || page <= 0 || memory > RLIM_INFINITY / 2)
        return;
    rlim_t limit = (rlim_t)pages * (rlim_t)page + memory + OWN_BYTES;
    setrlimit(RLIMIT_AS, &(struct rlimit){limit, limit});
}

static void limit_process(const struct probe *probe)
{
    static const int signals[] = {SIGXCPU, SIGALRM, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGSEGV, SIGABRT, SIGBUS, SIGFPE};
    rlim_t seconds = seconds_for(probe);
    sigset_t none;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        signal(signals[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (null >= 0)
        dup2(null, STDERR_FILENO);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds + 1});
    alarm((unsigned)(seconds * WALL_FACTOR));
    limit_memory(probe->memory);
}

static void __attribute__((noreturn)) walk_and_end(const struct probe *probe, int out)
{
    struct report report = {GEOSC_FAILED, "out of memory"};
    geosc_context *context;

    limit_process(probe);
    context = geosc_create();
    if (context) {
        report.status = (int)probe->walk(context, probe);
        snprintf(report.message, sizeof report.message, "%s", geosc_message(context));
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
        say("%s: HDF5 took longer than %lu s on this file's metadata: it is damaged or hostile" REASON_TIMEOUT, probe->path,
            (unsigned long)seconds_for(probe));
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

    TRY(catalog_open(context, probe->path, probe->job, &catalog, &problems));
    TRY(problems_status(context, &problems));
    catalog_walk(&catalog);
done:
    return status; /* the process ends here: nothing is given back */
}

enum geosc_status probe_model(geosc_context *context, const struct probe *probe)
{
    static const char *const attributes[] = {"bn_eps", "gn_eps", "gn_groups"};
    struct problems problems = {0};
    struct tensors tensors = {0};
    enum geosc_status status;
    double number;
    bool found;

    TRY(tensors_open(context, probe->path, &tensors, &problems));
    for (size_t i = 0; i < tensors.count; i++)
        if (!tensors.items[i].faulty)
            h5_array_walk(&tensors.items[i].array);
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        h5_attribute_double(context, tensors.file, "/", attributes[i], &number, &found);
    context->message[0] = '\0';
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

enum geosc_status probe_obstacle(geosc_context *context, const struct probe *probe)
{
    probe_output(context, probe);
    context->message[0] = '\0';
    return GEOSC_OK;
}
