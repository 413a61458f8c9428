#include "commands/commands.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"
#include "results/evaluate.h"
#include "rows/rows.h"
#include "show/matched.h"
#include "show/print_eval.h"
#include "system/message.h"

struct alpha_list {
    size_t count;
    double values[EVALUATE_ALPHAS];
};

struct eval_settings {
    struct alpha_list alphas;
    struct h5_access access;
    bool json, csv;
};

static bool parse_alphas(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    struct alpha_list *list = value;
    const char *at = text;

    (void)option;
    for (list->count = 0; list->count < EVALUATE_ALPHAS; at++) {
        const char *end;
        double alpha;

        if (!number_parse(at, &end, &alpha) || !(alpha > 0) || !isfinite(alpha) || (*end && *end != ','))
            break;
        list->values[list->count++] = alpha;
        at = end;
        if (*end == 0)
            return true;
    }
    snprintf(reason, size, "expected up to %d numbers above 0, separated by commas", EVALUATE_ALPHAS);
    return false;
}

static void show_alphas(const struct option *option, const void *value, char *out, size_t size)
{
    const struct alpha_list *list = value;
    size_t used = 0;

    (void)option;
    for (size_t i = 0; i < list->count && used < size; i++)
        used +=
            (size_t)snprintf(out + used, size - used, "%s%s", i ? "," : "", number_general(list->values[i], 6).text);
}

static const struct option_type option_alphas = {parse_alphas, show_alphas, NULL, NULL};

#define AT(field) .offset = offsetof(struct eval_settings, field)

/* clang-format off */
static const struct option rows[] = {
    {.name = "alpha", .argument = "LIST", .heading = "Options", .type = &option_alphas, AT(alphas),
     .help = "A match is correct if its error is below alpha times the threshold: the alphas, separated by commas."},
    {.name = "json", .type = &option_switch, AT(json),
     .help = "Print a JSON object; PCK is a fraction from 0 to 1."},
    {.name = "csv", .type = &option_switch, AT(csv), .help = "Print comma-separated values, a line for each number; PCK is a fraction from 0 to 1."},
    ROWS_ACCESS(NULL, AT(access.links), AT(access.plugins)),
    ROW_HELP,
    {.name = NULL},
};
/* clang-format on */

static void defaults(void *settings)
{
    *(struct eval_settings *)settings = (struct eval_settings){.alphas = {4, {0.01, 0.05, 0.10, 0.15}}};
}

static enum geosc_status eval(geosc_context *context, const void *chosen, struct matched *matched)
{
    const struct eval_settings *settings = chosen;
    struct evaluation evaluation = {0};
    enum geosc_status status;

    TRY(matched_open(context, matched));
    if (output_pairs(&matched->results, &matched->identity).source)
        return fail(context, GEOSC_FAILED,
                    "%s: its pairs are from a list (--pairs), so the target keypoints in %s do not belong to them",
                    matched->output, matched->input);
    TRY(evaluate(context, &matched->catalog, &matched->results, settings->alphas.values, settings->alphas.count,
                 &evaluation));
    matched_warn_of_truth(matched, &evaluation.outside);
    (settings->json ? print_eval_json : settings->csv ? print_eval_csv : print_eval_text)(&evaluation);
done:
    evaluation_free(&evaluation);
    return status;
}

static int run(void *chosen, char **operands, size_t count)
{
    const struct eval_settings *settings = chosen;

    (void)count;
    if (settings->json && settings->csv)
        return say_usage("eval", "use either --json or --csv");
    return matched_run(operands, &settings->access, eval, settings);
}

const struct command eval_command = {
    .name = "eval",
    .summary = "compare matches with ground truth: PCK and pose statistics",
    .synopsis = "INPUT.h5 OUTPUT.h5 [OPTION]...",
    .description =
        "Compares the matches in OUTPUT.h5 with the target keypoints of INPUT.h5. PCK@alpha is the share of keypoints, "
        "present in both images, whose error is below alpha times a threshold: /pairs/threshold of the input, else the "
        "larger side of the target. PCK is printed per point (over all points) and per image (mean of the pairs' "
        "shares), for each category, over all (micro) and as the mean of the categories (macro); if the input has "
        "symmetry groups, also for the geometry-aware subset. A keypoint without a match counts as an error. An absent "
        "target keypoint is NaN; all others count as present. A warning says how many target keypoints lie outside "
        "their image, and names the first. An infinite target keypoint, or a threshold that is not finite and above 0, "
        "is an error (exit status 1).\n\n"
        "With --csv, all numbers are in one table with one header line, for pandas.read_csv. The column measure names "
        "the kind of the number in the column value:\n\n"
        "pck: a PCK. subset (all or geometry), mean (micro, macro or category), category, per (point or image) and "
        "alpha say which one; points and pairs count its data (for macro, those of micro), pairs_without the pairs "
        "without such a point; protocol describes the rule.\n\n"
        "targets_outside: a number of keypoints.\n\n"
        "failed, pose_chosen (a line for each pose), pose_undecided, pose_right, pose_ties: a number of pairs, out of "
        "those in the column pairs.\n\n"
        "pose_margin_median: the median difference between the distances of the two best poses.\n\n"
        "Columns that do not apply to a number are empty.",
    .examples = "  The table:\n"
                "    geosc eval pairs.h5 matches.h5\n"
                "  PCK at one alpha, for a script:\n"
                "    geosc eval pairs.h5 matches.h5 --alpha 0.1 --json\n"
                "  All numbers, for pandas; lines with measure == 'pck' are the PCK:\n"
                "    geosc eval pairs.h5 matches.h5 --csv >numbers.csv\n",
    .options = rows,
    .minimum_operands = 2,
    .maximum_operands = 2,
    .operands = "INPUT.h5 or OUTPUT.h5",
    .settings_size = sizeof(struct eval_settings),
    .defaults = defaults,
    .run = run,
};
