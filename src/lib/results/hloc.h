/*
 * hloc: matches as hloc's dense matchers leave them, for its aggregation of keypoints: for each pair a group
 * /NAME0/NAME1 (in names, / becomes -) with keypoints0 and keypoints1 [N, 2] float32 and scores [N] float32; on request
 * also second [N] and mutual [N]. N are the queries that have an answer. Coordinates are pixels of the photographs, and
 * (0, 0) is the centre of their first pixel: half a pixel less than in geosc's own files. Root attributes tell the run,
 * as in an output, and `matches_crc32` is of all datasets' bytes in the order of their paths.
 */
#ifndef GEOSC_HLOC_H
#define GEOSC_HLOC_H

#include "results/identity.h"
#include "results/results.h"

/* Fails if the catalog's pairs can't be written in this form: images without names or sizes, pairs that would share a
 * group. To be asked before anything is computed. */
enum geosc_status hloc_check(geosc_context *context, const struct catalog *catalog);
/* Memory in bytes for writing, besides the results: for each pair, plus HDF5's headers and groups. */
size_t hloc_memory(size_t pairs, bool confidence);
/* Approximate file size in bytes if `pairs` of the catalog's pairs have all answers; never for a shard. */
size_t hloc_size(const struct catalog *catalog, const struct geosc_options *options, size_t pairs, bool shard);
enum geosc_status hloc_write(geosc_context *context, const char *path, const struct catalog *catalog,
                             const struct run_identity *identity, const struct results *results, bool force);
/* Reads and verifies such a file, like output_read. */
enum geosc_status hloc_read(geosc_context *context, const char *path, struct run_identity *identity,
                            struct output_summary *summary, struct problems *problems);

#endif
