#include "base/guard.h"
#include "commands/commands.h"

#include <string.h>

#include "base/place.h"
#include "rows/rows.h"
#include "system/file_out.h"
#include "system/message.h"
#include "system/signals.h"
#include "tools/synth.h"

enum element { ELEMENT_F2, ELEMENT_F4 };
enum arch { ARCH_RESIDUAL, ARCH_AGGREGATION };
enum side { SIDE_1X1, SIDE_3X3 };

struct synth_settings {
    struct synth_options options;
    const char *output, *model;
    enum element element;
    enum arch arch;
    enum side side;
};

static const char *layout_choice(int i)
{
    static const char *const names[] = {"stacked", "indexed", "grouped", NULL};

    return names[i];
}

static const char *element_choice(int i)
{
    static const char *const names[] = {"f2", "f4", NULL};

    return names[i];
}

static const char *arch_choice(int i)
{
    static const char *const names[] = {"residual-bottleneck", "aggregation", NULL};

    return names[i];
}

static const char *side_choice(int i)
{
    static const char *const names[] = {"1x1", "3x3", NULL};

    return names[i];
}

enum { MANY = 1 << 30, SEVERAL = 256 }; /* the largest size allowed, and number of layers or steps */

#define AT(field) .offset = offsetof(struct synth_settings, field)
#define SIZE(low) .type = &option_size, .minimum = (low), .maximum = MANY

/* clang-format off */
static const struct option rows[] = {
    {.letter = 'o', .name = "output", .argument = "FILE", .heading = "Files", .type = &option_text, AT(output),
     .help = "The input file to write."},
    {.name = "model-out", .argument = "FILE", .type = &option_text, AT(model), .unset = "no model",
     .help = "Also write a random model for it."},
    {.letter = 'f', .name = "force", .type = &option_switch, AT(options.force), .help = "Replace existing files."},

    {.name = "seed", .argument = "N", .heading = "Contents", .type = &option_seed, AT(options.seed),
     .help = "The same seed and sizes give the same bytes."},
    {.name = "pairs", .argument = "N", SIZE(1), AT(options.pairs), .help = "Number of pairs."},
    {.name = "images", .argument = "N", SIZE(2), AT(options.images), .unset = "from the number of pairs",
     .help = "Number of images, in the indexed and grouped layouts."},
    {.name = "channels", .argument = "N", SIZE(1), AT(options.channels), .help = "Channels of a feature map."},
    {.name = "height", .argument = "N", SIZE(1), AT(options.height), .help = "Rows of cells."},
    {.name = "width", .argument = "N", SIZE(1), AT(options.width), .help = "Columns of cells."},
    {.name = "keypoints", .argument = "N", SIZE(0), AT(options.keypoints), .help = "Keypoints of each pair; 0: none."},
    {.name = "arch", .argument = "NAME", .type = &option_choice, AT(arch), .choice = arch_choice,
     .help = "Architecture of the model. An aggregation network has 4 times as many outputs as hidden channels."},
    {.name = "hidden", .argument = "N", SIZE(1), AT(options.hidden), .help = "Hidden channels of the model."},
    {.name = "blocks", .argument = "N", SIZE(1), AT(options.blocks), .help = "Blocks of the model, or levels of an aggregation network, which divide the channels."},
    {.name = "bottlenecks", .argument = "N", .type = &option_size, .minimum = 1, .maximum = SEVERAL, AT(options.bottlenecks),
     .help = "Bottlenecks of each level of an aggregation network."},
    {.name = "time-steps", .argument = "N", .type = &option_size, .minimum = 1, .maximum = SEVERAL, AT(options.time_steps),
     .help = "Time steps of an aggregation network: its levels divide each step's share of the channels."},
    {.name = "conv1", .argument = "NAME", .type = &option_choice, AT(side), .choice = side_choice,
     .help = "First convolutions of the bottlenecks of an aggregation network."},

    {.name = "layout", .argument = "NAME", .heading = "Form", .type = &option_choice, AT(options.layout),
     .choice = layout_choice,
     .help = "stacked: tensors of a batch, two images for each pair; indexed: each image once, pairs by number; grouped: each image "
             "once, pairs by name, in two sizes if height and width differ."},
    {.name = "dtype", .argument = "TYPE", .type = &option_choice, AT(element), .choice = element_choice,
     .help = "Type of the features: f2 is float16, f4 is float32."},
    {.name = "deflate", .argument = "LEVEL", .type = &option_int, AT(options.deflate), .minimum = 0, .maximum = 9,
     .help = "Compress the features with shuffle and deflate, 1 to 9; 0: contiguous."},
    ROW_HELP,
    {.name = NULL},
};
/* clang-format on */

