#include "commands/commands.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "rows/rows.h"
#include "show/json.h"
#include "system/environment.h"
#include "system/message.h"
#include "tools/bench.h"

struct bench_settings {
    struct bench_options options;
    bool json;
};

#define AT(field) .offset = offsetof(struct bench_settings, field)

/* clang-format off */
static const struct option rows[] = {
    {.name = "channels", .argument = "N", .heading = "Sizes", .type = &option_size, AT(options.channels), .minimum = 1, .maximum = 65536,
     .help = "Channels of the features."},
    {.name = "height", .argument = "N", .type = &option_size, AT(options.height), .minimum = 1, .maximum = 1024, .help = "Rows of cells."},
    {.name = "width", .argument = "N", .type = &option_size, AT(options.width), .minimum = 1, .maximum = 1024, .help = "Columns of cells."},
    {.name = "hidden", .argument = "N", .type = &option_size, AT(options.hidden), .minimum = 1, .maximum = 65536,
     .help = "Hidden channels of the network."},
    {.name = "blocks", .argument = "N", .type = &option_size, AT(options.blocks), .minimum = 1, .maximum = 64, .help = "Blocks of the network."},
    {.name = "keypoints", .argument = "N", .type = &option_size, AT(options.keypoints), .minimum = 1, .maximum = 10000,
     .help = "Keypoints of a pair."},
    {.name = "rounds", .argument = "N", .heading = "How it runs", .type = &option_size, AT(options.rounds), .minimum = 1, .maximum = 99,
     .help = "Rounds over all stages; the medians are printed."},
    ROW_THREADS(AT(options.threads), .help = "Number of threads."),
    ROW_ISA(AT(options.isa)),
    {.name = "json", .type = &option_switch, AT(json), .help = "Print a JSON object."},
    ROW_HELP,
    {.name = NULL},
};
/* clang-format on */

static void defaults(void *settings)
{
    *(struct bench_settings *)settings = (struct bench_settings){0};
    bench_options_init(&((struct bench_settings *)settings)->options);
}

/* The stage's rate as a share of the peak that limits it; it may exceed 1. */
static double share(const struct bench_result *result, const struct bench_stage *stage)
{
    return stage->work / stage->seconds / result->peak[stage->limit];
}

static void print_text(const struct bench_result *result)
{
    const struct bench_options *options = &result->options;

    printf("%zu channels on %zu x %zu cells, %zu blocks of %zu hidden; %s, %d thread%s, medians of %zu rounds\n",
           options->channels, options->height, options->width, options->blocks, options->hidden, result->isa,
           result->threads, result->threads == 1 ? "" : "s", options->rounds);
    printf("peaks: %s GFLOP/s of fused multiply-adds, ", number_fixed(result->peak[BENCH_FMA] * 1e-9, 0).text);
    if (result->peak[BENCH_INT8] > 0)
        printf("%s GOP/s of int8 products, ", number_fixed(result->peak[BENCH_INT8] * 1e-9, 0).text);
    printf("%s GB/s through memory\n\n", number_fixed(result->peak[BENCH_MEMORY] * 1e-9, 1).text);
    printf("%-10s %-44s %10s %9s %8s %7s %6s %6s\n", "stage", "", "ms", "GOP/s", "of peak", "serial", "x16", "x64");
    for (size_t i = 0; i < result->stage_count; i++) {
        const struct bench_stage *stage = &result->stages[i];
        printf("%-10s %-44s %10s ", stage->name, stage->what, number_fixed(stage->seconds * 1e3, 2).text);
        if (stage->limit != BENCH_MEMORY)
            printf("%9s ", number_fixed(stage->work / stage->seconds * 1e-9, 0).text);
        else
            printf("%9s ", "");
        printf("%6s %%", number_fixed(100 * share(result, stage), 0).text);
        if (!isnan(stage->serial_share))
            printf(" %5s %% %6s %6s", number_fixed(100 * stage->serial_share, 1).text,
                   number_fixed(stage->speedup_16, 1).text, number_fixed(stage->speedup_64, 1).text);
        putchar('\n');
    }
    puts("\nGOP/s counts the operations of the definition: direct convolutions, all pairs of cells. Winograd and int8 "
         "do fewer or\n"
         "cheaper ones, so they may exceed the fp32 peak. serial: the serial share, from 1 and 2 threads by Amdahl's "
         "law; x16, x64:\n"
         "the speed-up that it predicts on 16 and 64 cores.");
    for (int i = 0; i < BENCH_CASES; i++) {
        const struct nearest_statistics *statistics = &result->candidates[i].statistics;
        if (statistics->rows)
            printf("%s: int8 leaves %s candidates per cell to fp32, at most %zu; %zu cells are searched entirely in "
                   "fp32\n",
                   result->candidates[i].name,
                   number_fixed((double)statistics->candidates / (double)statistics->rows, 2).text, statistics->most,
                   statistics->rows_in_fp32);
    }
}

