/*
 * cache: the refined maps of a run in the slots that the plan assigned, and the stage that fills them: decode, pose,
 * refine. Workers fill and read different slots at the same time; the plan's graph says when.
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

/* Initialise with zeros; created by cache_create; only the slots change later. */
struct cache {
    const struct catalog *catalog;
    const geosc_model *model; /* NULL: zero-shot */
    const struct queries *queries;
    const struct plan *plan;
    struct slot *slots;
    size_t slot_count, most_cells, image_floats; /* the most of any image: cells, floats of its decoded features */
    bool dense;                                  /* masked cells are the queries */
};

/* What one worker needs to fill slots. Initialise with zeros; kept from batch to batch. */
struct fill_scratch {
    struct grids grids;     /* grids of one image, */
    float *features, *mask; /* its decoded features and mask, without a pose */
    uint32_t *from;         /* [most_cells], a pose's permutation */
    uint32_t *lists;        /* [largest_batch][most_cells]: for each new map of a batch, its cells in the unposed
                             * image */
    uint32_t *places;       /* [most_cells]: position of each cell of the unposed image in a base's map */
    struct refine_job jobs[PLAN_STEP_MAPS]; /* the batch */
    struct slot *batch[PLAN_STEP_MAPS];     /* its slots */
    size_t job_count, first_job;            /* first_job: of the image loaded last */
    float *posed_mask;                      /* [most_cells] */
    struct load_scratch load;
    struct refine_scratch refine;
    size_t refined; /* number of maps so far */
    double seconds_wait, seconds_decode, seconds_refine;
};

/* Makes the plan's slots; a slot's map is allocated when first filled. All that is given must outlive the cache;
 * queries must cover all pairs of the file. */
enum geosc_status cache_create(geosc_context *context, const struct catalog *catalog, const geosc_model *model,
                               const struct queries *queries, const struct plan *plan, struct cache *cache);
void cache_free(struct cache *cache);
enum geosc_status fill_scratch_create(geosc_context *context, const struct cache *cache, struct fill_scratch *scratch);
void fill_scratch_free(struct fill_scratch *scratch);

/* The slot of a make of the plan. */
static inline struct slot *cache_slot(const struct cache *cache, plan_number make)
{
    return &cache->slots[cache->plan->makes[make].slot];
}

/* Position in the slot's map of a cell of the whole posed image (row-major); false if the map lacks the cell. */
bool slot_cell(const struct slot *slot, size_t cell, uint32_t *place);

/* The steps of a batch, which begins with scratch->job_count 0. Of each read: decodes its item and poses it into its
 * slots; then brings it into the network, after which the item is not needed. At the end: refines all together. */
enum geosc_status cache_load(geosc_context *context, const struct cache *cache, const struct plan_read *read,
                             const struct prefetch_item *item, struct fill_scratch *scratch);
enum geosc_status cache_take(geosc_context *context, const struct cache *cache, struct fill_scratch *scratch);
enum geosc_status cache_refine(geosc_context *context, const struct cache *cache, struct fill_scratch *scratch);

/* Fills the slots of a batch: takes its images from the reading threads, and refines their poses together. */
enum geosc_status cache_fill(geosc_context *context, struct cache *cache, const struct plan_batch *batch,
                             struct prefetch *prefetch, struct fill_scratch *scratch);

#endif
