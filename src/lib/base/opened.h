/*
 * opened: descriptors of the HDF5 files that a command reads. The command opens each file before the process that
 * checks it (probe.h) and the reader look at it: both use the same file even if the name changes meanwhile. A context
 * with such a list reads no other HDF5 files; a context without opens files by name. A list belongs to one thread.
 */
#ifndef GEOSC_OPENED_H
#define GEOSC_OPENED_H

#include "base/memory.h"

struct opened_file {
    char *path; /* owned */
    int fd;     /* owned */
};

struct opened {
    size_t count, capacity;
    struct opened_file *files;
};

/* Opens the file for context->opened unless the list has it. The file must be regular and not open for writing
 * elsewhere. The descriptor keeps a shared lock. */
enum geosc_status opened_add(geosc_context *context, const char *path);
/* A descriptor of the file, which the caller closes: a duplicate from the context's list or, without a list, newly
 * opened. */
enum geosc_status opened_take(geosc_context *context, const char *path, int *fd);
/* The file's descriptor, owned by the list; -1 if the list lacks the file. */
int opened_find(const struct opened *opened, const char *path);
/* Whether the path still names the file in the context's list; true without a list. */
bool opened_is_current(const geosc_context *context, const char *path);
/* Closes the file and removes it from the list, if present. */
void opened_drop(struct opened *opened, const char *path);
void opened_free(struct opened *opened);

#endif
