/* The plan: random runs are simulated step by step, and in any order that the graph allows; each slot must contain the
 * map that a step needs. The number of maps made is compared with the fewest possible, found by trying all uses of the
 * slots. */
#include "maps/pose.h"
#include "naive.h"
#include "run/plan.h"

enum { MOST_IMAGES = 24, MOST_PAIRS = 60, MOST_SLOTS = MOST_IMAGES * GEOSC_POSES };

/* What a slot holds: an image's features as stored for a pose, then posed. */
struct held {
    size_t image;
    enum geosc_pose stored, pose;
    bool filled;
};

/* A random run. */
struct setup {
    struct catalog catalog;
    struct image_set sets[2];
    struct geosc_options options;
    bool tells_poses;
    size_t source[MOST_PAIRS], target[MOST_PAIRS];
    int64_t mirror[MOST_PAIRS];
    size_t order[MOST_PAIRS], steps; /* pairs to be run: some or all, in any order */
};

static void random_poses(struct random *random, struct geosc_options *options)
{
    enum geosc_pose poses[GEOSC_POSES];

    for (int i = 0; i < GEOSC_POSES; i++)
        poses[i] = (enum geosc_pose)i;
    options->pose_count = 1 + random_below(random, GEOSC_POSES);
    for (size_t i = 0; i < options->pose_count; i++) {
        size_t j = i + random_below(random, GEOSC_POSES - i);
        options->poses[i] = poses[j];
        poses[j] = poses[i];
    }
}

static void random_order(struct random *random, struct setup *setup)
{
    size_t pairs = setup->catalog.pairs;

    for (size_t i = 0; i < pairs; i++)
        setup->order[i] = i;
    for (size_t i = 0; i < pairs; i++) {
        size_t j = i + random_below(random, pairs - i), pair = setup->order[i];
        setup->order[i] = setup->order[j];
        setup->order[j] = pair;
    }
    setup->steps = random_below(random, 2) ? pairs : 1 + random_below(random, pairs);
}

static void make_setup(struct random *random, struct setup *setup)
{
    struct catalog *catalog = &setup->catalog;

    memset(setup, 0, sizeof *setup);
    catalog->sets = setup->sets;
    geosc_options_init(&setup->options);
    random_poses(random, &setup->options);
    setup->options.pose_source = random_below(random, 2) ? GEOSC_POSE_SOURCE_AUTO : GEOSC_POSE_SOURCE_DERIVED;
    setup->tells_poses = random_below(random, 2);
    catalog->indexed = random_below(random, 2);
    catalog->pairs = 1 + random_below(random, catalog->indexed ? MOST_PAIRS : MOST_IMAGES / 2);
    catalog->images = catalog->indexed ? 1 + random_below(random, MOST_IMAGES) : 2 * catalog->pairs;
    catalog->set_count = catalog->indexed ? 1 : 2;
    catalog->sets[0].count = catalog->images / catalog->set_count;
    catalog->sets[1] =
        (struct image_set){.first = catalog->sets[0].count, .count = catalog->images - catalog->sets[0].count};
    for (int p = 0; p < GEOSC_POSES; p++) {
        bool there = p == GEOSC_POSE_NONE || random_below(random, 3) == 0;
        catalog->sets[0].pose[p] = (struct features){.level_count = there, .channels = 4, .height = 2, .width = 2};
        catalog->sets[0].pose[p].has_mask = there && random_below(random, 2);
        catalog->sets[1].pose[p] =
            (struct features){.level_count = p == GEOSC_POSE_NONE, .channels = 4, .height = 2, .width = 2};
    }
    catalog->channels = 4;
    catalog->keypoints = random_below(random, 3) ? 1 : 0;
    catalog->source = setup->source;
    catalog->target = setup->target;
    catalog->mirror_index = catalog->keypoints && random_below(random, 2) ? setup->mirror : NULL;
    for (size_t p = 0; p < catalog->pairs; p++) {
        setup->source[p] = catalog->indexed ? random_below(random, catalog->images) : p;
        setup->target[p] = catalog->indexed ? random_below(random, catalog->images) : catalog->pairs + p;
    }
    random_order(random, setup);
}

