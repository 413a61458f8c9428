#include "base/guard.h"
#include "commands/commands.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "base/place.h"
#include "base/presets.h"
#include "geosc.h"
#include "rows/rows.h"
#include "show/print_plan.h"
#include "show/progress.h"
#include "show/summary.h"
#include "system/environment.h"
#include "system/file_out.h"
#include "system/message.h"
#include "system/probe.h"
#include "system/signals.h"
#include "system/slurm.h"

struct match_settings {
    struct geosc_options options;
    const char *output, *model;
    enum progress_form progress;
    bool dry_run, json, quiet, verbose;
};

/* The data of the library's callbacks. */
struct listener {
    struct progress progress;
    bool quiet;
};

/* Parses "I/N" or "slurm". */
static bool parse_shard(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    struct geosc_options *options = value;
    char shard[10], shards[10];
    int end = 0;

    (void)option;
    if (strcmp(text, "slurm") == 0)
        return slurm_shard(&options->shard, &options->shards, reason, size);
    if (sscanf(text, "%9[0-9]/%9[0-9]%n", shard, shards, &end) == 2 && !text[end]) {
        options->shard = strtoul(shard, NULL, 10);
        options->shards = strtoul(shards, NULL, 10);
        if (options->shard < options->shards)
            return true;
    }
    snprintf(reason, size, "expected I/N, with I from 0 to N - 1, or slurm");
    return false;
}

static void show_shard(const struct option *option, const void *value, char *out, size_t size)
{
    const struct geosc_options *options = value;

    (void)option;
    out[0] = 0;
    if (options->shards)
        snprintf(out, size, "%zu/%zu", options->shard, options->shards);
}

static const struct option_type option_shard = {parse_shard, show_shard, NULL, NULL};

/* A preset's --imd none until all options are known: with several --poses, it gives way. */
enum { IMD_OF_PRESET = GEOSC_IMDS };

static bool parse_preset(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    struct geosc_options *options = value;
    int preset;

    if (!option_choice.parse(option, text, &preset, reason, size))
        return false;
    preset_apply(preset, options);
    if (options->imd == GEOSC_IMD_NONE)
        options->imd = (enum geosc_imd)IMD_OF_PRESET;
    return true;
}

static const struct option_type option_preset = {parse_preset, option_show_nothing, NULL, NULL};

#define AT(field) .offset = offsetof(struct match_settings, field)

/* clang-format off */
static const struct option rows[] = {
    ROW_OUTPUT(.heading = "Files", AT(output)),
    {.letter = 'm', .name = "model", .argument = "FILE", .type = &option_text, AT(model),
     .unset = "none: features are not refined",
     .help = "The post-processor: an HDF5 file with one dataset for each key of the PyTorch state_dict."},
    {.name = "pairs", .argument = "FILE", .type = &option_file, AT(options.pairs), .unset = "the input's pairs",
     .help = "The pairs to match, instead of the input's own pairs and all their data: a text file with the names of a source "
             "and a target image on each line. Empty lines and lines that begin with # are skipped."},
    {.name = "format", .argument = "NAME", .type = &option_choice, AT(options.format), .choice = rows_format_choice,
     .help = "Format of the output: geosc; or hloc, a group for each pair, with matches as hloc's dense matchers write them, in "
             "pixels of the photographs. A shard is always in format geosc: geosc merge --format hloc writes hloc's file."},
    ROW_FORCE(AT(options.force)),

    {.name = "preset", .argument = "NAME", .heading = "Computation", .type = &option_preset, AT(options), .choice = preset_name,
     .first = true, .unset = "none",
     .help = "Decode as another system does (geosc help presets): geoaware, geoaware-zero-shot, marco, diy-sc. Stands for several of the "
             "options below; one given by itself wins, wherever it stands."},
#define OPTIONS_BASE offsetof(struct match_settings, options)
#include "base/options_rows.h"

    ROW_THREADS(.heading = "How it runs", AT(options.threads), .help = "Number of threads, at most one for each CPU. It does not change the output."),
    {.name = "workers", .argument = "N", .type = &option_int, AT(options.workers), .minimum = 1, .maximum = 4096,
     .unset = "one for each thread, if the memory suffices",
     .help = "Most pairs to work on at a time, each by its own thread; other threads help. Fewer take less memory. It does not change the "
             "output."},
    ROW_ISA(AT(options.isa)),
    {.name = "memory", .argument = "SIZE", .type = &option_bytes, AT(options.memory), .minimum = 1,
     .unset = "70 % of the memory of the machine or the cgroup",
     .help = "Memory that the run may use, in bytes, or with K, M, G or T (powers of 1024). A run that needs more does not start, and "
             "says how much it needs. With more memory, it keeps more refined images for later pairs. It does not change the output."},
    {.name = "shard", .argument = "I/N", .type = &option_shard, AT(options), .unset = "all pairs",
     .help = "Match only shard I of N, counted from 0. The shards are the same on every machine; each has about the same work, and "
             "pairs that share images. %s in the output's name becomes I-of-N. slurm takes I and N from the task's job array or "
             "step. geosc merge merges the shards; see geosc-cluster(7)."},
    {.name = "dry-run", .type = &option_switch, AT(dry_run),
     .help = "Print the plan instead of running it: pairs, images, maps to refine and to reuse, bytes to read, operations, memory, size of "
             "the output, and an estimate of the time, from matching the first pairs for a second or two. With --shard, for "
             "each of the N shards and for all. Needs no -o."},
    {.name = "restart", .type = &option_switch, AT(options.restart),
     .help = "Start again instead of resuming an interrupted run."},
    {.name = "same-input", .type = &option_switch, AT(options.same_input),
     .help = "Resume although the input's modification time has changed, because you know that its contents are the same (it was copied "
             "or touched). Its size, its structure and a sample of its bytes must still be equal."},
    {.name = "strict", .type = &option_switch, AT(options.strict),
     .help = "Stop at the first pair that fails, without output."},
    ROWS_ACCESS(NULL, AT(options.allow_links), AT(options.allow_plugins)),
    {.name = "progress", .argument = "FORM", .type = &option_choice, AT(progress), .choice = progress_form_name,
     .help = "Progress on stderr: bar; line (a line for each tenth and each minute, at most one a second); json (a line each "
             "second); none; auto: bar on a terminal, else line."},
    ROW_QUIET(AT(quiet)),
    {.letter = 'v', .name = "verbose", .type = &option_switch, AT(verbose),
     .help = "Print more about the run at its end: chosen poses, bytes read, threads."},
    {.name = "json", .type = &option_switch, AT(json),
     .help = "Print the summary of the run as a JSON object on stdout, for geosc report --summary, instead of the line on stderr. With "
             "--dry-run, the plan."},
    ROW_HELP,
    {.name = NULL},
};
/* clang-format on */

