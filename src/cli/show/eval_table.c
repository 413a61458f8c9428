#include "show/eval_table.h"

#include <math.h>

struct eval_table eval_table_of(const struct evaluation *evaluation, const char *output)
{
    return (struct eval_table){.evaluation = evaluation,
                               .scores = &evaluation->scores,
                               .interval = evaluation->has_intervals ? &evaluation->interval : NULL,
                               .keypoints = &evaluation->keypoints,
                               .kap = &evaluation->kap,
                               .alpha_count = evaluation->measure.alpha_count,
                               .alphas = evaluation->measure.alphas,
                               .output = output};
}

struct eval_table eval_table_of_difference(const struct comparison *comparison)
{
    struct eval_table table = eval_table_of(&comparison->evaluations[1], "difference");

    table.scores = &comparison->difference;
    table.interval = &comparison->interval;
    table.keypoints = &comparison->keypoints;
    table.kap = &comparison->kap;
    table.differences = true;
    return table;
}

struct eval_table eval_table_of_kap(const struct eval_table *table)
{
    struct eval_table of_kap = *table;

    of_kap.alpha_count = table->kap->count;
    of_kap.alphas = table->kap->alpha;
    return of_kap;
}

bool eval_table_has_kap(const struct eval_table *table, size_t place)
{
    return place < table->kap->places && (place != KAP_MACRO || table->evaluation->has_categories);
}

size_t eval_table_keypoints(const struct eval_table *table)
{
    return table->keypoints->scores ? table->keypoints->categories * table->keypoints->count : 0;
}

const char *eval_table_keypoint_category(const struct eval_table *table, size_t row)
{
    return table->evaluation->has_categories ? table->scores->categories[row / table->keypoints->count].name : "";
}

const char *eval_table_keypoint_name(const struct eval_table *table, size_t row)
{
    return table->keypoints->name[row];
}

size_t eval_table_next(const struct eval_table *table, size_t place)
{
    const struct evaluation *evaluation = table->evaluation;
    const size_t places = SCORES_CATEGORIES + MEASURE_SUBSETS * table->scores->category_count;

    for (; place < places; place++)
        if ((!scores_is_geometry(place) || evaluation->has_geometry) &&
            (!scores_is_macro(place) || evaluation->has_categories))
            return place;
    return SIZE_MAX;
}

bool eval_table_has_partners(const struct eval_table *table, size_t place)
{
    return table->evaluation->has_partners && !table->differences && !scores_is_macro(place);
}

double eval_table_partner_share(const struct pck *pck, size_t a)
{
    return pck->errors[a] ? (double)pck->swapped[a] / (double)pck->errors[a] : NAN;
}

const char *eval_table_category(const struct eval_table *table, size_t place)
{
    return table->scores->categories[(place - SCORES_CATEGORIES) / MEASURE_SUBSETS].name;
}
