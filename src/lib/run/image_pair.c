/* Pairs of images in memory. */
#include "run/image.h"

#include "base/number.h"
#include "base/options.h"
#include "input/failure.h"
#include "run/pair.h"

#include <math.h>
#include <string.h>

/* Checks the true places of a pair that KAP is asked for. */
static enum geosc_status check_truth(geosc_context *context, const struct geosc_keypoints *keypoints)
{
    if (!keypoints->count || !keypoints->truth)
        return fail(context, GEOSC_BAD_USAGE, "kap: needs keypoints and their truth");
    for (size_t k = 0; k < keypoints->count; k++)
        if (isinf(keypoints->truth[k][0]) || isinf(keypoints->truth[k][1]))
            return fail(context, GEOSC_BAD_USAGE, "truth[%zu] is infinite: NaN marks an absent keypoint", k);
    if (!isfinite(keypoints->threshold) || keypoints->threshold < 0)
        return fail(context, GEOSC_BAD_USAGE, "threshold %s is not a finite number above 0",
                    number_general(keypoints->threshold, 6).text);
    return GEOSC_OK;
}

/* Finds the maps of a pair; refuses images that were not refined for it. */
static enum geosc_status find_maps(geosc_context *context, const geosc_refined *source, const geosc_refined *target,
                                   const struct geosc_options *options, struct pair_maps *maps)
{
    maps->target = image_slot(target, GEOSC_POSE_NONE);
    if (!target->whole)
        return fail(context, GEOSC_BAD_USAGE, "the target was refined only as the source of some keypoints");
    for (size_t q = 0; q < options->pose_count; q++)
        if (!(maps->candidate[q] = image_slot(source, options->poses[q])))
            return fail(context, GEOSC_BAD_USAGE, "the source was not refined for the pose %s",
                        geosc_pose_name(options->poses[q]));
    if (source->has_model != target->has_model)
        return fail(context, GEOSC_BAD_USAGE, "one of the images was refined with a model, the other without");
    if (maps->candidate[0]->map->channels != maps->target->map->channels)
        return fail(context, GEOSC_BAD_USAGE, "source and target have %zu and %zu channels",
                    maps->candidate[0]->map->channels, maps->target->map->channels);
    return GEOSC_OK;
}

static bool box_within(struct box inner, struct box outer)
{
    struct box both = box_join(inner, outer);

    return memcmp(&both, &outer, sizeof both) == 0;
}

/* Refuses keypoints for which the source was not refined. */
static enum geosc_status check_part(geosc_context *context, const geosc_refined *source, const struct catalog *catalog,
                                    const struct geosc_options *options)
{
    struct queries queries = {0};
    enum geosc_status status = GEOSC_OK;

    if (source->whole)
        return GEOSC_OK;
    TRY(queries_create(context, catalog, options->query == GEOSC_QUERY_BILINEAR, &queries));
    if (source->dense != !catalog->keypoints || !box_within(queries.boxes[0], source->asked))
        TRY(fail(context, GEOSC_BAD_USAGE, "the source was refined only for other keypoints"));
done:
    queries_free(&queries);
    return status;
}

/* Copies what the caller wants. */
static void give(const struct results *results, struct geosc_pair_answer *answer)
{
    const struct geosc_answers *to = &answer->answers;
    const size_t n = results->answers, tops = n * results->tops;
    const struct {
        void *to;
        const void *from;
        size_t bytes;
    } copies[] = {
        {to->xy, results->xy, n * sizeof *results->xy},
        {to->score, results->score, n * sizeof *results->score},
        {to->peak, results->peak, n * sizeof *results->peak},
        {to->second, results->second, n * sizeof *results->second},
        {to->mutual, results->mutual, n * sizeof *results->mutual},
        {to->cycle, results->cycle, n * sizeof *results->cycle},
        {to->top_xy, results->top_xy, tops * sizeof *results->top_xy},
        {to->top_score, results->top_score, tops * sizeof *results->top_score},
        {answer->imd, results->imd, results->candidates * sizeof *results->imd},
        {answer->kap_in, results->kap_in, n * results->kaps * sizeof *results->kap_in},
        {answer->kap_out, results->kap_out, n * results->kaps * sizeof *results->kap_out},
        {answer->kap_max, results->kap_max, n * sizeof *results->kap_max},
        {answer->kap_range, results->kap_range, sizeof *results->kap_range},
    };

    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++)
        if (copies[i].to)
            memcpy(copies[i].to, copies[i].from, copies[i].bytes);
    answer->chosen = results->chosen[0];
    answer->status = (enum geosc_pair_status)results->status[0];
}

