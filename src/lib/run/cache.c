#include "run/cache.h"

#include "base/clock.h"
#include "base/guard.h"
#include "maps/pose.h"

enum geosc_status cache_create(geosc_context *context, const struct catalog *catalog, const geosc_model *model,
                               const struct queries *queries, const struct plan *plan, struct cache *cache)
{
    enum geosc_status status;
    size_t floats = 0;

    cache->queries = queries;
    for (size_t s = 0; s < catalog->set_count; s++)
        for (int p = 0; p < GEOSC_POSES; p++) {
            const struct features *features = &catalog->sets[s].pose[p];
            size_t cells = features->height * features->width;
            if (features->level_count && cells > cache->most_cells)
                cache->most_cells = cells;
            grids_choose(model, features, &cache->grids);
            floats = size_larger(floats, grids_floats(&cache->grids));
        }
    TRY(memory_allocate_zero(context, &cache->slots, plan->slot_count, sizeof *cache->slots, "the cache"));
    cache->slot_count = plan->slot_count;
    cache->dense = catalog->keypoints == 0;
    TRY(memory_allocate(context, &cache->features, floats, sizeof(float), "an image"));
    TRY(memory_allocate(context, &cache->mask, cache->most_cells, sizeof(float), "a mask"));
    TRY(memory_allocate(context, &cache->lists, PLAN_STEP_MAPS * cache->most_cells, sizeof(uint32_t), "poses"));
    TRY(memory_allocate(context, &cache->places, cache->most_cells, sizeof(uint32_t), "poses"));
    TRY(memory_allocate(context, &cache->posed_mask, cache->most_cells, sizeof(float), "a mask"));
    TRY(memory_allocate(context, &cache->from, cache->most_cells, sizeof(uint32_t), "a pose"));
done:
    return status;
}

void cache_free(struct cache *cache)
{
    for (size_t i = 0; i < cache->slot_count; i++) {
        geosc_map_free(cache->slots[i].map);
        memory_free(cache->slots[i].mask);
    }
    memory_free(cache->slots);
    memory_free(cache->features);
    memory_free(cache->mask);
    memory_free(cache->lists);
    memory_free(cache->places);
    memory_free(cache->posed_mask);
    memory_free(cache->from);
    load_scratch_free(&cache->load);
    refine_scratch_free(&cache->refine);
    *cache = (struct cache){0};
}

bool slot_cell(const struct slot *slot, size_t cell, uint32_t *place)
{
    size_t y = cell / slot->width, x = cell % slot->width;
    const struct box *part = &slot->part;

    if (y < part->y0 || y >= part->y1 || x < part->x0 || x >= part->x1)
        return false;
    *place = (uint32_t)((y - part->y0) * (part->x1 - part->x0) + x - part->x0);
    return true;
}

/* Computes the mask of the whole posed image. The unposed image's mask follows stored features into their pose; a posed
 * image's own mask goes with its features. */
static void pose_mask(struct cache *cache, const struct prefetch_item *item, enum geosc_pose stored,
                      enum geosc_pose pose)
{
    size_t height = item->mask_owner->height, width = item->mask_owner->width;

    pose_permutation(item->mask_owner != item->features ? stored : pose, height, width, cache->from);
    for (size_t i = 0; i < height * width; i++)
        cache->posed_mask[i] = cache->mask[cache->from[i]];
}

/*
 * The part of a posed source that its mask and the queries of all pairs need, grown by the network's reach, so that the
 * refined values equal those of the whole. An image that is also a target is needed whole.
 */
static struct box needed_part(const struct cache *cache, const geosc_model *model, const struct plan_read *read,
                              enum geosc_pose pose, bool own_mask, const struct slot *slot)
{
    enum geosc_pose whole_way = read->stored != GEOSC_POSE_NONE ? read->stored : pose;
    bool is_target = whole_way == GEOSC_POSE_NONE && cache->queries->targets[read->image];
    /* the unposed image's mask selects the queries */
    bool foreign = cache->dense && own_mask && read->stored != GEOSC_POSE_NONE;
    size_t plain_height, plain_width;

    if (!model || is_target || foreign || !slot->has_mask || slot->mask_status != GEOSC_PAIR_OK)
        return (struct box){0, 0, slot->height, slot->width};
    /* a pose and its inverse both swap the axes or both do not */
    pose_size(whole_way, slot->height, slot->width, &plain_height, &plain_width);
    struct box queries = box_pose(cache->queries->boxes[read->image], whole_way, plain_height, plain_width);
    struct box asked = box_join(box_mask(cache->posed_mask, slot->height, slot->width), queries);
    return box_grow(asked, model_reach(model), slot->height, slot->width);
}

/* Keeps the cells of a part in the list of a height x width map. */
static void cut_list(uint32_t *list, size_t width, const struct box *part)
{
    size_t count = 0;

    for (size_t y = part->y0; y < part->y1; y++)
        for (size_t x = part->x0; x < part->x1; x++)
            list[count++] = list[y * width + x];
}

static void cut_mask(const struct cache *cache, struct slot *slot)
{
    size_t count = 0;

    for (size_t y = slot->part.y0; y < slot->part.y1; y++)
        for (size_t x = slot->part.x0; x < slot->part.x1; x++)
            slot->mask[count++] = cache->posed_mask[y * slot->width + x];
}

/* Adds a slot's map to the batch. */
static void add_job(struct cache *cache, const struct features *features, enum geosc_pose pose, struct slot *slot)
{
    uint32_t *list = cache->lists + cache->job_count * cache->most_cells;

    pose_permutation(pose, features->height, features->width, list);
    cut_list(list, slot->width, &slot->part);
    cache->batch[cache->job_count] = slot;
    cache->jobs[cache->job_count++] = (struct refine_job){.map = slot->map, .from = list};
}