static void defaults(void *settings)
{
    struct match_settings *chosen = settings;

    *chosen = (struct match_settings){.progress = PROGRESS_AUTO};
    geosc_options_init(&chosen->options);
}

static void on_progress(void *user, const struct geosc_progress *state)
{
    struct listener *listener = user;

    if (GUARD(signal_life_sign_of_the_command) && signals_take_request())
        progress_say(&listener->progress, state);
    progress_show(&listener->progress, state);
}

static void on_warning(void *user, const char *line)
{
    struct listener *listener = user;

    if (listener->quiet)
        return;
    progress_clear(&listener->progress);
    say("warning: %s", line);
}

/* Prints the summary on stderr, or as JSON on stdout. */
static void print_summary(const struct match_settings *settings, const struct geosc_summary *summary,
                          enum geosc_status status)
{
    if (settings->quiet && !summary->already_done)
        summary_print_failed(summary, settings->output);
    if (settings->json)
        summary_print_json(summary, status);
    else if (summary->already_done && !settings->quiet)
        say("%s is complete, with the same input, model and options: nothing to do", settings->output);
    else if (!settings->quiet)
        summary_print(summary, settings->verbose);
}

/* Replaces %s in the output's name by the shard. False if the name becomes too long. */
static bool name_output(struct match_settings *settings, char *name, size_t size)
{
    const struct geosc_options *options = &settings->options;
    const char *mark = options->shards && settings->output ? strstr(settings->output, "%s") : NULL;
    int used;

    if (!mark)
        return true;
    used = snprintf(name, size, "%.*s%zu-of-%zu%s", (int)(mark - settings->output), settings->output, options->shard,
                    options->shards, mark + 2);
    settings->output = name;
    return used > 0 && (size_t)used < size;
}

/* Checks the files to read in child processes (probe.h). */
static enum geosc_status probe_files(const struct match_settings *settings, const char *input, geosc_context *context)
{
    const struct geosc_options *options = &settings->options;
    struct probe_allowed allowed = {.access = {.links = options->allow_links, .plugins = options->allow_plugins},
                                    .pairs = {.text = options->pairs}};
    enum geosc_status status;

    if (GUARD(probe_of_match))
        TRY(probe_run(context,
                      &(struct probe){.path = input, .walk = probe_input, .job = &allowed, .memory = options->memory}));
    if (settings->model)
        TRY(probe_run(context,
                      &(struct probe){.path = settings->model, .walk = probe_model, .memory = options->memory}));
    if (!settings->dry_run && !options->force) /* a file that --force replaces is not read */
        TRY(probe_place(context, settings->output, options_output_format(options), options->memory));
done:
    return status;
}

static int run_dry(const struct match_settings *settings, const char *input, geosc_context *context)
{
    struct forecast forecast;
    enum geosc_status status = forecast_make(context, input, settings->model, &settings->options, &forecast);

    if (status != GEOSC_OK)
        say_failure(context, status);
    else
        (settings->json ? print_plan_json : print_plan)(input, &forecast);
    forecast_free(&forecast);
    return status;
}

