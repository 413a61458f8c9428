/*
 * inspect: lists the contents of a file as facts, and its problems. Prints nothing.
 */
#ifndef GEOSC_INSPECT_H
#define GEOSC_INSPECT_H

#include "input/catalog.h"

struct fact {
    const char *name; /* "kind", "layout", "pairs", ...: usable as a JSON key */
    char *value;      /* owned */
    bool number;      /* value is a JSON number */
};

struct inspection {
    size_t count, capacity;
    struct fact *facts; /* in the order of display; first "kind": input, model, output or unknown */
    struct problems problems;
};

/* Options of inspect_file. */
struct inspect_options {
    struct h5_access access;
    const char *pairs; /* text file of pairs that replaces an input's own, or NULL */
};

/* GEOSC_OK if the file could be examined, whatever was found; GEOSC_FAILED if it cannot be opened. */
enum geosc_status inspect_file(geosc_context *context, const char *path, const struct inspect_options *options,
                               struct inspection *inspection);
void inspection_free(struct inspection *inspection);

#endif
