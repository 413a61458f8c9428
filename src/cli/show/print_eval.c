#include "show/print_eval.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "show/csv.h"
#include "show/json.h"
#include "system/message.h"

/* Scores with what their numbers mean. */
struct table {
    const struct evaluation *evaluation; /* of these scores, or (differences) of one of both outputs */
    const struct scores *scores;
    const struct interval *interval; /* or NULL */
    const char *output;              /* which output, in CSV */
    bool differences;
};

static struct table table_of(const struct evaluation *evaluation, const char *output)
{
    return (struct table){evaluation, &evaluation->scores, evaluation->has_intervals ? &evaluation->interval : NULL,
                          output, false};
}

static struct table table_of_difference(const struct comparison *comparison)
{
    return (struct table){&comparison->evaluations[1], &comparison->difference, &comparison->interval, "difference",
                          true};
}

/* The places (scores_pck) from `place` on that the input has data for; SIZE_MAX after the last. */
static size_t next_place(const struct table *table, size_t place)
{
    const struct evaluation *evaluation = table->evaluation;
    const size_t places = SCORES_CATEGORIES + MEASURE_SUBSETS * table->scores->category_count;

    for (; place < places; place++)
        if ((!scores_is_geometry(place) || evaluation->has_geometry) &&
            (!scores_is_macro(place) || evaluation->has_categories))
            return place;
    return SIZE_MAX;
}

/* Whether the errors there are told by mirrored partners. */
static bool has_partners(const struct table *table, size_t place)
{
    return table->evaluation->has_partners && !table->differences && !scores_is_macro(place);
}

static double partner_share(const struct pck *pck, size_t a)
{
    return pck->errors[a] ? (double)pck->swapped[a] / (double)pck->errors[a] : NAN;
}

static const char *category_name(const struct table *table, size_t place)
{
    return table->scores->categories[(place - SCORES_CATEGORIES) / MEASURE_SUBSETS].name;
}

/* ---- text ---------------------------------------------------------------------------------------- */

/* Prints text in a column of fixed width; longer text is cut off. */
static void text_name(const char *name)
{
    enum { COLUMNS = 28, MOST = 16 /* bytes in a column: a character and its combining marks */ };
    char shown[COLUMNS * MOST];
    size_t bytes, columns;

    text_printable(name, shown, sizeof shown);
    columns = text_columns(shown, COLUMNS, &bytes);
    printf("%.*s%*s", (int)bytes, shown, (int)(COLUMNS - columns), "");
}

/* The width of an alpha's column; the alpha is shown in full. */
static int alpha_columns(double alpha)
{
    enum { LEAST = 6 };
    int columns = (int)strlen(number_general(alpha, 9).text);

    return columns > LEAST ? columns : LEAST;
}

static void text_row(const struct table *table, const char *name, const char *label, const double *shares)
{
    const struct measure *measure = &table->evaluation->measure;

    text_name(name);
    printf(" %-9s", label);
    for (size_t i = 0; i < measure->alpha_count; i++) {
        if (isfinite(shares[i]))
            printf(" %*s", alpha_columns(measure->alphas[i]), number_fixed(100 * shares[i], 2).text);
        else
            printf(" %*s", alpha_columns(measure->alphas[i]), "-");
    }
    putchar('\n');
}

static const char *text_place(const struct table *table, size_t place)
{
    static const char *const names[] = {"all", "mean of categories (macro)", "geometry-aware",
                                        "geometry-aware (macro)"};

    if (place == SCORES_ALL && table->evaluation->has_categories)
        return "all (micro)";
    if (place < SCORES_CATEGORIES)
        return names[place];
    return scores_is_geometry(place) ? "  geometry-aware" : category_name(table, place);
}

static void text_rows(const struct table *table, size_t place, bool dagger)
{
    const char *name = text_place(table, place);

    for (int i = 0; i < 2; i++) {
        int form = (dagger ? PCK_DAGGER_PER_POINT : PCK_PER_POINT) + i;
        text_row(table, name, i ? "per image" : "per point", scores_pck(table->scores, place)->share[form]);
        if (!table->interval)
            continue;
        text_row(table, "", "  from", scores_pck(&table->interval->low, place)->share[form]);
        text_row(table, "", "  to", scores_pck(&table->interval->high, place)->share[form]);
    }
}

static void text_title(const struct table *table, const char *title)
{
    const struct measure *measure = &table->evaluation->measure;

    printf("\n%-38s", title);
    for (size_t i = 0; i < measure->alpha_count; i++)
        printf(" %*s", alpha_columns(measure->alphas[i]), number_general(measure->alphas[i], 9).text);
    putchar('\n');
}