static int run_match(const struct match_settings *settings, const char *input, geosc_context *context,
                     struct listener *listener)
{
    struct geosc_summary summary = {0};
    enum geosc_status status;

    progress_start(&listener->progress, settings->quiet ? PROGRESS_NONE : settings->progress, stderr);
    status = geosc_match_file(context, input, settings->model, settings->output, &settings->options, &summary);
    progress_clear(&listener->progress);
    if (status != GEOSC_OK && status != GEOSC_PAIRS_FAILED)
        say_failure(context, status);
    else
        print_summary(settings, &summary, status);
    return status;
}

/* False, after a message, if the settings contradict each other. name [size]: buffer for the output's name. */
static bool check_settings(struct match_settings *settings, const char *input, char *name, size_t size)
{
    if (!settings->output && !settings->dry_run)
        say_usage("match", "-o OUTPUT.h5 is missing");
    else if (!name_output(settings, name, size))
        say_usage("match", "the output's name is too long");
    else if (!file_out_has_name("match", settings->output))
        return false;
    else if (place_is_same(settings->output, input) || place_is_same(settings->output, settings->model))
        say_usage("match", "the output '%s' is the input or the model", settings->output);
    else if (GUARD(match_over_its_list) && place_is_same(settings->output, settings->options.pairs))
        say_usage("match", "the output '%s' is the list of pairs", settings->output);
    else
        return environment_fill("match", &settings->options.isa, &settings->options.threads, settings->quiet);
    return false;
}

static int run(void *chosen, char **operands, size_t count)
{
    struct match_settings *settings = chosen;
    struct listener listener = {.quiet = settings->quiet};
    struct geosc_options *options = &settings->options;
    char name[PATH_MAX];
    geosc_context *context;
    enum geosc_status status;

    (void)count;
    if ((int)options->imd == IMD_OF_PRESET)
        options->imd = options->pose_count > 1 ? GEOSC_IMD_SQUARED : GEOSC_IMD_NONE;
    if (!check_settings(settings, operands[0], name, sizeof name))
        return GEOSC_BAD_USAGE;
    if (options->allow_plugins)
        h5_process_setup(true);
    context = create_context();
    if (!context)
        return GEOSC_FAILED;
    if (GUARD(signal_stop_of_the_command))
        options->stop = signals_stop();
    options->progress = on_progress;
    options->warning = on_warning;
    options->user = &listener;
    status = probe_files(settings, operands[0], context);
    if (status != GEOSC_OK)
        say_failure(context, status);
    else if (!environment_start_workers(options_threads(options)))
        status = GEOSC_FAILED;
    else
        status = settings->dry_run ? run_dry(settings, operands[0], context)
                                   : run_match(settings, operands[0], context, &listener);
    destroy_context(context);
    return status;
}

const struct command match_command = {
    .name = "match",
    .summary = "match the keypoints of all image pairs of a file",
    .synopsis = "INPUT.h5 -o OUTPUT.h5 [-m MODEL.h5] [OPTION]...",
    .description =
        "Reads image pairs and their feature maps from INPUT.h5, and refines the features with the post-processor. For "
        "each pair, it chooses the pose of the source with the smallest Instance Matching Distance to the target, and "
        "matches each source keypoint (without keypoints: each source cell) into the target by a window soft-argmax of "
        "the similarity. It writes coordinates, scores, distances and poses to OUTPUT.h5. geosc-files(5) describes "
        "both "
        "files.\n\n"
        "A pair that cannot be matched (features that are not finite, an empty mask, a keypoint outside the image) is "
        "marked in /pairs/status of the output; the run continues with the other pairs. Any other fault of the input "
        "is found before the run starts.\n\n"
        "Finished pairs are kept in OUTPUT.h5.journal until the output is written. After any interruption, repeat the "
        "command to resume the run; if the input, the model or the options have changed, it names the change and "
        "stops. It cannot detect features that changed in place in a file whose modification time was set back, or "
        "changes in files behind --allow-links: use --restart after these. SIGTERM, SIGINT, SIGHUP, SIGUSR1 and "
        "SIGXCPU "
        "stop the run within moments, with exit status 75; a second signal of any of these ends it at once. SIGUSR2 "
        "prints the progress. Only one run at a time can write an output.",
    .examples = "  Match as GeoAware-SC does, with its network:\n"
                "    geosc match pairs.h5 -m model.h5 -o matches.h5 --preset geoaware\n"
                "  The same without a network, by the features of mirrored images:\n"
                "    geosc match pairs.h5 -o matches.h5 --preset geoaware-zero-shot\n"
                "  With a network trained for the choice of poses, among all eight:\n"
                "    geosc match pairs.h5 -m model.h5 -o matches.h5 --poses all --pose-source derived\n",
    .options = rows,
    .fails_pairs = true,
    .minimum_operands = 1,
    .maximum_operands = 1,
    .operands = "INPUT.h5",
    .settings_size = sizeof(struct match_settings),
    .defaults = defaults,
    .run = run,
};
