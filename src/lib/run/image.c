#include "run/image.h"

#include "base/number.h"
#include "base/options.h"
#include "input/failure.h"
#include "input/units.h"
#include "maps/pose.h"
#include "run/job.h"
#include "run/pair.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

_Static_assert((int)GEOSC_F16 == (int)NUMBER_F16 && (int)GEOSC_BF16 == (int)NUMBER_BF16, "types are the same numbers");
_Static_assert((int)GEOSC_UNITS_CELL == (int)UNITS_CELL && (int)GEOSC_UNITS_ORIGINAL == (int)UNITS_ORIGINAL,
               "units are the same numbers");

/* ---- what the caller gives --------------------------------------------------------------------- */

static enum geosc_status describe_level(geosc_context *context, enum geosc_pose pose, size_t l,
                                        const struct geosc_level *given, struct features *features)
{
    size_t cells;

    if (!given->data || !given->channels || !given->height || !given->width)
        return fail(context, GEOSC_BAD_USAGE, "features of pose %s: level %zu is empty", geosc_pose_name(pose), l);
    if (given->type > GEOSC_BF16 || !number_is_float((enum number_type)given->type))
        return fail(context, GEOSC_BAD_USAGE,
                    "features of pose %s: level %zu has type %d; features are float16, bfloat16, float32 or float64",
                    geosc_pose_name(pose), l, (int)given->type);
    if (!size_multiply(given->height, given->width, &cells) || cells > CATALOG_CELLS_MOST)
        return fail(context, GEOSC_BAD_USAGE, "features of pose %s: level %zu has too many cells: %zu x %zu",
                    geosc_pose_name(pose), l, given->height, given->width);
    features->levels[l].rank = RAW_RANK;
    memcpy(features->levels[l].dims, (const size_t[]){1, given->channels, given->height, given->width},
           RAW_RANK * sizeof(size_t));
    features->norm_group[l] = given->norm_group ? *given->norm_group : CATALOG_NO_GROUP;
    features->grouped |= given->norm_group != NULL;
    features->channels += given->channels;
    return GEOSC_OK;
}

static enum geosc_status describe_features(geosc_context *context, enum geosc_pose pose,
                                           const struct geosc_features *given, struct features *features)
{
    enum geosc_status status;
    size_t floats, bytes;

    if (!given->level_count || given->level_count > CATALOG_LEVELS || !given->levels)
        return fail(context, GEOSC_BAD_USAGE, "features of pose %s: 1 to %d levels are required", geosc_pose_name(pose),
                    (int)CATALOG_LEVELS);
    if (given->mask && (size_t)given->mask_type > GEOSC_BF16)
        return fail(context, GEOSC_BAD_USAGE, "the mask of pose %s has type %d", geosc_pose_name(pose),
                    (int)given->mask_type);
    TRY(memory_allocate_zero(context, &features->levels, given->level_count, sizeof *features->levels, "levels"));
    features->level_count = given->level_count;
    for (size_t l = 0; l < given->level_count; l++)
        TRY(describe_level(context, pose, l, &given->levels[l], features));
    features->height = given->levels[0].height;
    features->width = given->levels[0].width;
    features->has_mask = given->mask != NULL;
    if (!size_multiply(features->channels, features->height * features->width, &floats) ||
        !size_multiply(floats, sizeof(float), &bytes))
        TRY(fail(context, GEOSC_BAD_USAGE, "features of pose %s are too large", geosc_pose_name(pose)));
done:
    return status;
}

/* Checks that features under a pose have the channels of the image and the size after the pose. */
static enum geosc_status check_posed(geosc_context *context, enum geosc_pose pose, const struct image_set *set)
{
    const struct features *plain = &set->pose[GEOSC_POSE_NONE], *posed = &set->pose[pose];
    size_t height, width;

    pose_size(pose, plain->height, plain->width, &height, &width);
    if (posed->channels == plain->channels && posed->height == height && posed->width == width)
        return GEOSC_OK;
    return fail(context, GEOSC_BAD_USAGE,
                "features of pose %s are %zu x %zu x %zu (C x H x W), expected %zu x %zu x %zu", geosc_pose_name(pose),
                posed->channels, posed->height, posed->width, plain->channels, height, width);
}

