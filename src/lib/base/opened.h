/*
 * opened: HDF5 files by their open descriptors. A command opens what it is about to read before anything looks into it:
 * the process that looks first (probe.h) and the reader have one descriptor, whatever becomes of the name meanwhile. A
 * context with such a list reads no other HDF5 files; one without opens them by their names. A list belongs to one
 * thread.
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

/* Opens the file of that name for context->opened, unless it is in there already. It must be regular, and nobody be
 * writing it: it keeps a shared lock. */
enum geosc_status opened_add(geosc_context *context, const char *path);
/* A descriptor of the file, to be closed by the caller: of the context's list or, where it has none, newly opened. */
enum geosc_status opened_take(geosc_context *context, const char *path, int *fd);
/* Its descriptor in the list, which stays the list's; -1: it is not there. */
int opened_find(const struct opened *opened, const char *path);
/* Whether the name still is that of the file in the context's list; true where there is no list. */
bool opened_is_current(const geosc_context *context, const char *path);
/* Closes one of the list, if it is there. */
void opened_drop(struct opened *opened, const char *path);
void opened_free(struct opened *opened);

#endif