/* What the slot of a source's pose should hold. */
static struct held wanted(const struct setup *setup, size_t image, enum geosc_pose pose)
{
    const struct features *stored = setup->catalog.sets[0].pose;
    bool use_stored = setup->options.pose_source == GEOSC_POSE_SOURCE_AUTO && stored[pose].level_count;

    if (pose == GEOSC_POSE_NONE || use_stored)
        return (struct held){image, pose, GEOSC_POSE_NONE, true};
    return (struct held){image, GEOSC_POSE_NONE, setup->tells_poses ? pose : GEOSC_POSE_NONE, true};
}

static bool same(struct held a, struct held b)
{
    return a.filled == b.filled && a.image == b.image && a.stored == b.stored && a.pose == b.pose;
}

/* The unposed source is asked for keypoints without a mirrored partner, and for the mask of dense queries where stored
 * features have another one. */
static bool wants_plain(const struct setup *setup)
{
    for (size_t q = 0; q < setup->options.pose_count; q++) {
        enum geosc_pose pose = setup->options.poses[q];
        struct held map = wanted(setup, 0, pose);
        if (setup->catalog.mirror_index && pose_mirrors(pose))
            return true;
        if (!setup->catalog.keypoints && map.stored != GEOSC_POSE_NONE && setup->catalog.sets[0].pose[pose].has_mask)
            return true;
    }
    return false;
}

/* Distinct maps that a pair needs. */
static size_t list_wanted(const struct setup *setup, size_t pair, struct held list[PLAN_STEP_MAPS])
{
    struct held all[GEOSC_POSES + 2];
    size_t count = 0, distinct = 0;

    all[count++] = wanted(setup, setup->target[pair], GEOSC_POSE_NONE);
    for (size_t q = 0; q < setup->options.pose_count; q++)
        all[count++] = wanted(setup, setup->source[pair], setup->options.poses[q]);
    if (wants_plain(setup))
        all[count++] = wanted(setup, setup->source[pair], GEOSC_POSE_NONE);
    for (size_t i = 0; i < count; i++) {
        size_t j = 0;
        while (j < distinct && !same(list[j], all[i]))
            j++;
        if (j == distinct)
            list[distinct++] = all[i];
    }
    return distinct;
}

/* Walks one step's reads: grouped, each once, each make into a slot of its own. */
static void walk_reads(const struct plan *plan, const struct plan_step *step, size_t *next_make,
                       struct held slots[MOST_SLOTS])
{
    bool touched[MOST_SLOTS] = {false};

    for (size_t r = step->first_read; r < step->first_read + step->read_count; r++) {
        const struct plan_read *read = &plan->reads[r];
        for (size_t before = step->first_read; before < r; before++)
            assert_false(plan->reads[before].image == read->image && plan->reads[before].stored == read->stored);
        assert_int_equal(read->first_make, *next_make);
        assert_true(read->make_count > 0);
        *next_make += read->make_count;
        assert_true(*next_make <= plan->make_count);
        for (size_t m = read->first_make; m < *next_make; m++) {
            int slot = plan->makes[m].slot;
            assert_true(slot >= 0 && (size_t)slot < plan->slot_count && !touched[slot]);
            touched[slot] = true;
            slots[slot] = (struct held){read->image, read->stored, plan->makes[m].pose, true};
        }
    }
}

/* Fails unless the slots contain what a step needs. Returns the number of its maps. */
static size_t check_step(const struct setup *setup, const struct plan *plan, const struct plan_step *step,
                         const struct held *slots)
{
    plan_number needs[PLAN_STEP_MAPS];
    struct held list[PLAN_STEP_MAPS];
    size_t pair = step->pair, count = list_wanted(setup, pair, list);

    for (size_t q = 0; q < setup->options.pose_count; q++)
        assert_true(same(slots[plan->makes[step->candidate[q]].slot],
                         wanted(setup, setup->source[pair], setup->options.poses[q])));
    assert_true(same(slots[plan->makes[step->target].slot], wanted(setup, setup->target[pair], GEOSC_POSE_NONE)));
    if (wants_plain(setup))
        assert_true(same(slots[plan->makes[step->plain].slot], wanted(setup, setup->source[pair], GEOSC_POSE_NONE)));
    else
        assert_true(step->plain == PLAN_NO_MAKE);
    assert_int_equal(plan_needs(plan, step, needs), count);
    return count;
}

