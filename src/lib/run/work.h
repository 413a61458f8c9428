/*
 * work: how many multiply-adds the parts of a run take, as docs/computation.md defines them, whatever kernels and
 * shortcuts save of them. It depends on the input, the model and the options alone: the same on every node. By it
 * shards are balanced (shard.h), and with a speed measured it becomes a time (forecast.h).
 */
#ifndef GEOSC_WORK_H
#define GEOSC_WORK_H

#include "network/model.h"
#include "run/plan.h"
#include "input/query.h"

/* Zeroed at first; filled by work_create; read-only after that. */
struct work {
    const struct catalog *catalog;
    const struct geosc_options *options;
    bool has_model;
    size_t channels;      /* of refined features */
    uint8_t *posed_maps;   /* [images] as a source: candidates that are maps of their own beside the unposed one; */
    bool *plain_candidate; /* [images] the unposed one is needed, too */
    double *plain;        /* [images] products to make the unposed map, */
    double *posed;        /* [images] and one posed map */
    size_t *whole, *part; /* [images] their cells */
    size_t *masked;       /* [images] cells in the mask, as a source */
    size_t *matched;      /* [images] cells in the mask, as a target: all, unless targets are restricted */
};

/* Products by stage. */
struct work_sum {
    double refine, score, match;
    size_t maps, reads;
};

/* Reads all masks: of sources, and of targets where the options restrict them. queries: over all pairs of the file. */
enum geosc_status work_create(geosc_context *context, const struct catalog *catalog,
                              const struct geosc_options *options, const geosc_model *model,
                              const struct queries *queries, struct work *work);
void work_free(struct work *work);

/* Cells of a map that a plan makes. */
size_t work_cells(const struct work *work, const struct plan_read *read, const struct plan_make *make);
/* Of a pair whose maps are there. */
double work_score(const struct work *work, size_t pair);
double work_match(const struct work *work, size_t pair);
/* Adds steps first .. end - 1 of a plan over the work's catalog. */
void work_add(const struct work *work, const struct plan *plan, size_t first, size_t end, struct work_sum *sum);

#endif
