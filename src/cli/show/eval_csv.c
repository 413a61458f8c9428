#include "show/eval_table.h"
#include "show/print_eval.h"

#include <math.h>
#include <stdio.h>

#include "base/number.h"
#include "show/csv.h"

static void csv_share(double share)
{
    putchar(',');
    if (isfinite(share))
        fputs(number_general(share, 9).text, stdout);
}

static const char *csv_mean(size_t place)
{
    return place >= SCORES_CATEGORIES ? "category" : scores_is_macro(place) ? "macro" : "micro";
}

/* Which points: subset, mean and category. */
static void csv_place(const struct eval_table *table, size_t place)
{
    printf("%s,%s,", scores_is_geometry(place) ? "geometry" : "all", csv_mean(place));
    csv_text(stdout, place >= SCORES_CATEGORIES ? eval_table_category(table, place) : "");
}

/* One number; low and high are empty without intervals. */
static void csv_pck_line(const struct eval_table *table, size_t place, int form, size_t a)
{
    const struct pck *pck = scores_pck(table->scores, place);
    bool per_image = form == PCK_PER_IMAGE || form == PCK_DAGGER_PER_IMAGE;

    fputs(form < PCK_DAGGER_PER_POINT ? "pck," : "pck_dagger,", stdout);
    csv_place(table, place);
    printf(",%s,%s,", per_image ? "image" : "point", number_general(table->evaluation->measure.alphas[a], 9).text);
    csv_share(pck->share[form][a]);
    csv_share(table->interval ? scores_pck(&table->interval->low, place)->share[form][a] : NAN);
    csv_share(table->interval ? scores_pck(&table->interval->high, place)->share[form][a] : NAN);
    printf(",%zu,%zu,%zu,,,,,%s,", pck->points, pck->pairs, pck->pairs_without, table->output);
    csv_text(stdout, table->evaluation->protocol);
    putchar('\n');
}

static void csv_partners(const struct eval_table *table)
{
    for (size_t place = eval_table_next(table, 0); place != SIZE_MAX; place = eval_table_next(table, place + 1))
        for (size_t a = 0; a < table->evaluation->measure.alpha_count && eval_table_has_partners(table, place); a++) {
            const struct pck *pck = scores_pck(table->scores, place);
            fputs("partner_errors,", stdout);
            csv_place(table, place);
            printf(",point,%s,", number_general(table->evaluation->measure.alphas[a], 9).text);
            csv_share(eval_table_partner_share(pck, a));
            printf(",,,%zu,%zu,%zu,,,,,%s,", pck->errors[a], pck->pairs, pck->pairs_without, table->output);
            csv_text(stdout, table->evaluation->protocol);
            putchar('\n');
        }
}

static void csv_keypoint(const struct eval_table *table, size_t i, int form, size_t a)
{
    const struct keypoint_table *keypoints = table->keypoints;

    printf("%s,all,keypoint,", form == KEYPOINT_DAGGER ? "pck_dagger" : "pck");
    csv_text(stdout, eval_table_keypoint_category(table, i));
    printf(",point,%s,", number_general(table->alphas[a], 9).text);
    csv_share(keypoints->scores[i].share[form][a]);
    csv_share(keypoints->low ? keypoints->low[i].share[form][a] : NAN);
    csv_share(keypoints->high ? keypoints->high[i].share[form][a] : NAN);
    printf(",%zu,,,%zu,", keypoints->scores[i].points, i % keypoints->count);
    csv_text(stdout, eval_table_keypoint_name(table, i));
    printf(",,,%s,", table->output);
    csv_text(stdout, table->evaluation->protocol);
    putchar('\n');
}

static void csv_keypoints(const struct eval_table *table)
{
    for (size_t i = 0; i < eval_table_keypoints(table); i++)
        for (int form = 0; form < KEYPOINT_FORMS && table->keypoints->scores[i].points; form++)
            for (size_t a = 0; a < table->alpha_count; a++)
                csv_keypoint(table, i, form, a);
}

static void csv_kap_line(const struct eval_table *table, size_t place, int form, size_t a)
{
    static const char *const means[] = {"micro", "macro", "category"};
    const struct kap_table *kap = table->kap;
    const struct kap_score *score = &kap->scores[place];

    printf("kap,all,%s,", means[size_smaller(place, KAP_CATEGORIES)]);
    csv_text(stdout, place < KAP_CATEGORIES ? "" : table->scores->categories[place - KAP_CATEGORIES].name);
    printf(",%s,%s,", form == KAP_PER_POINT ? "point" : "image", number_general(kap->alpha[a], 9).text);
    csv_share(score->share[form][a]);
    csv_share(kap->low ? kap->low[place].share[form][a] : NAN);
    csv_share(kap->high ? kap->high[place].share[form][a] : NAN);
    printf(",%zu,%zu,%zu,,,,,%s,", score->positives, score->pairs, score->pairs_without, table->output);
    csv_text(stdout, table->evaluation->protocol);
    putchar('\n');
}

