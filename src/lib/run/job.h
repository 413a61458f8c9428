/*
 * job: what a run is about: input, model and options, checked and fit for each other; who it is; the order of its
 * pairs. The same for a run (pipeline.c) and for its forecast.
 * Room run: a run from file to file: order, plan, memory, reading, pairs, parts of it, forecast.
 */
#ifndef GEOSC_JOB_H
#define GEOSC_JOB_H

#include "results/output.h"
#include "run/work.h"

/* Zeroed at first. */
struct job {
    geosc_context *context;
    const struct geosc_options *options;
    struct catalog catalog;
    geosc_model *model; /* NULL: zero-shot */
    struct queries queries;
    struct run_identity identity;
    size_t *order; /* [catalog.pairs] as they are to be taken */
};

/* Opens and checks the files; says through options->warning what will not work as one may think. */
enum geosc_status job_open(geosc_context *context, const char *input, const char *model,
                           const struct geosc_options *options, struct job *job);
/* Leaves in catalog and order the pairs of the options' shard, if they name one. */
enum geosc_status job_take_shard(struct job *job);
void job_close(struct job *job);

#endif
