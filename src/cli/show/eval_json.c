#include "show/eval_table.h"
#include "show/print_eval.h"

#include <stdio.h>

#include "show/json.h"

static void json_numbers(struct json *json, const char *name, const double *numbers, size_t count)
{
    json_array(json, name);
    for (size_t i = 0; i < count; i++)
        json_number(json, NULL, numbers[i]);
    json_end(json);
}

static void json_counts(struct json *json, const char *name, const size_t *counts, size_t count)
{
    json_array(json, name);
    for (size_t i = 0; i < count; i++)
        json_count(json, NULL, counts[i]);
    json_end(json);
}

static void json_shares(struct json *json, const struct pck *pck, size_t alphas)
{
    static const char *const names[PCK_FORMS] = {"per_point", "per_image", "dagger_per_point", "dagger_per_image"};

    for (int form = 0; form < PCK_FORMS; form++)
        json_numbers(json, names[form], pck->share[form], alphas);
}

static void json_pck(struct json *json, const char *name, const struct eval_table *table, size_t place)
{
    const struct pck *pck = scores_pck(table->scores, place);

    json_object(json, name);
    json_count(json, "points", pck->points);
    json_count(json, "pairs", pck->pairs);
    json_count(json, "pairs_without", pck->pairs_without);
    json_shares(json, pck, table->scores->alpha_count);
    if (eval_table_has_partners(table, place)) {
        json_counts(json, "errors", pck->errors, table->scores->alpha_count);
        json_counts(json, "nearer_to_partner", pck->swapped, table->scores->alpha_count);
    }
    for (int high = 0; high < 2 && table->interval; high++) {
        json_object(json, high ? "high" : "low");
        json_shares(json, scores_pck(high ? &table->interval->high : &table->interval->low, place),
                    table->scores->alpha_count);
        json_end(json);
    }
    json_end(json);
}

static void json_category(struct json *json, const struct eval_table *table, size_t place)
{
    json_object(json, NULL);
    json_text(json, "name", eval_table_category(table, place));
    json_pck(json, "all", table, place + MEASURE_ALL);
    if (table->evaluation->has_geometry)
        json_pck(json, "geometry", table, place + MEASURE_GEOMETRY);
    json_end(json);
}

static void json_table(struct json *json, const struct eval_table *table)
{
    static const char *const names[SCORES_CATEGORIES] = {"all", "macro", "geometry", "geometry_macro"};

    if (!table->evaluation->has_points)
        return;
    for (size_t place = eval_table_next(table, 0); place < SCORES_CATEGORIES; place = eval_table_next(table, place + 1))
        json_pck(json, names[place], table, place);
    if (!table->evaluation->has_categories)
        return;
    json_array(json, "categories");
    for (size_t c = 0; c < table->scores->category_count; c++)
        json_category(json, table, SCORES_CATEGORIES + c * MEASURE_SUBSETS);
    json_end(json);
}

static void json_keypoint_shares(struct json *json, const struct keypoint_score *score, size_t alphas)
{
    json_numbers(json, "per_point", score->share[KEYPOINT_PCK], alphas);
    json_numbers(json, "dagger_per_point", score->share[KEYPOINT_DAGGER], alphas);
}

static void json_keypoint(struct json *json, const struct eval_table *table, size_t i)
{
    const struct keypoint_table *keypoints = table->keypoints;

    json_object(json, NULL);
    if (table->evaluation->has_categories)
        json_text(json, "category", eval_table_keypoint_category(table, i));
    json_count(json, "keypoint", i % keypoints->count);
    if (keypoints->name[i][0])
        json_text(json, "name", eval_table_keypoint_name(table, i));
    json_count(json, "points", keypoints->scores[i].points);
    json_keypoint_shares(json, &keypoints->scores[i], table->alpha_count);
    for (int high = 0; high < 2 && keypoints->low; high++) {
        json_object(json, high ? "high" : "low");
        json_keypoint_shares(json, &(high ? keypoints->high : keypoints->low)[i], table->alpha_count);
        json_end(json);
    }
    json_end(json);
}

static void json_keypoints(struct json *json, const struct eval_table *table)
{
    if (!eval_table_keypoints(table))
        return;
    json_array(json, "keypoints");
    for (size_t i = 0; i < eval_table_keypoints(table); i++)
        if (table->keypoints->scores[i].points)
            json_keypoint(json, table, i);
    json_end(json);
}

static void json_kap_shares(struct json *json, const struct kap_score *score, size_t alphas)
{
    json_numbers(json, "per_point", score->share[KAP_PER_POINT], alphas);
    json_numbers(json, "per_image", score->share[KAP_PER_IMAGE], alphas);
}

