/*
 * merge: the outputs of all shards of a run become the run's output, byte for byte as if it had not been split.
 */
#ifndef GEOSC_MERGE_H
#define GEOSC_MERGE_H

#include "problems.h"

struct merge_summary {
    size_t shards, pairs, failed;
    bool already_done; /* the output was there, complete and of the same run */
};

/* Reads the `count` files at paths, shards in any order, one at a time, and writes `output`. Everything that speaks
 * against it goes to `problems` (a shard that is missing, there twice, damaged or of another run), by name; then
 * nothing is written. GEOSC_FAILED is for what stops it there and then. */
enum geosc_status merge_files(geosc_context *context, const char *const *paths, size_t count, const char *output,
                              bool force, struct merge_summary *summary, struct problems *problems);

#endif
