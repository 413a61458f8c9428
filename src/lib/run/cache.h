/*
 * cache: the refined maps of a run, in the slots that the plan gave them, and the stage that fills them: decode, pose, refine.
 */
#ifndef GEOSC_CACHE_H
#define GEOSC_CACHE_H

#include "network/load.h"
#include "run/prefetch.h"
#include "input/query.h"
#include "network/refine.h"

/* One refined map with its mask: the whole posed image, or of a masked source that is no target the part that is asked for. */
struct slot {
    geosc_map *map;
    size_t height, width; /* of the whole posed image */
    struct box part;      /* that the map and the mask hold */
    float *mask;          /* [cells of the map], if has_mask */
    bool has_mask;
    enum geosc_pair_status features_status, mask_status; /* what is wrong with the values, if anything */
};

/* Zeroed at first; made by cache_create; read-only for the stages after. */
struct cache {
    struct slot *slots;
    size_t slot_count, most_cells;
    const struct queries *queries;
    bool dense;             /* masked cells are the queries */
    struct grids grids;     /* of one image, */
    float *features, *mask; /* and its features and mask, decoded but not posed */
    uint32_t *from;         /* [most_cells], a pose's permutation */
    uint32_t *lists;        /* [PLAN_STEP_MAPS][most_cells]: of each map that a step makes, which cells of the unposed image it has */
    uint32_t *places;       /* [most_cells]: where the cells of the unposed image are in a base's map */
    struct refine_job jobs[PLAN_STEP_MAPS]; /* a step's batch, */
    struct slot *batch[PLAN_STEP_MAPS];     /* and where it belongs */
    size_t job_count;
    float *posed_mask;      /* [most_cells] */
    struct load_scratch load;
    struct refine_scratch refine;
    size_t refined; /* maps so far */
    double seconds_wait, seconds_decode, seconds_refine;
};

/* Makes room for the plan's slots; queries must outlive the cache, and be over all pairs of the file; their memory is taken when each is first filled. */
enum geosc_status cache_create(geosc_context *context, const struct catalog *catalog, const geosc_model *model,
                               const struct queries *queries, const struct plan *plan, struct cache *cache);
void cache_free(struct cache *cache);

/* The place in the slot's map of a cell of the whole posed image (row-major); false if the map does not hold it. */
bool slot_cell(const struct slot *slot, size_t cell, uint32_t *place);

/* Does the reads of one step: takes the images from the reading thread, and refines their poses as one batch. */
enum geosc_status cache_fill(geosc_context *context, const struct plan *plan, const struct plan_step *step, const geosc_model *model,
                             struct prefetch *prefetch, struct cache *cache);

#endif
