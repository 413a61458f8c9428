#include "system/environment.h"

#include <ctype.h>
#include <errno.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "system/message.h"
#include "base/options.h"
#include "system/signals.h"

static const char *const thread_names[] = {"OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"};
static const char blanks[] = " \t\r\n";

enum { OPENMP, SLURM, THREAD_NAMES, THREADS = 4096 /* at most */ };

/* The number in a variable, 0 where it isn't set, -1 for what is none. OpenMP's may be a list, a number for each level
 * of nesting, of which the first counts; blanks may stand around each. */
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

/* Job scripts and shells often set OMP_NUM_THREADS to 1 for other programs. */
static void say_idle(void)
{
    int granted = read_threads(SLURM) > 0 ? read_threads(SLURM) : options_default_threads();

    if (granted > 1)
        say("OMP_NUM_THREADS is 1, so one of the %d CPUs granted is used; -j %d would use them all", granted, granted);
}

/* Said here, the variable is named: of a value on the command line the library speaks. */
static bool check_isa(const char *command, const char *wanted)
{
    bool usable;
    const char *name;

    for (size_t i = 0; (name = geosc_isa_name(i, &usable)); i++)
        if (strcmp(name, wanted) == 0 && usable)
            return true;
        else if (strcmp(name, wanted) == 0)
            break;
    say_usage(command,
              "GEOSC_ISA is '%s', which is %s; geosc --version lists the instruction sets, unset it for the best",
              wanted, name ? "not on this machine" : "no instruction set");
    return false;
}

/* OpenMP's library starts no more than that, without a word. */
static void limit_threads(int *threads, bool quiet)
{
    int limit = omp_get_thread_limit();

    if (*threads <= limit)
        return;
    if (!quiet)
        say("%d threads are wanted, but OMP_THREAD_LIMIT allows %d", *threads, limit);
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
        *threads = read_threads(i);
        if (*threads < 0) {
            if (!quiet)
                say("%s is '%s', which is no number of threads: it is ignored", thread_names[i],
                    getenv(thread_names[i]));
            *threads = 0;
        }
        if (i == OPENMP && *threads == 1 && !quiet)
            say_idle();
    }
    limit_threads(threads, quiet);
    return true;
}

/* Bytes of stack that OpenMP's library gives each of its threads: OMP_STACKSIZE or GOMP_STACKSIZE, 0 where neither
 * says. */
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
        say("%d threads cannot be started: %s; use fewer with --threads, or raise the limits of memory and processes "
            "(ulimit -v, ulimit -u)%s",
            wanted, strerror(error), stack ? ", or lower OMP_STACKSIZE" : "");
    return !error;
}