/* The dagger's categories are in JSON and CSV only. */
static void text_table(const struct table *table, const char *title, bool dagger)
{
    text_title(table, title);
    for (size_t place = next_place(table, 0); place != SIZE_MAX; place = next_place(table, place + 1))
        if (!dagger || place < SCORES_CATEGORIES)
            text_rows(table, place, dagger);
}

/* Names are the input's, of a text that anyone may have written. */
static void text_keypoints(const struct table *table)
{
    const struct evaluation *evaluation = table->evaluation;
    const size_t rows = size_larger(table->scores->category_count, 1);

    text_title(table, "PCK of each keypoint in % at alpha");
    for (size_t i = 0; i < rows * evaluation->keypoint_count; i++) {
        const struct keypoint_score *score = &evaluation->keypoints[i];
        const size_t k = i % evaluation->keypoint_count;
        double shares[MEASURE_ALPHAS];
        char name[256];
        if (!score->points)
            continue;
        for (size_t a = 0; a < MEASURE_ALPHAS; a++)
            shares[a] = (double)score->right[a] / (double)score->points;
        snprintf(name, sizeof name, "%zu%s%s%s%s", k, evaluation->keypoint_name ? " " : "",
                 evaluation->keypoint_name ? evaluation->keypoint_name[k] : "",
                 evaluation->has_categories ? " of " : "",
                 evaluation->has_categories ? table->scores->categories[i / evaluation->keypoint_count].name : "");
        text_row(table, name, "per point", shares);
    }
}

static void text_partners(const struct table *table)
{
    text_title(table, "errors nearer to the partner, in %");
    for (size_t place = next_place(table, 0); place != SIZE_MAX; place = next_place(table, place + 1)) {
        double shares[MEASURE_ALPHAS];
        if (!has_partners(table, place))
            continue;
        for (size_t a = 0; a < MEASURE_ALPHAS; a++)
            shares[a] = partner_share(scores_pck(table->scores, place), a);
        text_row(table, text_place(table, place), "of errors", shares);
    }
}

static void text_risk(const struct table *table, enum risk_confidence confidence)
{
    static const char *const titles[RISK_CONFIDENCES] = {
        "most confident by score, in %", "most confident by margin, in %", "most confident by cycle, in %"};
    const struct risk *risk = &table->evaluation->risk[confidence];

    text_title(table, titles[confidence]);
    for (size_t i = 0; i < RISK_COVERAGES; i++) {
        double shares[MEASURE_ALPHAS];
        char name[40];
        for (size_t a = 0; a < MEASURE_ALPHAS; a++)
            shares[a] = risk->accuracy[a][i];
        snprintf(name, sizeof name, "right of the first %zu %%", (i + 1) * 100 / RISK_COVERAGES);
        text_row(table, name, "accuracy", shares);
    }
    text_row(table, "area under risk-coverage", "AURC", risk->area);
    text_row(table, "right above wrong", "AUROC", risk->roc);
}

static void text_poses(const struct evaluation *evaluation)
{
    printf("\nposes chosen:");
    for (size_t i = 0; i < evaluation->pose_count; i++)
        printf(" %s %zu", geosc_pose_name(evaluation->poses[i]), evaluation->chosen[i]);
    if (evaluation->undecided)
        printf(" undecided %zu", evaluation->undecided);
    putchar('\n');
    if (evaluation->has_truth)
        printf("poses right:  %zu of %zu\n", evaluation->pose_right, evaluation->pose_known);
    if (isfinite(evaluation->margin_median))
        printf("median margin to the runner-up: %s; ties: %zu\n", number_fixed(evaluation->margin_median, 6).text,
               evaluation->ties);
}

static void text_pck(const struct evaluation *evaluation)
{
    const struct table table = table_of(evaluation, "");

    printf(", %zu keypoints in both images, %zu pairs without any\n", evaluation->scores.all.points,
           evaluation->scores.all.pairs_without);
    printf("%s\n", evaluation->protocol);
    text_table(&table, "PCK in % at alpha", false);
    text_table(&table, "PCK-dagger in % at alpha", true);
    if (evaluation->keypoints)
        text_keypoints(&table);
    if (evaluation->has_partners)
        text_partners(&table);
    for (enum risk_confidence i = 0; i < RISK_CONFIDENCES; i++)
        if (evaluation->has_risk[i])
            text_risk(&table, i);
}

