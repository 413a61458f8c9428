/*
 * memory: the only module that allocates. Sizes from files are multiplied here, with overflow checks. Every block is
 * aligned to 64 bytes (a cache line, a zmm register) and owned by the caller.
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

/* Allocates count * size bytes, not cleared, aligned to 64; count or size 0 gives a valid block. *block is NULL on
 * failure. */
enum geosc_status memory_allocate(geosc_context *context, void *block_pointer, size_t count, size_t size,
                                  const char *what);
/* The same, cleared. */
enum geosc_status memory_allocate_zero(geosc_context *context, void *block_pointer, size_t count, size_t size,
                                       const char *what);
/* Grows a block (NULL: allocates it) to hold `count` items and keeps its contents; *capacity in items. */
enum geosc_status memory_grow(geosc_context *context, void *block_pointer, size_t *capacity, size_t count, size_t size,
                              const char *what);

/* A text or file that grows in memory. */
struct bytes {
    unsigned char *data; /* free with memory_free */
    size_t count, capacity;
};

/* Appends to `bytes`, which starts zeroed. */
enum geosc_status memory_append(geosc_context *context, struct bytes *bytes, const void *data, size_t count,
                                const char *what);
char *memory_copy_string(const char *text); /* NULL if memory is short */
void memory_free(void *block);              /* NULL is allowed */

/* Bytes that this process may use: the smaller of the machine's memory and the cgroup's limit. */
size_t memory_available(void);

#endif
