/*
 * matched: an input and the output that was made from it, opened and checked, for the commands that show both.
 */
#ifndef GEOSC_MATCHED_H
#define GEOSC_MATCHED_H

#include "results/output.h"
#include "input/truth.h"

struct matched {
    const char *input, *output; /* paths */
    const struct h5_access *access;
    struct catalog catalog;
    struct results results;
    struct run_identity identity;
    struct problems problems;
};

/* What a command does with both; it calls matched_open when its other arguments are sound. */
typedef enum geosc_status matched_work(geosc_context *context, const void *settings, struct matched *matched);

/* Whether the file that a command shall write is one of both, which --force would replace. */
bool matched_is_output_read(char **operands, const char *output);
/* A command's run: looks at both files in processes that may die of them, has the work done, says what went wrong and
 * returns the exit status. Before any thread is started. */
int matched_run(char **operands, const struct h5_access *access, matched_work *work, const void *settings);
/* Warns of target keypoints outside their image. */
void matched_warn_of_truth(const struct matched *matched, const struct truth_outside *outside);
enum geosc_status matched_open(geosc_context *context, struct matched *matched);

#endif
