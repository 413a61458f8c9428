/*
 * matched: an input and its output, opened and checked, for the commands that show both.
 */
#ifndef GEOSC_MATCHED_H
#define GEOSC_MATCHED_H

#include "input/truth.h"
#include "results/output.h"

struct matched {
    const char *input, *output; /* paths */
    const struct h5_access *access;
    struct catalog catalog;
    struct results results;
    struct run_identity identity;
    struct problems problems;
};

/* A command's work on both; it calls matched_open after checking its other arguments. */
typedef enum geosc_status matched_work(geosc_context *context, const void *settings, struct matched *matched);

/* Whether the file to write is the input or the output, which --force would replace. */
bool matched_is_output_read(char **operands, const char *output);
/* A command's run: checks both files in child processes (probe.h), does the work, reports errors, returns the exit
 * status. Call it before any thread is started. */
int matched_run(char **operands, const struct h5_access *access, matched_work *work, const void *settings);
/* Warns of target keypoints outside their image. */
void matched_warn_of_truth(const struct matched *matched, const struct truth_outside *outside);
enum geosc_status matched_open(geosc_context *context, struct matched *matched);
/* Opens another output of the same input and pairs, which must be open; free it with matched_close_other. */
enum geosc_status matched_open_other(geosc_context *context, const struct matched *matched, const char *output,
                                     struct matched *other);
void matched_close_other(struct matched *other); /* for a zeroed or open one */

#endif
