/*
 * existing: what stands in the place of an output before a run or a merge begins: nothing, the finished output of the
 * same run, or something that must not be lost.
 */
#ifndef GEOSC_EXISTING_H
#define GEOSC_EXISTING_H

#include "results/identity.h"

/* What a run finds in the place of its output. */
struct output_there {
    bool complete; /* a finished and sound output of the same identity, durable: nothing is left to do */
    size_t failed; /* pairs of it that have no answer */
};

/* Fails early, before anything is computed, if `path` can't be written: folder missing or read-only, a file there
 * without `force`, something else than a regular file or link there (place.h). With `force`, nothing is complete. */
enum geosc_status output_prepare(geosc_context *context, const char *path, const struct run_identity *identity,
                                 bool force, struct output_there *there);

#endif
