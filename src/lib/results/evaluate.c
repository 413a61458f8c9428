#include "results/evaluate.h"

#include "base/number.h"
#include "base/options.h"
#include "base/sort.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- points ------------------------------------------------------------------------------------- */

/* One pass over the pairs in order: sums do not depend on the names of categories. */
static enum geosc_status score_points(geosc_context *context, const struct catalog *catalog,
                                      const struct results *results, const struct evaluate_request *request,
                                      struct evaluation *evaluation)
{
    const struct measure *measure = &request->measure;
    struct tally tallies[MEASURE_SUBSETS];
    enum geosc_status status;

    evaluation->has_points = true;
    evaluation->has_categories = catalog->category != NULL;
    evaluation->has_geometry = catalog->symmetry_group != NULL;
    evaluation->has_partners = catalog->mirror_index != NULL;
    evaluation->outside = truth_find_outside(catalog, true);
    TRY(scores_create(context, catalog, measure->alpha_count, &evaluation->scores));
    for (size_t p = 0; p < catalog->pairs; p++) {
        TRY(truth_check(context, catalog, p));
        TRY(truth_check_box(context, catalog, p));
        measure_pair(measure, catalog, results, p, tallies);
        scores_add(&evaluation->scores, scores_category(&evaluation->scores, catalog, p), tallies, 1);
    }
    scores_finish(&evaluation->scores);
done:
    return status;
}

/* ---- poses -------------------------------------------------------------------------------------- */

/* Runner-up's IMD minus the smallest: 0 for a tie, NaN for fewer than two. */
static double pair_margin(const float *imd, size_t candidates)
{
    double best = INFINITY, second = INFINITY;

    for (size_t q = 0; q < candidates; q++) {
        if (imd[q] < best) {
            second = best;
            best = imd[q];
        } else if (imd[q] < second) {
            second = imd[q];
        }
    }
    return isinf(second) ? NAN : second - best;
}

static enum geosc_status score_margins(geosc_context *context, const struct results *results,
                                       struct evaluation *evaluation)
{
    double *margins;
    size_t count = 0;
    enum geosc_status status = memory_allocate(context, &margins, results->pairs, sizeof *margins, "margins");

    if (status != GEOSC_OK)
        return status;
    for (size_t p = 0; p < results->pairs; p++) {
        double margin = pair_margin(results->imd + p * results->candidates, results->candidates);
        evaluation->ties += margin == 0;
        if (!isnan(margin))
            margins[count++] = margin;
    }
    evaluation->margin_median = sort_median(margins, count);
    memory_free(margins);
    return GEOSC_OK;
}

static void count_poses(const struct catalog *catalog, const struct results *results, struct evaluation *evaluation)
{
    evaluation->pose_count = results->candidates;
    memcpy(evaluation->poses, results->poses, sizeof evaluation->poses);
    evaluation->has_truth = catalog->true_pose != NULL;
    for (size_t p = 0; p < results->pairs; p++) {
        bool undecided = results->chosen[p] == GEOSC_UNDECIDED;
        enum geosc_pose truth;

        evaluation->failed += results->status[p] != GEOSC_PAIR_OK;
        evaluation->undecided += undecided;
        if (!undecided)
            evaluation->chosen[results->chosen[p]]++;
        if (!catalog->true_pose || !pose_parse(catalog->true_pose[p], &truth))
            continue;
        evaluation->pose_known++;
        evaluation->pose_right += !undecided && results->poses[results->chosen[p]] == truth;
    }
}

/* ---- all together ------------------------------------------------------------------------------- */

static enum geosc_status check_fit(geosc_context *context, const struct catalog *catalog, const struct results *results,
                                   enum measure_length length)
{
    const char *input = h5_file_path(catalog->file);

    if (!catalog->target_keypoints && !catalog->true_pose)
        return fail(
            context, GEOSC_FAILED,
            "%s: %s: missing, and so is true_pose: store the true positions there, or look at the matches with geosc "
            "render or report",
            input, catalog->indexed ? "/pairs/target_keypoints" : "/target_keypoints");
    if (length == MEASURE_BOX && catalog->target_keypoints && !catalog->target_box)
        return fail(
            context, GEOSC_FAILED,
            "%s: /pairs/target_box: missing; store the boxes of the targets there, or choose another --threshold",
            input);
    if (results->pairs != catalog->pairs)
        return fail(context, GEOSC_FAILED, "%s: has %zu pairs, the output %zu: the output is of another input", input,
                    catalog->pairs, results->pairs);
    if (catalog->target_keypoints && (results->rank != 1 || results->answers != catalog->keypoints))
        return fail(context, GEOSC_FAILED,
                    "%s: has %zu keypoints per pair, but the output has another number: it is of another input", input,
                    catalog->keypoints);
    return GEOSC_OK;
}

