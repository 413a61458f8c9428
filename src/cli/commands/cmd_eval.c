#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "base/guard.h"
#include "results/evaluate.h"
#include "rows/rows.h"
#include "show/matched.h"
#include "show/points.h"
#include "show/print_eval.h"
#include "system/file_out.h"
#include "system/message.h"

struct eval_settings {
    struct evaluate_request request;
    struct h5_access access;
    bool json, csv, force;
    const char *points;
    const char *outputs[RESAMPLE_OUTPUTS]; /* the second may be NULL */
};

static bool parse_alphas(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    struct measure *measure = value;

    (void)option;
    return option_parse_positives(text, measure->alphas, MEASURE_ALPHAS, &measure->alpha_count, reason, size);
}

static void show_alphas(const struct option *option, const void *value, char *out, size_t size)
{
    const struct measure *measure = value;

    (void)option;
    option_show_numbers(measure->alphas, measure->alpha_count, out, size);
}

static const struct option_type option_alphas = {parse_alphas, show_alphas, NULL, NULL};

#define AT(field) .offset = offsetof(struct eval_settings, field)

/* clang-format off */
static const struct option rows[] = {
    {.name = "alpha", .argument = "LIST", .heading = "Options", .type = &option_alphas, AT(request.measure),
     .help = "A match is correct if its error is below alpha times the threshold: the alphas, separated by commas."},
    {.name = "compare", .argument = "NAME", .type = &option_choice, AT(request.measure.compare), .choice = measure_compare_name,
     .help = "lt: an error of exactly alpha times the threshold is wrong, as GeoAware-SC has it; le: it is right, as MARCO has it."},
    {.name = "threshold", .argument = "KIND", .type = &option_choice, AT(request.measure.length), .choice = measure_length_name,
     .help = "What alpha multiplies: stored, /pairs/threshold if the input has it, else as image; image, the larger side of the "
             "target; box, the larger side of /pairs/target_box; keypoints, the larger side of the box around the pair's target "
             "keypoints."},
    {.name = "keypoints", .type = &option_switch, AT(request.keypoints),
     .help = "Add the PCK of each keypoint, in each category, with its name if the input has one. Takes 20 bytes for "
             "each point."},
    {.name = "intervals", .type = &option_switch, AT(request.intervals),
     .help = "Add 95 % intervals of all PCK and KAP by resampling the pairs; always done for two outputs."},
    {.name = "risk", .type = &option_switch, AT(request.risk),
     .help = "Add how accuracy depends on confidence. Takes 8 bytes for each point."},
    {.name = "points", .argument = "FILE", .type = &option_text, AT(points),
     .help = "Also write a table of all source keypoints and their matches to a CSV file."},
    ROW_FORCE(AT(force)),
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
    *(struct eval_settings *)settings =
        (struct eval_settings){.request.measure = {.alpha_count = 4, .alphas = {0.01, 0.05, 0.10, 0.15}}};
}

static enum geosc_status check_pairs(geosc_context *context, const struct matched *matched)
{
    if (output_pairs(&matched->results, &matched->identity).source)
        return fail(context, GEOSC_FAILED,
                    "%s: its pairs are from a list (--pairs), so the target keypoints in %s do not belong to them",
                    matched->output, matched->input);
    return GEOSC_OK;
}

static enum geosc_status eval_one(geosc_context *context, const struct eval_settings *settings,
                                  const struct matched *matched)
{
    struct evaluation evaluation = {0};
    enum geosc_status status;

    TRY(evaluate(context, &matched->catalog, &matched->results, &settings->request, &evaluation));
    matched_warn_of_truth(matched, &evaluation.outside);
    if (settings->points)
        TRY(points_write(context, matched, &settings->request.measure, settings->points, settings->force));
    (settings->json ? print_eval_json : settings->csv ? print_eval_csv : print_eval_text)(&evaluation);
done:
    evaluation_free(&evaluation);
    return status;
}

static enum geosc_status eval_both(geosc_context *context, const struct eval_settings *settings,
                                   const struct matched *matched)
{
    struct comparison comparison = {0};
    struct matched other = {0};
    const struct results *const results[RESAMPLE_OUTPUTS] = {&matched->results, &other.results};
    enum geosc_status status;

    TRY(matched_open_other(context, matched, settings->outputs[1], &other));
    TRY(check_pairs(context, &other));
    TRY(evaluate_both(context, &matched->catalog, results, &settings->request, &comparison));
    matched_warn_of_truth(matched, &comparison.evaluations[0].outside);
    (settings->json  ? print_comparison_json
     : settings->csv ? print_comparison_csv
                     : print_comparison_text)(&comparison, settings->outputs);
done:
    comparison_free(&comparison);
    matched_close_other(&other);
    return status;
}

static enum geosc_status eval(geosc_context *context, const void *chosen, struct matched *matched)
{
    const struct eval_settings *settings = chosen;
    enum geosc_status status;

    if (settings->points)
        TRY(file_out_check(context, settings->points, settings->force));
    TRY(matched_open(context, matched));
    TRY(check_pairs(context, matched));
    TRY((settings->outputs[1] ? eval_both : eval_one)(context, settings, matched));
done:
    return status;
}

