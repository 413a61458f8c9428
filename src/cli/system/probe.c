#include "system/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/guard.h"
#include "base/opened.h"
#include "base/place.h"
#include "base/reason.h"
#include "base/system.h"
#include "input/catalog_open.h"
#include "input/unused.h"
#include "network/model.h"
#include "results/formats.h"
#include "system/signals.h"

enum {
    BASE_SECONDS = 10,
    SMALL_BYTES_PER_SECOND = 4 * 1024 * 1024, /* of a file with only small objects of about a kilobyte each, */
    SMALL_SECONDS = 120,                      /* hundreds of thousands of them; */
    BYTES_PER_SECOND = 64 * 1024 * 1024,      /* all bytes beyond these are data */
    OWN_BYTES = 48 * 1024 * 1024,             /* HDF5's own memory, beside the command's limit */
    LEAST_BYTES = 512 * 1024 * 1024,          /* memory for a small file */
    GROWTH = 16,                              /* further memory, as a multiple of the file's size */
    WALL_FACTOR = 10,                         /* wall time per CPU time, for a busy machine or a slow disk */
    POLL_MILLISECONDS = 100,
    REAP_MILLISECONDS = 1000 /* longest wait for a killed child: its disk may not answer */
};

static const double poll_longest = 0.2, /* seconds; during a longer wait, this process itself did not run */
    halt_longest = 1;                   /* seconds that the child may be stopped while this process runs */

/* The child's result, written last: if it is incomplete, the child did not finish. */
struct child_result {
    int status;
    char message[STATUS_MESSAGE_SIZE];
};

/* ---- limits ------------------------------------------------------------------------------------- */

/* Bytes of the file on disk: a sparse file's size may be far larger. Some file systems count no blocks for a file that
 * was just written, or for any: then the size counts. (A file that is one hole is not HDF5.) */
static rlim_t bytes_on_disk(const struct probe *probe)
{
    struct stat there;

    if (fstat(probe->fd, &there) != 0)
        return 0;
    return there.st_blocks || !GUARD(probe_no_blocks) ? (rlim_t)there.st_blocks * 512 : (rlim_t)there.st_size;
}

/* Seconds of CPU time. */
static rlim_t seconds_for(const struct probe *probe)
{
    rlim_t bytes = bytes_on_disk(probe), small = bytes / SMALL_BYTES_PER_SECOND;

    if (probe->seconds)
        return probe->seconds;
    return BASE_SECONDS + (small < SMALL_SECONDS ? small : SMALL_SECONDS) + bytes / BYTES_PER_SECOND;
}

/* The limit of CPU time that the command inherited. */
static rlim_t seconds_allowed(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_CPU, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

/* Bytes of memory, beside those that the process has already. */
static rlim_t memory_for(const struct probe *probe)
{
    rlim_t most = memory_available() / 10 * 7, wanted = LEAST_BYTES + GROWTH * bytes_on_disk(probe);

    if (probe->memory)
        return probe->memory + OWN_BYTES;
    return (wanted < most ? wanted : most) + OWN_BYTES;
}

/* ---- the child ---------------------------------------------------------------------------------- */

static pid_t parent; /* in the child: the command */

static void end_if_alone(int number)
{
    (void)number;
    if (getppid() != parent)
        _exit(1);
}

/* Ends the child when the command ends: at once on Linux, within a second elsewhere. */
static void end_with_parent(void)
{
    const struct itimerval second = {.it_interval = {.tv_sec = 1}, .it_value = {.tv_sec = 1}};
    struct sigaction action = {.sa_handler = end_if_alone, .sa_flags = SA_RESTART};

    if (GUARD(probe_orphan_without_prctl))
        system_die_with_parent();
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    if (GUARD(probe_orphan_without_prctl))
        setitimer(ITIMER_REAL, &second, NULL);
    end_if_alone(0);
}

static void limit_process(const struct probe *probe)
{
    static const int deadly[] = {SIGXCPU, SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};
    rlim_t seconds = seconds_for(probe), allowed = seconds_allowed();
    sigset_t none;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (GUARD(probe_signals_of_others))
        signals_leave_to_parent();
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        signal(deadly[i], SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (GUARD(probe_stderr) && null >= 0)
        dup2(null, STDERR_FILENO);
    if (GUARD(probe_core))
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    if (GUARD(probe_cpu) && seconds < allowed)
        setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds + 1});
    if (GUARD(probe_memory))
        system_limit_memory(memory_for(probe), probe->fd);
    if (GUARD(probe_orphan))
        end_with_parent();
}

/* Copies the message of a failed walk, unless the walk failed because memory ran out, which it explains. */
static void fill_message(const geosc_context *context, const struct probe *probe, char *message, size_t size)
{
    if (!context->out_of_memory)
        snprintf(message, size, "%s", geosc_message(context));
    else
        snprintf(message, size,
                 "%s: out of memory: reading this file's metadata takes more than the %llu MB allowed: the file is "
                 "damaged or hostile, or the limit is too low" REASON_MEMORY,
                 probe->path, (unsigned long long)(memory_for(probe) >> 20));
}