static void walk(const struct setup *setup, const struct plan *plan, size_t limit)
{
    static struct held slots[MOST_SLOTS];
    size_t next_read = 0, next_make = 0, needs = 0;

    memset(slots, 0, sizeof slots);
    assert_int_equal(plan->step_count, setup->steps);
    assert_true(plan->slot_count <= limit && plan->slot_count <= MOST_SLOTS);
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct plan_step *step = &plan->steps[i];
        assert_int_equal(step->pair, setup->order[i]);
        assert_int_equal(step->first_read, next_read);
        assert_int_equal(plan_makes_before(plan, i), next_make);
        next_read += step->read_count;
        walk_reads(plan, step, &next_make, slots);
        needs += check_step(setup, plan, step, slots);
    }
    assert_int_equal(next_read, plan->read_count);
    assert_int_equal(next_make, plan->make_count);
    assert_int_equal(plan_makes_before(plan, plan->step_count), plan->make_count);
    assert_int_equal(plan->hits + plan->make_count, needs);
}

/* The batches are all reads in their order: those of a step together, or with several workers each by itself. */
static void walk_batches(const struct plan *plan, size_t workers)
{
    size_t next_read = 0, largest = 0;

    for (size_t b = 0; b < plan->batch_count; b++) {
        const struct plan_batch *batch = &plan->batches[b];
        const struct plan_step *step = &plan->steps[batch->step];
        size_t maps = 0;
        assert_int_equal(batch->first_read, next_read);
        assert_int_equal(batch->read_count, workers == 1 ? step->read_count : 1);
        assert_true(next_read >= step->first_read && next_read < step->first_read + step->read_count);
        for (size_t end = next_read + batch->read_count; next_read < end; next_read++)
            maps += plan->reads[next_read].make_count;
        largest = maps > largest ? maps : largest;
    }
    assert_int_equal(next_read, plan->read_count);
    assert_int_equal(plan->largest_batch, largest);
}

/* A run of which only the graph says what may happen next. */
struct anyhow {
    struct held slots[MOST_SLOTS];
    uint32_t used[MOST_PAIRS * PLAN_STEP_MAPS];
    bool made[MOST_PAIRS * PLAN_STEP_MAPS], answered[MOST_PAIRS];
    size_t next_batch;
};

static bool may_answer(const struct plan *plan, const struct anyhow *run, size_t step)
{
    plan_number needs[PLAN_STEP_MAPS];

    if (run->answered[step])
        return false;
    for (size_t i = plan_needs(plan, &plan->steps[step], needs); i-- > 0;)
        if (!run->made[needs[i]])
            return false;
    return true;
}

static bool may_fill(const struct plan *plan, const struct anyhow *run)
{
    const struct plan_batch *batch = &plan->batches[run->next_batch];

    if (run->next_batch == plan->batch_count)
        return false;
    for (size_t r = batch->first_read; r < batch->first_read + batch->read_count; r++)
        for (size_t m = plan->reads[r].first_make; m < plan->reads[r].first_make + plan->reads[r].make_count; m++) {
            plan_number before = plan->makes[m].before;
            if (before != PLAN_NO_MAKE && run->used[before] < plan->makes[before].uses)
                return false;
        }
    return true;
}

static void fill(const struct plan *plan, struct anyhow *run)
{
    const struct plan_batch *batch = &plan->batches[run->next_batch++];

    for (size_t r = batch->first_read; r < batch->first_read + batch->read_count; r++)
        for (size_t m = plan->reads[r].first_make; m < plan->reads[r].first_make + plan->reads[r].make_count; m++) {
            run->slots[plan->makes[m].slot] =
                (struct held){plan->reads[r].image, plan->reads[r].stored, plan->makes[m].pose, true};
            run->made[m] = true;
        }
}