static void defaults(void *settings)
{
    struct synth_settings *chosen = settings;

    *chosen = (struct synth_settings){.output = NULL};
    synth_options_init(&chosen->options);
    chosen->side = chosen->options.wide ? SIDE_3X3 : SIDE_1X1;
    chosen->arch = chosen->options.aggregation ? ARCH_AGGREGATION : ARCH_RESIDUAL;
    chosen->element = chosen->options.type == NUMBER_F16 ? ELEMENT_F2 : ELEMENT_F4;
}

static bool is_deeper(const struct synth_settings *settings)
{
    return settings->options.bottlenecks > 1 || settings->options.time_steps > 1 || settings->side != SIDE_1X1;
}

static int run(void *chosen, char **operands, size_t count)
{
    struct synth_settings *settings = chosen;
    geosc_context *context;
    enum geosc_status status;

    (void)operands, (void)count;
    if (!settings->output)
        return say_usage("synth", "-o INPUT.h5 is missing");
    if (!file_out_has_name("synth", settings->output) || !file_out_has_name("synth", settings->model))
        return GEOSC_BAD_USAGE;
    if (place_is_same(settings->model, settings->output))
        return say_usage("synth", "the input and the model have the same name '%s'", settings->output);
    if (settings->options.images && settings->options.layout == SYNTH_STACKED)
        return say_usage("synth",
                         "--images needs --layout indexed or grouped: a stacked file has two images for each pair");
    if (settings->arch != ARCH_AGGREGATION && is_deeper(settings))
        return say_usage("synth", "--bottlenecks, --time-steps and --conv1 are of --arch aggregation");
    settings->options.wide = settings->side == SIDE_3X3;
    settings->options.aggregation = settings->arch == ARCH_AGGREGATION;
    settings->options.type = settings->element == ELEMENT_F2 ? NUMBER_F16 : NUMBER_F32;
    context = create_context();
    if (!context)
        return GEOSC_FAILED;
    if (GUARD(synth_stop))
        settings->options.stop = signals_stop();
    status = synth_write(context, settings->output, settings->model, &settings->options);
    if (status != GEOSC_OK)
        say_failure(context, status);
    destroy_context(context);
    return status;
}

const struct command synth_command = {
    .name = "synth",
    .summary = "create a data set with known truth",
    .synopsis = "-o INPUT.h5 [--model-out MODEL.h5] [OPTION]...",
    .description =
        "Writes an input for geosc-match(1) with smooth random features, for experiments, tests and timings. Each "
        "target is a posed, noisy copy of its source or, in the indexed and grouped layouts, of one of the images. The "
        "keypoints have target keypoints, and true_pose gives the true pose of each pair: one of eight, or of four if "
        "height and width differ and all images have one size. After SIGTERM, SIGINT, SIGHUP, SIGUSR1 or SIGXCPU, "
        "nothing is written: start again.",
    .examples = "  Create, match and evaluate a small data set and its model:\n"
                "    geosc synth -o pairs.h5 --model-out model.h5 --pairs 20\n"
                "    geosc match pairs.h5 -m model.h5 -o matches.h5 --poses all --pose-source derived\n"
                "    geosc eval pairs.h5 matches.h5\n",
    .options = rows,
    .settings_size = sizeof(struct synth_settings),
    .defaults = defaults,
    .run = run,
};
