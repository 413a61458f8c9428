/*
 * merge: the outputs of all shards of a run become the run's output, byte for byte as if it had not been split: in
 * geosc's own form from the shards alone, in hloc's with the input that they were made of, which has the names, sizes
 * and keypoints that stand there.
 */
#ifndef GEOSC_MERGE_H
#define GEOSC_MERGE_H

#include "results/identity.h"
#include "results/results.h"

/* All shards put together. Zeroed at first. */
struct merged {
    size_t shards;
    struct run_identity identity; /* of the whole run */
    struct results results;       /* of all its pairs; none where no shard was good */
};

/* Looks at a file that is about to be read; NULL: nobody does. */
typedef enum geosc_status merge_look(geosc_context *context, const char *path);

/* Reads the `count` files at paths, shards in any order, one at a time. Everything that speaks against them goes to
 * `problems` (a shard that is missing, there twice, damaged or of another run), by name; then there is nothing to
 * write. GEOSC_FAILED is for what stops it there and then. Free with merge_free in any case. */
enum geosc_status merge_read(geosc_context *context, const char *const *paths, size_t count, merge_look *look,
                             struct merged *merged, struct problems *problems);
struct merge_output {
    const char *path;
    enum geosc_format format;
    const char *input;              /* that the shards were made of, which hloc's format needs; NULL: none */
    const struct h5_access *access; /* to the input, as catalog_open */
    bool force;
};

/* Fails if the input is not the one of the run. *already_done: the output was there, complete and of the same run. */
enum geosc_status merge_write(geosc_context *context, struct merged *merged, const struct merge_output *output,
                              bool *already_done);
void merge_free(struct merged *merged);

#endif