static void csv_kap(const struct eval_table *table)
{
    for (size_t place = 0; place < table->kap->places; place++)
        for (int form = 0; form < KAP_FORMS && eval_table_has_kap(table, place); form++)
            for (size_t a = 0; a < table->kap->count; a++)
                csv_kap_line(table, place, form, a);
}

/* coverage: of an accuracy; else 0. */
static void csv_risk_line(const struct eval_table *table, const char *measure, enum risk_confidence confidence,
                          size_t a, double value, double coverage)
{
    printf("%s,all,micro,,point,%s,", measure, number_general(table->evaluation->measure.alphas[a], 9).text);
    csv_share(value);
    printf(",,,%zu,,,,,%s,%s,%s,", table->evaluation->risk[confidence].points, risk_confidence_name(confidence),
           coverage > 0 ? number_general(coverage, 9).text : "", table->output);
    csv_text(stdout, table->evaluation->protocol);
    putchar('\n');
}

static void csv_risks(const struct eval_table *table)
{
    for (enum risk_confidence c = 0; c < RISK_CONFIDENCES; c++)
        for (size_t a = 0; a < table->evaluation->measure.alpha_count && table->evaluation->has_risk[c]; a++) {
            const struct risk *risk = &table->evaluation->risk[c];
            csv_risk_line(table, "aurc", c, a, risk->area[a], 0);
            csv_risk_line(table, "auroc", c, a, risk->roc[a], 0);
            for (size_t i = 0; i < RISK_COVERAGES; i++)
                csv_risk_line(table, "accuracy", c, a, risk->accuracy[a][i], (double)(i + 1) / RISK_COVERAGES);
        }
}

static void csv_table(const struct eval_table *table)
{
    if (!table->evaluation->has_points)
        return;
    for (size_t place = eval_table_next(table, 0); place != SIZE_MAX; place = eval_table_next(table, place + 1))
        for (int form = 0; form < PCK_FORMS; form++)
            for (size_t a = 0; a < table->evaluation->measure.alpha_count; a++)
                csv_pck_line(table, place, form, a);
}

/* A count out of `pairs`; pose: "" if the count is not about a pose. */
static void csv_count(const char *measure, const char *pose, size_t count, size_t pairs, const char *output)
{
    printf("%s,,,,,,%s,%zu,,,,%zu,,,,,,%s,\n", measure, pose, count, pairs, output);
}

static void csv_poses(const struct evaluation *evaluation, const char *output)
{
    for (size_t i = 0; i < evaluation->pose_count; i++)
        csv_count("pose_chosen", geosc_pose_name(evaluation->poses[i]), evaluation->chosen[i], evaluation->pairs,
                  output);
    csv_count("pose_undecided", "", evaluation->undecided, evaluation->pairs, output);
    if (evaluation->has_truth)
        csv_count("pose_right", "", evaluation->pose_right, evaluation->pose_known, output);
    if (isfinite(evaluation->margin_median)) {
        csv_count("pose_ties", "", evaluation->ties, evaluation->pairs, output);
        printf("pose_margin_median,,,,,,,%s,,,,,,,,,,%s,\n", number_general(evaluation->margin_median, 9).text, output);
    }
}

static void csv_head(void)
{
    puts("measure,subset,mean,category,per,alpha,pose,value,low,high,points,pairs,pairs_without,"
         "keypoint,keypoint_name,confidence,coverage,output,protocol");
}

static void csv_evaluation(const struct evaluation *evaluation, const char *output)
{
    const struct eval_table table = eval_table_of(evaluation, output);

    csv_table(&table);
    csv_keypoints(&table);
    csv_kap(&table);
    csv_partners(&table);
    csv_risks(&table);
    csv_count("failed", "", evaluation->failed, evaluation->pairs, output);
    if (evaluation->has_points) /* a number of keypoints */
        printf("targets_outside,,,,,,,%zu,,,,,,,,,,%s,\n", evaluation->outside.points, output);
    csv_poses(evaluation, output);
}

void print_eval_csv(const struct evaluation *evaluation)
{
    csv_head();
    csv_evaluation(evaluation, "");
}

void print_comparison_csv(const struct comparison *comparison, const char *const paths[RESAMPLE_OUTPUTS])
{
    const struct eval_table difference = eval_table_of_difference(comparison);

    (void)paths;
    csv_head();
    csv_evaluation(&comparison->evaluations[0], "first");
    csv_evaluation(&comparison->evaluations[1], "second");
    csv_table(&difference);
    csv_keypoints(&difference);
    csv_kap(&difference);
}
