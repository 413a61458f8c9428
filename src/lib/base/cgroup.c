#include "base/cgroup.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/guard.h"

enum { PATH_BYTES = 2048, GROUP_BYTES = 1024 };

/* The limit in a group's folder, SIZE_MAX if none; unified: cgroups v2. */
typedef size_t read_limit(const char *folder, bool unified);

/* Reads `count` numbers from the first line of a file; false if it has none ("max"). */
static bool read_numbers(const char *folder, const char *name, long long *numbers, int count)
{
    char path[PATH_BYTES];
    FILE *file;
    int got = 0;

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return false;
    file = fopen(path, "re");
    while (file && got < count && fscanf(file, "%lld", &numbers[got]) == 1)
        got++;
    if (file)
        fclose(file);
    return got == count;
}

static size_t read_memory(const char *folder, bool unified)
{
    long long bytes;

    return read_numbers(folder, unified ? "memory.max" : "memory.limit_in_bytes", &bytes, 1) && bytes >= 0 &&
                   bytes < INT64_MAX
               ? (size_t)bytes
               : SIZE_MAX;
}

static size_t read_cpus(const char *folder, bool unified)
{
    long long quota[2]; /* CPU time per period, and the period, in microseconds */
    bool there = unified ? read_numbers(folder, "cpu.max", quota, 2)
                         : read_numbers(folder, "cpu.cfs_quota_us", quota, 1) &&
                               read_numbers(folder, "cpu.cfs_period_us", quota + 1, 1);

    return there && quota[0] > 0 && quota[1] > 0 ? (size_t)((quota[0] - 1) / quota[1] + 1) : SIZE_MAX;
}

/* The smallest limit from ROOT/MOUNT/GROUP up to ROOT/MOUNT. */
static size_t least_along(const char *root, const char *mount, const char *group, read_limit *limit_of, bool unified)
{
    char own[GROUP_BYTES], folder[PATH_BYTES];
    size_t least = SIZE_MAX;

    snprintf(own, sizeof own, "%s", group);
    for (;;) {
        snprintf(folder, sizeof folder, "%s%s%s", root, mount, own);
        size_t limit = limit_of(folder, unified);
        if (limit < least)
            least = limit;
        char *slash = strrchr(own, '/');
        if (!slash || !GUARD(memory_cgroup_above))
            return least;
        *slash = '\0';
    }
}

/* Whether `name` is in a list such as "cpu,memory". */
static bool is_in_list(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = list; (at = strstr(at, name)); at += length)
        if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

/* Each line of /proc/self/cgroup is NUMBER:CONTROLLERS:GROUP, with empty CONTROLLERS for v2. */
static size_t least_limit(const char *root, const char *controller, const char *mount, read_limit *limit_of)
{
    size_t least = SIZE_MAX, limit;
    char line[GROUP_BYTES];

    snprintf(line, sizeof line, "%s/proc/self/cgroup", root);
    FILE *file = fopen(line, "re");
    while (file && fgets(line, sizeof line, file)) {
        char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        group[strcspn(group, "\n")] = '\0';
        if (controllers[1] == '\0')
            limit = GUARD(memory_cgroup_2) ? least_along(root, "/sys/fs/cgroup", group, limit_of, true) : SIZE_MAX;
        else if (is_in_list(controllers + 1, controller))
            limit = GUARD(memory_cgroup_1) ? least_along(root, mount, group, limit_of, false) : SIZE_MAX;
        else
            continue;
        if (limit < least)
            least = limit;
    }
    if (file)
        fclose(file);
    return least;
}

size_t cgroup_memory(const char *root)
{
    return least_limit(root, "memory", "/sys/fs/cgroup/memory", read_memory);
}

size_t cgroup_cpus(const char *root)
{
    return least_limit(root, "cpu", "/sys/fs/cgroup/cpu", read_cpus);
}
