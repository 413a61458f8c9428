/*
 * output: geosc's own format of an output (geosc-files(5)), tensors over all pairs: written whole, read back by eval, inspect and
 * render.
 */
#ifndef GEOSC_OUTPUT_H
#define GEOSC_OUTPUT_H

#include "results/identity.h"
#include "results/results.h"

enum geosc_status output_write(geosc_context *context, const char *path, const struct catalog *catalog,
                               const struct run_identity *identity, const struct results *results, bool force);
/* Bytes of the file, about, of so many of the catalog's pairs. */
size_t output_size(const struct catalog *catalog, const struct geosc_options *options, size_t pairs, bool shard);
/* Reads and verifies (structure, values, crc32) an output; everything wrong goes to `problems`, and only without any
 * are the results whole. Free them in any case. Returns GEOSC_FAILED if the file can't be opened at all, else GEOSC_OK.
 */
enum geosc_status output_read(geosc_context *context, const char *path, struct results *results,
                              struct run_identity *identity, struct problems *problems);
/* What a shard says of itself, and how many pairs it has bytes for: of both files and runs, nothing else is read.
 * GEOSC_FAILED where that cannot be told. */
struct output_outline {
    size_t shards, all_pairs, rank, shape[2], candidates; /* alike in all shards of a run */
    size_t pairs, answers;                                /* its own pairs, and all their answers */
};
enum geosc_status output_read_outline(geosc_context *context, const char *path, struct output_outline *outline);
/* The pairs of the run that these results are from: of all zero for those of the input, else as they stand in the
 * results, whose arrays they are. */
struct catalog_pairs output_pairs(const struct results *results, const struct run_identity *identity);

#endif