/* Does what the graph allows in a random order, often far ahead of the plan's: every pair must find its maps, and
 * something must always be possible. */
static void walk_anyhow(struct random *random, const struct setup *setup, const struct plan *plan)
{
    static struct anyhow run;
    size_t eager = random_below(random, 4); /* of four choices, those that refine if they can */

    memset(&run, 0, sizeof run);
    for (size_t left = plan->step_count; left > 0;) {
        size_t ready[MOST_PAIRS], count = 0;
        plan_number needs[PLAN_STEP_MAPS];
        for (size_t s = 0; s < plan->step_count; s++)
            if (may_answer(plan, &run, s))
                ready[count++] = s;
        if (may_fill(plan, &run) && (count == 0 || random_below(random, 4) < eager)) {
            fill(plan, &run);
            continue;
        }
        assert_true(count > 0);
        size_t step = ready[random_below(random, count)];
        check_step(setup, plan, &plan->steps[step], run.slots);
        run.answered[step] = true;
        left--;
        for (size_t i = plan_needs(plan, &plan->steps[step], needs); i-- > 0;)
            run.used[needs[i]]++;
    }
    for (size_t m = 0; m < plan->make_count; m++)
        assert_int_equal(run.used[m], plan->makes[m].uses);
}

/* Distinct maps over all pairs that are run. */
static size_t count_distinct(const struct setup *setup)
{
    static struct held seen[MOST_PAIRS * PLAN_STEP_MAPS];
    struct held list[PLAN_STEP_MAPS];
    size_t distinct = 0;

    for (size_t step = 0; step < setup->steps; step++)
        for (size_t i = 0, count = list_wanted(setup, setup->order[step], list); i < count; i++) {
            size_t j = 0;
            while (j < distinct && !same(seen[j], list[i]))
                j++;
            if (j == distinct)
                seen[distinct++] = list[i];
        }
    return distinct;
}

static void make_plan(const struct setup *setup, size_t limit, size_t workers, struct plan *plan)
{
    const struct plan_request request = {.catalog = &setup->catalog,
                                         .options = &setup->options,
                                         .tells_poses = setup->tells_poses,
                                         .order = setup->order,
                                         .count = setup->steps,
                                         .slots = limit,
                                         .workers = workers};

    assert_ok(plan_create(context, &request, plan));
    walk(setup, plan, limit);
    walk_batches(plan, workers);
}

static void test_walk(void **state)
{
    struct random random = {1};
    struct setup setup;
    struct plan plan;

    (void)state;
    for (size_t round = 0; round < 1500; round++) {
        size_t limit = PLAN_STEP_MAPS + random_below(&random, 40);
        make_setup(&random, &setup);
        make_plan(&setup, limit, 1 + random_below(&random, 4), &plan);
        for (int i = 0; i < 3; i++)
            walk_anyhow(&random, &setup, &plan);
        plan_free(&plan);
    }
}

/* With room for all, each map is made once. */
static void test_unlimited(void **state)
{
    struct random random = {2};
    struct setup setup;
    struct plan plan;

    (void)state;
    for (size_t round = 0; round < 300; round++) {
        make_setup(&random, &setup);
        make_plan(&setup, SIZE_MAX, 1 + round % 2 * 7, &plan);
        assert_int_equal(plan.make_count, count_distinct(&setup));
        plan_free(&plan);
    }
}

/* ---- the least number of makes, by trying every content of the slots -------------------------------- */

enum { KEYS = 8, CONTENTS = 1 << KEYS };

static size_t bits(size_t set)
{
    return set ? 1 + bits(set & (set - 1)) : 0;
}

