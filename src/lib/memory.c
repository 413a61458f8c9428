#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ALIGNMENT = 64 };

bool size_multiply(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

/* Bytes of a block, rounded up to whole lines as aligned_alloc wants; false on overflow. */
static bool block_bytes(size_t count, size_t size, size_t *bytes)
{
    if (!size_multiply(count, size, bytes) || *bytes > SIZE_MAX - ALIGNMENT)
        return false;
    *bytes = (*bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (*bytes == 0)
        *bytes = ALIGNMENT;
    return true;
}

enum geosc_status memory_allocate(geosc_context *context, void *block_pointer, size_t count, size_t size, const char *what)
{
    void **block = block_pointer;
    size_t bytes;

    *block = NULL;
    if (!block_bytes(count, size, &bytes))
        return fail(context, GEOSC_FAILED, "%s is too large: %zu x %zu bytes", what, count, size);
    *block = aligned_alloc(ALIGNMENT, bytes);
    return *block ? GEOSC_OK : fail_memory(context, bytes, what);
}

enum geosc_status memory_allocate_zero(geosc_context *context, void *block_pointer, size_t count, size_t size, const char *what)
{
    enum geosc_status status = memory_allocate(context, block_pointer, count, size, what);

    if (status == GEOSC_OK)
        memset(*(void **)block_pointer, 0, count * size);
    return status;
}

enum geosc_status memory_grow(geosc_context *context, void *block_pointer, size_t *capacity, size_t count, size_t size,
                              const char *what)
{
    void **block = block_pointer, *larger;
    size_t wanted = count;

    if (count <= *capacity)
        return GEOSC_OK;
    if (*capacity <= SIZE_MAX / 3 && wanted < *capacity + *capacity / 2)
        wanted = *capacity + *capacity / 2;
    if (memory_allocate(context, &larger, wanted, size, what) != GEOSC_OK)
        return GEOSC_FAILED;
    if (*capacity)
        memcpy(larger, *block, *capacity * size);
    memory_free(*block);
    *block = larger;
    *capacity = wanted;
    return GEOSC_OK;
}

char *memory_copy_string(const char *text)
{
    size_t bytes = strlen(text) + 1, rounded;
    char *copy = block_bytes(bytes, 1, &rounded) ? aligned_alloc(ALIGNMENT, rounded) : NULL;

    return copy ? memcpy(copy, text, bytes) : NULL;
}

void memory_free(void *block)
{
    free(block);
}

/* The number in a one-line file such as cgroup's memory.max; SIZE_MAX where there is none ("max"). */
static size_t limit_in(const char *path)
{
    FILE *file = fopen(path, "re");
    unsigned long long value = 0;
    bool number = file && fscanf(file, "%llu", &value) == 1;

    if (file)
        fclose(file);
    return number && value < SIZE_MAX ? (size_t)value : SIZE_MAX;
}

/* Smallest limit along this process's way up the cgroup tree mounted at ROOT/`mount`. */
static size_t limit_along(const char *root, const char *mount, const char *group, const char *name)
{
    size_t least = SIZE_MAX;
    char folder[1024], path[1800];

    snprintf(folder, sizeof folder, "%s", group);
    for (;;) {
        snprintf(path, sizeof path, "%s%s%s/%s", root, mount, folder, name);
        size_t limit = limit_in(path);
        if (limit < least)
            least = limit;
        char *slash = strrchr(folder, '/');
        if (!slash)
            return least;
        *slash = '\0';
    }
}

/* "memory" stands in a list such as "cpu,memory". */
static bool names_memory(const char *controllers)
{
    static const char name[] = "memory";
    size_t length = sizeof name - 1;

    for (const char *at = controllers; (at = strstr(at, name)); at += length)
        if ((at == controllers || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

size_t memory_cgroup_limit(const char *root)
{
    size_t least = SIZE_MAX, limit;
    char line[1100];
    snprintf(line, sizeof line, "%s/proc/self/cgroup", root);
    FILE *file = fopen(line, "re");

    while (file && fgets(line, sizeof line, file)) {
        char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        group[strcspn(group, "\n")] = '\0';
        if (controllers[1] == '\0')
            limit = limit_along(root, "/sys/fs/cgroup", group, "memory.max");
        else if (names_memory(controllers + 1))
            limit = limit_along(root, "/sys/fs/cgroup/memory", group, "memory.limit_in_bytes");
        else
            continue;
        if (limit < least)
            least = limit;
    }
    if (file)
        fclose(file);
    return least;
}

size_t memory_available(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    size_t machine = pages > 0 && page > 0 ? (size_t)pages * (size_t)page : SIZE_MAX, group = memory_cgroup_limit("");

    return group < machine ? group : machine;
}
