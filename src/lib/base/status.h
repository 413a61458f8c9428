/*
 * status: how the library reports failure. Every fallible function returns enum geosc_status and
 * leaves one line in the context. Threads: a context belongs to one thread at a time; a helper thread
 * uses a context of its own and hands the message over.
 * Room base: what everything uses, without HDF5: errors, memory, text, numbers, options, files that appear whole.
 */
#ifndef GEOSC_STATUS_H
#define GEOSC_STATUS_H

#include "kernel/arithmetic.h"
#include "geosc.h"

enum { STATUS_MESSAGE_SIZE = 1024 };

struct kernels;
struct opened;

struct geosc_context {
    char message[STATUS_MESSAGE_SIZE]; /* last failure, "" if none */
    const struct kernels *kernels;     /* set by geosc_configure; never NULL after geosc_create */
    int threads;                       /* >= 1 */
    const volatile int *stop;          /* of the job that runs, or NULL: see stop_asked */
    struct opened *opened;             /* the only HDF5 files that are read, where not NULL: see opened.h */
    bool scores_in_fp32;               /* for tests and bench: never by way of int8 */
};

/* Stores the message (one line: WHAT is wrong, WHERE, what to do), made printable (text.h), and returns `status`. */
enum geosc_status fail(geosc_context *context, enum geosc_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What the user should know, as one printable line to the caller's warning, if it wants any. */
void warn(const struct geosc_options *options, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "out of memory: needed N bytes for WHAT" */
enum geosc_status fail_memory(geosc_context *context, size_t bytes, const char *what);

/* Whether the caller wants the job to end: to be looked at every tenth of a second or so. Any thread. Once seen, it
 * stays: what was left out for it can be found out at the end of a stage. */
static inline bool stop_asked(const geosc_context *context)
{
    return context->stop && __atomic_load_n(context->stop, __ATOMIC_RELAXED) != 0;
}

/* GEOSC_STOPPED, and says so, where it does. */
enum geosc_status check_stop(geosc_context *context);

/* Forwards a failure to the function's one clean-up path: needs `enum geosc_status status` and a label `done`. */
#define TRY(call)                        \
    do {                                 \
        if ((status = (call)) != GEOSC_OK) \
            goto done;                   \
    } while (0)

#endif
