/*
 * probe: a look at a file by a process that may die of it. HDF5 is not memory-safe on malformed files, so a command
 * first has a forked child do what it is about to do itself: read the file's metadata. The child's memory and time are
 * limited, it says nothing on stderr, and it ends with the command. What it finds wrong is reported without the command
 * ever reading the file; its crash or hang becomes a message, and a signal that ends it is not held against the file.
 * The command itself reads only files in which its child found no fault at all: a malformed one that the child has
 * survived may be the end of the command, whose memory holds other things by then. Both read from one descriptor
 * (opened.h), so that it is the same file. To be called before any thread is started.
 */
#ifndef GEOSC_PROBE_H
#define GEOSC_PROBE_H

#include "input/catalog.h"

struct probe {
    const char *path; /* the file, also for messages */
    size_t memory;    /* bytes that the child may take; 0: by the size of the file, and at most 70 % of what the machine
                         has */
    /* Runs in the child. May print on stdout; of a failure it leaves the message in the context, or none. */
    enum geosc_status (*walk)(geosc_context *context, const struct probe *probe);
    const void *job;  /* the walk's own */
    int fd;           /* of the file: set by probe_run */
    unsigned seconds; /* of CPU time, and ten times as many by the clock; 0: by the size of the file */
};

/* The walk's status and message. GEOSC_FAILED for a crash or hang, GEOSC_STOPPED where that is asked for. The file stays
 * open in context->opened. */
enum geosc_status probe_run(geosc_context *context, const struct probe *probe);

/* Of an input, beside what stands in it: what it may do, and pairs in place of its own (of all zero: none). */
struct probe_allowed {
    struct h5_access access;
    struct catalog_pairs pairs;
};

/* Walks, each of all that the command will read. Of an input: catalog and chunks; job: a struct probe_allowed. */
enum geosc_status probe_input(geosc_context *context, const struct probe *probe);
enum geosc_status probe_model(geosc_context *context, const struct probe *probe);
enum geosc_status probe_output(geosc_context *context, const struct probe *probe);
/* What stands in the place of an output that may not replace it: fails, and says that it is there, unless it is a sound
 * output itself. */
enum geosc_status probe_place(geosc_context *context, const char *path, enum geosc_format format, size_t memory);

#endif
