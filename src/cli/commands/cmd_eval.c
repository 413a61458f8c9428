#include "commands/commands.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "results/evaluate.h"
#include "show/matched.h"
#include "system/message.h"
#include "base/number.h"
#include "show/print_eval.h"
#include "rows/rows.h"

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
    snprintf(reason, size, "not up to %d numbers above 0 with commas between", EVALUATE_ALPHAS);
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

static const struct option_type option_alphas = {parse_alphas, show_alphas, NULL};

#define AT(field) .offset = offsetof(struct eval_settings, field)

/* clang-format off */
static const struct option rows[] = {
    {.name = "alpha", .argument = "LIST", .heading = "Options", .type = &option_alphas, AT(alphas),
     .help = "Shares of the threshold within which a match counts as right, separated by commas."},
    {.name = "json", .type = &option_switch, AT(json),
     .help = "Print a JSON object; shares are fractions from 0 to 1."},
    {.name = "csv", .type = &option_switch, AT(csv), .help = "Print comma-separated values, a line for each number; shares are fractions from 0 to 1."},
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
                    "%s: its pairs are those of a list (--pairs): what %s says of its own pairs is no truth for them",
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
        return say_usage("eval", "--json and --csv exclude each other");
    return matched_run(operands, &settings->access, eval, settings);
}

const struct command eval_command = {
    .name = "eval",
    .summary = "compare matches with ground truth: PCK, and statistics of the poses",
    .synopsis = "INPUT.h5 OUTPUT.h5 [OPTION]...",
    .description =
        "Compares the matches in OUTPUT.h5 with the target keypoints of INPUT.h5. PCK@alpha is the share of keypoints, "
        "present in both images, whose error is below alpha times a threshold: /pairs/threshold of the input, else the "
        "larger side of the target. It is given per point (over all points) and per image (mean of each pair's share), "
        "for each category, over all (micro) and as mean of the categories (macro); with symmetry groups in the input "
        "also for the geometry-aware subset. A missing answer is a miss. "
        "A target keypoint that is absent is NaN; any other one counts as present, and where some lie outside their "
        "image, a "
        "warning says how many and which is the first. An infinite one, or a threshold that is not finite and above 0, "
        "ends "
        "it with 1.\n\n"
        "With --csv all numbers come in one table with one line of names, as pandas.read_csv wants it. The column "
        "measure says what the column value holds. For pck it is a share, and subset (all or geometry), mean (micro, "
        "macro or "
        "category), category, per (point or image) and alpha say of what; points and pairs are what went into it "
        "(those of a macro mean are as of micro), pairs_without the pairs that have no such point, and protocol the "
        "rule in words. "
        "For targets_outside it is a number of keypoints; for failed, pose_chosen (a line for each pose), "
        "pose_undecided, pose_right and pose_ties it is "
        "a number of pairs, out of the column pairs; for pose_margin_median the median distance between the two best "
        "poses. Columns that say nothing of a number are empty.",
    .examples = "  The table:\n"
                "    geosc eval pairs.h5 matches.h5\n"
                "  PCK at one alpha, for a script:\n"
                "    geosc eval pairs.h5 matches.h5 --alpha 0.1 --json\n"
                "  All numbers for pandas: of these, the lines with measure == 'pck' are the shares:\n"
                "    geosc eval pairs.h5 matches.h5 --csv >numbers.csv\n",
    .options = rows,
    .minimum_operands = 2,
    .maximum_operands = 2,
    .operands = "INPUT.h5 or OUTPUT.h5",
    .settings_size = sizeof(struct eval_settings),
    .defaults = defaults,
    .run = run,
};
