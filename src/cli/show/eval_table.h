/*
 * eval_table: the scores of geosc eval as the rows of a table, for all forms of its results.
 */
#ifndef GEOSC_EVAL_TABLE_H
#define GEOSC_EVAL_TABLE_H

#include "results/evaluate.h"

/* Scores with what their numbers mean. */
struct eval_table {
    const struct evaluation *evaluation; /* of these scores, or (differences) of one of both outputs */
    const struct scores *scores;
    const struct interval *interval; /* or NULL */
    const struct keypoint_table *keypoints;
    const struct kap_table *kap;
    size_t alpha_count; /* of its columns */
    const double *alphas;
    const char *output; /* which output, in CSV */
    bool differences;
};

struct eval_table eval_table_of(const struct evaluation *evaluation, const char *output);
struct eval_table eval_table_of_difference(const struct comparison *comparison);
/* The places (scores_pck) from `place` on that the input has data for; SIZE_MAX after the last. */
size_t eval_table_next(const struct eval_table *table, size_t place);
/* Whether the errors there are told by mirrored partners, and their share. */
bool eval_table_has_partners(const struct eval_table *table, size_t place);
double eval_table_partner_share(const struct pck *pck, size_t a);
/* The same table with the alphas of KAP. */
struct eval_table eval_table_of_kap(const struct eval_table *table);
/* Whether it has that place of KAP. */
bool eval_table_has_kap(const struct eval_table *table, size_t place);
/* The number of its keypoint rows; and of one, its category, "" without any, and its keypoint's name, or "". */
size_t eval_table_keypoints(const struct eval_table *table);
const char *eval_table_keypoint_category(const struct eval_table *table, size_t row);
const char *eval_table_keypoint_name(const struct eval_table *table, size_t row);
/* The category of a place that is one's. */
const char *eval_table_category(const struct eval_table *table, size_t place);

#endif
