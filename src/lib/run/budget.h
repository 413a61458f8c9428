/*
 * budget: computes the memory that a run will take, before anything is allocated.
 */
#ifndef GEOSC_BUDGET_H
#define GEOSC_BUDGET_H

#include "network/model.h"
#include "run/plan.h"

struct budget {
    size_t limit; /* bytes that the run may use */
    size_t fixed; /* results, activations, scratch for decoding and matching, images read ahead */
    size_t refine, gather,
        nearest;           /* included in fixed; depend on masks: refining a batch, masked cells, nearest neighbours */
    size_t slot;           /* one refined map in the cache with its mask */
    size_t slots;          /* number that fit */
    size_t prefetch_depth; /* images read ahead */
};

/* GEOSC_FAILED with the required amount if the run does not fit. */
enum geosc_status budget_make(geosc_context *context, const struct catalog *catalog, const geosc_model *model,
                              const struct geosc_options *options, struct budget *budget);

#endif