static void __attribute__((noreturn)) walk_and_end(geosc_context *context, const struct probe *probe, int out)
{
    struct child_result report = {0};

    limit_process(probe);
    context->stop = NULL; /* the parent answers */
    context->message[0] = '\0';
    context->out_of_memory = false;
    report.status = (int)probe->walk(context, probe);
    if (report.status != GEOSC_OK)
        fill_message(context, probe, report.message, sizeof report.message);
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout)) && report.status == GEOSC_OK) {
        report.status = GEOSC_FAILED;
        /* A reader that closes the pipe is no error to report. */
        if (!GUARD(probe_reader_gone) || errno != EPIPE)
            snprintf(report.message, sizeof report.message, "stdout: cannot be written%s%s", errno ? ": " : "",
                     errno ? strerror(errno) : "");
    }
    _exit(write(out, &report, sizeof report) == (ssize_t)sizeof report ? 0 : 1);
}

/* ---- the command -------------------------------------------------------------------------------- */

enum verdict { TOLD, ENDED, LATE, STOPPED };

struct watch {
    pid_t child;
    struct child_result report;
    size_t got;         /* bytes of the report received */
    struct pollfd pipe; /* fd -1: closed by the child */
    bool gone;          /* the child has ended, */
    int ended;          /* with this status of waitpid */
    bool halted;        /* the child is stopped by a signal, */
    double halted_for;  /* for so many seconds */
    double seconds;     /* since its start, without those when this process was stopped, too (Ctrl-Z) */
    double longest;     /* limit of seconds */
};

static void receive(struct watch *watch)
{
    ssize_t more = read(watch->pipe.fd, (char *)&watch->report + watch->got, sizeof watch->report - watch->got);

    if (more > 0)
        watch->got += (size_t)more;
    else if (more == 0 || errno != EINTR)
        watch->pipe.fd = -1;
}

/* Updates whether the child has ended, is stopped, or runs. */
static void ask_for(struct watch *watch)
{
    int changed = 0;
    pid_t found = waitpid(watch->child, &changed, WNOHANG | WUNTRACED | WCONTINUED);

    if (found == 0 || (found < 0 && errno == EINTR))
        return;
    watch->gone = found < 0 || WIFEXITED(changed) || WIFSIGNALED(changed);
    watch->halted = !watch->gone && WIFSTOPPED(changed);
    watch->halted_for = 0;
    watch->ended = changed;
}

/* Waits for the child's report or end, up to its limit. Continues a child that is stopped while this process runs. */
static enum verdict watch_child(const geosc_context *context, struct watch *watch)
{
    double since = clock_seconds(), now;

    for (;; since = now) {
        int ready = poll(&watch->pipe, 1, POLL_MILLISECONDS);
        now = clock_seconds();
        double passed =
            now - since < poll_longest || !GUARD(probe_halted_with_the_command) ? now - since : poll_longest;
        if (GUARD(probe_stopped) && stop_asked(context))
            return STOPPED;
        if (ready > 0)
            receive(watch);
        if (watch->got == sizeof watch->report)
            return TOLD;
        if (watch->gone && (ready <= 0 || watch->pipe.fd < 0))
            return ENDED;
        if (!watch->gone)
            ask_for(watch);
        watch->seconds += passed;
        watch->halted_for += passed;
        if (GUARD(probe_halted) && watch->halted && watch->halted_for > halt_longest)
            kill(watch->child, SIGCONT);
        if (GUARD(probe_clock) && watch->seconds > watch->longest)
            return LATE;
    }
}

/* Ends the child; its report or wait status stays in watch. */
static void end_child(struct watch *watch)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    if (!watch->gone)
        kill(watch->child, SIGKILL);
    for (int i = 0; !watch->gone && i < REAP_MILLISECONDS; i++) {
        ask_for(watch);
        if (!watch->gone)
            nanosleep(&moment, NULL);
    }
}

static bool is_crash(int number)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGSYS, SIGTRAP};

    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        if (crashes[i] == number)
            return true;
    return false;
}

/* Fails with the reason why the child ended without a report. Only its own crash or time limit blames the file. */
static enum geosc_status fail_of_death(geosc_context *context, const struct probe *probe, int ended, bool late)
{
    int killed = WIFSIGNALED(ended) ? WTERMSIG(ended) : 0;

