/*
 * formats: the formats of an output behind one front: geosc's own (output.h) and hloc's (hloc.h). Who writes, knows or
 * measures an output in whatever format does it through these.
 */
#ifndef GEOSC_FORMATS_H
#define GEOSC_FORMATS_H

#include "results/identity.h"
#include "results/results.h"

struct output_format {
    const char *name; /* attribute format of its files */
    /* Fails if the catalog's pairs can't be written in it; NULL: all can. To be asked before anything is computed. */
    enum geosc_status (*check)(geosc_context *context, const struct catalog *catalog);
    enum geosc_status (*write)(geosc_context *context, const char *path, const struct catalog *catalog,
                               const struct run_identity *identity, const struct results *results, bool force);
    /* Reads and verifies a file; everything wrong goes to `problems`. GEOSC_FAILED if it can't be opened at all. */
    enum geosc_status (*read)(geosc_context *context, const char *path, struct run_identity *identity,
                              struct output_summary *summary, struct problems *problems);
    /* Bytes of memory that writing takes beside the results; NULL: none. */
    size_t (*memory)(size_t pairs, bool confidence);
    /* Bytes of the file, about, of so many of the catalog's pairs. */
    size_t (*size)(const struct catalog *catalog, const struct geosc_options *options, size_t pairs, bool shard);
};

const struct output_format *output_format(enum geosc_format format);
/* The format of a file, or what it was meant to be; false: it is no output. */
bool output_format_of(geosc_context *context, struct h5_file *file, enum geosc_format *format);

#endif
