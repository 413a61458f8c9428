#include "system/environment.h"

#include <ctype.h>
#include <errno.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "system/message.h"
#include "system/signals.h"

static const char *const thread_names[] = {"OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"};
static const char blanks[] = " \t\r\n";

enum { OPENMP, SLURM, THREAD_NAMES, THREADS = 4096 /* at most */ };

/* The number in a variable: 0 if it is not set, -1 if it is not a number. OMP_NUM_THREADS may be a list, a number for
 * each level of nesting: the first one counts. Blanks around a number are allowed. */
static int read_threads(int which)
{
    const char *at = getenv(thread_names[which]);
    long first = 0, number;
    char *end;

    if (!at || !at[0])
        return 0;
    for (;; at++) {
        at += strspn(at, blanks);
        if (!isdigit((unsigned char)*at))
            return -1;
        errno = 0;
        number = strtol(at, &end, 10);
        if (number < 1 || errno)
            return -1;
        if (!first)
            first = number;
        at = end + strspn(end, blanks);
        if (*at == '\0')
            return first < THREADS ? (int)first : THREADS;
        if (*at != ',' || which != OPENMP)
            return -1;
    }
}

static const char *unreadable; /* what OMP_NUM_THREADS was, if it was no number */

/* LLVM's OpenMP takes memory that it did not set for a number that it cannot read, and may end the process. It reads
 * the environment when it is first called. */
void environment_protect(void)
{
    if (read_threads(OPENMP) >= 0)
        return;
    unreadable = getenv(thread_names[OPENMP]);
    unsetenv(thread_names[OPENMP]);
}

/* Job scripts and shells often set OMP_NUM_THREADS to 1 for other programs. */
static void say_idle(void)
{
    int granted = read_threads(SLURM) > 0 ? read_threads(SLURM) : options_default_threads();

    if (granted > 1)
        say("OMP_NUM_THREADS is 1: only one of the %d granted CPUs is used; use -j %d for all of them", granted,
            granted);
}

/* Names the variable, which the library cannot: it checks only values from the command line. */
static bool check_isa(const char *command, const char *wanted)
{
    bool usable;
    const char *name;

    for (size_t i = 0; (name = geosc_isa_name(i, &usable)); i++)
        if (strcmp(name, wanted) == 0 && usable)
            return true;
        else if (strcmp(name, wanted) == 0)
            break;
    say_usage(
        command,
        "GEOSC_ISA is '%s', which %s; unset it to use the best instruction set, or see geosc --version for a list",
        wanted, name ? "this machine does not have" : "is not an instruction set");
    return false;
}

/* OpenMP's library silently starts no more threads than this. */
static void limit_threads(int *threads, bool quiet)
{
    int limit = omp_get_thread_limit();

    if (*threads <= limit)
        return;
    if (!quiet)
        say("OMP_THREAD_LIMIT allows only %d of the %d threads requested", limit, *threads);
    *threads = limit;
}

bool environment_fill(const char *command, const char **isa, int *threads, bool quiet)
{
    const char *wanted = getenv("GEOSC_ISA");

    if (!*isa && wanted && wanted[0]) {
        if (!check_isa(command, wanted))
            return false;
        *isa = wanted;
    }
    for (int i = 0; i < THREAD_NAMES && *threads == 0; i++) {
        const char *ignored = i == OPENMP ? unreadable : NULL;

        *threads = read_threads(i);
        if (*threads < 0) {
            ignored = getenv(thread_names[i]);
            *threads = 0;
        }
        if (ignored && !quiet)
            say("%s is ignored: '%s' is not a number of threads", thread_names[i], ignored);
        if (i == OPENMP && *threads == 1 && !quiet)
            say_idle();
    }
    limit_threads(threads, quiet);
    return true;
}

/* The stack that OpenMP's library gives each thread, in bytes: OMP_STACKSIZE or GOMP_STACKSIZE, 0 if neither is set. */
static size_t read_stack(void)
{
    static const char *const names[] = {"OMP_STACKSIZE", "GOMP_STACKSIZE"};
    static const char units[] = "BKMG";

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *at = getenv(names[i]), *unit = units + 1;
        unsigned long long number;
        size_t bytes;
        char *end;

        if (!at || !isdigit((unsigned char)at[strspn(at, blanks)]))
            continue;
        errno = 0;
        number = strtoull(at, &end, 10);
        end += strspn(end, blanks);
        if (*end && strchr(units, toupper((unsigned char)*end))) {
            unit = strchr(units, toupper((unsigned char)*end++));
            end += strspn(end, blanks);
        }
        if (!*end && !errno && !__builtin_mul_overflow(number, (size_t)1 << 10 * (unit - units), &bytes))
            return bytes;
    }
    return 0;
}

bool environment_start_workers(int threads)
{
    int wanted = threads ? threads : options_default_threads();
    size_t stack = read_stack();
    int error = signals_start_workers(wanted, stack);

    if (error)
        say("cannot start %d threads: %s; use fewer (--threads), or raise the limits on memory and processes "
            "(ulimit -v, ulimit -u)%s",
            wanted, strerror(error), stack ? ", or lower OMP_STACKSIZE" : "");
    return !error;
}