/* Takes numbers of which the first `signs` are above 0; NaN where the first is 0, unknown. */
static enum geosc_status take_numbers(geosc_context *context, const char *name, const double *given, size_t count,
                                      size_t signs, double *own)
{
    bool known = given[0] != 0;

    for (size_t i = 0; i < count; i++) {
        if (known && (!isfinite(given[i]) || (i < signs && given[i] <= 0)))
            return fail(context, GEOSC_BAD_USAGE, "%s: number %zu is %s", name, i, number_general(given[i], 6).text);
        own[i] = known ? given[i] : NAN;
    }
    return GEOSC_OK;
}

static enum geosc_status describe_image(geosc_context *context, const struct geosc_image *image, geosc_refined *refined)
{
    enum geosc_status status;

    refined->set.count = 1;
    TRY(take_numbers(context, "size", image->size, 2, 2, refined->size));
    TRY(take_numbers(context, "placement", image->placement, 3, 1, refined->placement));
    for (int p = 0; p < GEOSC_POSES; p++) {
        enum geosc_pose pose = (enum geosc_pose)p;
        if (pose != GEOSC_POSE_NONE && !image->pose[p].level_count)
            continue;
        TRY(describe_features(context, pose, &image->pose[p], &refined->set.pose[p]));
        TRY(check_posed(context, pose, &refined->set));
    }
done:
    return status;
}

/* Checks that the candidates have the features they need; warns of what may surprise. */
static enum geosc_status check_poses(geosc_context *context, const struct geosc_options *options,
                                     const geosc_model *model, const struct image_set *set)
{
    bool alias = false, stored = false;

    for (size_t q = 0; q < options->pose_count; q++) {
        enum geosc_pose pose = options->poses[q];
        enum pose_origin origin = plan_origin(set, options, model_tells_poses(model), pose);
        if (origin != ORIGIN_STORED && options->pose_source == GEOSC_POSE_SOURCE_STORED)
            return fail(context, GEOSC_BAD_USAGE, "no features of pose %s, which the pose source 'stored' requires",
                        geosc_pose_name(pose));
        alias |= origin == ORIGIN_ALIAS;
        stored |= pose != GEOSC_POSE_NONE && origin == ORIGIN_STORED;
    }
    job_warn_of_poses(options, model, alias, stored);
    return GEOSC_OK;
}

enum geosc_status image_check_keypoints(geosc_context *context, const struct geosc_keypoints *keypoints,
                                        const geosc_refined *refined, const char *whose)
{
    if (keypoints->count && !keypoints->xy)
        return fail(context, GEOSC_BAD_USAGE, "keypoints must not be NULL");
    if (!units_name((enum units)keypoints->units))
        return fail(context, GEOSC_BAD_USAGE, "unknown units %d", (int)keypoints->units);
    for (size_t k = 0; keypoints->mirror_index && k < keypoints->count; k++)
        if (keypoints->mirror_index[k] < -1 || keypoints->mirror_index[k] >= (int64_t)keypoints->count)
            return fail(context, GEOSC_BAD_USAGE, "mirror_index[%zu] is %lld: -1 to %zu", k,
                        (long long)keypoints->mirror_index[k], keypoints->count - 1);
    if (keypoints->units != GEOSC_UNITS_CELL && isnan(refined->size[0]))
        return fail(context, GEOSC_BAD_USAGE, "keypoints in pixels need the size of the %s", whose);
    if (keypoints->units == GEOSC_UNITS_ORIGINAL && isnan(refined->placement[0]))
        return fail(context, GEOSC_BAD_USAGE, "keypoints in original pixels need the placement of the %s", whose);
    return GEOSC_OK;
}

/* ---- refining ---------------------------------------------------------------------------------- */

/* An array of the caller, as if a reading thread had fetched it: in pieces of whole channels. */
static enum geosc_status wrap(geosc_context *context, const void *data, enum geosc_type type, size_t channels,
                              const struct features *grid, struct raw *raw)
{
    enum { PIECE_BYTES = 256 * 1024 };
    size_t height = grid->height, width = grid->width, plane = height * width * number_size((enum number_type)type);
    size_t planes = size_larger(1, PIECE_BYTES / plane), first = 0;
    enum geosc_status status;

    *raw = (struct raw){.rank = RAW_RANK,
                        .dims = {1, channels, height, width},
                        .format = {(enum number_type)type, false},
                        .bytes = (unsigned char *)(uintptr_t)data,
                        .byte_count = channels * plane};
    TRY(memory_allocate(context, &raw->pieces, (channels + planes - 1) / planes, sizeof *raw->pieces, "an image"));
    for (; first < channels; first += planes) {
        size_t count = size_smaller(planes, channels - first);
        raw->pieces[raw->piece_count++] = (struct raw_piece){.byte_offset = first * plane,
                                                             .bytes = count * plane,
                                                             .address = RAW_FETCHED,
                                                             .start = {0, first, 0, 0},
                                                             .size = {1, count, height, width}};
    }
done:
    return status;
}

