#include "run/plan.h"

#include "maps/pose.h"

#include <string.h>

/* Key of a refined map: image * GEOSC_POSES + pose. */
struct need {
    size_t key;
    size_t next; /* next step that needs it, NEVER if none */
};

static const size_t NEVER = SIZE_MAX;

enum { NO_SLOT = -1, READS_IN_HAND = 4 /* of each worker: how long a map may be in use after its last step began */ };

/* The state of the cache during planning. */
struct planner {
    const struct plan_request *request;
    struct need (*needs)[PLAN_STEP_MAPS]; /* [steps] */
    uint8_t *need_count;                  /* [steps] */
    int *slot_of_key;                     /* [images * GEOSC_POSES] NO_SLOT: not in the cache */
    size_t *key_of_slot;                  /* [slots] */
    plan_number *make_of_slot;            /* [slots] the last one */
    /* [slots] When the slot is wanted: the next step that needs its map; beyond the steps if none does, the further the
     * longer ago the last one was. */
    size_t *next_of_slot;
    int *heap, *place; /* [slots] heap with the next slot to reuse on top; position of each slot in it */
    size_t slot_count, slot_limit;
};

enum pose_origin plan_origin(const struct image_set *set, const struct geosc_options *options, bool tells_poses,
                             enum geosc_pose pose)
{
    if (pose == GEOSC_POSE_NONE)
        return ORIGIN_STORED;
    if (options->pose_source != GEOSC_POSE_SOURCE_DERIVED && set->pose[pose].level_count)
        return ORIGIN_STORED;
    return tells_poses ? ORIGIN_DERIVED : ORIGIN_ALIAS;
}

static size_t key_of(const struct planner *planner, size_t image, enum geosc_pose pose)
{
    const struct image_set *set = catalog_image(planner->request->catalog, image);
    bool alias = plan_origin(set, planner->request->options, planner->request->tells_poses, pose) == ORIGIN_ALIAS;

    return image * GEOSC_POSES + (alias ? GEOSC_POSE_NONE : pose);
}

bool plan_needs_plain(const struct catalog *catalog, const struct geosc_options *options, bool tells_poses,
                      size_t source)
{
    const struct image_set *set = catalog_image(catalog, source);

    for (size_t q = 0; q < options->pose_count; q++) {
        enum geosc_pose pose = options->poses[q];
        bool own = plan_origin(set, options, tells_poses, pose) == ORIGIN_STORED && set->pose[pose].has_mask;
        if (catalog->keypoints ? catalog->mirror_index && pose_mirrors(pose) : own && pose != GEOSC_POSE_NONE)
            return true;
    }
    return false;
}

