#include "base/memory.h"

#include "base/cgroup.h"
#include "base/guard.h"
#include "base/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };

bool size_multiply(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

/* Bytes of a block, rounded up to whole cache lines, as aligned_alloc requires; false on overflow. */
static bool block_bytes(size_t count, size_t size, size_t *bytes)
{
    if ((!size_multiply(count, size, bytes) && GUARD(memory_overflow)) ||
        (GUARD(memory_round_up) && *bytes > SIZE_MAX - ALIGNMENT))
        return false;
    *bytes = (*bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (*bytes == 0)
        *bytes = ALIGNMENT;
    return true;
}

/* A large block begins where a huge page can, and asks for huge pages: else the system clears and maps it in thousands
 * of small ones. NULL: there is no memory. */
static void *take(size_t bytes)
{
    size_t page = system_huge_page(bytes);
    void *block;

    if (!page)
        return aligned_alloc(ALIGNMENT, bytes);
    block = aligned_alloc(page, (bytes + page - 1) / page * page); /* as C demands */
    if (block)
        system_ask_huge_pages(block, bytes);
    return block;
}

enum geosc_status memory_allocate(geosc_context *context, void *block_pointer, size_t count, size_t size,
                                  const char *what)
{
    void **block = block_pointer;
    size_t bytes;

    *block = NULL;
    if (!block_bytes(count, size, &bytes))
        return fail(context, GEOSC_FAILED, "%s is too large: %zu x %zu bytes", what, count, size);
    *block = take(bytes);
    return *block || !GUARD(memory_none_left) ? GEOSC_OK : fail_memory(context, bytes, what);
}

enum geosc_status memory_allocate_zero(geosc_context *context, void *block_pointer, size_t count, size_t size,
                                       const char *what)
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

enum geosc_status memory_append(geosc_context *context, struct bytes *bytes, const void *data, size_t count,
                                const char *what)
{
    if (memory_grow(context, &bytes->data, &bytes->capacity, bytes->count + count, 1, what) != GEOSC_OK)
        return GEOSC_FAILED;
    memcpy(bytes->data + bytes->count, data, count);
    bytes->count += count;
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

size_t memory_available(void)
{
    uint64_t machine = system_memory();
    size_t group = cgroup_memory(""), most = machine < SIZE_MAX ? (size_t)machine : SIZE_MAX;

    return GUARD(memory_cgroup) && group < most ? group : most;
}