/* need[p]: bit set of the maps of pair p. least[s]: fewest makes so far that can leave the slots with s. */
static size_t fewest_makes(const size_t *need, size_t pairs, size_t limit)
{
    size_t least[CONTENTS], next[CONTENTS], best = SIZE_MAX;

    for (size_t s = 0; s < CONTENTS; s++)
        least[s] = s == 0 ? 0 : SIZE_MAX;
    for (size_t p = 0; p < pairs; p++) {
        memset(next, 0xff, sizeof next);
        for (size_t s = 0; s < CONTENTS; s++)
            for (size_t kept = s; least[s] != SIZE_MAX; kept = (kept - 1) & s) { /* every subset of s */
                size_t made = bits(need[p] & ~s), then = kept | need[p];
                if (bits(then) <= limit && least[s] + made < next[then])
                    next[then] = least[s] + made;
                if (kept == 0)
                    break;
            }
        memcpy(least, next, sizeof least);
    }
    for (size_t s = 0; s < CONTENTS; s++)
        best = least[s] < best ? least[s] : best;
    return best;
}

static void test_optimum(void **state)
{
    struct random random = {3};
    struct setup setup;
    struct plan plan;

    (void)state;
    for (size_t round = 0; round < 400; round++) {
        size_t need[12], limit = 3 + random_below(&random, 4);
        memset(&setup, 0, sizeof setup);
        geosc_options_init(&setup.options);
        setup.options.pose_count = 2; /* none and hflip: with a model, keys image * 2 + (0 or 1) */
        setup.tells_poses = true;
        setup.catalog =
            (struct catalog){.indexed = true, .set_count = 1, .images = KEYS / 2, .channels = 1, .keypoints = 1};
        setup.catalog.sets = setup.sets;
        setup.catalog.sets[0].count = KEYS / 2;
        setup.catalog.sets[0].pose[GEOSC_POSE_NONE] =
            (struct features){.level_count = 1, .channels = 1, .height = 1, .width = 1};
        setup.catalog.source = setup.source;
        setup.catalog.target = setup.target;
        setup.catalog.pairs = 2 + random_below(&random, 11);
        for (size_t p = 0; p < setup.catalog.pairs; p++) {
            setup.order[p] = p;
            setup.source[p] = random_below(&random, KEYS / 2);
            setup.target[p] = random_below(&random, KEYS / 2);
            need[p] = (size_t)3 << 2 * setup.source[p] | (size_t)1 << 2 * setup.target[p];
        }
        setup.steps = setup.catalog.pairs;
        make_plan(&setup, limit, 1 + round % 3, &plan);
        assert_int_equal(plan.make_count, fewest_makes(need, setup.steps, limit));
        plan_free(&plan);
    }
}

static void test_origin(void **state)
{
    struct image_set set = {.count = 1};
    struct geosc_options options;

    (void)state;
    geosc_options_init(&options);
    set.pose[GEOSC_POSE_NONE].level_count = set.pose[GEOSC_POSE_ROT90].level_count = 1;
    assert_int_equal(plan_origin(&set, &options, false, GEOSC_POSE_NONE), ORIGIN_STORED);
    assert_int_equal(plan_origin(&set, &options, false, GEOSC_POSE_ROT90), ORIGIN_STORED);
    assert_int_equal(plan_origin(&set, &options, false, GEOSC_POSE_HFLIP), ORIGIN_ALIAS);
    assert_int_equal(plan_origin(&set, &options, true, GEOSC_POSE_HFLIP), ORIGIN_DERIVED);
    options.pose_source = GEOSC_POSE_SOURCE_DERIVED;
    assert_int_equal(plan_origin(&set, &options, true, GEOSC_POSE_ROT90), ORIGIN_DERIVED);
    assert_int_equal(plan_origin(&set, &options, false, GEOSC_POSE_ROT90), ORIGIN_ALIAS);
    assert_int_equal(plan_origin(&set, &options, false, GEOSC_POSE_NONE), ORIGIN_STORED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_unlimited),
        cmocka_unit_test(test_optimum),
        cmocka_unit_test(test_origin),
    };

    return cmocka_run_group_tests_name("plan", tests, make_context, free_context);
}
