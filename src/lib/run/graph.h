/*
 * graph: how far a plan has got: which pairs have all their maps, and whether the slots of the next batch are free.
 * Says what to do next, and nothing of who does it. One thread at a time: the workers call it under their lock;
 * tests/bench/scale replays a run with it.
 */
#ifndef GEOSC_GRAPH_H
#define GEOSC_GRAPH_H

#include "run/plan.h"

/* A thing to do: a pair (number: the step), or a batch of images. */
struct graph_item {
    enum { GRAPH_NOTHING, GRAPH_PAIR, GRAPH_BATCH } kind;
    size_t number, step;
};

/* Why there is nothing to do for a thread: the memory of all workers is taken; pairs still use the slots of the next
 * batch; its image is not read yet; all that is left is under way. */
enum graph_wait { GRAPH_NO_WAIT, GRAPH_PLACE, GRAPH_SLOTS, GRAPH_READING, GRAPH_END, GRAPH_WAITS };

/* Initialise with zeros. */
struct graph {
    const struct plan *plan;
    uint32_t *uses_left; /* [makes] pairs that still need the map */
    size_t *first_user;  /* [makes + 1] where the steps that need a make stand in `users` */
    plan_number *users;
    uint8_t *missing; /* [steps] maps that the pair waits for */
    size_t *ready;    /* heap of the steps whose maps are there, the first on top */
    size_t ready_count, next_batch;
};

/* The plan must outlive the graph. */
enum geosc_status graph_create(geosc_context *context, const struct plan *plan, struct graph *graph);
void graph_free(struct graph *graph);

/* Why the next batch, before step `limit`, cannot begin; GRAPH_NO_WAIT if it can once its images are read. Batches
 * begin in the plan's order. */
enum graph_wait graph_batch_waits(const struct graph *graph, size_t limit);
/* Takes what is ready and comes first in the plan: a pair before step `limit`, or the next batch if it `may` begin. */
struct graph_item graph_take(struct graph *graph, size_t limit, bool may);
/* What was taken is done: pairs that waited for nothing else are ready, slots may be free. */
void graph_end(struct graph *graph, const struct graph_item *item);

#endif
