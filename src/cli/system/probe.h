/*
 * probe: checks a file in a child process. HDF5 is not memory-safe on malformed files, so a command first has a forked
 * child read the file's metadata as the command will. The child has limited memory and time, prints nothing on stderr,
 * and ends with the command. Its findings become the command's message; so do its crash or hang, but a signal that ends
 * it does not blame the file. The command itself reads only files without any fault: a malformed file that spares the
 * child may still crash the command, whose memory has other contents. Both read from one descriptor (opened.h), so that
 * it is the same file. Call these functions before any thread is started.
 */
#ifndef GEOSC_PROBE_H
#define GEOSC_PROBE_H

#include "input/catalog.h"

struct probe {
    const char *path; /* the file, also for messages */
    size_t memory; /* the child's limit in bytes; 0: from the size of the file, at most 70 % of the machine's memory */
    /* Runs in the child. May print on stdout; a failure may leave a message in the context. */
    enum geosc_status (*walk)(geosc_context *context, const struct probe *probe);
    const void *job;  /* for the walk */
    int fd;           /* of the file, set by probe_run */
    unsigned seconds; /* limit of CPU time, a tenth of that of wall time; 0: from the size of the file */
};

/* Runs the walk in a child and returns its status and message: GEOSC_FAILED for a crash or hang, GEOSC_STOPPED if a
 * stop was requested. The file stays open in context->opened. */
enum geosc_status probe_run(geosc_context *context, const struct probe *probe);

/* How to read an input: what it may do, and the pairs that replace its own (all zero: none). */
struct probe_allowed {
    struct h5_access access;
    struct catalog_pairs pairs;
};

/* Walks that read all that the command will read. Of an input: catalog and chunks, but no features; job: a struct
 * probe_allowed. Of a model: the same without its numbers. */
enum geosc_status probe_input(geosc_context *context, const struct probe *probe);
enum geosc_status probe_model(geosc_context *context, const struct probe *probe);
enum geosc_status probe_output(geosc_context *context, const struct probe *probe);
/* Checks the path of an output that may not replace a file: fails if a file exists there that is not a valid output. */
enum geosc_status probe_place(geosc_context *context, const char *path, enum geosc_format format, size_t memory);

#endif