static int run(void *chosen, char **operands, size_t count)
{
    struct eval_settings *settings = chosen;

    settings->outputs[0] = operands[1];
    settings->outputs[1] = count > 2 ? operands[2] : NULL;
    if (settings->json && settings->csv)
        return say_usage("eval", "use either --json or --csv");
    if (settings->force && !settings->points)
        return say_usage("eval", "--force is for --points, which is missing");
    if (settings->points && settings->outputs[1])
        return say_usage("eval", "--points is a table of one output, but there are two");
    if (settings->points && strcmp(settings->points, "-") == 0)
        return say_usage("eval", "stdout has the numbers: name a file for --points");
    if (GUARD(points_over_its_own) && settings->points && matched_is_output_read(operands, settings->points))
        return say_usage("eval", "the table '%s' is the input or the output", settings->points);
    return matched_run(operands, &settings->access, eval, settings);
}

const struct command eval_command = {
    .name = "eval",
    .summary = "compare matches with ground truth: PCK and pose statistics",
    .synopsis = "INPUT.h5 OUTPUT.h5 [OUTPUT2.h5] [OPTION]...",
    .description =
        "Compares the matches in OUTPUT.h5 with the target keypoints of INPUT.h5. PCK@alpha is the share of keypoints, "
        "present in both images, whose error is below alpha times a threshold: /pairs/threshold of the input, else the "
        "larger side of the target, or as --threshold says. PCK-dagger also asks that, of the target keypoints of all "
        "such keypoints, its own is the nearest to the match (of equally near ones, the first). PCK is printed per "
        "point (over all points) and per image (mean of the pairs' "
        "shares), for each category, over all (micro) and as the mean of the categories (macro); if the input has "
        "symmetry groups, also for the geometry-aware subset. A keypoint without a match counts as an error. An absent "
        "target keypoint is NaN; all others count as present. A warning says how many target keypoints lie outside "
        "their image, and names the first. An infinite target keypoint, or a threshold that is not finite and above 0, "
        "is an error (exit status 1).\n\n"
        "If OUTPUT.h5 was matched with --kap, KAP is printed, too: the average precision with which the similarity "
        "tells the "
        "true place of a keypoint from other places, and from images that it is absent from, at the alphas and "
        "with the threshold of the match. It takes 16 bytes for each similarity that counts.\n\n"
        "With --intervals, each PCK has a 95 % interval: the pairs are drawn anew 1,000 times (percentile bootstrap), "
        "with generator and seed fixed, so that ten lines of numpy repeat it: see docs/computation.md. Memory is then "
        "also by pair: 8 bytes, and some more for each kind of pair.\n\n"
        "With a second output of the same input, each is evaluated, and then the second's PCK minus the first's, with "
        "intervals by the same draws of pairs (paired): 0 outside of an interval is a difference that is hardly by "
        "chance.\n\n"
        "If the input has mirrored partners (/pairs/mirror_index), the share of errors is printed that are nearer to "
        "the "
        "target keypoint of the partner: left and right confused.\n\n"
        "With --risk, the points are sorted by confidence: the score; if the output has them, also the score minus the "
        "second best similarity (margin), and the cycle distance, the smallest first. The accuracy of the first 10 %, "
        "20 % and so on shows what would be left of the errors if only those were kept. AURC is the area under the "
        "share of "
        "errors over the share of points kept, the smaller the better; AUROC is the chance that a right match has "
        "more confidence than a wrong one.\n\n"
        "With --points, the file has a line for each keypoint that is present in the source: the pair, the names of "
        "its "
        "images (or their numbers), category, keypoint, pose, the source position, the match (x, y), the true "
        "position, "
        "the error, the threshold, whether it is geometry-aware, whether its own target keypoint is the nearest, "
        "whether the partner's is nearer, whether it is right at each alpha, score, and second, mutual and cycle if "
        "the "
        "output has them. What a keypoint lacks is empty.\n\n"
        "With --csv, all numbers are in one table with one header line, for pandas.read_csv. The column measure names "
        "the kind of the number in the column value:\n\n"
        "pck, pck_dagger: a PCK. subset (all or geometry), mean (micro, macro, category or keypoint), category, "
        "keypoint and keypoint_name, per (point or "
        "image) and "
        "alpha say which one; low and high are its interval; points and pairs count its data (for macro, those of "
        "micro), pairs_without the pairs without such a point; output is first, second or difference if there are two "
        "outputs; protocol describes the rule.\n\n"
        "kap: as pck; points counts the positives, keypoints present in both images.\n\n"
        "partner_errors: the share of errors nearer to the mirrored partner; points counts the errors.\n\n"
        "accuracy, aurc, auroc: of --risk; confidence and, for an accuracy, coverage say which one.\n\n"
        "targets_outside: a number of keypoints.\n\n"
        "failed, pose_chosen (a line for each pose), pose_undecided, pose_right, pose_ties: a number of pairs, out of "
        "those in the column pairs.\n\n"
        "pose_margin_median: the median difference between the distances of the two best poses.\n\n"
        "Columns that do not apply to a number are empty.",
    .examples = "  The table:\n"
                "    geosc eval pairs.h5 matches.h5\n"
                "  PCK at one alpha, for a script:\n"
                "    geosc eval pairs.h5 matches.h5 --alpha 0.1 --json\n"
                "  Is another output better, and is that more than chance?\n"
                "    geosc eval pairs.h5 matches.h5 others.h5 --alpha 0.1\n"
                "  Each keypoint, for a table of your own:\n"
                "    geosc eval pairs.h5 matches.h5 --points points.csv\n"
                "  All numbers, for pandas; lines with measure == 'pck' are the PCK:\n"
                "    geosc eval pairs.h5 matches.h5 --csv >numbers.csv\n",
    .options = rows,
    .minimum_operands = 2,
    .maximum_operands = 3,
    .operands = "INPUT.h5 or OUTPUT.h5",
    .settings_size = sizeof(struct eval_settings),
    .defaults = defaults,
    .run = run,
};