/* Jobs first .. job_count - 1 are poses of one image: the largest becomes the base of those whose cells it contains. */
static void find_base(struct cache *cache, size_t first)
{
    const struct refine_job *base = &cache->jobs[first];

    for (size_t j = first; j < cache->job_count; j++)
        if (cache->jobs[j].map->cells > base->map->cells)
            base = &cache->jobs[j];
    for (size_t i = 0; i < cache->most_cells; i++)
        cache->places[i] = UINT32_MAX;
    for (size_t i = 0; first < cache->job_count && i < base->map->cells; i++)
        cache->places[base->from[i]] = (uint32_t)i;
    for (size_t j = first; j < cache->job_count; j++) {
        uint32_t *list = cache->lists + j * cache->most_cells;
        bool inside = &cache->jobs[j] != base;
        for (size_t i = 0; inside && i < cache->jobs[j].map->cells; i++)
            inside = cache->places[list[i]] != UINT32_MAX;
        for (size_t i = 0; inside && i < cache->jobs[j].map->cells; i++)
            list[i] = cache->places[list[i]];
        cache->jobs[j].base = inside ? base : NULL;
    }
}

/* Poses the decoded image's mask into a slot, and lists the cells of the slot's map. */
static enum geosc_status fill_slot(geosc_context *context, struct cache *cache, const struct prefetch_item *item,
                                   const geosc_model *model, const struct plan_read *read, enum geosc_pose pose,
                                   struct slot *slot)
{
    enum geosc_status status = GEOSC_OK;
    const struct features *features = item->features;

    if (!slot->map) {
        TRY(map_create(context, model_outputs(model, features->channels), 1, cache->most_cells, &slot->map));
        TRY(memory_allocate(context, &slot->mask, cache->most_cells, sizeof(float), "a mask"));
    }
    pose_size(pose, features->height, features->width, &slot->height, &slot->width);
    slot->has_mask = item->has_mask;
    if (slot->has_mask)
        pose_mask(cache, item, read->stored, pose);
    slot->part = needed_part(cache, model, read, pose, item->mask_owner == features, slot);
    map_reshape(slot->map, slot->map->channels, slot->part.y1 - slot->part.y0, slot->part.x1 - slot->part.x0);
    if (slot->has_mask)
        cut_mask(cache, slot);
    if (slot->features_status == GEOSC_PAIR_OK)
        add_job(cache, features, pose, slot);
done:
    return status;
}

/* Decodes one read and poses it into its slots. */
static enum geosc_status load_read(geosc_context *context, const struct plan *plan, const struct plan_read *read,
                                   const geosc_model *model, const struct prefetch_item *item, struct cache *cache)
{
    enum geosc_status status;
    enum geosc_pair_status features_status, mask_status = GEOSC_PAIR_OK;

    grids_choose(model, item->features, &cache->grids);
    TRY(load_features(context, item->features, item->levels, &cache->grids, !model, &cache->load, cache->features,
                      &features_status));
    if (item->has_mask)
        TRY(load_mask(context, &item->mask, &cache->load, cache->mask, &mask_status));
    for (size_t m = read->first_make; m < read->first_make + read->make_count; m++) {
        struct slot *slot = &cache->slots[plan->makes[m].slot];
        slot->features_status = features_status;
        slot->mask_status = mask_status;
        TRY(fill_slot(context, cache, item, model, read, plan->makes[m].pose, slot));
    }
done:
    return status;
}

/* Calls refine_take for the jobs from `first` on, all of the image just loaded. */
static enum geosc_status take_read(geosc_context *context, const geosc_model *model, size_t first, struct cache *cache)
{
    enum geosc_status status;

    TRY(refine_take(context, model, &cache->grids, cache->features, cache->jobs + first, cache->job_count - first,
                    &cache->refine));
    find_base(cache, first);
done:
    return status;
}

/* Refines the maps loaded in a step as one batch. */
static enum geosc_status refine_step(geosc_context *context, const geosc_model *model, struct cache *cache)
{
    enum geosc_status status;
    bool finite[PLAN_STEP_MAPS];

    TRY(refine(context, model, cache->jobs, cache->job_count, &cache->refine, finite));
    for (size_t i = 0; i < cache->job_count; i++)
        if (GUARD(hostile_refined_not_finite) && !finite[i])
            cache->batch[i]->features_status = GEOSC_PAIR_BAD_FEATURES;
        else if (GUARD(empty_refined_features) && map_is_zero(cache->jobs[i].map))
            cache->batch[i]->features_status = GEOSC_PAIR_EMPTY_FEATURES;
    cache->refined += cache->job_count;
done:
    return status;
}

enum geosc_status cache_fill(geosc_context *context, const struct plan *plan, const struct plan_step *step,
                             const geosc_model *model, struct prefetch *prefetch, struct cache *cache)
{
    enum geosc_status status = GEOSC_OK;
    double since = clock_seconds();

    cache->job_count = 0;
    for (size_t r = step->first_read; r < step->first_read + step->read_count; r++) {
        const struct prefetch_item *item;
        size_t first_job = cache->job_count;
        TRY(prefetch_next(context, prefetch, &item));
        clock_lap(&since, &cache->seconds_wait);
        status = load_read(context, plan, &plan->reads[r], model, item, cache);
        prefetch_release(prefetch);
        clock_lap(&since, &cache->seconds_decode);
        if (status == GEOSC_OK)
            status = take_read(context, model, first_job, cache);
        clock_lap(&since, &cache->seconds_refine);
        if (status != GEOSC_OK)
            goto done;
    }
    TRY(refine_step(context, model, cache));
    clock_lap(&since, &cache->seconds_refine);
done:
    return status;
}
