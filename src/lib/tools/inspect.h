/*
 * inspect: what a file holds, as a list of facts, and what is wrong with it. No printing.
 */
#ifndef GEOSC_INSPECT_H
#define GEOSC_INSPECT_H

#include "input/catalog.h"

struct fact {
    const char *name; /* "kind", "layout", "pairs", ...: may serve as a JSON key */
    char *value;      /* owned */
    bool number;      /* value is a JSON number */
};

struct inspection {
    size_t count, capacity;
    struct fact *facts; /* in the order to show them; "kind" first: input, model, output or unknown */
    struct problems problems;
};

/* How to look at a file. */
struct inspect_options {
    struct h5_access access;
    const char *pairs; /* a text of pairs in place of an input's own, or NULL */
};

/* GEOSC_OK when the file was looked at, whatever was found; GEOSC_FAILED if it can't be opened. */
enum geosc_status inspect_file(geosc_context *context, const char *path, const struct inspect_options *options,
                               struct inspection *inspection);
void inspection_free(struct inspection *inspection);

#endif
