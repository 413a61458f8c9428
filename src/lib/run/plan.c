#include "run/plan.h"

#include "maps/pose.h"

#include <string.h>

/* Key of a refined map: image * GEOSC_POSES + pose. */
struct need {
    size_t key;
    size_t next; /* next step that needs it, NEVER if none */
};

static const size_t NEVER = SIZE_MAX;

/* The state of the cache during planning. */
struct planner {
    const struct catalog *catalog;
    const struct geosc_options *options;
    bool has_model;
    const size_t *order; /* [steps] pairs */
    size_t steps;
    struct need (*needs)[PLAN_STEP_MAPS]; /* [steps] */
    uint8_t *need_count;                  /* [steps] */
    int *slot_of_key;                     /* [images * GEOSC_POSES] PLAN_NO_SLOT: not in the cache */
    size_t *key_of_slot, *next_of_slot;   /* [slots] next: see struct need; NEVER: the slot is free */
    int *heap, *place;                    /* [slots] heap with the next slot to reuse on top; position of each slot in
                                           * it */
    size_t slot_count, slot_limit;
};

enum pose_origin plan_origin(const struct image_set *set, const struct geosc_options *options, bool has_model,
                             enum geosc_pose pose)
{
    if (pose == GEOSC_POSE_NONE)
        return ORIGIN_STORED;
    if (options->pose_source != GEOSC_POSE_SOURCE_DERIVED && set->pose[pose].level_count)
        return ORIGIN_STORED;
    return has_model ? ORIGIN_DERIVED : ORIGIN_ALIAS;
}

static size_t key_of(const struct planner *planner, size_t image, enum geosc_pose pose)
{
    const struct image_set *set = catalog_image(planner->catalog, image);
    bool alias = plan_origin(set, planner->options, planner->has_model, pose) == ORIGIN_ALIAS;

    return image * GEOSC_POSES + (alias ? GEOSC_POSE_NONE : pose);
}

/*
 * Whether pairs with this source may need the unposed map for more than its IMD: for keypoints without a mirrored
 * partner (docs/computation.md, Mirrored keypoints), or for the queries of a dense match if stored features have their
 * own mask.
 */
static bool needs_plain(const struct planner *planner, size_t source)
{
    const struct catalog *catalog = planner->catalog;
    const struct image_set *set = catalog_image(catalog, source);

    for (size_t q = 0; q < planner->options->pose_count; q++) {
        enum geosc_pose pose = planner->options->poses[q];
        bool own =
            plan_origin(set, planner->options, planner->has_model, pose) == ORIGIN_STORED && set->pose[pose].has_mask;
        if (catalog->keypoints ? catalog->mirror_index && pose_mirrors(pose) : own && pose != GEOSC_POSE_NONE)
            return true;
    }
    return false;
}

static void add_need(const struct planner *planner, size_t step, size_t key)
{
    for (size_t i = 0; i < planner->need_count[step]; i++)
        if (planner->needs[step][i].key == key)
            return;
    planner->needs[step][planner->need_count[step]++] = (struct need){key, NEVER};
}

/* Finds the maps that each pair needs, and when each is needed next. */
static enum geosc_status find_needs(geosc_context *context, const struct planner *planner)
{
    const struct catalog *catalog = planner->catalog;
    enum geosc_status status;
    size_t *last = NULL, keys = catalog->images * GEOSC_POSES;

    TRY(memory_allocate(context, &last, keys, sizeof *last, "the plan"));
    for (size_t i = 0; i < keys; i++)
        last[i] = NEVER;
    for (size_t step = planner->steps; step-- > 0;) {
        size_t source = catalog->source[planner->order[step]], target = catalog->target[planner->order[step]];
        add_need(planner, step, key_of(planner, target, GEOSC_POSE_NONE));
        for (size_t q = 0; q < planner->options->pose_count; q++)
            add_need(planner, step, key_of(planner, source, planner->options->poses[q]));
        if (needs_plain(planner, source))
            add_need(planner, step, key_of(planner, source, GEOSC_POSE_NONE));
        for (size_t i = 0; i < planner->need_count[step]; i++) {
            struct need *need = &planner->needs[step][i];
            need->next = last[need->key];
            last[need->key] = step;
        }
    }
done:
    memory_free(last);
    return status;
}

/* ---- slots ---------------------------------------------------------------------------------------- */

/* Whether to reuse slot a before slot b: first a free slot, then the slot whose map is needed last; the lower number on
 * a tie. */
