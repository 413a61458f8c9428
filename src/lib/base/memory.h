/*
 * memory: the only place that allocates. Sizes that come from a file are multiplied here, checked.
 * Every block is aligned to 64 bytes (a cache line and a zmm register) and owned by the caller.
 */
#ifndef GEOSC_MEMORY_H
#define GEOSC_MEMORY_H

#include "base/status.h"

/* *product = a * b; false on overflow. */
bool size_multiply(size_t a, size_t b, size_t *product);

static inline size_t size_larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static inline size_t size_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* count * size bytes, not cleared, aligned to 64; count or size 0 gives a valid block. *block is NULL on failure. */
enum geosc_status memory_allocate(geosc_context *context, void *block_pointer, size_t count, size_t size,
                                  const char *what);
/* The same, cleared. */
enum geosc_status memory_allocate_zero(geosc_context *context, void *block_pointer, size_t count, size_t size,
                                       const char *what);
/* Grows (or makes, from NULL) a block to hold `count` items, keeping its contents; *capacity in items. */
enum geosc_status memory_grow(geosc_context *context, void *block_pointer, size_t *capacity, size_t count, size_t size,
                              const char *what);
char *memory_copy_string(const char *text); /* NULL without memory */
void memory_free(void *block);              /* NULL allowed */

/* Bytes that this process may use: the machine's memory or the cgroup's limit, whichever is smaller. */
size_t memory_available(void);

#endif