static enum geosc_status check_alphas(geosc_context *context, const struct measure *measure)
{
    if (measure->alpha_count < 1 || measure->alpha_count > MEASURE_ALPHAS)
        return fail(context, GEOSC_BAD_USAGE, "1 to %d alphas are allowed", MEASURE_ALPHAS);
    for (size_t a = 0; a < measure->alpha_count; a++)
        if (!(measure->alphas[a] > 0 && isfinite(measure->alphas[a])))
            return fail(context, GEOSC_BAD_USAGE, "alpha %s is not a number above 0",
                        number_general(measure->alphas[a], 6).text);
    return GEOSC_OK;
}

static void describe(const struct catalog *catalog, const struct results *results, const struct measure *measure,
                     struct evaluation *evaluation)
{
    const bool kap = results->kaps && catalog->target_keypoints;

    snprintf(evaluation->protocol, sizeof evaluation->protocol,
             "a match is correct if its error is %s alpha times %s; for PCK-dagger, also if its own target keypoint is "
             "the nearest of the pair's; a missing answer is wrong; pairs without common keypoints are counted, not "
             "averaged%s%s%s",
             measure->compare == MEASURE_AT_MOST ? "at most" : "below",
             measure_threshold_name(catalog, measure->length),
             kap ? "; KAP is the average precision of the best similarities at most alpha times " : "",
             kap ? measure_threshold_name(catalog, MEASURE_STORED) : "",
             evaluation->has_intervals ? "; " RESAMPLE_DESCRIBED : "");
}

/* What is resampled. */
static enum geosc_status add_intervals(geosc_context *context, const struct catalog *catalog,
                                       const struct results *results, const struct evaluate_request *request,
                                       struct evaluation *evaluation)
{
    const bool intervals = request->intervals;
    enum geosc_status status = GEOSC_OK;

    if (!evaluation->has_points)
        return GEOSC_OK;
    if (intervals)
        TRY(bootstrap(context, catalog, &results, 1, &request->measure, &evaluation->interval));
    if (request->keypoints)
        TRY(keypoints_find(context, catalog, &results, 1, &request->measure, &evaluation->scores, intervals,
                           &evaluation->keypoints));
    if (results->kaps)
        TRY(precision_find(context, catalog, &results, 1, &evaluation->scores, intervals, &evaluation->kap));
done:
    return status;
}

static enum geosc_status add_risks(geosc_context *context, const struct catalog *catalog, const struct results *results,
                                   struct evaluation *evaluation)
{
    enum geosc_status status = GEOSC_OK;

    for (enum risk_confidence i = 0; i < RISK_CONFIDENCES && evaluation->has_points; i++) {
        evaluation->has_risk[i] = risk_has(results, i);
        if (evaluation->has_risk[i])
            TRY(risk_find(context, catalog, results, &evaluation->measure, i, &evaluation->risk[i]));
    }
done:
    return status;
}

/* All but what is resampled. */
static enum geosc_status judge(geosc_context *context, const struct catalog *catalog, const struct results *results,
                               const struct evaluate_request *request, struct evaluation *evaluation)
{
    const struct measure *measure = &request->measure;
    enum geosc_status status;

    *evaluation =
        (struct evaluation){.pairs = results->pairs, .measure = *measure, .has_intervals = request->intervals};
    TRY(check_alphas(context, measure));
    TRY(check_fit(context, catalog, results, measure->length));
    describe(catalog, results, measure, evaluation);
    if (catalog->target_keypoints)
        TRY(score_points(context, catalog, results, request, evaluation));
    count_poses(catalog, results, evaluation);
    TRY(score_margins(context, results, evaluation));
    if (request->risk)
        TRY(add_risks(context, catalog, results, evaluation));
done:
    return status;
}

enum geosc_status evaluate(geosc_context *context, const struct catalog *catalog, const struct results *results,
                           const struct evaluate_request *request, struct evaluation *evaluation)
{
    enum geosc_status status;

    TRY(judge(context, catalog, results, request, evaluation));
    TRY(add_intervals(context, catalog, results, request, evaluation));
done:
    if (status != GEOSC_OK)
        evaluation_free(evaluation);
    return status;
}

