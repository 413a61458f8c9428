#include "command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate.h"
#include "json.h"
#include "message.h"
#include "probe.h"

struct alpha_list {
    size_t count;
    double values[EVALUATE_ALPHAS];
};

struct eval_settings {
    struct alpha_list alphas;
    struct h5_access access;
    bool json, csv, help;
};

static bool parse_alphas(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    struct alpha_list *list = value;
    const char *at = text;

    (void)option;
    for (list->count = 0; list->count < EVALUATE_ALPHAS; at++) {
        char *end;
        double alpha = strtod(at, &end);

        if (end == at || !(alpha > 0) || !isfinite(alpha) || (*end && *end != ','))
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
        used += (size_t)snprintf(out + used, size - used, "%s%g", i ? "," : "", list->values[i]);
}

static const struct option_type option_alphas = {parse_alphas, show_alphas};

#define AT(field) .offset = offsetof(struct eval_settings, field)

/* clang-format off */
static const struct option rows[] = {
    {.name = "alpha", .argument = "LIST", .heading = "Options", .type = &option_alphas, AT(alphas),
     .help = "Shares of the threshold within which a match counts as right, separated by commas."},
    {.name = "json", .type = &option_switch, AT(json),
     .help = "Print a JSON object; shares are fractions from 0 to 1."},
    {.name = "csv", .type = &option_switch, AT(csv), .help = "Print comma-separated values, a line for each share."},
    {.name = "allow-links", .type = &option_switch, AT(access.links),
     .help = "Follow external links, external storage and virtual datasets of the input: data sets that are spread over "
             "files. Only for inputs that are trusted: they may name any file."},
    {.name = "allow-plugins", .type = &option_switch, AT(access.plugins),
     .help = "Read data with filters beyond shuffle, deflate and fletcher32, through HDF5 and the plugins that it finds "
             "(HDF5_PLUGIN_PATH). Only for inputs that are trusted."},
    {.letter = 'h', .name = "help", .type = &option_help, AT(help), .help = "Print this help."},
    {.name = NULL},
};
/* clang-format on */

static void defaults(void *settings)
{
    *(struct eval_settings *)settings = (struct eval_settings){.alphas = {4, {0.01, 0.05, 0.10, 0.15}}};
}

/* The two files, read, and what came of comparing them. */
struct eval_job {
    struct catalog catalog;
    struct results results;
    struct run_identity identity;
    struct problems problems;
    struct evaluation evaluation;
};

#define PROTOCOL(threshold) \
    "a match is right if its error is below alpha times " threshold "; a missing answer is wrong; pairs without common " \
    "keypoints are counted, not averaged"

/* By what rule the numbers came about: printed with them. */
static const char *protocol(const struct eval_job *job)
{
    return job->catalog.threshold ? PROTOCOL("/pairs/threshold") : PROTOCOL("the larger side of the target");
}

/* ---- text ---------------------------------------------------------------------------------------- */

static void text_row(const char *name, const struct pck *pck, size_t alphas, bool per_image)
{
    const double *shares = per_image ? pck->per_image : pck->per_point;

    printf("%-28.28s %-9s", name, per_image ? "per image" : "per point");
    for (size_t i = 0; i < alphas; i++) {
        if (isfinite(shares[i]))
            printf(" %6.2f", 100 * shares[i]);
        else
            printf(" %6s", "-");
    }
    putchar('\n');
}

static void text_rows(const char *name, const struct pck *pck, size_t alphas)
{
    text_row(name, pck, alphas, false);
    text_row(name, pck, alphas, true);
}

static void text_categories(const struct evaluation *evaluation)
{
    for (size_t i = 0; i < evaluation->category_count; i++) {
        const struct category_score *category = &evaluation->categories[i];

        text_rows(category->name, &category->all, evaluation->alpha_count);
        if (evaluation->has_geometry)
            text_rows("  geometry-aware", &category->geometry, evaluation->alpha_count);
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
        printf("median margin to the runner-up: %.6f; ties: %zu\n", evaluation->margin_median, evaluation->ties);
}

static void text_pck(const struct eval_job *job)
{
    const struct evaluation *evaluation = &job->evaluation;

    printf(", %zu keypoints in both images, %zu pairs without any\n", evaluation->all.points, evaluation->all.pairs_without);
    printf("%s\n\n%-38s", protocol(job), "PCK in % at alpha");
    for (size_t i = 0; i < evaluation->alpha_count; i++)
        printf(" %6g", evaluation->alphas[i]);
    putchar('\n');
    text_rows(evaluation->has_categories ? "all (micro)" : "all", &evaluation->all, evaluation->alpha_count);
    if (evaluation->has_categories)
        text_rows("mean of categories (macro)", &evaluation->macro, evaluation->alpha_count);
    if (evaluation->has_geometry)
        text_rows("geometry-aware", &evaluation->geometry, evaluation->alpha_count);
    if (evaluation->has_geometry && evaluation->has_categories)
        text_rows("geometry-aware (macro)", &evaluation->geometry_macro, evaluation->alpha_count);
    text_categories(evaluation);
}

static void print_text(const struct eval_job *job)
{
    const struct evaluation *evaluation = &job->evaluation;

    printf("%zu pairs (%zu failed)", evaluation->pairs, evaluation->failed);
    if (evaluation->has_points)
        text_pck(job);
    else
        putchar('\n');
    text_poses(evaluation);
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

static void json_numbers(const char *name, const double *numbers, size_t count)
{
    printf("\"%s\": [", name);
    for (size_t i = 0; i < count; i++) {
        fputs(i ? ", " : "", stdout);
        json_number(stdout, numbers[i]);
    }
    putchar(']');
}

static void json_pck(const char *name, const struct pck *pck, size_t alphas)
{
    printf("\"%s\": {\"points\": %zu, \"pairs\": %zu, \"pairs_without\": %zu, ", name, pck->points, pck->pairs,
           pck->pairs_without);
    json_numbers("per_point", pck->per_point, alphas);
    fputs(", ", stdout);
    json_numbers("per_image", pck->per_image, alphas);
    putchar('}');
}

static void json_categories(const struct evaluation *evaluation)
{
    fputs(", \"categories\": [", stdout);
    for (size_t i = 0; i < evaluation->category_count; i++) {
        const struct category_score *category = &evaluation->categories[i];

        fputs(i ? ", {\"name\": " : "{\"name\": ", stdout);
        json_string(stdout, category->name);
        fputs(", ", stdout);
        json_pck("all", &category->all, evaluation->alpha_count);
        if (evaluation->has_geometry) {
            fputs(", ", stdout);
            json_pck("geometry", &category->geometry, evaluation->alpha_count);
        }
        putchar('}');
    }
    putchar(']');
}

static void json_poses(const struct evaluation *evaluation)
{
    fputs(", \"poses\": {\"chosen\": {", stdout);
    for (size_t i = 0; i < evaluation->pose_count; i++)
        printf("%s\"%s\": %zu", i ? ", " : "", geosc_pose_name(evaluation->poses[i]), evaluation->chosen[i]);
    printf("}, \"undecided\": %zu, \"ties\": %zu, \"margin_median\": ", evaluation->undecided, evaluation->ties);
    json_number(stdout, evaluation->margin_median);
    if (evaluation->has_truth)
        printf(", \"right\": %zu, \"known\": %zu", evaluation->pose_right, evaluation->pose_known);
    putchar('}');
}

static void print_json(const struct eval_job *job)
{
    const struct evaluation *evaluation = &job->evaluation;

    fputs("{\"protocol\": ", stdout);
    json_string(stdout, protocol(job));
    printf(", \"pairs\": %zu, \"failed\": %zu, ", evaluation->pairs, evaluation->failed);
    json_numbers("alphas", evaluation->alphas, evaluation->alpha_count);
    if (evaluation->has_points) {
        fputs(", ", stdout);
        json_pck("all", &evaluation->all, evaluation->alpha_count);
    }
    if (evaluation->has_geometry) {
        fputs(", ", stdout);
        json_pck("geometry", &evaluation->geometry, evaluation->alpha_count);
    }
    if (evaluation->has_categories) {
        fputs(", ", stdout);
        json_pck("macro", &evaluation->macro, evaluation->alpha_count);
        if (evaluation->has_geometry) {
            fputs(", ", stdout);
            json_pck("geometry_macro", &evaluation->geometry_macro, evaluation->alpha_count);
        }
        json_categories(evaluation);
    }
    json_poses(evaluation);
    puts("}");
}

/* ---- CSV ----------------------------------------------------------------------------------------- */

/* A field, in quotes where it needs them. */
static void csv_field(const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void csv_rows(const char *subset, const char *mean, const char *category, const struct pck *pck,
                     const struct evaluation *evaluation)
{
    for (int per_image = 0; per_image < 2; per_image++) {
        const double *shares = per_image ? pck->per_image : pck->per_point;

        for (size_t i = 0; i < evaluation->alpha_count; i++) {
            printf("%s,%s,", subset, mean);
            csv_field(category);
            printf(",%s,%g,", per_image ? "image" : "point", evaluation->alphas[i]);
            if (isfinite(shares[i]))
                printf("%.9g", shares[i]);
            printf(",%zu,%zu\n", pck->points, pck->pairs);
        }
    }
}

static void print_csv(const struct eval_job *job)
{
    const struct evaluation *evaluation = &job->evaluation;

    puts("subset,mean,category,per,alpha,pck,points,pairs");
    csv_rows("all", "micro", "", &evaluation->all, evaluation);
    if (evaluation->has_categories)
        csv_rows("all", "macro", "", &evaluation->macro, evaluation);
    if (evaluation->has_geometry)
        csv_rows("geometry", "micro", "", &evaluation->geometry, evaluation);
    if (evaluation->has_geometry && evaluation->has_categories)
        csv_rows("geometry", "macro", "", &evaluation->geometry_macro, evaluation);
    for (size_t i = 0; i < evaluation->category_count; i++) {
        const struct category_score *category = &evaluation->categories[i];

        csv_rows("all", "category", category->name, &category->all, evaluation);
        if (evaluation->has_geometry)
            csv_rows("geometry", "category", category->name, &category->geometry, evaluation);
    }
}

/* ---- the command --------------------------------------------------------------------------------- */

static enum geosc_status check_together(geosc_context *context, const struct eval_job *job, char **operands)
{
    const struct catalog *catalog = &job->catalog;
    const struct results *results = &job->results;

    if (job->identity.shards)
        return fail(context, GEOSC_FAILED, "%s: is shard %zu of %zu: put all of them together with geosc merge first", operands[1],
                    job->identity.shard, job->identity.shards);
    if (!catalog->target_keypoints && catalog->true_pose && results->pairs == catalog->pairs)
        return GEOSC_OK; /* the poses can be judged all the same */
    if (!catalog->target_keypoints)
        return fail(context, GEOSC_FAILED, "%s: %s: missing, there is no ground truth to compare with", operands[0],
                    catalog->indexed ? "/pairs/target_keypoints" : "/target_keypoints");
    if (results->pairs != catalog->pairs || results->rank != 1 || results->answers != catalog->keypoints)
        return fail(context, GEOSC_FAILED,
                    "%s: /matches/xy: %zu pairs of %zu answers, but %s has %zu pairs of %zu keypoints", operands[1],
                    results->pairs, results->answers, operands[0], catalog->pairs, catalog->keypoints);
    return GEOSC_OK;
}

static enum geosc_status run_job(geosc_context *context, const struct eval_settings *settings, char **operands,
                                 struct eval_job *job)
{
    enum geosc_status status;

    TRY(catalog_open(context, operands[0], &settings->access, &job->catalog, &job->problems));
    TRY(problems_status(context, &job->problems));
    TRY(output_read(context, operands[1], &job->results, &job->identity, &job->problems));
    TRY(problems_status(context, &job->problems));
    TRY(check_together(context, job, operands));
    TRY(evaluate(context, &job->catalog, &job->results, settings->alphas.values, settings->alphas.count,
                 &job->evaluation));
done:
    return status;
}

static int run(void *chosen, char **operands, size_t count)
{
    const struct eval_settings *settings = chosen;
    struct eval_job job = {0};
    geosc_context *context;
    enum geosc_status status;

    (void)count;
    if (settings->json && settings->csv)
        return say_usage("eval", "--json and --csv exclude each other");
    if (settings->access.plugins)
        h5_process_setup(true);
    status = probe_run(&(struct probe){.path = operands[0], .walk = probe_input, .job = &settings->access});
    if (status == GEOSC_OK)
        status = probe_run(&(struct probe){.path = operands[1], .walk = probe_output});
    if (status != GEOSC_OK)
        return status;
    context = geosc_create();
    if (!context) {
        say("out of memory");
        return GEOSC_FAILED;
    }
    status = run_job(context, settings, operands, &job);
    if (status != GEOSC_OK)
        say_failure(context, status);
    else
        (settings->json ? print_json : settings->csv ? print_csv : print_text)(&job);
    evaluation_free(&job.evaluation);
    results_free(&job.results);
    catalog_close(&job.catalog);
    problems_free(&job.problems);
    geosc_destroy(context);
    return status;
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
        "also for the geometry-aware subset. A missing answer is a miss.",
    .examples = "  The table:\n"
                "    geosc eval pairs.h5 matches.h5\n"
                "  PCK at one alpha, for a script:\n"
                "    geosc eval pairs.h5 matches.h5 --alpha 0.1 --json\n",
    .options = rows,
    .minimum_operands = 2,
    .maximum_operands = 2,
    .operands = "INPUT.h5 or OUTPUT.h5",
    .settings_size = sizeof(struct eval_settings),
    .defaults = defaults,
    .run = run,
};
