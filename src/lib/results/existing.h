/*
 * existing: examines what is at the path of an output before a run or a merge: nothing, the finished output of the same
 * run, or something that must not be lost.
 */
#ifndef GEOSC_EXISTING_H
#define GEOSC_EXISTING_H

#include "results/identity.h"

/* The file at the output's path. */
struct output_there {
    bool complete; /* a finished, sound and durable output of the same identity: nothing left to do */
    size_t failed; /* its pairs without an answer */
};

/* Fails early, before any computation, if `path` cannot be written: folder missing or read-only, a file exists and no
 * `force`, or something other than a regular file or link exists (place.h). With `force`, nothing counts as
 * complete. */
enum geosc_status output_prepare(geosc_context *context, const char *path, const struct run_identity *identity,
                                 bool force, struct output_there *there);

#endif
