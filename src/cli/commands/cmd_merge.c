#include "base/guard.h"
#include "commands/commands.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/place.h"
#include "results/merge.h"
#include "results/output.h"
#include "rows/rows.h"
#include "system/file_out.h"
#include "system/message.h"
#include "system/probe.h"

struct merge_settings {
    const char *output, *input;
    enum geosc_format format;
    struct h5_access access;
    bool force, quiet;
};

struct merge_summary {
    size_t shards, pairs, failed;
    bool already_done;
};

#define AT(field) .offset = offsetof(struct merge_settings, field)

/* clang-format off */
static const struct option rows[] = {
    ROW_OUTPUT(.heading = "Options", AT(output)),
    ROW_FORCE(AT(force)),
    {.name = "format", .argument = "NAME", .type = &option_choice, AT(format), .choice = rows_format_choice,
     .help = "Format of the output, as of geosc match: geosc, or hloc, which needs --input."},
    {.name = "input", .argument = "FILE", .type = &option_text, AT(input), .unset = "none",
     .help = "The input of the shards, for names, sizes and keypoints; another input is refused. The pairs come from the "
             "shards, even if they were from a list."},
    ROWS_ACCESS(NULL, AT(access.links), AT(access.plugins)),
    ROW_QUIET(AT(quiet)),
    ROW_HELP,
    {.name = NULL},
};
/* clang-format on */

/* Prints all problems. */
static enum geosc_status say_problems(const struct problems *problems, const char *output)
{
    char rest[128];

    problems_describe_rest(problems, rest, sizeof rest);
    for (size_t i = 0; i < problems->kept; i++)
        say("%s", problems->lines[i]);
    if (rest[0])
        say("%s", rest);
    if (problems->count)
        say("%s: not written", output);
    return problems->count ? GEOSC_FAILED : GEOSC_OK;
}

static void print_summary(const char *output, const struct merge_summary *summary)
{
    if (summary->already_done)
        say("%s is complete, with the same input, model and options: nothing to do", output);
    else
        say("%zu shard%s merged: %zu pairs, %zu failed", summary->shards, summary->shards == 1 ? "" : "s",
            summary->pairs, summary->failed);
}

static enum geosc_status look_at_shard(geosc_context *context, const char *path)
{
    return GUARD(probe_of_merge) ? probe_run(context, &(struct probe){.path = path, .walk = probe_output}) : GEOSC_OK;
}

/* Checks the input, if any, with the pairs that the shards name. */
static enum geosc_status write_merged(geosc_context *context, const struct merge_settings *settings,
                                      struct merged *merged, bool *already_done)
{
    const struct probe_allowed allowed = {.access = settings->access,
                                          .pairs = output_pairs(&merged->results, &merged->identity)};
    const struct merge_output output = {.path = settings->output,
                                        .format = settings->format,
                                        .input = settings->input,
                                        .access = &settings->access,
                                        .force = settings->force};
    enum geosc_status status;

    if (!settings->force) /* a file that --force replaces is not read */
        TRY(probe_place(context, settings->output, settings->format, 0));
    if (GUARD(probe_of_merge_for_hloc) && settings->input)
        TRY(probe_run(context, &(struct probe){.path = settings->input, .walk = probe_input, .job = &allowed}));
    status = merge_write(context, merged, &output, already_done);
done:
    if (status != GEOSC_OK)
        say_failure(context, status);
    return status;
}

/* Reports errors itself. */
static enum geosc_status merge(geosc_context *context, const struct merge_settings *settings, char **operands,
                               size_t count, struct merge_summary *summary)
{
    struct problems problems = {0};
    struct merged merged = {0};
    enum geosc_status status =
        merge_read(context, (const char *const *)operands, count, look_at_shard, &merged, &problems);

    if (status != GEOSC_OK)
        say_failure(context, status);
    else
        status = say_problems(&problems, settings->output);
    if (status == GEOSC_OK)
        status = write_merged(context, settings, &merged, &summary->already_done);
    summary->shards = merged.shards;
    summary->pairs = merged.results.pairs;
    for (size_t p = 0; status == GEOSC_OK && p < merged.results.pairs; p++)
        summary->failed += merged.results.status[p] != GEOSC_PAIR_OK;
    merge_free(&merged);
    problems_free(&problems);
    return status;
}

static bool is_a_shard(const char *output, char **operands, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (place_is_same(output, operands[i]))
            return true;
    return false;
}

/* False, after a message, if the settings contradict each other. */
static bool check_settings(const struct merge_settings *settings, char **operands, size_t count)
{
    if (!settings->output)
        say_usage("merge", "-o OUTPUT.h5 is missing");
    else if (!file_out_has_name("merge", settings->output))
        return false;
    else if (settings->format == GEOSC_FORMAT_HLOC && !settings->input)
        say_usage("merge", "--format hloc needs --input INPUT.h5");
    else if (settings->format != GEOSC_FORMAT_HLOC && settings->input)
        say_usage("merge", "--input needs --format hloc");
    else if (GUARD(merge_input_itself) && place_is_same(settings->output, settings->input))
        say_usage("merge", "the output '%s' is the input", settings->output);
    else if (is_a_shard(settings->output, operands, count))
        say_usage("merge", "the output '%s' is one of the shards", settings->output);
    else
        return true;
    return false;
}

/* Raises the limit of open files: all shards are open at once. */
static void allow_many_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int run(void *chosen, char **operands, size_t count)
{
    const struct merge_settings *settings = chosen;
    struct merge_summary summary = {0};
    geosc_context *context;
    enum geosc_status status;

    if (!check_settings(settings, operands, count))
        return GEOSC_BAD_USAGE;
    allow_many_files();
    if (settings->access.plugins)
        h5_process_setup(true);
    context = create_context();
    if (!context)
        return GEOSC_FAILED;
    status = merge(context, settings, operands, count, &summary);
    if (status == GEOSC_OK && !settings->quiet)
        print_summary(settings->output, &summary);
    if (status == GEOSC_OK && summary.failed)
        status = GEOSC_PAIRS_FAILED;
    destroy_context(context);
    return status;
}

const struct command merge_command = {
    .name = "merge",
    .summary = "merge the outputs of all shards of a run",
    .synopsis = "-o OUTPUT.h5 [OPTION]... SHARD.h5...",
    .description =
        "Merges the outputs of geosc match --shard: all shards of one run, in any order. The output has the bytes of a "
        "single run over all pairs. Each shard is first verified by its checksums. A shard that is missing, repeated, "
        "damaged, or from another input, model, version or options is named, and nothing is written.\n\n"
        "With --format hloc, the output has the bytes of a run with this option over all pairs. Its names, sizes and "
        "keypoints come from the input, because shards do not have them.\n\n"
        "As with geosc match, the exit status is 3 if pairs failed, a merge with a complete output does nothing, and "
        "only one run or merge at a time can write an output. geosc-cluster(7) describes shards on a cluster.",
    .examples = "  Match in three shards, one after the other or on three machines, and merge:\n"
                "    for i in 0 1 2; do geosc match pairs.h5 -m model.h5 -o part-%s.h5 --shard $i/3; done\n"
                "    geosc merge -o matches.h5 part-*-of-3.h5\n"
                "  The same for hloc:\n"
                "    geosc merge --format hloc --input pairs.h5 -o matches.h5 part-*-of-3.h5\n",
    .options = rows,
    .fails_pairs = true,
    .minimum_operands = 1,
    .maximum_operands = SIZE_MAX,
    .operands = "SHARD.h5",
    .settings_size = sizeof(struct merge_settings),
    .run = run,
};
