#include "run/pair.h"

#include "base/clock.h"
#include "base/guard.h"
#include "base/options.h"
#include "input/units.h"
#include "maps/pose.h"
#include "results/measure.h"

#include <math.h>
#include <string.h>

/* The current pair: its inputs, and its source's cells under the chosen pose. */
struct pair {
    size_t index;
    const struct image_set *set; /* of the source */
    size_t height, width;        /* of the unposed source */
    const struct slot *const *candidate, *plain, *target;
    const float *imd_mask, *match_mask; /* of the target; NULL: no restriction */
    size_t chosen;
};

static const float *slot_mask(const struct slot *slot)
{
    return slot->has_mask ? slot->mask : NULL;
}

void pair_find_maps(const struct cache *cache, const struct plan_step *step, struct pair_maps *maps)
{
    for (size_t q = 0; q < cache->plan->candidates; q++)
        maps->candidate[q] = cache_slot(cache, step->candidate[q]);
    maps->plain = step->plain == PLAN_NO_MAKE ? NULL : cache_slot(cache, step->plain);
    maps->target = cache_slot(cache, step->target);
}

static struct pair make_pair(const struct pair_setting *setting, size_t index, const struct pair_maps *maps)
{
    const struct catalog *catalog = setting->catalog;
    struct pair pair = {.index = index, .candidate = maps->candidate, .plain = maps->plain, .target = maps->target};

    pair.set = catalog_image(catalog, catalog->source[index]);
    pair.height = pair.set->pose[GEOSC_POSE_NONE].height;
    pair.width = pair.set->pose[GEOSC_POSE_NONE].width;
    if (options_restrict_for(setting->options, GEOSC_RESTRICT_IMD))
        pair.imd_mask = slot_mask(pair.target);
    if (options_restrict_for(setting->options, GEOSC_RESTRICT_MATCH))
        pair.match_mask = slot_mask(pair.target);
    return pair;
}

enum geosc_pair_status pair_first_fault(enum geosc_pair_status a, enum geosc_pair_status b)
{
    static const int place[GEOSC_PAIR_STATUSES] = {[GEOSC_PAIR_UNREADABLE] = 1,     [GEOSC_PAIR_BAD_FEATURES] = 2,
                                                   [GEOSC_PAIR_EMPTY_FEATURES] = 3, [GEOSC_PAIR_BAD_MASK] = 4,
                                                   [GEOSC_PAIR_EMPTY_MASK] = 5,     [GEOSC_PAIR_NO_MUTUAL] = 6,
                                                   [GEOSC_PAIR_BAD_KEYPOINT] = 7,   [GEOSC_PAIR_OK] = 8};

    return place[a] < place[b] || !GUARD(first_fault) ? a : b;
}

/* A fault in the values of one of the pair's maps, or of its mask if used. */
static enum geosc_pair_status check_slot(const struct pair_setting *setting, const struct slot *slot, bool masked)
{
    enum geosc_pair_status found = slot->features_status;

    if (found == GEOSC_PAIR_OK && setting->options->similarity == GEOSC_SIMILARITY_DOT && GUARD(hostile_products) &&
        !map_products_fit(slot->map))
        found = GEOSC_PAIR_BAD_FEATURES;
    return masked && slot->has_mask ? pair_first_fault(found, slot->mask_status) : found;
}

/* The first fault in the values of the pair's images. */
static enum geosc_pair_status check_inputs(const struct pair_setting *setting, const struct pair *pair)
{
    const struct catalog *catalog = setting->catalog;
    bool unreadable = catalog->unreadable && catalog->unreadable[pair->index];
    enum geosc_pair_status found =
        unreadable ? GEOSC_PAIR_UNREADABLE : check_slot(setting, pair->target, setting->options->restrict_target);

    for (size_t q = 0; q < setting->options->pose_count; q++)
        found = pair_first_fault(found, check_slot(setting, pair->candidate[q], true));
    return pair->plain ? pair_first_fault(found, check_slot(setting, pair->plain, !catalog->keypoints)) : found;
}

