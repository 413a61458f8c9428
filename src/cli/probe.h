/*
 * probe: a look at a file by a process that may die of it. HDF5 is not memory-safe on malformed files, so a command first has a
 * forked child do what it is about to do itself: read the file's metadata. The child's memory and time are limited, and it
 * says nothing on stderr. What it finds wrong is reported without the command ever opening the file; its crash or hang becomes a
 * message. The child starts from the very memory that the command goes on with, so what it survives the command does, too.
 * To be called before any thread is started.
 */
#ifndef GEOSC_PROBE_H
#define GEOSC_PROBE_H

#include "h5.h"

struct probe {
    const char *path; /* the file, also for messages */
    size_t memory;    /* bytes that the child may take; 0: 70 % of what the machine has */
    /* Runs in the child. May print on stdout; of a failure it leaves the message in the context. */
    enum geosc_status (*walk)(geosc_context *context, const struct probe *probe);
    const void *job;            /* the walk's own */
    unsigned seconds;           /* of CPU time, and ten times as many by the clock; 0: by the size of the file */
    const volatile int *stop;   /* nonzero: give up; NULL allowed */
};

/* The walk's status, its message said. GEOSC_FAILED for a crash or hang, GEOSC_STOPPED where *stop was set. */
enum geosc_status probe_run(const struct probe *probe);

/* Walks. Of an input: catalog and chunks; job: its struct h5_access. Of a model: tensors and attributes. Of an output: all of it. */
enum geosc_status probe_input(geosc_context *context, const struct probe *probe);
enum geosc_status probe_model(geosc_context *context, const struct probe *probe);
enum geosc_status probe_output(geosc_context *context, const struct probe *probe);
/* The same of a file in the output's place, which may be anything: no finding is a failure. */
enum geosc_status probe_obstacle(geosc_context *context, const struct probe *probe);

#endif
