#include "results/evaluate.h"

#include "base/number.h"
#include "base/options.h"
#include "base/sort.h"
#include "input/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Points of one pair, and the number of correct ones at each alpha. */
struct tally {
    size_t points;
    size_t right[EVALUATE_ALPHAS];
};

/* ---- PCK ---------------------------------------------------------------------------------------- */

static bool present(const double point[2])
{
    return !isnan(point[0]) && !isnan(point[1]);
}

double evaluate_threshold(const struct catalog *catalog, size_t pair)
{
    return catalog->threshold ? catalog->threshold[pair] : units_larger_side(catalog, catalog->target[pair]);
}

const char *evaluate_threshold_name(const struct catalog *catalog)
{
    return catalog->threshold ? "/pairs/threshold" : "the larger side of the target";
}

/* Whether the symmetry group of keypoint k has two or more members present in the target. */
static bool geometry_aware(const struct catalog *catalog, size_t pair, size_t k)
{
    const int64_t *group = catalog->symmetry_group + pair * catalog->keypoints;
    size_t members = 0;

    for (size_t i = 0; i < catalog->keypoints; i++)
        members += group[i] == group[k] && present(catalog->target_keypoints[pair * catalog->keypoints + i]);
    return group[k] >= 0 && members >= 2;
}

static bool answered(const struct results *results, size_t pair)
{
    return results->status[pair] == GEOSC_PAIR_OK || results->status[pair] == GEOSC_PAIR_BAD_KEYPOINT;
}

static struct tally tally_pair(const struct catalog *catalog, const struct results *results, size_t pair, bool geometry,
                               const struct evaluation *evaluation)
{
    const double threshold = evaluate_threshold(catalog, pair);
    struct tally tally = {0};

    for (size_t k = 0; k < catalog->keypoints; k++) {
        size_t i = pair * catalog->keypoints + k;
        const double *truth = catalog->target_keypoints[i];
        if (!present(catalog->source_keypoints[i]) || !present(truth) ||
            (geometry && !geometry_aware(catalog, pair, k)))
            continue;
        double error = hypot((double)results->xy[i][0] - truth[0], (double)results->xy[i][1] - truth[1]);
        tally.points++;
        /* A missing answer is NaN, which is below nothing. */
        for (size_t a = 0; a < evaluation->alpha_count; a++)
            tally.right[a] += answered(results, pair) && error < evaluation->alphas[a] * threshold;
    }
    return tally;
}

/* Sums; finish_pck turns them into means. */
static void add_tally(struct pck *pck, const struct tally *tally, size_t alpha_count)
{
    pck->points += tally->points;
    pck->pairs += tally->points > 0;
    pck->pairs_without += tally->points == 0;
    for (size_t a = 0; a < alpha_count && tally->points; a++) {
        pck->per_point[a] += (double)tally->right[a];
        pck->per_image[a] += (double)tally->right[a] / (double)tally->points;
    }
}

static void finish_pck(struct pck *pck, size_t alpha_count)
{
    for (size_t a = 0; a < alpha_count; a++) {
        pck->per_point[a] = pck->points ? pck->per_point[a] / (double)pck->points : NAN;
        pck->per_image[a] = pck->points ? pck->per_image[a] / (double)pck->pairs : NAN;
    }
}

/* Mean over the categories that have points. */
static struct pck macro_mean(const struct evaluation *evaluation, bool geometry)
{
    struct pck mean = geometry ? evaluation->geometry : evaluation->all;
    size_t with_points = 0;

    memset(mean.per_point, 0, sizeof mean.per_point);
    memset(mean.per_image, 0, sizeof mean.per_image);
    for (size_t c = 0; c < evaluation->category_count; c++) {
        const struct pck *pck = geometry ? &evaluation->categories[c].geometry : &evaluation->categories[c].all;
        with_points += pck->points > 0;
        for (size_t a = 0; a < evaluation->alpha_count && pck->points; a++) {
            mean.per_point[a] += pck->per_point[a];
            mean.per_image[a] += pck->per_image[a];
        }
    }
    for (size_t a = 0; a < evaluation->alpha_count; a++) {
        mean.per_point[a] = with_points ? mean.per_point[a] / (double)with_points : NAN;
        mean.per_image[a] = with_points ? mean.per_image[a] / (double)with_points : NAN;
    }
    return mean;
}

/* ---- categories --------------------------------------------------------------------------------- */

static int compare_categories(const void *a, const void *b)
{
    return strcmp(((const struct category_score *)a)->name, ((const struct category_score *)b)->name);
}

/* The distinct names, sorted. */
static enum geosc_status list_categories(geosc_context *context, const struct catalog *catalog,
                                         struct evaluation *evaluation)
{
    enum geosc_status status = GEOSC_OK;
    char **names = NULL;

    if (!catalog->category)
        return GEOSC_OK;
    evaluation->has_categories = true;
    TRY(memory_allocate(context, &names, catalog->pairs, sizeof *names, "categories"));
    memcpy(names, catalog->category, catalog->pairs * sizeof *names);
    sort_names(names, catalog->pairs);
    for (size_t i = 0; i < catalog->pairs; i++)
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            names[evaluation->category_count++] = names[i];
    TRY(memory_allocate_zero(context, &evaluation->categories, evaluation->category_count,
                             sizeof *evaluation->categories, "categories"));
    for (size_t c = 0; c < evaluation->category_count; c++)
        evaluation->categories[c].name = names[c];
done:
    memory_free(names);
    return status;
}

