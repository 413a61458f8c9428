#include "show/print_eval.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "show/csv.h"
#include "show/json.h"

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

static void text_row(const struct evaluation *evaluation, const char *name, const struct pck *pck, bool per_image)
{
    const double *shares = per_image ? pck->per_image : pck->per_point;

    text_name(name);
    printf(" %-9s", per_image ? "per image" : "per point");
    for (size_t i = 0; i < evaluation->alpha_count; i++) {
        if (isfinite(shares[i]))
            printf(" %*s", alpha_columns(evaluation->alphas[i]), number_fixed(100 * shares[i], 2).text);
        else
            printf(" %*s", alpha_columns(evaluation->alphas[i]), "-");
    }
    putchar('\n');
}

static void text_rows(const struct evaluation *evaluation, const char *name, const struct pck *pck)
{
    text_row(evaluation, name, pck, false);
    text_row(evaluation, name, pck, true);
}

static void text_categories(const struct evaluation *evaluation)
{
    for (size_t i = 0; i < evaluation->category_count; i++) {
        const struct category_score *category = &evaluation->categories[i];

        text_rows(evaluation, category->name, &category->all);
        if (evaluation->has_geometry)
            text_rows(evaluation, "  geometry-aware", &category->geometry);
    }
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
    printf(", %zu keypoints in both images, %zu pairs without any\n", evaluation->all.points,
           evaluation->all.pairs_without);
    printf("%s\n\n%-38s", evaluation->protocol, "PCK in % at alpha");
    for (size_t i = 0; i < evaluation->alpha_count; i++)
        printf(" %*s", alpha_columns(evaluation->alphas[i]), number_general(evaluation->alphas[i], 9).text);
    putchar('\n');
    text_rows(evaluation, evaluation->has_categories ? "all (micro)" : "all", &evaluation->all);
    if (evaluation->has_categories)
        text_rows(evaluation, "mean of categories (macro)", &evaluation->macro);
    if (evaluation->has_geometry)
        text_rows(evaluation, "geometry-aware", &evaluation->geometry);
    if (evaluation->has_geometry && evaluation->has_categories)
        text_rows(evaluation, "geometry-aware (macro)", &evaluation->geometry_macro);
    text_categories(evaluation);
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

/* ---- JSON ---------------------------------------------------------------------------------------- */

static void json_numbers(struct json *json, const char *name, const double *numbers, size_t count)
{
    json_array(json, name);
    for (size_t i = 0; i < count; i++)
        json_number(json, NULL, numbers[i]);
    json_end(json);
}

static void json_pck(struct json *json, const char *name, const struct pck *pck, size_t alphas)
{
    json_object(json, name);
    json_count(json, "points", pck->points);
    json_count(json, "pairs", pck->pairs);
    json_count(json, "pairs_without", pck->pairs_without);
    json_numbers(json, "per_point", pck->per_point, alphas);
    json_numbers(json, "per_image", pck->per_image, alphas);
    json_end(json);
}

static void json_categories(struct json *json, const struct evaluation *evaluation)
{
    json_array(json, "categories");
    for (size_t i = 0; i < evaluation->category_count; i++) {
        const struct category_score *category = &evaluation->categories[i];

        json_object(json, NULL);
        json_text(json, "name", category->name);
        json_pck(json, "all", &category->all, evaluation->alpha_count);
        if (evaluation->has_geometry)
            json_pck(json, "geometry", &category->geometry, evaluation->alpha_count);
        json_end(json);
    }
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

void print_eval_json(const struct evaluation *evaluation)
{
    struct json json = {.out = stdout};

    json_object(&json, NULL);
    json_text(&json, "protocol", evaluation->protocol);
    json_count(&json, "pairs", evaluation->pairs);
    json_count(&json, "failed", evaluation->failed);
    json_count(&json, "targets_outside", evaluation->outside.points);
    json_numbers(&json, "alphas", evaluation->alphas, evaluation->alpha_count);
    if (evaluation->has_points)
        json_pck(&json, "all", &evaluation->all, evaluation->alpha_count);
    if (evaluation->has_geometry)
        json_pck(&json, "geometry", &evaluation->geometry, evaluation->alpha_count);
    if (evaluation->has_categories)
        json_pck(&json, "macro", &evaluation->macro, evaluation->alpha_count);
    if (evaluation->has_categories && evaluation->has_geometry)
        json_pck(&json, "geometry_macro", &evaluation->geometry_macro, evaluation->alpha_count);
    if (evaluation->has_categories)
        json_categories(&json, evaluation);
    json_poses(&json, evaluation);
    json_finish(&json);
}

/* ---- CSV ----------------------------------------------------------------------------------------- */

static void csv_pck(const char *subset, const char *mean, const char *category, const struct pck *pck,
                    const struct evaluation *evaluation)
{
    for (int per_image = 0; per_image < 2; per_image++) {
        const double *shares = per_image ? pck->per_image : pck->per_point;

        for (size_t i = 0; i < evaluation->alpha_count; i++) {
            printf("pck,%s,%s,", subset, mean);
            csv_text(stdout, category);
            printf(",%s,%s,,", per_image ? "image" : "point", number_general(evaluation->alphas[i], 9).text);
            if (isfinite(shares[i]))
                fputs(number_general(shares[i], 9).text, stdout);
            printf(",%zu,%zu,%zu,", pck->points, pck->pairs, pck->pairs_without);
            csv_text(stdout, evaluation->protocol);
            putchar('\n');
        }
    }
}

static void csv_all_pck(const struct evaluation *evaluation)
{
    csv_pck("all", "micro", "", &evaluation->all, evaluation);
    if (evaluation->has_categories)
        csv_pck("all", "macro", "", &evaluation->macro, evaluation);
    if (evaluation->has_geometry)
        csv_pck("geometry", "micro", "", &evaluation->geometry, evaluation);
    if (evaluation->has_geometry && evaluation->has_categories)
        csv_pck("geometry", "macro", "", &evaluation->geometry_macro, evaluation);
    for (size_t i = 0; i < evaluation->category_count; i++) {
        const struct category_score *category = &evaluation->categories[i];

        csv_pck("all", "category", category->name, &category->all, evaluation);
        if (evaluation->has_geometry)
            csv_pck("geometry", "category", category->name, &category->geometry, evaluation);
    }
}

/* A count out of `pairs`; pose: "" if the count is not about a pose. */
static void csv_count(const char *measure, const char *pose, size_t count, size_t pairs)
{
    printf("%s,,,,,,%s,%zu,,%zu,,\n", measure, pose, count, pairs);
}

static void csv_poses(const struct evaluation *evaluation)
{
    for (size_t i = 0; i < evaluation->pose_count; i++)
        csv_count("pose_chosen", geosc_pose_name(evaluation->poses[i]), evaluation->chosen[i], evaluation->pairs);
    csv_count("pose_undecided", "", evaluation->undecided, evaluation->pairs);
    if (evaluation->has_truth)
        csv_count("pose_right", "", evaluation->pose_right, evaluation->pose_known);
    if (isfinite(evaluation->margin_median)) {
        csv_count("pose_ties", "", evaluation->ties, evaluation->pairs);
        printf("pose_margin_median,,,,,,,%s,,,,\n", number_general(evaluation->margin_median, 9).text);
    }
}

void print_eval_csv(const struct evaluation *evaluation)
{
    puts("measure,subset,mean,category,per,alpha,pose,value,points,pairs,pairs_without,protocol");
    if (evaluation->has_points)
        csv_all_pck(evaluation);
    csv_count("failed", "", evaluation->failed, evaluation->pairs);
    if (evaluation->has_points) /* a number of keypoints */
        printf("targets_outside,,,,,,,%zu,,,,\n", evaluation->outside.points);
    csv_poses(evaluation);
}
