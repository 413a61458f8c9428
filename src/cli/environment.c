#include "environment.h"

#include <stddef.h>
#include <stdlib.h>

#include "message.h"

bool environment_fill(const char *command, const char **isa, int *threads)
{
    static const char *const names[] = {"OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"};
    const char *wanted = getenv("GEOSC_ISA");

    if (!*isa && wanted && wanted[0])
        *isa = wanted;
    for (size_t i = 0; i < sizeof names / sizeof *names && *threads == 0; i++) {
        const char *text = getenv(names[i]);
        char *end;
        long number;

        if (!text || !text[0])
            continue;
        /* OpenMP's variable may be a list, one number per level of nesting. */
        number = strtol(text, &end, 10);
        if (end == text || (*end && *end != ',') || number < 1 || number > 4096) {
            say_usage(command, "%s is '%s', not a number of threads", names[i], text);
            return false;
        }
        *threads = (int)number;
    }
    return true;
}