static bool comes_before(const struct planner *planner, int a, int b)
{
    size_t next_a = planner->next_of_slot[a], next_b = planner->next_of_slot[b];

    return next_a > next_b || (next_a == next_b && a < b);
}

static void put(struct planner *planner, size_t place, int slot)
{
    planner->heap[place] = slot;
    planner->place[slot] = (int)place;
}

/* Sets when the map in a slot is needed next, and moves the slot to its place in the heap. */
static void set_next(struct planner *planner, int slot, size_t next)
{
    size_t place = (size_t)planner->place[slot];

    planner->next_of_slot[slot] = next;
    while (place > 0 && comes_before(planner, slot, planner->heap[(place - 1) / 2])) {
        put(planner, place, planner->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    for (size_t child; (child = 2 * place + 1) < planner->slot_count; place = child) {
        if (child + 1 < planner->slot_count && comes_before(planner, planner->heap[child + 1], planner->heap[child]))
            child++;
        if (!comes_before(planner, planner->heap[child], slot))
            break;
        put(planner, place, planner->heap[child]);
    }
    put(planner, place, slot);
}

/* Takes a slot for a map that is needed now and not in the cache: a free slot, a new one, or the one whose map is
 * needed last. Maps of the current step are needed before all others. */
static void take_slot(struct planner *planner, size_t key, size_t step)
{
    int slot = planner->slot_count ? planner->heap[0] : PLAN_NO_SLOT;

    if (slot == PLAN_NO_SLOT || (planner->next_of_slot[slot] != NEVER && planner->slot_count < planner->slot_limit)) {
        slot = (int)planner->slot_count++;
        put(planner, (size_t)slot, slot);
    } else if (planner->next_of_slot[slot] != NEVER) {
        planner->slot_of_key[planner->key_of_slot[slot]] = PLAN_NO_SLOT;
    }
    planner->slot_of_key[key] = slot;
    planner->key_of_slot[slot] = key;
    set_next(planner, slot, step);
}

/* ---- steps ---------------------------------------------------------------------------------------- */

/* The read of this step for (image, stored pose); adds one if needed. */
static enum geosc_status find_read(geosc_context *context, struct plan *plan, struct plan_step *step, size_t image,
                                   enum geosc_pose stored, struct plan_read **read)
{
    for (size_t r = step->first_read; r < plan->read_count; r++)
        if (plan->reads[r].image == image && plan->reads[r].stored == stored) {
            *read = &plan->reads[r];
            return GEOSC_OK;
        }
    if (memory_grow(context, &plan->reads, &plan->read_capacity, plan->read_count + 1, sizeof *plan->reads,
                    "the plan") != GEOSC_OK)
        return GEOSC_FAILED;
    *read = &plan->reads[plan->read_count++];
    **read = (struct plan_read){.image = image, .stored = stored, .first_make = plan->make_count};
    step->read_count++;
    return GEOSC_OK;
}

/* Assigns slots to the missing maps of a step: `missing` in the order of needs, grouped by read. */
static enum geosc_status plan_makes(geosc_context *context, struct planner *planner, struct plan *plan,
                                    struct plan_step *step, const size_t *missing, size_t count)
{
    enum geosc_status status;
    bool placed[PLAN_STEP_MAPS] = {false};

    TRY(memory_grow(context, &plan->makes, &plan->make_capacity, plan->make_count + count, sizeof *plan->makes,
                    "the plan"));
    for (size_t i = 0; i < count; i++) {
        struct plan_read *read = NULL;
        for (size_t j = i; j < count; j++) {
            size_t image = missing[j] / GEOSC_POSES;
            enum geosc_pose pose = (enum geosc_pose)(missing[j] % GEOSC_POSES);
            const struct image_set *set = catalog_image(planner->catalog, image);
            bool derived = plan_origin(set, planner->options, planner->has_model, pose) == ORIGIN_DERIVED;
            enum geosc_pose stored = derived ? GEOSC_POSE_NONE : pose;
            if (placed[j] || (read && (read->image != image || read->stored != stored)))
                continue;
            TRY(find_read(context, plan, step, image, stored, &read));
            plan->makes[plan->make_count++] =
                (struct plan_make){derived ? pose : GEOSC_POSE_NONE, planner->slot_of_key[missing[j]]};
            read->make_count++;
            placed[j] = true;
        }
    }
    if (count > plan->largest_batch)
        plan->largest_batch = count;
done:
    return status;
}

static enum geosc_status plan_step(geosc_context *context, struct planner *planner, struct plan *plan, size_t index)
{
    struct plan_step *step = &plan->steps[index];
    const struct need *needs = planner->needs[index];
    size_t pair = planner->order[index], source = planner->catalog->source[pair],
           target = planner->catalog->target[pair];
    size_t missing[PLAN_STEP_MAPS], count = 0;

    *step = (struct plan_step){.pair = pair, .first_read = plan->read_count};
    for (size_t i = 0; i < planner->need_count[index]; i++) {
        int slot = planner->slot_of_key[needs[i].key];
        if (slot != PLAN_NO_SLOT)
            set_next(planner, slot, index); /* in use now */
    }
    for (size_t i = 0; i < planner->need_count[index]; i++) {
        if (planner->slot_of_key[needs[i].key] != PLAN_NO_SLOT) {
            plan->hits++;
            continue;
        }
        take_slot(planner, needs[i].key, index);
        missing[count++] = needs[i].key;
    }
    for (size_t q = 0; q < planner->options->pose_count; q++)
        step->candidate[q] = planner->slot_of_key[key_of(planner, source, planner->options->poses[q])];
    step->plain =
        needs_plain(planner, source) ? planner->slot_of_key[key_of(planner, source, GEOSC_POSE_NONE)] : PLAN_NO_SLOT;
    step->target = planner->slot_of_key[key_of(planner, target, GEOSC_POSE_NONE)];
    return plan_makes(context, planner, plan, step, missing, count);
}

/* After a step: sets the next use of its maps, and removes those without one from the cache. */
static void age_slots(struct planner *planner, size_t index)
{
    for (size_t i = 0; i < planner->need_count[index]; i++) {
        const struct need *need = &planner->needs[index][i];
        set_next(planner, planner->slot_of_key[need->key], need->next);
        if (need->next == NEVER)
            planner->slot_of_key[need->key] = PLAN_NO_SLOT;
    }
}

enum geosc_status plan_create(geosc_context *context, const struct catalog *catalog,
                              const struct geosc_options *options, bool has_model, const size_t *order, size_t count,
                              size_t slot_limit, struct plan *plan)
{
    enum geosc_status status;
    struct planner planner = {
        .catalog = catalog, .options = options, .has_model = has_model, .order = order, .steps = count};
    size_t keys;

    *plan = (struct plan){0};
    if (!size_multiply(catalog->images, GEOSC_POSES, &keys))
        return fail(context, GEOSC_FAILED, "%zu images are too many", catalog->images);
    planner.slot_limit = slot_limit < keys ? slot_limit : keys;
    TRY(memory_allocate_zero(context, &planner.need_count, count, sizeof *planner.need_count, "the plan"));
    TRY(memory_allocate(context, &planner.needs, count, sizeof *planner.needs, "the plan"));
    TRY(memory_allocate(context, &planner.slot_of_key, keys, sizeof *planner.slot_of_key, "the plan"));
    TRY(memory_allocate(context, &planner.key_of_slot, planner.slot_limit, sizeof *planner.key_of_slot, "the plan"));
    TRY(memory_allocate(context, &planner.next_of_slot, planner.slot_limit, sizeof *planner.next_of_slot, "the plan"));
    TRY(memory_allocate(context, &planner.heap, planner.slot_limit, sizeof *planner.heap, "the plan"));
    TRY(memory_allocate(context, &planner.place, planner.slot_limit, sizeof *planner.place, "the plan"));
    TRY(memory_allocate(context, &plan->steps, count, sizeof *plan->steps, "the plan"));
    for (size_t i = 0; i < keys; i++)
        planner.slot_of_key[i] = PLAN_NO_SLOT;
    TRY(find_needs(context, &planner));
    for (; plan->step_count < count; plan->step_count++) {
        TRY(check_stop(context));
        TRY(plan_step(context, &planner, plan, plan->step_count));
        age_slots(&planner, plan->step_count);
    }
    plan->slot_count = planner.slot_count;
done:
    memory_free(planner.need_count);
    memory_free(planner.needs);
    memory_free(planner.slot_of_key);
    memory_free(planner.key_of_slot);
    memory_free(planner.next_of_slot);
    memory_free(planner.heap);
    memory_free(planner.place);
    if (status != GEOSC_OK)
        plan_free(plan);
    return status;
}

void plan_free(struct plan *plan)
{
    memory_free(plan->steps);
    memory_free(plan->reads);
    memory_free(plan->makes);
    *plan = (struct plan){0};
}
