/*
 * workers: answers all pairs of a plan with a crew of threads. A worker takes the next thing that is ready, an image to
 * refine or a pair whose maps are there, and works on it alone; with nothing to take, its thread helps the others. So
 * nobody waits while something is ready. Results are those of the plan's order, whoever computes what.
 */
#ifndef GEOSC_WORKERS_H
#define GEOSC_WORKERS_H

#include "run/budget.h"
#include "run/graph.h"
#include "run/job.h"
#include "run/pair.h"
#include "run/remaining.h"

/* A thing that a worker did, for developers. Moments are in seconds since the start of workers_run. */
struct workers_record {
    struct graph_item item;
    size_t worker;          /* its number */
    double asked;           /* when its thread was last done with something */
    enum graph_wait waited; /* what the thread waited for since then; last, if for several things */
    double began, ended;
    double seconds_thread; /* computed by the worker's own thread, without those of its helpers */
};

/* What to do, and what else happens to a pair. */
struct workers_task {
    const struct job *job;
    const struct plan *plan;
    const struct budget *budget;
    struct results *results; /* filled: the part of each pair */
    void *user;
    /* Called once a pair is answered, by its worker's thread: for several pairs at a time. */
    enum geosc_status (*keep)(void *user, geosc_context *context, size_t step);
    /* Called by the calling thread for each pair in the order of the plan. */
    enum geosc_status (*tell)(void *user, geosc_context *context, size_t step);
    struct remaining *remaining; /* is told of all that begins and ends; or NULL */
    double seconds;              /* 0: answer all; else end after this time and more than one pair for each worker */
    /* Called for each thing that a worker has done, one at a time; or NULL. */
    void (*record)(void *user, const struct workers_record *record);
};

/* What was done. Seconds of a stage are those of all workers, divided by their number. */
struct workers_done {
    size_t pairs, maps, reads; /* answered in the plan's order; refined; images read and used */
    size_t bytes_read;
    double bytes_per_read;
    struct nearest_statistics search;
    double seconds_wait, seconds_decode, seconds_refine, seconds_score, seconds_match;
    double seconds_reading; /* by the mean thread that reads, beside all others */
};

/* Answers the pairs; fails with the failure of the first step, in the plan's order, that fails. Pairs before it are
 * answered. GEOSC_STOPPED: what was under way is lost. *done is valid in any case. */
enum geosc_status workers_run(geosc_context *context, const struct workers_task *task, struct workers_done *done);

#endif
