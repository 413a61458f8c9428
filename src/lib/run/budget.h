/*
 * budget: computes the memory that a run will take, before anything is allocated, and how many workers it allows.
 */
#ifndef GEOSC_BUDGET_H
#define GEOSC_BUDGET_H

#include "network/model.h"
#include "run/plan.h"

struct budget {
    size_t limit;           /* bytes that the run may use */
    size_t shared;          /* the program, the model, pairs and results, images read ahead, the desks of helpers */
    size_t worker;          /* scratch of one worker: decoded image, activations, similarities */
    size_t refine, nearest; /* included in worker; depend on masks: refining a batch, nearest neighbours */
    size_t slot;            /* one refined map in the cache with its mask */
    size_t workers;         /* pairs and images worked on at a time */
    size_t slots;           /* number that fit beside the workers */
    size_t prefetch_depth;  /* images read ahead */
};

/* Chooses the number of workers, at most options->workers, context->threads and one for each pair, and plans the
 * request for them; its slots and workers are set here. As many as the memory allows, if that does not raise the number
 * of maps to refine by more than a twentieth. GEOSC_FAILED with the required amount if not even one fits. Free the plan
 * with plan_free. */
enum geosc_status budget_plan(geosc_context *context, const geosc_model *model, struct plan_request *request,
                              struct budget *budget, struct plan *plan);

/* Bytes of a model's weights as the kernels read them; model NULL: 0. */
size_t budget_weights(const geosc_model *model);

#endif
