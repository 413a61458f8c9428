/*
 * stream: a FILE whose text is gathered in memory. Unlike open_memstream's, it forgets no failure: in glibc, a write
 * that finds no memory for its text returns EOF, and nothing else ever tells.
 */
#ifndef GEOSC_STREAM_H
#define GEOSC_STREAM_H

#include "base/memory.h"

#include <stdio.h>

struct stream {
    FILE *out;          /* to print to */
    struct bytes bytes; /* the text, without a NUL; after stream_end */
    const char *what;   /* for messages: "the page" */
    geosc_context *context;
    enum geosc_status status; /* of the first failure */
};

/* `stream` starts zeroed and stays where it is until stream_free, which also takes one that failed to open. */
enum geosc_status stream_open(geosc_context *context, struct stream *stream, const char *what);
/* Everything that was printed is in `bytes`, or the failure of any print so far. */
enum geosc_status stream_end(struct stream *stream);
void stream_free(struct stream *stream);

#endif
