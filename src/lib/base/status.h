/*
 * status: how the library reports failure. Every function that can fail returns enum geosc_status and leaves one line
 * in the context. A context belongs to one thread at a time; a helper thread has its own context and hands its message
 * over. Room base: what everything uses, without HDF5: errors, memory, text, numbers, options, files that appear whole.
 */
#ifndef GEOSC_STATUS_H
#define GEOSC_STATUS_H

#include "geosc.h"
#include "kernel/arithmetic.h"

enum { STATUS_MESSAGE_SIZE = 1024 };

struct kernels;
struct opened;
struct seat;

struct geosc_context {
    char message[STATUS_MESSAGE_SIZE]; /* last failure, "" if none */
    const struct kernels *kernels;     /* set by geosc_configure; not NULL after geosc_create */
    int threads;                       /* >= 1 */
    const volatile int *stop;          /* of the running job, or NULL: see stop_asked */
    struct opened *opened;             /* if not NULL, the only HDF5 files to read: see opened.h */
    bool out_of_memory;                /* set by fail_memory, cleared by who asks; later failures may follow from it */
    bool scores_in_fp32;               /* for tests and bench: do not use int8 */
    struct seat *seat;                 /* of a member of a crew (share.h), which has one thread; else NULL */
};

/* Stores the message (one line: what is wrong, where, what to do), made printable (text.h), and returns `status`. */
enum geosc_status fail(geosc_context *context, enum geosc_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Passes one printable line to the caller's warning function, if there is one. */
void warn(const struct geosc_options *options, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "cannot allocate N MB for WHAT" (KB or bytes if N is small); SIZE_MAX: the size overflows. Sets out_of_memory. */
enum geosc_status fail_memory(geosc_context *context, size_t bytes, const char *what);

/* Whether the caller asks the job to stop. Ask about every tenth of a second, from any thread. The answer stays true: a
 * stage may skip work and report the stop at its end. */
static inline bool stop_asked(const geosc_context *context)
{
    return context->stop && __atomic_load_n(context->stop, __ATOMIC_RELAXED) != 0;
}

/* GEOSC_STOPPED with its message if the caller asks to stop. */
enum geosc_status check_stop(geosc_context *context);

/* Forwards a failure to the function's clean-up path: needs `enum geosc_status status` and a label `done`. */
#define TRY(call)                          \
    do {                                   \
        if ((status = (call)) != GEOSC_OK) \
            goto done;                     \
    } while (0)

#endif