static struct category_score *find_category(const struct evaluation *evaluation, const char *name)
{
    struct category_score key = {.name = name};

    return bsearch(&key, evaluation->categories, evaluation->category_count, sizeof key, compare_categories);
}

/* ---- points ------------------------------------------------------------------------------------- */

/* One pass over the pairs in order: sums do not depend on the names of categories. */
static enum geosc_status add_pairs(geosc_context *context, const struct catalog *catalog, const struct results *results,
                                   struct evaluation *evaluation)
{
    enum geosc_status status = GEOSC_OK;

    for (size_t p = 0; p < catalog->pairs; p++) {
        struct category_score *category = catalog->category ? find_category(evaluation, catalog->category[p]) : NULL;
        struct tally tally = tally_pair(catalog, results, p, false, evaluation);

        TRY(truth_check(context, catalog, p));
        add_tally(&evaluation->all, &tally, evaluation->alpha_count);
        if (category)
            add_tally(&category->all, &tally, evaluation->alpha_count);
        if (!evaluation->has_geometry)
            continue;
        tally = tally_pair(catalog, results, p, true, evaluation);
        add_tally(&evaluation->geometry, &tally, evaluation->alpha_count);
        if (category)
            add_tally(&category->geometry, &tally, evaluation->alpha_count);
    }
done:
    return status;
}

static enum geosc_status score_points(geosc_context *context, const struct catalog *catalog,
                                      const struct results *results, struct evaluation *evaluation)
{
    enum geosc_status status;

    evaluation->has_points = true;
    evaluation->has_geometry = catalog->symmetry_group != NULL;
    evaluation->outside = truth_find_outside(catalog, true);
    TRY(list_categories(context, catalog, evaluation));
    TRY(add_pairs(context, catalog, results, evaluation));
    finish_pck(&evaluation->all, evaluation->alpha_count);
    finish_pck(&evaluation->geometry, evaluation->alpha_count);
    for (size_t c = 0; c < evaluation->category_count; c++) {
        finish_pck(&evaluation->categories[c].all, evaluation->alpha_count);
        finish_pck(&evaluation->categories[c].geometry, evaluation->alpha_count);
    }
    evaluation->macro = macro_mean(evaluation, false);
    evaluation->geometry_macro = macro_mean(evaluation, true);
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

static enum geosc_status check_fit(geosc_context *context, const struct catalog *catalog, const struct results *results)
{
    const char *input = h5_file_path(catalog->file);

    if (!catalog->target_keypoints && !catalog->true_pose)
        return fail(
            context, GEOSC_FAILED,
            "%s: %s: missing, and so is true_pose: store the true positions there, or look at the matches with geosc "
            "render or report",
            input, catalog->indexed ? "/pairs/target_keypoints" : "/target_keypoints");
    if (results->pairs != catalog->pairs)
        return fail(context, GEOSC_FAILED, "%s: has %zu pairs, the output %zu: the output is of another input", input,
                    catalog->pairs, results->pairs);
    if (catalog->target_keypoints && (results->rank != 1 || results->answers != catalog->keypoints))
        return fail(context, GEOSC_FAILED,
                    "%s: has %zu keypoints per pair, but the output has another number: it is of another input", input,
                    catalog->keypoints);
    return GEOSC_OK;
}

static enum geosc_status set_alphas(geosc_context *context, const double *alphas, size_t count,
                                    struct evaluation *evaluation)
{
    if (count < 1 || count > EVALUATE_ALPHAS)
        return fail(context, GEOSC_BAD_USAGE, "1 to %d alphas are allowed", EVALUATE_ALPHAS);
    for (size_t a = 0; a < count; a++) {
        if (!(alphas[a] > 0 && isfinite(alphas[a])))
            return fail(context, GEOSC_BAD_USAGE, "alpha %s is not a number above 0",
                        number_general(alphas[a], 6).text);
        evaluation->alphas[a] = alphas[a];
    }
    evaluation->alpha_count = count;
    return GEOSC_OK;
}

enum geosc_status evaluate(geosc_context *context, const struct catalog *catalog, const struct results *results,
                           const double *alphas, size_t alpha_count, struct evaluation *evaluation)
{
    enum geosc_status status;

    *evaluation = (struct evaluation){.pairs = results->pairs};
    snprintf(evaluation->protocol, sizeof evaluation->protocol,
             "a match is correct if its error is below alpha times %s; a missing answer is wrong; pairs without common "
             "keypoints are counted, not averaged",
             evaluate_threshold_name(catalog));
    TRY(set_alphas(context, alphas, alpha_count, evaluation));
    TRY(check_fit(context, catalog, results));
    if (catalog->target_keypoints)
        TRY(score_points(context, catalog, results, evaluation));
    count_poses(catalog, results, evaluation);
    TRY(score_margins(context, results, evaluation));
done:
    if (status != GEOSC_OK)
        evaluation_free(evaluation);
    return status;
}

void evaluation_free(struct evaluation *evaluation)
{
    memory_free(evaluation->categories);
    *evaluation = (struct evaluation){0};
}
