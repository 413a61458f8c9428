/*
 * work: multiply-adds of the parts of a run, as defined in docs/computation.md, regardless of what kernels and
 * shortcuts save. Depends only on input, model and options: equal on every node. Balances shards (shard.h) and, with a
 * measured speed, predicts time (forecast.h).
 */
#ifndef GEOSC_WORK_H
#define GEOSC_WORK_H

#include "input/query.h"
#include "network/model.h"
#include "run/plan.h"

/* Initialise with zeros; filled by work_create; then read-only. */
struct work {
    const struct catalog *catalog;
    const struct geosc_options *options;
    bool tells_poses;      /* model_tells_poses() */
    size_t channels;       /* of refined features */
    uint8_t *posed_maps;   /* [images] as a source: number of candidates with a map other than the unposed one */
    bool *plain_candidate; /* [images] as a source: the unposed map is a candidate's */
    double *plain;         /* [images] products for the unposed map */
    double *posed;         /* [images] products for one posed map */
    size_t *whole, *part;  /* [images] cells of these maps */
    size_t *masked;        /* [images] cells in the mask, as a source */
    size_t *matched;       /* [images] cells in the mask, as a target: all, unless targets are restricted */
};

/* Products by stage. */
struct work_sum {
    double refine, score, match;
    size_t maps, reads;
};

/* Reads all masks: of sources, and of targets if the options restrict them. queries: of all pairs of the file. */
enum geosc_status work_create(geosc_context *context, const struct catalog *catalog,
                              const struct geosc_options *options, const geosc_model *model,
                              const struct queries *queries, struct work *work);
void work_free(struct work *work);

/* Cells of a map in a plan. */
size_t work_cells(const struct work *work, const struct plan_read *read, const struct plan_make *make);
/* Products for scoring a pair whose maps exist. */
double work_score(const struct work *work, size_t pair);
double work_match(const struct work *work, size_t pair);
void work_add_pair(const struct work *work, size_t pair, struct work_sum *sum);
/* Adds a read of a plan over the work's catalog, and the maps made from it. */
void work_add_read(const struct work *work, const struct plan *plan, size_t read, struct work_sum *sum);

#endif
