/*
 * failing_memory: the k-th allocation of our own fails, or it and all after it. For programs linked with
 * --wrap=aligned_alloc, which is what memory.c calls; what HDF5 and other libraries take is left alone. Those of
 * processes that are forked count, too.
 */
#ifndef TESTS_FAILING_MEMORY_H
#define TESTS_FAILING_MEMORY_H

#include "testing.h"

#include <stdatomic.h>
#include <sys/mman.h>

static atomic_size_t *failing_calls; /* since failing_from; shared with forked processes, NULL until then */
static size_t failing_first;         /* its number, from 1; 0: none */
static bool failing_for_ever;        /* the caller's: all after it fail, too */

void *__real_aligned_alloc(size_t alignment, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
    size_t number = failing_calls ? atomic_fetch_add(failing_calls, 1) + 1 : 0;
    bool fails = failing_first && (number == failing_first || (failing_for_ever && number > failing_first));

    return fails ? NULL : __real_aligned_alloc(alignment, bytes);
}

/* From now on, the number `first` fails, counted from here. */
static inline void failing_from(size_t first)
{
    if (!failing_calls) {
        void *shared = mmap(NULL, sizeof *failing_calls, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        assert_true(shared != MAP_FAILED);
        failing_calls = shared;
    }
    atomic_store(failing_calls, 0);
    failing_first = first;
}

/* Whether it was reached; none fails any more. */
static inline bool failing_reached(void)
{
    bool reached = atomic_load(failing_calls) >= failing_first;

    failing_first = 0;
    return reached;
}

/* Whether a message is about memory. */
static inline bool says_memory(const char *message)
{
    return strstr(message, "memory") || strstr(message, "cannot allocate");
}

#endif
