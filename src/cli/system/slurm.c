#include "system/slurm.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 1000000000 };

/* Reads a number from a variable; `there`: it is set and not empty. Returns false, with a reason, if it is no number.
 */
static bool read_number(const char *name, bool *there, size_t *number, char *reason, size_t size)
{
    const char *text = getenv(name);
    char *end;
    unsigned long long value;

    *there = text && text[0];
    *number = 0;
    if (!*there)
        return true;
    errno = 0;
    value = strtoull(text, &end, 10);
    if (isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0 && value <= MOST) {
        *number = (size_t)value;
        return true;
    }
    snprintf(reason, size, "%s is '%s', which is not a number", name, text);
    return false;
}

/* The task's place in a regular job array such as 0-6:2 or 1-4. */
static bool read_array(size_t *place, size_t *count, char *reason, size_t size)
{
    static const char *const names[] = {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP",
                                        "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MAX"};
    enum { ID, MIN, STEP, COUNT, MAX, NAMES };
    size_t value[NAMES];
    bool there[NAMES];

    for (int i = 0; i < NAMES; i++)
        if (!read_number(names[i], &there[i], &value[i], reason, size))
            return false;
    *place = 0;
    *count = 1;
    if (!there[ID])
        return true;
    for (int i = MIN; i <= COUNT; i++)
        if (!there[i]) {
            snprintf(reason, size, "%s is set, but %s is not", names[ID], names[i]);
            return false;
        }
    bool regular = value[COUNT] > 0 && value[STEP] > 0 && value[ID] >= value[MIN] &&
                   (value[ID] - value[MIN]) % value[STEP] == 0 &&
                   (value[ID] - value[MIN]) / value[STEP] < value[COUNT] &&
                   (!there[MAX] || value[MAX] == value[MIN] + value[STEP] * (value[COUNT] - 1));
    if (!regular) {
        snprintf(reason, size,
                 "the job array is irregular (task %zu; %zu tasks from %zu in steps of %zu); use --array=0-%zu",
                 value[ID], value[COUNT], value[MIN], value[STEP], value[COUNT] ? value[COUNT] - 1 : 0);
        return false;
    }
    *place = (value[ID] - value[MIN]) / value[STEP];
    *count = value[COUNT];
    return true;
}

/*
 * The rank in a step. SLURM_PROCID is 0 in a batch script and for every rank that mpirun starts there: so MPI's
 * variables come first, and Slurm's own count only within a step.
 */
static bool read_rank(bool *found, size_t *rank, size_t *ranks, char *reason, size_t size)
{
    static const struct {
        const char *rank, *ranks, *needs; /* valid only if `needs` is set */
    } sources[] = {
        {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},
        {"PMIX_RANK", "SLURM_STEP_NUM_TASKS", "PMIX_RANK"},
        {"PMI_RANK", "PMI_SIZE", "PMI_RANK"},
        {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_STEP_NUM_TASKS"},
    };

    *found = false;
    *rank = 0;
    *ranks = 1;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        const char *needed = getenv(sources[i].needs);
        bool has_rank, has_ranks;
        if (!read_number(sources[i].rank, &has_rank, rank, reason, size) ||
            !read_number(sources[i].ranks, &has_ranks, ranks, reason, size))
            return false;
        if (!has_rank || !needed || !needed[0])
            continue;
        if (!has_ranks || *rank >= *ranks) {
            snprintf(reason, size, "%s is %zu, but %s %s", sources[i].rank, *rank, sources[i].ranks,
                     has_ranks ? "is not larger" : "is not set");
            return false;
        }
        *found = true;
        return true;
    }
    *rank = 0;
    *ranks = 1;
    return true;
}

bool slurm_shard(size_t *shard, size_t *shards, char *reason, size_t size)
{
    size_t place, count, rank, ranks;
    bool in_step;

    if (!read_array(&place, &count, reason, size) || !read_rank(&in_step, &rank, &ranks, reason, size))
        return false;
    if (!in_step && !getenv("SLURM_ARRAY_TASK_ID")) {
        snprintf(reason, size,
                 "this process is neither in a Slurm job array (SLURM_ARRAY_TASK_ID is not set) nor in a step of srun "
                 "or mpirun");
        return false;
    }
    *shard = place * ranks + rank;
    *shards = count * ranks;
    return true;
}