void evaluation_free(struct evaluation *evaluation)
{
    scores_free(&evaluation->scores);
    interval_free(&evaluation->interval);
    keypoint_table_free(&evaluation->keypoints);
    kap_table_free(&evaluation->kap);
    *evaluation = (struct evaluation){0};
}

/* ---- two outputs -------------------------------------------------------------------------------- */

static enum geosc_status subtract(geosc_context *context, struct comparison *comparison)
{
    struct scores *first = &comparison->evaluations[0].scores, *second = &comparison->evaluations[1].scores;
    enum geosc_status status = scores_copy(context, second, &comparison->difference);

    for (size_t i = 0; status == GEOSC_OK && i < scores_shares(second); i++)
        *scores_share(&comparison->difference, i) -= *scores_share(first, i);
    return status;
}

static enum geosc_status compare_points(geosc_context *context, const struct catalog *catalog,
                                        const struct results *const results[RESAMPLE_OUTPUTS],
                                        const struct measure *measure, struct comparison *comparison)
{
    struct interval intervals[RESAMPLE_KINDS] = {0};
    enum geosc_status status = bootstrap(context, catalog, results, RESAMPLE_OUTPUTS, measure, intervals);

    comparison->evaluations[0].interval = intervals[0];
    comparison->evaluations[1].interval = intervals[1];
    comparison->interval = intervals[2];
    return status;
}

static enum geosc_status compare_keypoints(geosc_context *context, const struct catalog *catalog,
                                           const struct results *const results[RESAMPLE_OUTPUTS],
                                           const struct measure *measure, struct comparison *comparison)
{
    struct evaluation *evaluations = comparison->evaluations;
    struct keypoint_table tables[RESAMPLE_KINDS];
    enum geosc_status status =
        keypoints_find(context, catalog, results, RESAMPLE_OUTPUTS, measure, &evaluations[0].scores, true, tables);

    evaluations[0].keypoints = tables[0];
    evaluations[1].keypoints = tables[1];
    comparison->keypoints = tables[2];
    return status;
}

/* KAP at other alphas is not compared. */
static enum geosc_status compare_kap(geosc_context *context, const struct catalog *catalog,
                                     const struct results *const results[RESAMPLE_OUTPUTS],
                                     struct comparison *comparison)
{
    struct evaluation *evaluations = comparison->evaluations;
    const struct scores *scores = &evaluations[0].scores;
    struct kap_table tables[RESAMPLE_KINDS] = {0};
    enum geosc_status status = GEOSC_OK;
    bool alike = results[0]->kaps && results[0]->kaps == results[1]->kaps &&
                 memcmp(results[0]->kap_alpha, results[1]->kap_alpha, results[0]->kaps * sizeof(double)) == 0;

    if (alike)
        status = precision_find(context, catalog, results, RESAMPLE_OUTPUTS, scores, true, tables);
    for (size_t o = 0; o < RESAMPLE_OUTPUTS && status == GEOSC_OK && !alike; o++)
        if (results[o]->kaps)
            status = precision_find(context, catalog, &results[o], 1, scores, true, &tables[o]);
    evaluations[0].kap = tables[0];
    evaluations[1].kap = tables[1];
    comparison->kap = tables[2];
    return status;
}

enum geosc_status evaluate_both(geosc_context *context, const struct catalog *catalog,
                                const struct results *const results[RESAMPLE_OUTPUTS],
                                const struct evaluate_request *request, struct comparison *comparison)
{
    const struct evaluate_request with_intervals = {request->measure, .intervals = true, .risk = request->risk};
    enum geosc_status status;

    *comparison = (struct comparison){0};
    for (size_t o = 0; o < RESAMPLE_OUTPUTS; o++)
        TRY(judge(context, catalog, results[o], &with_intervals, &comparison->evaluations[o]));
    if (!comparison->evaluations[0].has_points)
        goto done;
    TRY(subtract(context, comparison));
    TRY(compare_points(context, catalog, results, &request->measure, comparison));
    if (request->keypoints)
        TRY(compare_keypoints(context, catalog, results, &request->measure, comparison));
    TRY(compare_kap(context, catalog, results, comparison));
done:
    if (status != GEOSC_OK)
        comparison_free(comparison);
    return status;
}

void comparison_free(struct comparison *comparison)
{
    for (size_t o = 0; o < RESAMPLE_OUTPUTS; o++)
        evaluation_free(&comparison->evaluations[o]);
    scores_free(&comparison->difference);
    interval_free(&comparison->interval);
    keypoint_table_free(&comparison->keypoints);
    kap_table_free(&comparison->kap);
}