/* Answers the only pair of a catalog. */
static enum geosc_status answer_pair(geosc_context *context, const struct catalog *catalog,
                                     const struct geosc_options *options, bool tells_poses, struct pair_maps *maps,
                                     struct geosc_pair_answer *answer)
{
    const struct pair_setting setting = {catalog, options, tells_poses};
    const struct results_asked asked = results_asked_by(options);
    struct pair_scratch scratch = {0};
    struct results results = {0};
    char reason[STATUS_MESSAGE_SIZE];
    enum geosc_status status;

    TRY(results_create(context, catalog, options->poses, options->pose_count, &results));
    TRY(results_add_asked(context, &asked, &results));
    TRY(pair_scratch_create(context, options, results.answers, &scratch));
    TRY(pair_answer(context, &setting, 0, maps, &scratch, &results));
    TRY(check_stop(context));
    give(&results, answer);
    if (answer->status != GEOSC_PAIR_OK) {
        failure_describe(catalog, 0, answer->status, reason, sizeof reason);
        TRY(fail(context, GEOSC_PAIRS_FAILED, "%s", reason));
    }
done:
    pair_scratch_free(&scratch);
    results_free(&results);
    return status;
}

/* A pair whose options are complete. */
static enum geosc_status match_images(geosc_context *context, const geosc_refined *source, const geosc_refined *target,
                                      const struct geosc_keypoints *keypoints, const struct geosc_options *options,
                                      struct geosc_pair_answer *answer)
{
    struct image_set sets[2] = {source->set, target->set};
    double size[2][2], placement[2][3], threshold = keypoints->threshold;
    size_t numbers[2] = {0, 1};
    struct catalog catalog = {.indexed = true,
                              .set_count = 2,
                              .sets = sets,
                              .images = 2,
                              .size = size,
                              .placement = placement,
                              .pairs = 1,
                              .source = &numbers[0],
                              .target = &numbers[1]};
    struct pair_maps maps = {0};
    enum geosc_status status;

    sets[1].first = 1;
    for (size_t i = 0; i < 2; i++) {
        const geosc_refined *image = i ? target : source;
        memcpy(size[i], image->size, sizeof size[i]);
        memcpy(placement[i], image->placement, sizeof placement[i]);
        TRY(image_check_keypoints(context, keypoints, image, i ? "target" : "source"));
    }
    image_set_keypoints(keypoints, &catalog);
    if (options->kap_count) {
        TRY(check_truth(context, keypoints));
        catalog.target_keypoints = (double(*)[2])(uintptr_t)keypoints->truth;
        catalog.threshold = threshold > 0 ? &threshold : NULL;
    }
    TRY(find_maps(context, source, target, options, &maps));
    TRY(check_part(context, source, &catalog, options));
    if (plan_needs_plain(&catalog, options, source->tells_poses, 0))
        maps.plain = image_slot(source, GEOSC_POSE_NONE);
    TRY(answer_pair(context, &catalog, options, source->tells_poses, &maps, answer));
done:
    return status;
}

enum geosc_status geosc_match_images(geosc_context *context, const geosc_refined *source, const geosc_refined *target,
                                     const struct geosc_keypoints *keypoints, const struct geosc_options *options,
                                     struct geosc_pair_answer *answer)
{
    struct geosc_options complete;
    enum geosc_status status;

    if (!context)
        return GEOSC_BAD_USAGE;
    context->message[0] = '\0';
    if (!source || !target || !keypoints || !options || !answer)
        return fail(context, GEOSC_BAD_USAGE, "source, target, keypoints, options and answer must not be NULL");
    const struct geosc_answers *of = &answer->answers;
    TRY(image_begin(context, options, &complete));
    complete.pose_source = source->pose_source;
    complete.confidence = of->peak || of->second || of->mutual || of->cycle;
    complete.heat = 0;
    if (!complete.top && (of->top_xy || of->top_score))
        TRY(fail(context, GEOSC_BAD_USAGE, "top: 1 or more for top_xy and top_score"));
    if (!complete.kap_count && (answer->kap_in || answer->kap_out || answer->kap_max || answer->kap_range))
        TRY(fail(context, GEOSC_BAD_USAGE, "kap: 1 alpha or more for kap_in, kap_out, kap_max and kap_range"));
    TRY(match_images(context, source, target, keypoints, &complete, answer));
done:
    context->stop = NULL;
    return status;
}
