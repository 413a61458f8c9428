#include "command.h"

#include <stdint.h>
#include <stdio.h>

#include "merge.h"
#include "message.h"
#include "probe.h"

struct merge_settings {
    const char *output;
    bool force, quiet, help;
};

#define AT(field) .offset = offsetof(struct merge_settings, field)

/* clang-format off */
static const struct option rows[] = {
    {.letter = 'o', .name = "output", .argument = "FILE", .type = &option_text, AT(output),
     .help = "The file to write. It appears whole or not at all, and never over another file unless told."},
    {.letter = 'f', .name = "force", .type = &option_switch, AT(force), .help = "Replace an existing output."},
    {.letter = 'q', .name = "quiet", .type = &option_switch, AT(quiet), .help = "Print nothing but errors."},
    {.letter = 'h', .name = "help", .type = &option_help, AT(help), .help = "Print this help."},
    {.name = NULL},
};
/* clang-format on */

static void defaults(void *settings)
{
    *(struct merge_settings *)settings = (struct merge_settings){0};
}

/* What was found to speak against it, all of it. */
static enum geosc_status say_problems(const struct problems *problems, const char *output)
{
    for (size_t i = 0; i < problems->kept; i++)
        say("%s", problems->lines[i]);
    if (problems->count > problems->kept)
        say("and %zu more", problems->count - problems->kept);
    if (problems->count)
        say("%s: not written", output);
    return problems->count ? GEOSC_FAILED : GEOSC_OK;
}

static void print_summary(const char *output, const struct merge_summary *summary)
{
    if (summary->already_done)
        say("%s is there and complete, of the same input, model and options: nothing to do", output);
    else
        say("%zu shard%s merged: %zu pairs, %zu failed", summary->shards, summary->shards == 1 ? "" : "s",
            summary->pairs, summary->failed);
}

static int run(void *chosen, char **operands, size_t count)
{
    const struct merge_settings *settings = chosen;
    struct problems problems = {0};
    struct merge_summary summary;
    geosc_context *context = NULL;
    enum geosc_status status = GEOSC_OK;
    bool sound = true;

    if (!settings->output)
        return say_usage("merge", "-o OUTPUT.h5 is missing");
    for (size_t i = 0; i < count; i++)
        sound &= probe_run(&(struct probe){.path = operands[i], .walk = probe_obstacle}) == GEOSC_OK;
    if (!sound)
        return GEOSC_FAILED;
    context = geosc_create();
    if (!context) {
        say("out of memory");
        return GEOSC_FAILED;
    }
    status = merge_files(context, (const char *const *)operands, count, settings->output, settings->force, &summary,
                         &problems);
    if (status != GEOSC_OK)
        say_failure(context, status);
    else
        status = say_problems(&problems, settings->output);
    if (status == GEOSC_OK && !settings->quiet)
        print_summary(settings->output, &summary);
    if (status == GEOSC_OK && summary.failed)
        status = GEOSC_PAIRS_FAILED;
    problems_free(&problems);
    geosc_destroy(context);
    return status;
}

const struct command merge_command = {
    .name = "merge",
    .summary = "put the outputs of all shards of a run together",
    .synopsis = "-o OUTPUT.h5 SHARD.h5...",
    .description = "Joins what geosc match has written with --shard: all shards of one split, in any order. The output "
                   "is byte for byte what a run "
                   "over all pairs at once would have written. Each shard is verified by its checksums first; one that "
                   "is missing, there twice, "
                   "damaged, or of another input, model, version or options is named, and nothing is written.\n\n"
                   "As of geosc match, the exit status is 3 if pairs failed, and a merge whose output is there already "
                   "and complete does nothing. "
                   "How to run shards on a cluster stands in geosc-cluster(7).",
    .examples = "  Match in three parts, one after the other or on three machines, and merge:\n"
                "    for i in 0 1 2; do geosc match pairs.h5 -m model.h5 -o part-%s.h5 --shard $i/3; done\n"
                "    geosc merge -o matches.h5 part-*-of-3.h5\n",
    .options = rows,
    .minimum_operands = 1,
    .maximum_operands = SIZE_MAX,
    .operands = "SHARD.h5",
    .settings_size = sizeof(struct merge_settings),
    .defaults = defaults,
    .run = run,
};