/* Computes the IMD of every candidate; candidates that share a map share its IMD. */
static enum geosc_status score_candidates(geosc_context *context, const struct pair_setting *setting,
                                          const struct pair *pair, struct pair_scratch *scratch, float *imd)
{
    enum geosc_status status;
    struct imd_job jobs[IMD_JOBS];
    size_t job_of[GEOSC_POSES], count = 0;

    for (size_t q = 0; q < setting->options->pose_count; q++) {
        for (job_of[q] = 0; job_of[q] < count && jobs[job_of[q]].source != pair->candidate[q]->map; job_of[q]++)
            ;
        if (job_of[q] == count)
            jobs[count++] = (struct imd_job){.source = pair->candidate[q]->map, .mask = slot_mask(pair->candidate[q])};
    }
    TRY(imd_compute(context, jobs, count, pair->target->map, pair->imd_mask, setting->options->imd, &scratch->imd));
    for (size_t q = 0; q < setting->options->pose_count; q++)
        imd[q] = (float)jobs[job_of[q]].imd;
done:
    return status;
}

/* Chooses the candidate with the smallest IMD, the first on a tie. An IMD beyond float32 comes from the mask's weights
 * and fails the pair. */
static enum geosc_pair_status choose(float *imd, size_t count, size_t *chosen)
{
    bool beyond = false;

    *chosen = GEOSC_UNDECIDED;
    for (size_t q = 0; q < count; q++) {
        beyond |= GUARD(imd_beyond_float32) && isinf(imd[q]) != 0;
        if (!isnan(imd[q]) && (*chosen == GEOSC_UNDECIDED || imd[q] < imd[*chosen]))
            *chosen = q;
    }
    for (size_t q = 0; q < count && beyond; q++)
        imd[q] = NAN;
    return beyond ? GEOSC_PAIR_BAD_MASK : *chosen == GEOSC_UNDECIDED ? GEOSC_PAIR_NO_MUTUAL : GEOSC_PAIR_OK;
}

/* A query in the unposed source: its cell, and where it is. */
struct place {
    size_t x, y;
    double point[2];
};

/* Adds a query of a candidate pose as number `count` to the scratch; false if the slot lacks its cell. An alias uses
 * the unposed map. */
static bool add_query(const struct pair_setting *setting, const struct pair *pair, const struct slot *slot,
                      enum geosc_pose pose, const struct place *place, size_t count, struct pair_scratch *scratch)
{
    bool alias = plan_origin(pair->set, setting->options, setting->tells_poses, pose) == ORIGIN_ALIAS;
    double point[2] = {place->point[0], place->point[1]};

    if (alias)
        pose = GEOSC_POSE_NONE;
    if (scratch->points) {
        geosc_pose_point(pose, (double)pair->width, (double)pair->height, &point[0], &point[1]);
        scratch->points[count][0] = point[0] - (double)slot->part.x0;
        scratch->points[count][1] = point[1] - (double)slot->part.y0;
    }
    return slot_cell(slot, pose_cell(pose, pair->height, pair->width, place->x, place->y), &scratch->cells[count]);
}

/*
 * The queries of a pair on one map: keypoints under the chosen pose, or (plain) keypoints whose label a mirrored pose
 * swaps to no partner and which query the unposed source. *outside: some keypoint is outside the source.
 */
static size_t keypoint_queries(const struct pair_setting *setting, const struct pair *pair, bool plain,
                               struct pair_scratch *scratch, bool *outside)
{
    const struct catalog *catalog = setting->catalog;
    const int64_t *mirror = catalog->mirror_index ? catalog->mirror_index + pair->index * catalog->keypoints : NULL;
    enum geosc_pose pose = setting->options->poses[pair->chosen];
    bool mirrored = mirror && pose_mirrors(pose);
    const struct slot *slot = plain ? pair->plain : pair->candidate[pair->chosen];
    struct place at;
    size_t count = 0;