    if (GUARD(probe_limit_of_the_user) && !late && killed == SIGXCPU && seconds_allowed() <= seconds_for(probe))
        return fail(context, GEOSC_FAILED,
                    "%s: the process that checked it reached a limit of %lu s of CPU time; the file may be sound: "
                    "raise the limit (ulimit -t)" REASON_INTERRUPTED,
                    probe->path, (unsigned long)seconds_allowed());
    if (GUARD(probe_timeout) && (late || killed == SIGXCPU))
        return fail(context, GEOSC_FAILED,
                    "%s: HDF5 took longer than %lu s to read this file's metadata: the file is damaged or "
                    "hostile" REASON_TIMEOUT,
                    probe->path, (unsigned long)seconds_for(probe));
    if (killed == SIGKILL)
        return fail(context, GEOSC_FAILED,
                    "%s: the process that checked it was killed, probably because the system ran out of memory; the "
                    "file may be sound: try again, with fewer programs running" REASON_MEMORY,
                    probe->path);
    if (GUARD(probe_not_its_fault) && killed && !is_crash(killed))
        return fail(context, GEOSC_FAILED,
                    "%s: the process that checked it was ended by a signal (%s); the file may be sound: try "
                    "again" REASON_INTERRUPTED,
                    probe->path, strsignal(killed));
    return fail(context, GEOSC_FAILED,
                "%s: HDF5 crashed while reading this file's metadata: the file is damaged or hostile" REASON_CRASH,
                probe->path);
}

static enum geosc_status start(geosc_context *context, const struct probe *probe, struct watch *watch)
{
    int ends[2];

    if (system_pipe(ends) != 0)
        return fail(context, GEOSC_FAILED, "%s: cannot create a pipe to the process that checks it: %s", probe->path,
                    strerror(errno));
    parent = getpid();
    watch->child = fork();
    if (watch->child == 0)
        walk_and_end(context, probe, ends[1]);
    close(ends[1]);
    if (watch->child < 0) {
        close(ends[0]);
        return fail(context, GEOSC_FAILED, "%s: cannot start a process that checks it: %s", probe->path,
                    strerror(errno));
    }
    watch->pipe = (struct pollfd){.fd = ends[0], .events = POLLIN};
    watch->longest = (double)seconds_for(probe) * WALL_FACTOR;
    return GEOSC_OK;
}

enum geosc_status probe_run(geosc_context *context, const struct probe *asked)
{
    struct probe probe = *asked;
    struct watch watch = {0};
    enum geosc_status status;
    enum verdict verdict;
    int in;

    fflush(stdout);
    TRY(check_stop(context));
    TRY(opened_add(context, probe.path));
    probe.fd = opened_find(context->opened, probe.path);
    TRY(start(context, &probe, &watch));
    in = watch.pipe.fd;
    verdict = watch_child(context, &watch);
    close(in);
    end_child(&watch);
    if (verdict == STOPPED)
        TRY(check_stop(context));
    if (GUARD(probe_crash) && verdict != TOLD)
        TRY(fail_of_death(context, &probe, watch.ended, verdict == LATE));
    watch.report.message[sizeof watch.report.message - 1] = '\0';
    snprintf(context->message, sizeof context->message, "%s", watch.report.message);
    status = (enum geosc_status)watch.report.status;
done:
    return status;
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
    unused_describe(context, &catalog, UNUSED_ALL, unused, sizeof unused); /* reads the names of groups, too */
done:
    return status; /* the process ends here and frees nothing */
}

enum geosc_status probe_model(geosc_context *context, const struct probe *probe)
{
    struct problems problems = {0};
    enum geosc_status status;

    TRY(model_look(context, probe->path, &problems));
    if (GUARD(probe_verdict_of_models))
        TRY(problems_status(context, &problems));
done:
    return status;
}

static enum geosc_status look_at_output(geosc_context *context, const char *path, enum geosc_format format)
{
    struct problems problems = {0};
    struct output_summary summary;
    struct run_identity identity;
    enum geosc_status status;

    TRY(output_format(format)->read(context, path, &identity, &summary, &problems));
    TRY(problems_status(context, &problems));
done:
    return status;
}

enum geosc_status probe_output(geosc_context *context, const struct probe *probe)
{
    return look_at_output(context, probe->path, GEOSC_FORMAT_GEOSC);
}

/* Fails because the file exists, unless it is a valid output itself. */
static enum geosc_status probe_obstacle(geosc_context *context, const struct probe *probe)
{
    const enum geosc_format *format = probe->job;

    if (look_at_output(context, probe->path, *format) == GEOSC_OK)
        return GEOSC_OK;
    context->message[0] = '\0'; /* all that matters is that the file exists */
    return GUARD(probe_verdict_of_obstacles) ? place_check(context, probe->path, false) : GEOSC_OK;
}

enum geosc_status probe_place(geosc_context *context, const char *path, enum geosc_format format, size_t memory)
{
    if (!place_is_file(path))
        return GEOSC_OK;
    if (opened_add(context, path) != GEOSC_OK)
        return place_check(context, path, false);
    return probe_run(context, &(struct probe){.path = path, .walk = probe_obstacle, .job = &format, .memory = memory});
}
