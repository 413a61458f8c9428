/*
 * formats: one interface to the formats of an output: geosc's own (output.h) and hloc's (hloc.h). All code that writes,
 * recognises or measures outputs uses it.
 */
#ifndef GEOSC_FORMATS_H
#define GEOSC_FORMATS_H

#include "results/identity.h"
#include "results/results.h"

struct output_format {
    const char *name; /* attribute `format` of its files */
    /* Fails if the format cannot hold the catalog's pairs; NULL: it always can. Call it before any computation. */
    enum geosc_status (*check)(geosc_context *context, const struct catalog *catalog);
    enum geosc_status (*write)(geosc_context *context, const char *path, const struct catalog *catalog,
                               const struct run_identity *identity, const struct results *results, bool force);
    /* Reads and verifies a file; faults go to `problems`. GEOSC_FAILED if it cannot be opened. */
    enum geosc_status (*read)(geosc_context *context, const char *path, struct run_identity *identity,
                              struct output_summary *summary, struct problems *problems);
    /* Memory in bytes for writing, besides the results; NULL: none. */
    size_t (*memory)(size_t pairs, bool confidence);
    /* Approximate file size in bytes for `pairs` of the catalog's pairs. */
    size_t (*size)(const struct catalog *catalog, const struct geosc_options *options, size_t pairs, bool shard);
};

const struct output_format *output_format(enum geosc_format format);
/* The format that a file has or claims; false: it is not an output. */
bool output_format_of(geosc_context *context, struct h5_file *file, enum geosc_format *format);

#endif