/* Brings one read of the plan into the cache. */
static enum geosc_status take_features(geosc_context *context, const struct cache *cache, const struct plan_read *read,
                                       const struct geosc_image *image, struct fill_scratch *scratch)
{
    const struct features *plain = &cache->catalog->sets->pose[GEOSC_POSE_NONE];
    const struct geosc_features *given = &image->pose[read->stored];
    struct prefetch_item item = {.features = &cache->catalog->sets->pose[read->stored]};
    const struct geosc_features *masked = given->mask ? given : &image->pose[GEOSC_POSE_NONE];
    enum geosc_status status;

    item.mask_owner = given->mask ? item.features : plain;
    item.has_mask = masked->mask != NULL;
    for (size_t l = 0; l < given->level_count; l++) {
        const struct geosc_level *level = &given->levels[l];
        const struct features grid = {.height = level->height, .width = level->width};
        TRY(wrap(context, level->data, level->type, level->channels, &grid, &item.levels[l]));
    }
    if (item.has_mask)
        TRY(wrap(context, masked->mask, masked->mask_type, 1, item.mask_owner, &item.mask));
    TRY(cache_load(context, cache, read, &item, scratch));
    TRY(cache_take(context, cache, scratch));
done:
    for (size_t l = 0; l < given->level_count; l++)
        memory_free(item.levels[l].pieces);
    memory_free(item.mask.pieces);
    return status;
}

static enum geosc_status fill(geosc_context *context, const struct cache *cache, const struct geosc_image *image)
{
    struct fill_scratch scratch = {0};
    enum geosc_status status;

    TRY(fill_scratch_create(context, cache, &scratch));
    for (size_t r = 0; r < cache->plan->read_count; r++)
        TRY(take_features(context, cache, &cache->plan->reads[r], image, &scratch));
    TRY(cache_refine(context, cache, &scratch));
    TRY(check_stop(context));
done:
    fill_scratch_free(&scratch);
    return status;
}

/* Says which part of a masked image is refined: what these keypoints need, or all. */
static void set_part(const struct geosc_keypoints *asked, struct queries *queries, geosc_refined *refined)
{
    const struct features *plain = &refined->set.pose[GEOSC_POSE_NONE];

    refined->whole = !asked;
    refined->dense = asked && !asked->count;
    queries->targets[0] = refined->whole; /* the plan's pair is of the image with itself */
    if (refined->whole)
        queries->boxes[0] = (struct box){0, 0, plain->height, plain->width};
    refined->asked = queries->boxes[0];
}

/* Takes the maps out of the cache. */
static void keep_maps(const struct geosc_options *options, const struct plan *plan, struct cache *cache,
                      geosc_refined *refined)
{
    const struct plan_step *step = &plan->steps[0];

    for (int p = 0; p < GEOSC_POSES; p++)
        refined->slot_of[p] = -1;
    refined->slot_of[GEOSC_POSE_NONE] = plan->makes[step->target].slot;
    for (size_t q = 0; q < options->pose_count; q++)
        refined->slot_of[options->poses[q]] = plan->makes[step->candidate[q]].slot;
    refined->slots = cache->slots;
    refined->slot_count = cache->slot_count;
    cache->slots = NULL;
    cache->slot_count = 0;
}

void image_set_keypoints(const struct geosc_keypoints *keypoints, struct catalog *catalog)
{
    if (!keypoints)
        return;
    catalog->units = (enum units)keypoints->units;
    catalog->keypoints = keypoints->count;
    catalog->source_keypoints = (double(*)[2])(uintptr_t)keypoints->xy;
    catalog->mirror_index = (int64_t *)(uintptr_t)keypoints->mirror_index;
}

static enum geosc_status make_maps(geosc_context *context, const geosc_model *model, const struct geosc_image *image,
                                   const struct geosc_options *options, const struct geosc_keypoints *asked,
                                   geosc_refined *refined)
{
    size_t first = 0;
    struct catalog catalog = {.indexed = true,
                              .set_count = 1,
                              .sets = &refined->set,
                              .images = 1,
                              .channels = refined->set.pose[GEOSC_POSE_NONE].channels,
                              .size = &refined->size,
                              .placement = &refined->placement,
                              .pairs = 1,
                              .source = &first,
                              .target = &first};
    struct plan_request request = {&catalog, options, model_tells_poses(model), &first, 1, PLAN_STEP_MAPS, 1};
    struct queries queries = {0};
    struct plan plan = {0};
    struct cache cache = {0};
    enum geosc_status status;

    image_set_keypoints(asked, &catalog);
    TRY(queries_create(context, &catalog, options->query == GEOSC_QUERY_BILINEAR, &queries));
    set_part(asked, &queries, refined);
    TRY(plan_create(context, &request, &plan));
    TRY(cache_create(context, &catalog, model, &queries, &plan, &cache));
    TRY(fill(context, &cache, image));
    keep_maps(options, &plan, &cache, refined);
done:
    cache_free(&cache);
    plan_free(&plan);
    queries_free(&queries);
    return status;
}

