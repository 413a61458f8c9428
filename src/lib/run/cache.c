#include "run/cache.h"

#include "base/clock.h"
#include "base/guard.h"
#include "maps/pose.h"

enum geosc_status cache_create(geosc_context *context, const struct catalog *catalog, const geosc_model *model,
                               const struct queries *queries, const struct plan *plan, struct cache *cache)
{
    enum geosc_status status;
    struct grids grids;

    *cache = (struct cache){
        .catalog = catalog, .model = model, .queries = queries, .plan = plan, .dense = catalog->keypoints == 0};
    for (size_t s = 0; s < catalog->set_count; s++)
        for (int p = 0; p < GEOSC_POSES; p++) {
            const struct features *features = &catalog->sets[s].pose[p];
            if (features->level_count)
                cache->most_cells = size_larger(cache->most_cells, features->height * features->width);
            grids_choose(model, features, &grids);
            cache->image_floats = size_larger(cache->image_floats, grids_floats(&grids));
        }
    TRY(memory_allocate_zero(context, &cache->slots, plan->slot_count, sizeof *cache->slots, "the cache"));
    cache->slot_count = plan->slot_count;
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
    *cache = (struct cache){0};
}

enum geosc_status fill_scratch_create(geosc_context *context, const struct cache *cache, struct fill_scratch *scratch)
{
    size_t cells = cache->most_cells;
    enum geosc_status status;

    TRY(memory_allocate(context, &scratch->features, cache->image_floats, sizeof(float), "an image"));
    TRY(memory_allocate(context, &scratch->mask, cells, sizeof(float), "a mask"));
    TRY(memory_allocate(context, &scratch->lists, cache->plan->largest_batch * cells, sizeof(uint32_t), "poses"));
    TRY(memory_allocate(context, &scratch->places, cells, sizeof(uint32_t), "poses"));
    TRY(memory_allocate(context, &scratch->posed_mask, cells, sizeof(float), "a mask"));
    TRY(memory_allocate(context, &scratch->from, cells, sizeof(uint32_t), "a pose"));
done:
    return status;
}