    for (size_t k = 0; k < catalog->keypoints; k++) {
        if (query_cell(catalog, pair->index, k, &at.x, &at.y) == QUERY_ABSENT)
            continue;
        bool partner = mirrored && mirror[k] >= 0 &&
                       query_cell(catalog, pair->index, (size_t)mirror[k], &at.x, &at.y) != QUERY_ABSENT;
        size_t asked = partner ? (size_t)mirror[k] : k;
        if (plain != (mirrored && !partner))
            continue;
        if (query_cell(catalog, pair->index, asked, &at.x, &at.y) == QUERY_OUTSIDE) {
            *outside = true;
            continue;
        }
        query_point(catalog, pair->index, asked, at.point);
        scratch->places[count] = k;
        count += add_query(setting, pair, slot, plain ? GEOSC_POSE_NONE : pose, &at, count, scratch);
    }
    return count;
}

/* Every cell in the source's mask is a query; its answer goes to its own place in the unposed source. */
static size_t dense_queries(const struct pair_setting *setting, const struct pair *pair, const struct results *results,
                            struct pair_scratch *scratch)
{
    enum geosc_pose pose = setting->options->poses[pair->chosen], mask_pose = pair->plain ? GEOSC_POSE_NONE : pose;
    const struct slot *chosen = pair->candidate[pair->chosen], *masked = pair->plain ? pair->plain : chosen;
    const float *mask = slot_mask(masked);
    size_t count = 0;

    for (size_t y = 0; y < pair->height; y++)
        for (size_t x = 0; x < pair->width; x++) {
            const struct place at = {x, y, {(double)x, (double)y}};
            if (!add_query(setting, pair, masked, mask_pose, &at, count, scratch) ||
                (mask && mask[scratch->cells[count]] == 0))
                continue;
            scratch->places[count] = y * results->shape[1] + x;
            count += add_query(setting, pair, chosen, pose, &at, count, scratch);
        }
    return count;
}

/* A target point in the keypoints' units; NaN stays NaN. */
static void point_from_cells(const struct catalog *catalog, const struct pair *pair, const float cells[2], float out[2])
{
    for (int axis = 0; axis < 2; axis++)
        out[axis] = (float)units_from_cell(catalog, catalog->target[pair->index], axis, (double)cells[axis]);
}

/* Says where the queries in scratch belong in the target. */
static enum geosc_status prepare_kap(geosc_context *context, const struct pair_setting *setting,
                                     const struct pair *pair, size_t count, struct pair_scratch *scratch)
{
    const struct catalog *catalog = setting->catalog;
    const geosc_map *target = pair->target->map;
    const size_t sides[2] = {target->width, target->height}, image = catalog->target[pair->index];
    const double threshold = measure_threshold(catalog, MEASURE_STORED, pair->index);
    enum geosc_status status = GEOSC_OK;

    for (int axis = 0; axis < 2; axis++) {
        TRY(memory_grow(context, &scratch->centres[axis], &scratch->centres_capacity[axis], sides[axis], sizeof(double),
                        "the target's cells"));
        for (size_t i = 0; i < sides[axis]; i++)
            scratch->centres[axis][i] = units_from_cell(catalog, image, axis, (double)i);
        scratch->kap.centres[axis] = scratch->centres[axis];
    }
    for (size_t a = 0; a < scratch->kap.count; a++)
        scratch->radii[a] = setting->options->kap[a] * threshold;
    for (size_t i = 0; i < count; i++)
        memcpy(scratch->truth[i], catalog->target_keypoints[pair->index * catalog->keypoints + scratch->places[i]],
               sizeof *scratch->truth);
    scratch->kap.truth = (const double(*)[2])scratch->truth;
    scratch->kap.radii = scratch->radii;
done:
    return status;
}

/* Stores the numbers of a query; the range is that of all. */
static void store_kap(const struct kap *kap, size_t query, size_t pair, size_t to, struct results *results)
{
    const size_t bytes = kap->count * sizeof(float);
    float *all = results->kap_range[pair];
    const float *range = kap->range[query];

    memcpy(results->kap_in + to * kap->count, kap->in + query * kap->count, bytes);
    memcpy(results->kap_out + to * kap->count, kap->out + query * kap->count, bytes);
    results->kap_max[to] = range[1];
    all[0] = all[0] <= range[0] ? all[0] : range[0]; /* NaN: the first one */
    all[1] = all[1] >= range[1] ? all[1] : range[1];
}