static bool needs_plain(const struct planner *planner, size_t source)
{
    const struct plan_request *request = planner->request;

    return plan_needs_plain(request->catalog, request->options, request->tells_poses, source);
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
    const struct catalog *catalog = planner->request->catalog;
    enum geosc_status status;
    size_t *last = NULL, keys = catalog->images * GEOSC_POSES;

    TRY(memory_allocate(context, &last, keys, sizeof *last, "the plan"));
    for (size_t i = 0; i < keys; i++)
        last[i] = NEVER;
    for (size_t step = planner->request->count; step-- > 0;) {
        size_t source = catalog->source[planner->request->order[step]],
               target = catalog->target[planner->request->order[step]];
        add_need(planner, step, key_of(planner, target, GEOSC_POSE_NONE));
        for (size_t q = 0; q < planner->request->options->pose_count; q++)
            add_need(planner, step, key_of(planner, source, planner->request->options->poses[q]));
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

/* Whether to reuse slot a before slot b: first the slot that is free for the longest time, then the one whose map is
 * needed last; the lower number on a tie. */
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

static bool is_free(const struct planner *planner, int slot)
{
    return planner->next_of_slot[slot] >= planner->request->count;
}

/* Whether the last pair that used the map of a free slot has ended for sure, or nearly so. */
static bool has_rested(const struct planner *planner, const struct plan *plan, int slot)
{
    size_t workers = planner->request->workers;
    const struct plan_step *since = &plan->steps[NEVER - planner->next_of_slot[slot]];

    return workers == 1 || since->first_read + since->read_count + READS_IN_HAND * workers <= plan->read_count;
}

/* Takes a slot for a map that is needed now and not in the cache: a free slot, a new one, or the one whose map is
 * needed last. Maps of the current step are needed before all others. */
static void take_slot(struct planner *planner, const struct plan *plan, size_t key, size_t step)
{
    int slot = planner->slot_count ? planner->heap[0] : NO_SLOT;
    bool more = planner->slot_count < planner->slot_limit;

    if (slot == NO_SLOT || (more && !(is_free(planner, slot) && has_rested(planner, plan, slot)))) {
        slot = (int)planner->slot_count++;
        planner->make_of_slot[slot] = PLAN_NO_MAKE;
        put(planner, (size_t)slot, slot);
    } else if (!is_free(planner, slot)) {
        planner->slot_of_key[planner->key_of_slot[slot]] = NO_SLOT;
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

static void add_make(struct planner *planner, struct plan *plan, struct plan_read *read, enum geosc_pose pose, int slot)
{
    plan->makes[plan->make_count] =
        (struct plan_make){.pose = pose, .slot = slot, .before = planner->make_of_slot[slot]};
    planner->make_of_slot[slot] = (plan_number)plan->make_count++;
    read->make_count++;
}

/* Makes the missing maps of a step in their slots: `missing` in the order of needs, grouped by read. */
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
            const struct image_set *set = catalog_image(planner->request->catalog, image);
            bool derived =
                plan_origin(set, planner->request->options, planner->request->tells_poses, pose) == ORIGIN_DERIVED;
            enum geosc_pose stored = derived ? GEOSC_POSE_NONE : pose;
            if (placed[j] || (read && (read->image != image || read->stored != stored)))
                continue;
            TRY(find_read(context, plan, step, image, stored, &read));
            add_make(planner, plan, read, derived ? pose : GEOSC_POSE_NONE, planner->slot_of_key[missing[j]]);
            placed[j] = true;
        }
    }
done:
    return status;
}

static enum geosc_status plan_batches(geosc_context *context, const struct planner *planner, struct plan *plan,
                                      const struct plan_step *step)
{
    size_t reads = planner->request->workers == 1 ? step->read_count : 1, end = step->first_read + step->read_count;
    enum geosc_status status = GEOSC_OK;

    for (size_t first = step->first_read; first < end; first += reads) {
        size_t maps = 0;
        TRY(memory_grow(context, &plan->batches, &plan->batch_capacity, plan->batch_count + 1, sizeof *plan->batches,
                        "the plan"));
        plan->batches[plan->batch_count++] =
            (struct plan_batch){.step = plan->step_count, .first_read = first, .read_count = reads};
        for (size_t r = first; r < first + reads; r++)
            maps += plan->reads[r].make_count;
        plan->largest_batch = size_larger(plan->largest_batch, maps);
    }
done:
    return status;
}

/* The make of a map that is in the cache now. */
static plan_number make_of(const struct planner *planner, size_t key)
{
    return planner->make_of_slot[planner->slot_of_key[key]];
}

static enum geosc_status plan_step(geosc_context *context, struct planner *planner, struct plan *plan, size_t index)
{
    struct plan_step *step = &plan->steps[index];
    const struct need *needs = planner->needs[index];
    size_t pair = planner->request->order[index], source = planner->request->catalog->source[pair],
           target = planner->request->catalog->target[pair];
    size_t missing[PLAN_STEP_MAPS], count = 0;
    enum geosc_status status;

    *step = (struct plan_step){.pair = pair, .first_read = plan->read_count};
    for (size_t i = 0; i < planner->need_count[index]; i++) {
        int slot = planner->slot_of_key[needs[i].key];
        if (slot != NO_SLOT)
            set_next(planner, slot, index); /* in use now */
    }
    for (size_t i = 0; i < planner->need_count[index]; i++) {
        if (planner->slot_of_key[needs[i].key] != NO_SLOT) {
            plan->hits++;
            continue;
        }
        take_slot(planner, plan, needs[i].key, index);
        missing[count++] = needs[i].key;
    }
    TRY(plan_makes(context, planner, plan, step, missing, count));
    TRY(plan_batches(context, planner, plan, step));
    for (size_t q = 0; q < planner->request->options->pose_count; q++)
        step->candidate[q] = make_of(planner, key_of(planner, source, planner->request->options->poses[q]));
    step->plain =
        needs_plain(planner, source) ? make_of(planner, key_of(planner, source, GEOSC_POSE_NONE)) : PLAN_NO_MAKE;
    step->target = make_of(planner, key_of(planner, target, GEOSC_POSE_NONE));
    for (size_t i = 0; i < planner->need_count[index]; i++)
        plan->makes[make_of(planner, needs[i].key)].uses++;
done:
    return status;
}

/* After a step: sets the next use of its maps, and removes those without one from the cache. */
static void age_slots(struct planner *planner, size_t index)
{
    for (size_t i = 0; i < planner->need_count[index]; i++) {
        const struct need *need = &planner->needs[index][i];
        set_next(planner, planner->slot_of_key[need->key], need->next == NEVER ? NEVER - index : need->next);
        if (need->next == NEVER)
            planner->slot_of_key[need->key] = NO_SLOT;
    }
}

enum geosc_status plan_create(geosc_context *context, const struct plan_request *request, struct plan *plan)
{
    enum geosc_status status;
    struct planner planner = {.request = request};
    size_t keys, count = request->count;

    *plan = (struct plan){.candidates = request->options->pose_count};
    if (!size_multiply(request->catalog->images, GEOSC_POSES, &keys) || count >= PLAN_NO_MAKE / PLAN_STEP_MAPS)
        return fail(context, GEOSC_FAILED, "%zu images and %zu pairs are too many", request->catalog->images, count);
    planner.slot_limit = size_smaller(request->slots, keys);
    TRY(memory_allocate_zero(context, &planner.need_count, count, sizeof *planner.need_count, "the plan"));
    TRY(memory_allocate(context, &planner.needs, count, sizeof *planner.needs, "the plan"));
    TRY(memory_allocate(context, &planner.slot_of_key, keys, sizeof *planner.slot_of_key, "the plan"));
    TRY(memory_allocate(context, &planner.key_of_slot, planner.slot_limit, sizeof *planner.key_of_slot, "the plan"));
    TRY(memory_allocate(context, &planner.make_of_slot, planner.slot_limit, sizeof *planner.make_of_slot, "the plan"));
    TRY(memory_allocate(context, &planner.next_of_slot, planner.slot_limit, sizeof *planner.next_of_slot, "the plan"));
    TRY(memory_allocate(context, &planner.heap, planner.slot_limit, sizeof *planner.heap, "the plan"));
    TRY(memory_allocate(context, &planner.place, planner.slot_limit, sizeof *planner.place, "the plan"));
    TRY(memory_allocate(context, &plan->steps, count, sizeof *plan->steps, "the plan"));
    for (size_t i = 0; i < keys; i++)
        planner.slot_of_key[i] = NO_SLOT;
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
    memory_free(planner.make_of_slot);
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
    memory_free(plan->batches);
    memory_free(plan->reads);
    memory_free(plan->makes);
    *plan = (struct plan){0};
}

size_t plan_needs(const struct plan *plan, const struct plan_step *step, plan_number needs[PLAN_STEP_MAPS])
{
    size_t count = 0;

    for (size_t i = 0; i < plan->candidates + 2; i++) {
        plan_number make = i == 0 ? step->target : i == 1 ? step->plain : step->candidate[i - 2];
        bool known = make == PLAN_NO_MAKE;
        for (size_t j = 0; j < count && !known; j++)
            known = needs[j] == make;
        if (!known)
            needs[count++] = make;
    }
    return count;
}

size_t plan_makes_before(const struct plan *plan, size_t step)
{
    size_t read = step < plan->step_count ? plan->steps[step].first_read : plan->read_count;

    return read < plan->read_count ? plan->reads[read].first_make : plan->make_count;
}