void fill_scratch_free(struct fill_scratch *scratch)
{
    memory_free(scratch->features);
    memory_free(scratch->mask);
    memory_free(scratch->lists);
    memory_free(scratch->places);
    memory_free(scratch->posed_mask);
    memory_free(scratch->from);
    load_scratch_free(&scratch->load);
    refine_scratch_free(&scratch->refine);
    *scratch = (struct fill_scratch){0};
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
static void pose_mask(struct fill_scratch *scratch, const struct prefetch_item *item, enum geosc_pose stored,
                      enum geosc_pose pose)
{
    size_t height = item->mask_owner->height, width = item->mask_owner->width;

    pose_permutation(item->mask_owner != item->features ? stored : pose, height, width, scratch->from);
    for (size_t i = 0; i < height * width; i++)
        scratch->posed_mask[i] = scratch->mask[scratch->from[i]];
}

/*
 * The part of a posed source that its mask and the queries of all pairs need, grown by the network's reach, so that the
 * refined values equal those of the whole. An image that is also a target is needed whole.
 */
static struct box needed_part(const struct cache *cache, const float *posed_mask, const struct plan_read *read,
                              enum geosc_pose pose, bool own_mask, const struct slot *slot)
{
    enum geosc_pose whole_way = read->stored != GEOSC_POSE_NONE ? read->stored : pose;
    bool is_target = whole_way == GEOSC_POSE_NONE && cache->queries->targets[read->image];
    /* the unposed image's mask selects the queries */
    bool foreign = cache->dense && own_mask && read->stored != GEOSC_POSE_NONE;
    size_t plain_height, plain_width;

    if (!model_tells_poses(cache->model) || is_target || foreign || !slot->has_mask ||
        slot->mask_status != GEOSC_PAIR_OK)
        return (struct box){0, 0, slot->height, slot->width};
    /* a pose and its inverse both swap the axes or both do not */
    pose_size(whole_way, slot->height, slot->width, &plain_height, &plain_width);
    struct box queries = box_pose(cache->queries->boxes[read->image], whole_way, plain_height, plain_width);
    struct box asked = box_join(box_mask(posed_mask, slot->height, slot->width), queries);
    return box_grow(asked, model_reach(cache->model), slot->height, slot->width);
}

/* Keeps the cells of a part in the list of a height x width map. */
static void cut_list(uint32_t *list, size_t width, const struct box *part)
{
    size_t count = 0;

    for (size_t y = part->y0; y < part->y1; y++)
        for (size_t x = part->x0; x < part->x1; x++)
            list[count++] = list[y * width + x];
}

static void cut_mask(const float *posed_mask, struct slot *slot)
{
    size_t count = 0;

    for (size_t y = slot->part.y0; y < slot->part.y1; y++)
        for (size_t x = slot->part.x0; x < slot->part.x1; x++)
            slot->mask[count++] = posed_mask[y * slot->width + x];
}

/* Adds a slot's map to the batch. */
static void add_job(size_t most_cells, const struct features *features, enum geosc_pose pose, struct slot *slot,
                    struct fill_scratch *scratch)
{
    uint32_t *list = scratch->lists + scratch->job_count * most_cells;

    pose_permutation(pose, features->height, features->width, list);
    cut_list(list, slot->width, &slot->part);
    scratch->batch[scratch->job_count] = slot;
    scratch->jobs[scratch->job_count++] = (struct refine_job){.map = slot->map, .from = list};
}

/* Jobs first .. job_count - 1 are poses of one image: the largest becomes the base of those whose cells it contains. */
static void find_base(size_t most_cells, size_t first, struct fill_scratch *scratch)
{
    const struct refine_job *base = &scratch->jobs[first];

    for (size_t j = first; j < scratch->job_count; j++)
        if (scratch->jobs[j].map->cells > base->map->cells)
            base = &scratch->jobs[j];
    for (size_t i = 0; i < most_cells; i++)
        scratch->places[i] = UINT32_MAX;
    for (size_t i = 0; first < scratch->job_count && i < base->map->cells; i++)
        scratch->places[base->from[i]] = (uint32_t)i;
    for (size_t j = first; j < scratch->job_count; j++) {
        uint32_t *list = scratch->lists + j * most_cells;
        bool inside = &scratch->jobs[j] != base;
        for (size_t i = 0; inside && i < scratch->jobs[j].map->cells; i++)
            inside = scratch->places[list[i]] != UINT32_MAX;
        for (size_t i = 0; inside && i < scratch->jobs[j].map->cells; i++)
            list[i] = scratch->places[list[i]];
        scratch->jobs[j].base = inside ? base : NULL;
    }
}

/* Poses the decoded image's mask into a slot, and lists the cells of the slot's map. */
static enum geosc_status fill_slot(geosc_context *context, const struct cache *cache, const struct prefetch_item *item,
                                   const struct plan_read *read, enum geosc_pose pose, struct slot *slot,
                                   struct fill_scratch *scratch)
{
    enum geosc_status status = GEOSC_OK;
    const struct features *features = item->features;

    if (!slot->map) {
        TRY(map_create(context, model_outputs(cache->model, features->channels), 1, cache->most_cells, &slot->map));
        TRY(memory_allocate(context, &slot->mask, cache->most_cells, sizeof(float), "a mask"));
    }
    pose_size(pose, features->height, features->width, &slot->height, &slot->width);
    slot->has_mask = item->has_mask;
    if (slot->has_mask)
        pose_mask(scratch, item, read->stored, pose);
    slot->part = needed_part(cache, scratch->posed_mask, read, pose, item->mask_owner == features, slot);
    map_reshape(slot->map, slot->map->channels, slot->part.y1 - slot->part.y0, slot->part.x1 - slot->part.x0);
    if (slot->has_mask)
        cut_mask(scratch->posed_mask, slot);
    if (slot->features_status == GEOSC_PAIR_OK)
        add_job(cache->most_cells, features, pose, slot, scratch);
done:
    return status;
}

enum geosc_status cache_load(geosc_context *context, const struct cache *cache, const struct plan_read *read,
                             const struct prefetch_item *item, struct fill_scratch *scratch)
{
    enum geosc_status status;
    enum geosc_pair_status features_status, mask_status = GEOSC_PAIR_OK;

    scratch->first_job = scratch->job_count;
    grids_choose(cache->model, item->features, &scratch->grids);
    TRY(load_features(context, item->features, item->levels, &scratch->grids, !model_tells_poses(cache->model),
                      &scratch->load, scratch->features, &features_status));
    if (item->has_mask)
        TRY(load_mask(context, &item->mask, &scratch->load, scratch->mask, &mask_status));
    for (size_t m = read->first_make; m < read->first_make + read->make_count; m++) {
        struct slot *slot = cache_slot(cache, (plan_number)m);
        slot->features_status = features_status;
        slot->mask_status = mask_status;
        TRY(fill_slot(context, cache, item, read, cache->plan->makes[m].pose, slot, scratch));
    }
done:
    return status;
}

enum geosc_status cache_take(geosc_context *context, const struct cache *cache, struct fill_scratch *scratch)
{
    size_t first = scratch->first_job;
    enum geosc_status status;

    TRY(refine_take(context, cache->model, &scratch->grids, scratch->features, scratch->jobs + first,
                    scratch->job_count - first, &scratch->refine));
    find_base(cache->most_cells, first, scratch);
done:
    return status;
}

enum geosc_status cache_refine(geosc_context *context, const struct cache *cache, struct fill_scratch *scratch)
{
    enum geosc_status status;
    bool finite[PLAN_STEP_MAPS];

    TRY(refine(context, cache->model, scratch->jobs, scratch->job_count, &scratch->refine, finite));
    for (size_t i = 0; i < scratch->job_count; i++)
        if (GUARD(hostile_refined_not_finite) && !finite[i])
            scratch->batch[i]->features_status = GEOSC_PAIR_BAD_FEATURES;
        else if (GUARD(empty_refined_features) && map_is_zero(scratch->jobs[i].map))
            scratch->batch[i]->features_status = GEOSC_PAIR_EMPTY_FEATURES;
    scratch->refined += scratch->job_count;
done:
    return status;
}

enum geosc_status cache_fill(geosc_context *context, struct cache *cache, const struct plan_batch *batch,
                             struct prefetch *prefetch, struct fill_scratch *scratch)
{
    enum geosc_status status = GEOSC_OK;
    double since = clock_seconds();

    scratch->job_count = 0;
    for (size_t r = batch->first_read; r < batch->first_read + batch->read_count; r++) {
        const struct prefetch_item *item;
        TRY(prefetch_take(context, prefetch, r, &item));
        clock_lap(&since, &scratch->seconds_wait);
        status = cache_load(context, cache, &cache->plan->reads[r], item, scratch);
        prefetch_release(prefetch, r);
        clock_lap(&since, &scratch->seconds_decode);
        if (status == GEOSC_OK)
            status = cache_take(context, cache, scratch);
        clock_lap(&since, &scratch->seconds_refine);
        if (status != GEOSC_OK)
            goto done;
    }
    TRY(cache_refine(context, cache, scratch));
    clock_lap(&since, &scratch->seconds_refine);
done:
    return status;
}