void print_eval_text(const struct evaluation *evaluation)
{
    printf("%zu pairs (%zu failed)", evaluation->pairs, evaluation->failed);
    if (evaluation->has_points)
        text_pck(evaluation);
    else
        putchar('\n');
    text_poses(evaluation);
}

void print_comparison_text(const struct comparison *comparison, const char *const paths[BOOTSTRAP_OUTPUTS])
{
    const struct table difference = table_of_difference(comparison);

    for (size_t o = 0; o < BOOTSTRAP_OUTPUTS; o++) {
        print_line("%s", paths[o]);
        print_eval_text(&comparison->evaluations[o]);
        putchar('\n');
    }
    puts("second output minus the first");
    if (comparison->evaluations[0].has_points) {
        text_table(&difference, "difference of PCK in % at alpha", false);
        text_table(&difference, "difference of PCK-dagger in %", true);
    }
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

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

static void json_pck(struct json *json, const char *name, const struct table *table, size_t place)
{
    const struct pck *pck = scores_pck(table->scores, place);

    json_object(json, name);
    json_count(json, "points", pck->points);
    json_count(json, "pairs", pck->pairs);
    json_count(json, "pairs_without", pck->pairs_without);
    json_shares(json, pck, table->scores->alpha_count);
    if (has_partners(table, place)) {
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

static void json_category(struct json *json, const struct table *table, size_t place)
{
    json_object(json, NULL);
    json_text(json, "name", category_name(table, place));
    json_pck(json, "all", table, place + MEASURE_ALL);
    if (table->evaluation->has_geometry)
        json_pck(json, "geometry", table, place + MEASURE_GEOMETRY);
    json_end(json);
}

static void json_table(struct json *json, const struct table *table)
{
    static const char *const names[SCORES_CATEGORIES] = {"all", "macro", "geometry", "geometry_macro"};

    if (!table->evaluation->has_points)
        return;
    for (size_t place = next_place(table, 0); place < SCORES_CATEGORIES; place = next_place(table, place + 1))
        json_pck(json, names[place], table, place);
    if (!table->evaluation->has_categories)
        return;
    json_array(json, "categories");
    for (size_t c = 0; c < table->scores->category_count; c++)
        json_category(json, table, SCORES_CATEGORIES + c * MEASURE_SUBSETS);
    json_end(json);
}

static void json_keypoint(struct json *json, const struct evaluation *evaluation, size_t i)
{
    const struct keypoint_score *score = &evaluation->keypoints[i];
    const size_t k = i % evaluation->keypoint_count, alphas = evaluation->measure.alpha_count;

    json_object(json, NULL);
    if (evaluation->has_categories)
        json_text(json, "category", evaluation->scores.categories[i / evaluation->keypoint_count].name);
    json_count(json, "keypoint", k);
    if (evaluation->keypoint_name)
        json_text(json, "name", evaluation->keypoint_name[k]);
    json_count(json, "points", score->points);
    for (int dagger = 0; dagger < 2; dagger++) {
        double shares[MEASURE_ALPHAS];
        for (size_t a = 0; a < alphas; a++)
            shares[a] = (double)(dagger ? score->nearest : score->right)[a] / (double)score->points;
        json_numbers(json, dagger ? "dagger_per_point" : "per_point", shares, alphas);
    }
    json_end(json);
}

static void json_keypoints(struct json *json, const struct evaluation *evaluation)
{
    const size_t rows = size_larger(evaluation->scores.category_count, 1);

    if (!evaluation->keypoints)
        return;
    json_array(json, "keypoints");
    for (size_t i = 0; i < rows * evaluation->keypoint_count; i++)
        if (evaluation->keypoints[i].points)
            json_keypoint(json, evaluation, i);
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
    const struct table table = table_of(evaluation, "");

    json_text(json, "protocol", evaluation->protocol);
    json_count(json, "pairs", evaluation->pairs);
    json_count(json, "failed", evaluation->failed);
    json_count(json, "targets_outside", evaluation->outside.points);
    json_text(json, "compare", measure_compare_name((int)evaluation->measure.compare));
    json_text(json, "threshold", measure_length_name((int)evaluation->measure.length));
    json_numbers(json, "alphas", evaluation->measure.alphas, evaluation->measure.alpha_count);
    json_table(json, &table);
    json_keypoints(json, evaluation);
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

void print_comparison_json(const struct comparison *comparison, const char *const paths[BOOTSTRAP_OUTPUTS])
{
    const struct table difference = table_of_difference(comparison);
    struct json json = {.out = stdout};

    json_object(&json, NULL);
    for (size_t o = 0; o < BOOTSTRAP_OUTPUTS; o++) {
        json_object(&json, o ? "second" : "first");
        json_text(&json, "output", paths[o]);
        json_evaluation(&json, &comparison->evaluations[o]);
        json_end(&json);
    }
    json_object(&json, "difference");
    json_table(&json, &difference);
    json_finish(&json);
}

/* ---- CSV ----------------------------------------------------------------------------------------- */

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
static void csv_place(const struct table *table, size_t place)
{
    printf("%s,%s,", scores_is_geometry(place) ? "geometry" : "all", csv_mean(place));
    csv_text(stdout, place >= SCORES_CATEGORIES ? category_name(table, place) : "");
}

/* One number; low and high are empty without intervals. */
static void csv_pck_line(const struct table *table, size_t place, int form, size_t a)
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

static void csv_partners(const struct table *table)
{
    for (size_t place = next_place(table, 0); place != SIZE_MAX; place = next_place(table, place + 1))
        for (size_t a = 0; a < table->evaluation->measure.alpha_count && has_partners(table, place); a++) {
            const struct pck *pck = scores_pck(table->scores, place);
            fputs("partner_errors,", stdout);
            csv_place(table, place);
            printf(",point,%s,", number_general(table->evaluation->measure.alphas[a], 9).text);
            csv_share(partner_share(pck, a));
            printf(",,,%zu,%zu,%zu,,,,,%s,", pck->errors[a], pck->pairs, pck->pairs_without, table->output);
            csv_text(stdout, table->evaluation->protocol);
            putchar('\n');
        }
}

static void csv_keypoint(const struct table *table, size_t i, bool dagger, size_t a)
{
    const struct evaluation *evaluation = table->evaluation;
    const struct keypoint_score *score = &evaluation->keypoints[i];
    const size_t k = i % evaluation->keypoint_count;

    printf("%s,all,keypoint,", dagger ? "pck_dagger" : "pck");
    csv_text(stdout, evaluation->has_categories ? table->scores->categories[i / evaluation->keypoint_count].name : "");
    printf(",point,%s,", number_general(evaluation->measure.alphas[a], 9).text);
    csv_share((double)(dagger ? score->nearest : score->right)[a] / (double)score->points);
    printf(",,,%zu,,,%zu,", score->points, k);
    csv_text(stdout, evaluation->keypoint_name ? evaluation->keypoint_name[k] : "");
    printf(",,,%s,", table->output);
    csv_text(stdout, evaluation->protocol);
    putchar('\n');
}

static void csv_keypoints(const struct table *table)
{
    const struct evaluation *evaluation = table->evaluation;
    const size_t rows = size_larger(table->scores->category_count, 1);

    for (size_t i = 0; evaluation->keypoints && i < rows * evaluation->keypoint_count; i++)
        for (size_t a = 0; a < 2 * evaluation->measure.alpha_count && evaluation->keypoints[i].points; a++)
            csv_keypoint(table, i, a >= evaluation->measure.alpha_count, a % evaluation->measure.alpha_count);
}

/* coverage: of an accuracy; else 0. */
static void csv_risk_line(const struct table *table, const char *measure, enum risk_confidence confidence, size_t a,
                          double value, double coverage)
{
    printf("%s,all,micro,,point,%s,", measure, number_general(table->evaluation->measure.alphas[a], 9).text);
    csv_share(value);
    printf(",,,%zu,,,,,%s,%s,%s,", table->evaluation->risk[confidence].points, risk_confidence_name(confidence),
           coverage > 0 ? number_general(coverage, 9).text : "", table->output);
    csv_text(stdout, table->evaluation->protocol);
    putchar('\n');
}

static void csv_risks(const struct table *table)
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

static void csv_table(const struct table *table)
{
    if (!table->evaluation->has_points)
        return;
    for (size_t place = next_place(table, 0); place != SIZE_MAX; place = next_place(table, place + 1))
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
    const struct table table = table_of(evaluation, output);

    csv_table(&table);
    csv_keypoints(&table);
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

void print_comparison_csv(const struct comparison *comparison, const char *const paths[BOOTSTRAP_OUTPUTS])
{
    const struct table difference = table_of_difference(comparison);

    (void)paths;
    csv_head();
    csv_evaluation(&comparison->evaluations[0], "first");
    csv_evaluation(&comparison->evaluations[1], "second");
    csv_table(&difference);
}
