#include "results/evaluate.h"

#include "base/number.h"
#include "base/options.h"
#include "base/sort.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- points ------------------------------------------------------------------------------------- */

/* Counts the pair's points by keypoint. */
static void add_keypoints(const struct catalog *catalog, const struct results *results, const struct measure *measure,
                          size_t pair, size_t category, struct evaluation *evaluation)
{
    const double threshold = measure_threshold(catalog, measure->length, pair);
    const size_t row = category < evaluation->scores.category_count ? category : 0;

    for (size_t k = 0; k < catalog->keypoints; k++) {
        struct keypoint_score *score = &evaluation->keypoints[row * catalog->keypoints + k];
        double error = measure_error(catalog, results, pair, k);
        if (!measure_is_point(catalog, pair, k))
            continue;
        score->points++;
        for (size_t a = 0; a < measure->alpha_count; a++) {
            bool right = measure_right(measure, a, error, threshold);
            score->right[a] += right;
            score->nearest[a] += right && measure_nearest(catalog, results, pair, k);
        }
    }
}

static enum geosc_status create_keypoints(geosc_context *context, const struct catalog *catalog,
                                          struct evaluation *evaluation)
{
    size_t count;

    evaluation->keypoint_count = catalog->keypoints;
    evaluation->keypoint_name = catalog->keypoint_name;
    if (!size_multiply(size_larger(evaluation->scores.category_count, 1), catalog->keypoints, &count))
        return fail_memory(context, SIZE_MAX, "keypoints of categories");
    return memory_allocate_zero(context, &evaluation->keypoints, count, sizeof *evaluation->keypoints,
                                "keypoints of categories");
}

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
    if (request->keypoints)
        TRY(create_keypoints(context, catalog, evaluation));
    for (size_t p = 0; p < catalog->pairs; p++) {
        size_t category = scores_category(&evaluation->scores, catalog, p);
        TRY(truth_check(context, catalog, p));
        measure_pair(measure, catalog, results, p, tallies);
        scores_add(&evaluation->scores, category, tallies, 1);
        if (request->keypoints)
            add_keypoints(catalog, results, measure, p, category, evaluation);
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

static void describe(const struct catalog *catalog, const struct measure *measure, struct evaluation *evaluation)
{
    snprintf(evaluation->protocol, sizeof evaluation->protocol,
             "a match is correct if its error is %s alpha times %s; for PCK-dagger, also if its own target keypoint is "
             "the nearest of the pair's; a missing answer is wrong; pairs without common keypoints are counted, not "
             "averaged%s",
             measure->compare == MEASURE_AT_MOST ? "at most" : "below",
             measure_threshold_name(catalog, measure->length),
             evaluation->has_intervals ? "; " BOOTSTRAP_DESCRIBED : "");
}

static enum geosc_status add_intervals(geosc_context *context, const struct catalog *catalog,
                                       const struct results *results, struct evaluation *evaluation)
{
    if (!evaluation->has_points || !evaluation->has_intervals)
        return GEOSC_OK;
    return bootstrap(context, catalog, &results, 1, &evaluation->measure, &evaluation->interval);
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

/* All but the intervals. */
static enum geosc_status judge(geosc_context *context, const struct catalog *catalog, const struct results *results,
                               const struct evaluate_request *request, struct evaluation *evaluation)
{
    const struct measure *measure = &request->measure;
    enum geosc_status status;

    *evaluation =
        (struct evaluation){.pairs = results->pairs, .measure = *measure, .has_intervals = request->intervals};
    TRY(check_alphas(context, measure));
    TRY(check_fit(context, catalog, results, measure->length));
    describe(catalog, measure, evaluation);
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
    TRY(add_intervals(context, catalog, results, evaluation));
done:
    if (status != GEOSC_OK)
        evaluation_free(evaluation);
    return status;
}

void evaluation_free(struct evaluation *evaluation)
{
    scores_free(&evaluation->scores);
    interval_free(&evaluation->interval);
    memory_free(evaluation->keypoints);
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

enum geosc_status evaluate_both(geosc_context *context, const struct catalog *catalog,
                                const struct results *const results[BOOTSTRAP_OUTPUTS],
                                const struct evaluate_request *request, struct comparison *comparison)
{
    const struct evaluate_request with_intervals = {request->measure, .intervals = true, .risk = request->risk,
                                                    .keypoints = request->keypoints};
    struct interval intervals[BOOTSTRAP_INTERVALS] = {0};
    enum geosc_status status;

    *comparison = (struct comparison){0};
    for (size_t o = 0; o < BOOTSTRAP_OUTPUTS; o++)
        TRY(judge(context, catalog, results[o], &with_intervals, &comparison->evaluations[o]));
    if (!comparison->evaluations[0].has_points)
        goto done;
    TRY(subtract(context, comparison));
    status = bootstrap(context, catalog, results, BOOTSTRAP_OUTPUTS, &request->measure, intervals);
    comparison->evaluations[0].interval = intervals[0];
    comparison->evaluations[1].interval = intervals[1];
    comparison->interval = intervals[2];
done:
    if (status != GEOSC_OK)
        comparison_free(comparison);
    return status;
}

void comparison_free(struct comparison *comparison)
{
    for (size_t o = 0; o < BOOTSTRAP_OUTPUTS; o++)
        evaluation_free(&comparison->evaluations[o]);
    scores_free(&comparison->difference);
    interval_free(&comparison->interval);
}