/* The members of one place of KAP, within its object. */
static void json_kap_place(struct json *json, const struct kap_table *kap, size_t place)
{
    const struct kap_score *score = &kap->scores[place];

    json_count(json, "points", score->positives);
    json_count(json, "pairs", score->pairs);
    json_count(json, "pairs_without", score->pairs_without);
    json_kap_shares(json, score, kap->count);
    for (int high = 0; high < 2 && kap->low; high++) {
        json_object(json, high ? "high" : "low");
        json_kap_shares(json, &(high ? kap->high : kap->low)[place], kap->count);
        json_end(json);
    }
}

static void json_kap(struct json *json, const struct eval_table *table)
{
    const struct kap_table *kap = table->kap;

    if (!kap->count)
        return;
    json_object(json, "kap");
    json_numbers(json, "alphas", kap->alpha, kap->count);
    for (size_t place = KAP_ALL; place < KAP_CATEGORIES; place++)
        if (eval_table_has_kap(table, place)) {
            json_object(json, place == KAP_ALL ? "all" : "macro");
            json_kap_place(json, kap, place);
            json_end(json);
        }
    if (table->evaluation->has_categories)
        json_array(json, "categories");
    for (size_t place = KAP_CATEGORIES; place < kap->places; place++) {
        json_object(json, NULL);
        json_text(json, "name", table->scores->categories[place - KAP_CATEGORIES].name);
        json_kap_place(json, kap, place);
        json_end(json);
    }
    if (table->evaluation->has_categories)
        json_end(json);
    json_end(json);
}

static void json_risk(struct json *json, const struct evaluation *evaluation, enum risk_confidence confidence)
{
    const struct risk *risk = &evaluation->risk[confidence];
    const size_t alphas = evaluation->measure.alpha_count;

    json_object(json, risk_confidence_name(confidence));
    json_count(json, "points", risk->points);
    json_numbers(json, "aurc", risk->area, alphas);
    json_numbers(json, "auroc", risk->roc, alphas);
    json_array(json, "coverage");
    for (int i = 1; i <= RISK_COVERAGES; i++)
        json_number(json, NULL, (double)i / RISK_COVERAGES);
    json_end(json);
    json_array(json, "accuracy");
    for (size_t a = 0; a < alphas; a++)
        json_numbers(json, NULL, risk->accuracy[a], RISK_COVERAGES);
    json_end(json);
    json_end(json);
}

static void json_risks(struct json *json, const struct evaluation *evaluation)
{
    if (!evaluation->has_risk[RISK_SCORE])
        return;
    json_object(json, "risk");
    for (enum risk_confidence i = 0; i < RISK_CONFIDENCES; i++)
        if (evaluation->has_risk[i])
            json_risk(json, evaluation, i);
    json_end(json);
}

static void json_poses(struct json *json, const struct evaluation *evaluation)
{
    json_object(json, "poses");
    json_object(json, "chosen");
    for (size_t i = 0; i < evaluation->pose_count; i++)
        json_count(json, geosc_pose_name(evaluation->poses[i]), evaluation->chosen[i]);
    json_end(json);
    json_count(json, "undecided", evaluation->undecided);
    json_count(json, "ties", evaluation->ties);
    json_number(json, "margin_median", evaluation->margin_median);
    if (evaluation->has_truth) {
        json_count(json, "right", evaluation->pose_right);
        json_count(json, "known", evaluation->pose_known);
    }
    json_end(json);
}

static void json_evaluation(struct json *json, const struct evaluation *evaluation)
{
    const struct eval_table table = eval_table_of(evaluation, "");

    json_text(json, "protocol", evaluation->protocol);
    json_count(json, "pairs", evaluation->pairs);
    json_count(json, "failed", evaluation->failed);
    json_count(json, "targets_outside", evaluation->outside.points);
    json_text(json, "compare", measure_compare_name((int)evaluation->measure.compare));
    json_text(json, "threshold", measure_length_name((int)evaluation->measure.length));
    json_numbers(json, "alphas", evaluation->measure.alphas, evaluation->measure.alpha_count);
    json_table(json, &table);
    json_keypoints(json, &table);
    json_kap(json, &table);
    json_risks(json, evaluation);
    json_poses(json, evaluation);
}

void print_eval_json(const struct evaluation *evaluation)
{
    struct json json = {.out = stdout};

    json_object(&json, NULL);
    json_evaluation(&json, evaluation);
    json_finish(&json);
}

void print_comparison_json(const struct comparison *comparison, const char *const paths[RESAMPLE_OUTPUTS])
{
    const struct eval_table difference = eval_table_of_difference(comparison);
    struct json json = {.out = stdout};

    json_object(&json, NULL);
    for (size_t o = 0; o < RESAMPLE_OUTPUTS; o++) {
        json_object(&json, o ? "second" : "first");
        json_text(&json, "output", paths[o]);
        json_evaluation(&json, &comparison->evaluations[o]);
        json_end(&json);
    }
    json_object(&json, "difference");
    json_table(&json, &difference);
    json_keypoints(&json, &difference);
    json_kap(&json, &difference);
    json_finish(&json);
}
