/*
 * cache: the refined maps of a run in the slots that the plan assigned, and the stage that fills them: decode, pose,
 * refine.
 */
#ifndef GEOSC_CACHE_H
#define GEOSC_CACHE_H

#include "input/query.h"
#include "network/load.h"
#include "network/refine.h"
#include "run/prefetch.h"

/* One refined map with its mask: the whole posed image or, of a masked source that is not a target, the needed part. */
struct slot {
    geosc_map *map;
    size_t height, width; /* of the whole posed image */
    struct box part;      /* part that the map and the mask hold */
    float *mask;          /* [cells of the map], if has_mask */
    bool has_mask;
    enum geosc_pair_status features_status, mask_status; /* faults in the values, if any */
};

/* Initialise with zeros; created by cache_create; read-only for later stages. */
struct cache {
    struct slot *slots;
    size_t slot_count, most_cells;
    const struct queries *queries;
    bool dense;             /* masked cells are the queries */
    struct grids grids;     /* grids of one image, */
    float *features, *mask; /* its decoded features and mask, without a pose */
    uint32_t *from;         /* [most_cells], a pose's permutation */
    uint32_t *lists;        /* [PLAN_STEP_MAPS][most_cells]: for each new map of a step, its cells in the unposed
                             * image */
    uint32_t *places;       /* [most_cells]: position of each cell of the unposed image in a base's map */
    struct refine_job jobs[PLAN_STEP_MAPS]; /* batch of a step */
    struct slot *batch[PLAN_STEP_MAPS];     /* its slots */
    size_t job_count;
    float *posed_mask; /* [most_cells] */
    struct load_scratch load;
    struct refine_scratch refine;
    size_t refined; /* number of maps so far */
    double seconds_wait, seconds_decode, seconds_refine;
};

/* Allocates the plan's slots; a slot's map is allocated when first filled. queries must cover all pairs of the file and
 * outlive the cache. */
enum geosc_status cache_create(geosc_context *context, const struct catalog *catalog, const geosc_model *model,
                               const struct queries *queries, const struct plan *plan, struct cache *cache);
void cache_free(struct cache *cache);

/* Position in the slot's map of a cell of the whole posed image (row-major); false if the map lacks the cell. */
bool slot_cell(const struct slot *slot, size_t cell, uint32_t *place);

/* Performs the reads of one step: takes the images from the reading thread, and refines their poses as one batch. */
enum geosc_status cache_fill(geosc_context *context, const struct plan *plan, const struct plan_step *step,
                             const geosc_model *model, struct prefetch *prefetch, struct cache *cache);

#endif
