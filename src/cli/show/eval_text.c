#include "show/eval_table.h"
#include "show/print_eval.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "system/message.h"

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

static void text_row(const struct eval_table *table, const char *name, const char *label, const double *shares)
{
    text_name(name);
    printf(" %-9s", label);
    for (size_t i = 0; i < table->alpha_count; i++) {
        if (isfinite(shares[i]))
            printf(" %*s", alpha_columns(table->alphas[i]), number_fixed(100 * shares[i], 2).text);
        else
            printf(" %*s", alpha_columns(table->alphas[i]), "-");
    }
    putchar('\n');
}

static const char *text_place(const struct eval_table *table, size_t place)
{
    static const char *const names[] = {"all", "mean of categories (macro)", "geometry-aware",
                                        "geometry-aware (macro)"};

    if (place == SCORES_ALL && table->evaluation->has_categories)
        return "all (micro)";
    if (place < SCORES_CATEGORIES)
        return names[place];
    return scores_is_geometry(place) ? "  geometry-aware" : eval_table_category(table, place);
}

/* Shares with their interval, unless it is NULL. */
static void text_shares(const struct eval_table *table, const char *name, const char *label, const double *shares,
                        const double *low, const double *high)
{
    text_row(table, name, label, shares);
    if (low)
        text_row(table, "", "  from", low);
    if (high)
        text_row(table, "", "  to", high);
}

static void text_rows(const struct eval_table *table, size_t place, bool dagger)
{
    const struct interval *interval = table->interval;

    for (int i = 0; i < 2; i++) {
        int form = (dagger ? PCK_DAGGER_PER_POINT : PCK_PER_POINT) + i;
        text_shares(table, text_place(table, place), i ? "per image" : "per point",
                    scores_pck(table->scores, place)->share[form],
                    interval ? scores_pck(&interval->low, place)->share[form] : NULL,
                    interval ? scores_pck(&interval->high, place)->share[form] : NULL);
    }
}

static void text_title(const struct eval_table *table, const char *title)
{
    printf("\n%-38s", title);
    for (size_t i = 0; i < table->alpha_count; i++)
        printf(" %*s", alpha_columns(table->alphas[i]), number_general(table->alphas[i], 9).text);
    putchar('\n');
}

/* The dagger's categories are in JSON and CSV only. */
static void text_table(const struct eval_table *table, const char *title, bool dagger)
{
    text_title(table, title);
    for (size_t place = eval_table_next(table, 0); place != SIZE_MAX; place = eval_table_next(table, place + 1))
        if (!dagger || place < SCORES_CATEGORIES)
            text_rows(table, place, dagger);
}

/* Names are the input's, of a text that anyone may have written. */
static void text_keypoints(const struct eval_table *table, const char *title)
{
    const struct keypoint_table *keypoints = table->keypoints;

    if (!eval_table_keypoints(table))
        return;
    text_title(table, title);
    for (size_t i = 0; i < eval_table_keypoints(table); i++) {
        const char *own = eval_table_keypoint_name(table, i);
        char name[256];
        if (!keypoints->scores[i].points)
            continue;
        snprintf(name, sizeof name, "%zu%s%s%s%s", i % keypoints->count, own[0] ? " " : "", own,
                 table->evaluation->has_categories ? " of " : "", eval_table_keypoint_category(table, i));
        text_shares(table, name, "per point", keypoints->scores[i].share[KEYPOINT_PCK],
                    keypoints->low ? keypoints->low[i].share[KEYPOINT_PCK] : NULL,
                    keypoints->high ? keypoints->high[i].share[KEYPOINT_PCK] : NULL);
    }
}

static const char *text_kap_place(const struct eval_table *table, size_t place)
{
    if (place >= KAP_CATEGORIES)
        return table->scores->categories[place - KAP_CATEGORIES].name;
    return text_place(table, place == KAP_ALL ? SCORES_ALL : SCORES_MACRO);
}

static void text_kap(const struct eval_table *of, const char *title)
{
    const struct eval_table table = eval_table_of_kap(of);
    const struct kap_table *kap = of->kap;

    if (!kap->count)
        return;
    text_title(&table, title);
    for (size_t place = 0; place < kap->places; place++)
        for (int form = 0; form < KAP_FORMS && eval_table_has_kap(of, place); form++)
            text_shares(&table, text_kap_place(of, place), form == KAP_PER_POINT ? "per point" : "per image",
                        kap->scores[place].share[form], kap->low ? kap->low[place].share[form] : NULL,
                        kap->high ? kap->high[place].share[form] : NULL);
}

static void text_partners(const struct eval_table *table)
{
    text_title(table, "errors nearer to the partner, in %");
    for (size_t place = eval_table_next(table, 0); place != SIZE_MAX; place = eval_table_next(table, place + 1)) {
        double shares[MEASURE_ALPHAS];
        if (!eval_table_has_partners(table, place))
            continue;
        for (size_t a = 0; a < MEASURE_ALPHAS; a++)
            shares[a] = eval_table_partner_share(scores_pck(table->scores, place), a);
        text_row(table, text_place(table, place), "of errors", shares);
    }
}

static void text_risk(const struct eval_table *table, enum risk_confidence confidence)
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
    const struct eval_table table = eval_table_of(evaluation, "");

    printf(", %zu keypoints in both images, %zu pairs without any\n", evaluation->scores.all.points,
           evaluation->scores.all.pairs_without);
    printf("%s\n", evaluation->protocol);
    text_table(&table, "PCK in % at alpha", false);
    text_table(&table, "PCK-dagger in % at alpha", true);
    text_keypoints(&table, "PCK of each keypoint in % at alpha");
    text_kap(&table, "KAP in % at alpha");
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

void print_comparison_text(const struct comparison *comparison, const char *const paths[RESAMPLE_OUTPUTS])
{
    const struct eval_table difference = eval_table_of_difference(comparison);

    for (size_t o = 0; o < RESAMPLE_OUTPUTS; o++) {
        print_line("%s", paths[o]);
        print_eval_text(&comparison->evaluations[o]);
        putchar('\n');
    }
    puts("second output minus the first");
    if (comparison->evaluations[0].has_points) {
        text_table(&difference, "difference of PCK in % at alpha", false);
        text_table(&difference, "difference of PCK-dagger in %", true);
        text_keypoints(&difference, "difference for each keypoint in %");
        text_kap(&difference, "difference of KAP in %");
    }
}