/* Matches the queries in scratch and stores the answers in the keypoints' units. */
static enum geosc_status answer_queries(geosc_context *context, const struct pair_setting *setting,
                                        const struct pair *pair, const struct slot *source, size_t count,
                                        struct pair_scratch *scratch, struct results *results)
{
    enum geosc_status status;
    const struct geosc_answers *answers = &scratch->answers;
    const struct matching matching = {.source = source->map,
                                      .target = pair->target->map,
                                      .source_mask = slot_mask(source),
                                      .target_mask = pair->match_mask,
                                      .options = setting->options,
                                      .scratch = &scratch->match,
                                      .answers = *answers,
                                      .kap = results->kaps ? &scratch->kap : NULL,
                                      .heat = scratch->heat};
    size_t first = pair->index * results->answers, heat = results->heat_side * results->heat_side;

    if (results->kaps)
        TRY(prepare_kap(context, setting, pair, count, scratch));
    TRY(match_find(context, &matching,
                   &(struct match_queries){scratch->cells, (const double(*)[2])scratch->points, count}));
    for (size_t i = 0; i < count; i++) {
        size_t to = first + scratch->places[i];
        point_from_cells(setting->catalog, pair, answers->xy[i], results->xy[to]);
        results->score[to] = answers->score[i];
        for (size_t t = 0; t < results->tops; t++)
            point_from_cells(setting->catalog, pair, answers->top_xy[i * results->tops + t],
                             results->top_xy[to * results->tops + t]);
        if (results->tops)
            memcpy(results->top_score + to * results->tops, answers->top_score + i * results->tops,
                   results->tops * sizeof *results->top_score);
        if (results->kaps)
            store_kap(&scratch->kap, i, pair->index, to, results);
        if (heat)
            memcpy(results->heat + to * heat, scratch->heat + i * heat, heat);
        if (!results->peak)
            continue;
        results->cycle[to] = answers->cycle[i];
        memcpy(results->peak[to], answers->peak[i], sizeof *results->peak);
        results->second[to] = answers->second[i];
        results->mutual[to] = answers->mutual[i];
    }
done:
    return status;
}

static enum geosc_status match_pair(geosc_context *context, const struct pair_setting *setting, const struct pair *pair,
                                    struct pair_scratch *scratch, struct results *results, bool *outside)
{
    enum geosc_status status;
    const struct slot *source = pair->candidate[pair->chosen];

    *outside = false;
    if (!setting->catalog->keypoints)
        return answer_queries(context, setting, pair, source, dense_queries(setting, pair, results, scratch), scratch,
                              results);
    TRY(answer_queries(context, setting, pair, source, keypoint_queries(setting, pair, false, scratch, outside),
                       scratch, results));
    size_t plain = keypoint_queries(setting, pair, true, scratch, outside);
    if (plain)
        TRY(answer_queries(context, setting, pair, pair->plain, plain, scratch, results));
done:
    return status;
}

enum geosc_status pair_answer(geosc_context *context, const struct pair_setting *setting, size_t index,
                              const struct pair_maps *maps, struct pair_scratch *scratch, struct results *results)
{
    enum geosc_status status = GEOSC_OK;
    struct pair pair = make_pair(setting, index, maps);
    float *imd = results->imd + pair.index * results->candidates;
    enum geosc_pair_status found = check_inputs(setting, &pair);
    double since = clock_seconds();
    bool outside;

    if (setting->options->imd == GEOSC_IMD_NONE) {
        pair.chosen = 0;
    } else if (found == GEOSC_PAIR_OK) {
        TRY(score_candidates(context, setting, &pair, scratch, imd));
        found = choose(imd, results->candidates, &pair.chosen);
        clock_lap(&since, &scratch->seconds_score);
    }
    if (found == GEOSC_PAIR_OK) {
        results->chosen[pair.index] = (uint8_t)pair.chosen;
        TRY(match_pair(context, setting, &pair, scratch, results, &outside));
        found = GUARD(hostile_keypoint) && outside ? GEOSC_PAIR_BAD_KEYPOINT : GEOSC_PAIR_OK;
        clock_lap(&since, &scratch->seconds_match);
    }
    results->status[pair.index] = (uint8_t)found;
done:
    return status;
}

