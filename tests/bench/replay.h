/*
 * replay: what so many cores would make of a plan, by list scheduling: the rule by which workers take pairs and images
 * (graph.h, workers.c), with the seconds that each takes. A queue of events, nothing is computed.
 */
#ifndef TESTS_REPLAY_H
#define TESTS_REPLAY_H

#include "run/graph.h"

/* The plan's batches hold one read each (replay_split). Seconds are those of a thread that has a core for itself. */
struct replay_task {
    const struct plan *plan;
    size_t cores, threads, workers;
    size_t depth;                      /* images read ahead, at least one */
    const double *reading;             /* [reads] by the reading thread, which needs no core */
    const double *decoding, *refining; /* [reads] by a worker: until the image's place is free again, and after it */
    const double *answering;           /* [steps] by a worker */
    double serial;                     /* share of these in which nobody can help; 1: nobody helps */
    size_t helpers;                    /* most threads that help one */
};

/* Seconds, and sums over all cores that threads may use: min(cores, threads). */
struct replay {
    double seconds, busy, helping, idle[GRAPH_WAITS];
};

/* Splits batches: a worker that refines several images together waits for each as if they were apart. */
enum geosc_status replay_split(geosc_context *context, struct plan *plan);
enum geosc_status replay_run(geosc_context *context, const struct replay_task *task, struct replay *replay);

#endif