static void print_stage_json(struct json *json, const struct bench_result *result, const struct bench_stage *stage)
{
    json_object(json, stage->name);
    json_number(json, "seconds", stage->seconds);
    json_number(json, "seconds_one_thread", stage->seconds_one);
    json_number(json, "work", stage->work);
    json_number(json, "share_of_peak", share(result, stage));
    json_number(json, "serial_share", stage->serial_share);
    json_number(json, "speedup_16", stage->speedup_16);
    json_number(json, "speedup_64", stage->speedup_64);
    json_end(json);
}

static void print_candidates_json(struct json *json, const struct bench_result *result)
{
    json_object(json, "candidates");
    for (int i = 0; i < BENCH_CASES; i++) {
        const struct nearest_statistics *statistics = &result->candidates[i].statistics;

        json_object(json, result->candidates[i].name);
        json_count(json, "rows", statistics->rows);
        json_count(json, "candidates", statistics->candidates);
        json_count(json, "most", statistics->most);
        json_count(json, "rows_in_fp32", statistics->rows_in_fp32);
        json_end(json);
    }
    json_end(json);
}

static void print_json(const struct bench_result *result)
{
    const struct bench_options *options = &result->options;
    struct json json = {.out = stdout};

    json_object(&json, NULL);
    json_text(&json, "isa", result->isa);
    json_count(&json, "threads", (size_t)result->threads);
    json_count(&json, "channels", options->channels);
    json_count(&json, "height", options->height);
    json_count(&json, "width", options->width);
    json_count(&json, "hidden", options->hidden);
    json_count(&json, "blocks", options->blocks);
    json_number(&json, "peak_fma", result->peak[BENCH_FMA]);
    json_number(&json, "peak_int8", result->peak[BENCH_INT8] > 0 ? result->peak[BENCH_INT8] : NAN);
    json_number(&json, "peak_memory", result->peak[BENCH_MEMORY]);
    json_object(&json, "stages");
    for (size_t i = 0; i < result->stage_count; i++)
        print_stage_json(&json, result, &result->stages[i]);
    json_end(&json);
    print_candidates_json(&json, result);
    json_finish(&json);
}

static int run(void *chosen, char **operands, size_t count)
{
    struct bench_settings *settings = chosen;
    struct bench_result result;
    geosc_context *context;
    enum geosc_status status;

    (void)operands;
    (void)count;
    if (!environment_fill("bench", &settings->options.isa, &settings->options.threads, false))
        return GEOSC_BAD_USAGE;
    context = create_context();
    if (!context)
        return GEOSC_FAILED;
    if (!environment_start_workers(settings->options.threads)) {
        destroy_context(context);
        return GEOSC_FAILED;
    }
    status = bench_run(context, &settings->options, &result);
    if (status == GEOSC_OK)
        (settings->json ? print_json : print_text)(&result);
    else
        say_failure(context, status);
    destroy_context(context);
    return status;
}

const struct command bench_command = {
    .name = "bench",
    .summary = "measure kernels and stages against this machine's peak",
    .synopsis = "[OPTION]...",
    .description = "Runs each stage on random features of the given sizes, measures this machine's peaks, and prints "
                   "times, rates and "
                   "their share of the peak. It reads and writes no file.\n\n"
                   "Run it on an idle machine: other programs change all figures.",
    .examples = "  With the sizes of the paper's features:\n"
                "    geosc bench\n"
                "  With AVX2:\n"
                "    geosc bench --isa avx2\n",
    .options = rows,
    .operands = "",
    .settings_size = sizeof(struct bench_settings),
    .defaults = defaults,
    .run = run,
};