static enum geosc_status create_kap(geosc_context *context, size_t kaps, size_t answers, struct pair_scratch *scratch)
{
    enum geosc_status status;
    size_t all;

    scratch->kap.count = kaps;
    if (!size_multiply(answers, kaps, &all))
        return fail_memory(context, SIZE_MAX, "answers");
    TRY(memory_allocate(context, &scratch->truth, answers, sizeof *scratch->truth, "answers"));
    TRY(memory_allocate(context, &scratch->kap.in, all, sizeof *scratch->kap.in, "answers"));
    TRY(memory_allocate(context, &scratch->kap.out, all, sizeof *scratch->kap.out, "answers"));
    TRY(memory_allocate(context, &scratch->kap.range, answers, sizeof *scratch->kap.range, "answers"));
done:
    return status;
}

enum geosc_status pair_scratch_create(geosc_context *context, const struct geosc_options *options, size_t answers,
                                      struct pair_scratch *scratch)
{
    struct geosc_answers *of = &scratch->answers;
    enum geosc_status status;

    TRY(memory_allocate(context, &scratch->cells, answers, sizeof *scratch->cells, "queries"));
    TRY(memory_allocate(context, &scratch->places, answers, sizeof *scratch->places, "queries"));
    if (options->query == GEOSC_QUERY_BILINEAR)
        TRY(memory_allocate(context, &scratch->points, answers, sizeof *scratch->points, "queries"));
    TRY(memory_allocate(context, &of->xy, answers, sizeof *of->xy, "answers"));
    TRY(memory_allocate(context, &of->score, answers, sizeof *of->score, "answers"));
    if (options->top) {
        TRY(memory_allocate(context, &of->top_xy, answers, (size_t)options->top * sizeof *of->top_xy, "answers"));
        TRY(memory_allocate(context, &of->top_score, answers, (size_t)options->top * sizeof *of->top_score, "answers"));
    }
    if (options->kap_count)
        TRY(create_kap(context, options->kap_count, answers, scratch));
    if (options->heat)
        TRY(memory_allocate(context, &scratch->heat, answers, (size_t)(options->heat * options->heat), "answers"));
    if (!options->confidence)
        goto done;
    TRY(memory_allocate(context, &of->peak, answers, sizeof *of->peak, "answers"));
    TRY(memory_allocate(context, &of->second, answers, sizeof *of->second, "answers"));
    TRY(memory_allocate(context, &of->mutual, answers, sizeof *of->mutual, "answers"));
    TRY(memory_allocate(context, &of->cycle, answers, sizeof *of->cycle, "answers"));
done:
    return status;
}

size_t pair_scratch_bytes(const struct geosc_options *options)
{
    const struct results_asked asked = results_asked_by(options);
    const struct pair_scratch *none = NULL;
    const struct geosc_answers *of = NULL;
    size_t bytes = sizeof *none->cells + sizeof *none->places + sizeof *of->xy + sizeof *of->score;

    if (options->query == GEOSC_QUERY_BILINEAR)
        bytes += sizeof *none->points;
    if (options->kap_count)
        bytes += sizeof *none->truth;
    return bytes + results_parts_bytes(&asked, 1);
}

void pair_scratch_free(struct pair_scratch *scratch)
{
    imd_scratch_free(&scratch->imd);
    match_scratch_free(&scratch->match);
    memory_free(scratch->cells);
    memory_free(scratch->points);
    memory_free(scratch->places);
    memory_free(scratch->answers.xy);
    memory_free(scratch->answers.score);
    memory_free(scratch->answers.peak);
    memory_free(scratch->answers.second);
    memory_free(scratch->answers.mutual);
    memory_free(scratch->answers.cycle);
    memory_free(scratch->answers.top_xy);
    memory_free(scratch->answers.top_score);
    memory_free(scratch->heat);
    memory_free(scratch->truth);
    memory_free(scratch->kap.in);
    memory_free(scratch->kap.out);
    memory_free(scratch->kap.range);
    memory_free(scratch->centres[0]);
    memory_free(scratch->centres[1]);
    *scratch = (struct pair_scratch){0};
}
