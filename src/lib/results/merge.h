/*
 * merge: combines the outputs of all shards of a run into the output of the whole run, byte for byte the same as
 * without shards. geosc's own format needs only the shards; hloc's also needs their input, for names, sizes and
 * keypoints.
 */
#ifndef GEOSC_MERGE_H
#define GEOSC_MERGE_H

#include "results/identity.h"
#include "results/results.h"

/* All shards combined. Initialise with zeros. */
struct merged {
    size_t shards;
    struct run_identity identity; /* of the whole run */
    struct results results;       /* of all pairs; empty if no shard was good */
};

/* Checks a file before it is read; NULL: no check. */
typedef enum geosc_status merge_look(geosc_context *context, const char *path);

/* Reads `count` files, shards in any order, one at a time. Faults (a shard missing, duplicate, damaged or of another
 * run) go to `problems` by name; then there is nothing to write. GEOSC_FAILED if it cannot go on. Call merge_free in
 * any case. */
enum geosc_status merge_read(geosc_context *context, const char *const *paths, size_t count, merge_look *look,
                             struct merged *merged, struct problems *problems);
struct merge_output {
    const char *path;
    enum geosc_format format;
    const char *input;              /* input of the shards, needed for hloc's format; NULL: none */
    const struct h5_access *access; /* for the input, as in catalog_open */
    bool force;
};

/* Writes the output. Fails if the input is not the run's. *already_done: the complete output of the same run
 * existed. */
enum geosc_status merge_write(geosc_context *context, struct merged *merged, const struct merge_output *output,
                              bool *already_done);
void merge_free(struct merged *merged);

#endif
