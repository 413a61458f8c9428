/*
 * inspect: lists the contents of a file as facts, and its problems. Prints nothing.
 */
#ifndef GEOSC_INSPECT_H
#define GEOSC_INSPECT_H

#include "h5/h5.h"
#include "tools/facts.h"

/* Options of inspect_file. */
struct inspect_options {
    struct h5_access access;
    const char *pairs; /* text file of pairs that replaces an input's own, or NULL */
};

/* GEOSC_OK if the file could be examined, whatever was found; GEOSC_FAILED if it cannot be opened. The caller
 * frees the inspection. */
enum geosc_status inspect_file(geosc_context *context, const char *path, const struct inspect_options *options,
                               struct inspection *inspection);

#endif
