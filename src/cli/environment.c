#include "environment.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "options.h"

static const char *const thread_names[] = {"OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"};

enum { OPENMP, SLURM, THREAD_NAMES, THREADS = 4096 /* at most */ };

/* The number in a variable, 0 where it isn't set, -1 for what is none. OpenMP's may be a list, a number for each level
 * of nesting. */
static int read_threads(int which)
{
    const char *text = getenv(thread_names[which]);
    char *end;
    long number;

    if (!text || !text[0])
        return 0;
    number = strtol(text, &end, 10);
    return end == text || (*end && *end != ',') || number < 1 || number > THREADS ? -1 : (int)number;
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
            say_usage(command, "%s is '%s', not a number of threads", thread_names[i], getenv(thread_names[i]));
            return false;
        }
        if (i == OPENMP && *threads == 1 && !quiet)
            say_idle();
    }
    return true;
}
