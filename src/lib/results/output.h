/*
 * output: geosc's own format of an output (geosc-files(5)), arrays over all pairs: written at the end in one go, read
 * back by eval, inspect and render.
 */
#ifndef GEOSC_OUTPUT_H
#define GEOSC_OUTPUT_H

#include "results/identity.h"
#include "results/results.h"

enum geosc_status output_write(geosc_context *context, const char *path, const struct catalog *catalog,
                               const struct run_identity *identity, const struct results *results, bool force);
/* Approximate file size in bytes for `pairs` of the catalog's pairs. */
size_t output_size(const struct catalog *catalog, const struct geosc_options *options, size_t pairs, bool shard);
/* Reads an output and verifies structure, values and crc32. Faults go to `problems`; only without any are the results
 * complete. Free them in any case. GEOSC_FAILED if the file cannot be opened, else GEOSC_OK. */
enum geosc_status output_read(geosc_context *context, const char *path, struct results *results,
                              struct run_identity *identity, struct problems *problems);
/* A shard's claims about the run, and the number of pairs that its bytes can hold; reads nothing else. GEOSC_FAILED if
 * they are unknown. */
struct output_outline {
    size_t shards, all_pairs, rank, shape[2], candidates; /* equal in all shards of a run */
    size_t pairs, answers;                                /* its own pairs, and the sum of their answers */
};
enum geosc_status output_read_outline(geosc_context *context, const char *path, struct output_outline *outline);
/* The pairs of the run with these results: zeroed for the input's own pairs; else as in the results, which own the
 * arrays. */
struct catalog_pairs output_pairs(const struct results *results, const struct run_identity *identity);

#endif
