/*
 * job: the subject of a run: input, model and options, checked against each other; its identity; the order of its
 * pairs. A run (pipeline.c) and its forecast share it. Room run: a run from file to file: order, plan, memory, reading,
 * pairs, shards, forecast.
 */
#ifndef GEOSC_JOB_H
#define GEOSC_JOB_H

#include "results/output.h"
#include "run/work.h"

/* Initialise with zeros. */
struct job {
    geosc_context *context;
    const struct geosc_options *options;
    struct catalog catalog;
    geosc_model *model; /* NULL: zero-shot */
    struct queries queries;
    struct run_identity identity;
    size_t *order; /* [catalog.pairs] order of matching */
};

/* Opens and checks the files; warns through options->warning about what may surprise. */
enum geosc_status job_open(geosc_context *context, const char *input, const char *model,
                           const struct geosc_options *options, struct job *job);
/* Warns of candidate poses that cannot be told apart (alias: some only permute cells), or that a network may not tell
 * apart (unless stored: some have features of the posed image). */
void job_warn_of_poses(const struct geosc_options *options, const geosc_model *model, bool alias, bool stored);
/* Reduces catalog and order to the pairs of the options' shard, if any. */
enum geosc_status job_take_shard(struct job *job);
void job_close(struct job *job);

#endif
