/*
 * remaining: how long a run will still take, from what its images and pairs took so far. An image is weighed by the
 * cells of its maps, a pair by the products of its search: so sizes may differ, and images may come before most pairs.
 * What was measured late counts more than what was measured early, while memory was new and other programs may have
 * run.
 */
#ifndef GEOSC_REMAINING_H
#define GEOSC_REMAINING_H

#include <pthread.h>

#include "run/graph.h"

/* Of a kind of work: its weight that is left, and what of it was measured. */
struct remaining_kind {
    double left, done, seconds;
};

struct remaining {
    const struct catalog *catalog;
    const struct geosc_options *options;
    const struct plan *plan;
    pthread_mutex_t lock;
    struct remaining_kind images, pairs;
    double worked, passed; /* seconds of all workers, and of the clock */
    double at;             /* when all this was last brought up to date */
    size_t running;        /* things that workers do now, */
    double began;          /* the sum of the moments at which they began */
};

/* All moments are in seconds since the start of the workers. What the arguments point to must outlive it. */
void remaining_start(struct remaining *remaining, const struct catalog *catalog, const struct geosc_options *options,
                     const struct plan *plan);
void remaining_free(struct remaining *remaining);
/* A worker begins something, and ends what it began; any thread. */
void remaining_begin(struct remaining *remaining, double now);
void remaining_end(struct remaining *remaining, const struct graph_item *item, double began, double now);
/* Seconds from now on; NaN as long as no image or no pair is done. */
double remaining_seconds(struct remaining *remaining, double now);

#endif