/* Checks an image and refines it. */
static enum geosc_status refine_image(geosc_context *context, const geosc_model *model, const struct geosc_image *image,
                                      const struct geosc_options *options, const struct geosc_keypoints *asked,
                                      geosc_refined *refined)
{
    enum geosc_status status;

    refined->has_model = model != NULL;
    refined->tells_poses = model_tells_poses(model);
    refined->pose_source = options->pose_source;
    TRY(describe_image(context, image, refined));
    size_t channels = refined->set.pose[GEOSC_POSE_NONE].channels;
    if (model && channels != model->channels)
        TRY(fail(context, GEOSC_BAD_USAGE, "the model takes %zu channels, not %zu", model->channels, channels));
    TRY(check_poses(context, options, model, &refined->set));
    if (asked)
        TRY(image_check_keypoints(context, asked, refined, "source"));
    TRY(make_maps(context, model, image, options, asked, refined));
done:
    return status;
}

enum geosc_status image_begin(geosc_context *context, const struct geosc_options *options,
                              struct geosc_options *complete)
{
    enum geosc_status status;

    TRY(options_take(context, options, complete));
    TRY(options_check(context, complete));
    context->stop = complete->stop;
done:
    return status;
}

enum geosc_status geosc_refine_image(geosc_context *context, const geosc_model *model, const struct geosc_image *image,
                                     const struct geosc_options *options, const struct geosc_keypoints *asked,
                                     geosc_refined **out)
{
    struct geosc_options complete;
    geosc_refined *refined = NULL;
    enum geosc_status status;

    if (!context)
        return GEOSC_BAD_USAGE;
    context->message[0] = '\0';
    if (!image || !options || !out)
        return fail(context, GEOSC_BAD_USAGE, "image, options and refined must not be NULL");
    *out = NULL;
    TRY(image_begin(context, options, &complete));
    TRY(memory_allocate_zero(context, &refined, 1, sizeof *refined, "an image"));
    TRY(refine_image(context, model, image, &complete, asked, refined));
    *out = refined;
    refined = NULL;
done:
    context->stop = NULL;
    geosc_refined_free(refined);
    return status;
}

void geosc_refined_free(geosc_refined *refined)
{
    if (!refined)
        return;
    for (size_t i = 0; i < refined->slot_count; i++) {
        geosc_map_free(refined->slots[i].map);
        memory_free(refined->slots[i].mask);
    }
    memory_free(refined->slots);
    for (int p = 0; p < GEOSC_POSES; p++)
        memory_free(refined->set.pose[p].levels);
    memory_free(refined);
}

const struct slot *image_slot(const geosc_refined *refined, enum geosc_pose pose)
{
    return refined->slot_of[pose] < 0 ? NULL : &refined->slots[refined->slot_of[pose]];
}

void geosc_refined_size(const geosc_refined *refined, size_t *channels, size_t *height, size_t *width)
{
    const struct features *plain = &refined->set.pose[GEOSC_POSE_NONE];

    *channels = image_slot(refined, GEOSC_POSE_NONE)->map->channels;
    *height = plain->height;
    *width = plain->width;
}

enum geosc_pair_status geosc_refined_status(const geosc_refined *refined)
{
    enum geosc_pair_status found = GEOSC_PAIR_OK;

    for (size_t i = 0; i < refined->slot_count; i++) {
        const struct slot *slot = &refined->slots[i];
        found = pair_first_fault(found, slot->features_status);
        found = slot->has_mask ? pair_first_fault(found, slot->mask_status) : found;
    }
    return found;
}

const geosc_map *geosc_refined_map(const geosc_refined *refined, enum geosc_pose pose)
{
    const struct slot *slot = geosc_pose_name(pose) ? image_slot(refined, pose) : NULL;

    return slot && refined->whole && slot->features_status == GEOSC_PAIR_OK ? slot->map : NULL;
}
