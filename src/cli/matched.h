/*
 * matched: an input and the output that was made from it, opened and checked, for the commands that show both.
 */
#ifndef GEOSC_MATCHED_H
#define GEOSC_MATCHED_H

#include "output.h"

struct matched {
    struct catalog catalog;
    struct results results;
    struct run_identity identity;
    struct problems problems;
};

/* Looks at both files in processes that may die of them; says what is wrong. Before any thread is started. */
enum geosc_status matched_probe(const char *input, const char *output, const struct h5_access *access);
enum geosc_status matched_open(geosc_context *context, const char *input, const char *output,
                               const struct h5_access *access, struct matched *matched);
void matched_close(struct matched *matched); /* of a zeroed, half-open or open one */

#endif
