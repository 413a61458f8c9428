#include "base/guard.h"
#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/place.h"
#include "base/random.h"
#include "draw/draw.h"
#include "draw/pair_rank.h"
#include "rows/rows.h"
#include "show/matched.h"
#include "system/file_out.h"
#include "system/message.h"

/* The number of a pair, from 0; or none. */
struct pair_number {
    bool given;
    size_t number;
};

/* The value of --format before the formats of draw.h: the output's name decides. */
enum format_choice { FORMAT_BY_NAME };

struct render_settings {
    const char *output, *category;
    struct pair_number pair;
    size_t worst, best, random;
    uint64_t seed;
    int asked_format;        /* FORMAT_BY_NAME, else 1 + enum draw_format */
    enum draw_format format; /* set by check_usage */
    double side, alpha;
    struct h5_access access;
    bool force;
};

static bool parse_pair(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    struct pair_number *pair = value;

    pair->given = option_size.parse(option, text, &pair->number, reason, size);
    return pair->given;
}

static const struct option_type option_pair = {parse_pair, option_show_nothing, NULL, NULL};

static const char *format_choice(int i)
{
    return i == FORMAT_BY_NAME ? "auto" : draw_format_name(i - 1);
}

#define AT(field) .offset = offsetof(struct render_settings, field)

/* clang-format off */
static const struct option rows[] = {
    {.letter = 'o', .name = "output", .argument = "FILE", .heading = "Files", .type = &option_text, AT(output),
     .help = "With --pair: the picture, PNG, SVG or PDF by the ending of its name, or - for stdout. Otherwise: a folder for "
             "the pictures, created if it does not exist."},
    {.name = "format", .argument = "FORMAT", .type = &option_choice, AT(asked_format), .choice = format_choice,
     .help = "png, svg or pdf; auto: by the name of the file; png for a folder or stdout."},
    {.letter = 'f', .name = "force", .type = &option_switch, AT(force), .help = "Replace existing pictures."},

    {.name = "pair", .argument = "N", .heading = "Which pairs", .type = &option_pair, AT(pair), .maximum = 9e15,
     .help = "The pair with this number, counted from 0."},
    {.name = "worst", .argument = "K", .type = &option_size, AT(worst), .maximum = 1e9, .unset = "none",
     .help = "The K pairs with the largest errors or, without ground truth, the smallest scores."},
    {.name = "best", .argument = "K", .type = &option_size, AT(best), .maximum = 1e9, .unset = "none",
     .help = "The K pairs with the smallest errors or, without ground truth, the largest scores."},
    {.name = "random", .argument = "K", .type = &option_size, AT(random), .maximum = 1e9, .unset = "none",
     .help = "K random pairs."},
    {.name = "seed", .argument = "N", .type = &option_seed, AT(seed), .help = "Seed of the choice of --random."},
    {.name = "category", .argument = "NAME", .type = &option_text, AT(category),
     .help = "Only pairs of this category: all, or those chosen by --worst, --best or --random."},

    {.name = "size", .argument = "N", .heading = "How they look", .type = &option_real, AT(side), .minimum = 99, .maximum = 8000,
     .help = "Longest side of each image in the picture, in points; text and lines scale with it."},
    {.name = "alpha", .argument = "A", .type = &option_real, AT(alpha), .maximum = 1e6,
     .help = "A match is correct if its error is below alpha times the threshold."},
    ROWS_ACCESS("How the input is read", AT(access.links), AT(access.plugins)),
    ROW_HELP,
    {.name = NULL},
};
/* clang-format on */

static void defaults(void *settings)
{
    *(struct render_settings *)settings = (struct render_settings){.side = 420, .alpha = 0.1, .seed = 1};
}

/* ---- pairs and format ---------------------------------------------------------------------------- */

static bool is_many(const struct render_settings *settings)
{
    return settings->worst || settings->best || settings->random || settings->category;
}

/* Sets the format from the options; false if the file's name ends in no known format. */
static bool find_format(struct render_settings *settings)
{
    const char *ending = strrchr(settings->output, '.');

    settings->format =
        settings->asked_format == FORMAT_BY_NAME ? DRAW_PNG : (enum draw_format)(settings->asked_format - 1);
    if (settings->asked_format != FORMAT_BY_NAME || is_many(settings) || strcmp(settings->output, "-") == 0)
        return true;
    for (int i = 0; ending && draw_format_name(i); i++) {
        settings->format = (enum draw_format)i;
        if (strcasecmp(ending + 1, draw_format_name(i)) == 0)
            return true;
    }
    return false;
}

static int check_usage(struct render_settings *settings)
{
    if (!settings->output)
        return say_usage("render", "-o PICTURE is missing");
    if (!settings->pair.given && !is_many(settings))
        return say_usage("render", "choose pairs: --pair N, or --worst, --best, --random or --category");
    if (settings->pair.given && is_many(settings))
        return say_usage("render", "use either --pair, or --worst, --best, --random and --category");
    if ((settings->worst != 0) + (settings->best != 0) + (settings->random != 0) > 1)
        return say_usage("render", "use only one of --worst, --best and --random");
    if (is_many(settings) && strcmp(settings->output, "-") == 0)
        return say_usage("render", "only the picture of --pair can go to stdout");
    if (!find_format(settings))
        return say_usage("render", "'%s' does not end in .png, .svg or .pdf: choose a format with --format",
                         settings->output);
    return GEOSC_OK;
}

/* Moves `count` random pairs to the front. */
static void choose_random(size_t *order, size_t all, size_t count, uint64_t seed)
{
    struct random_stream stream = random_stream(seed, 0, 0);

    for (size_t i = 0; i < count; i++) {
        size_t other = i + (size_t)random_below(&stream, all - i), pair = order[i];
        order[i] = order[other];
        order[other] = pair;
    }
}

/* Chooses the pairs to draw: *count from *first in the new block *order. */
static enum geosc_status choose_pairs(geosc_context *context, const struct render_settings *settings,
                                      const struct matched *matched, size_t **order, size_t *first, size_t *count)
{
    enum geosc_status status;
    size_t all, wanted = settings->worst + settings->best + settings->random;

    TRY(pair_rank(context, &matched->catalog, &matched->results, settings->category, order, &all));
    if (all == 0)
        TRY(fail(context, GEOSC_FAILED, "no pair has a match%s%s%s", settings->category ? " in category '" : "",
                 settings->category ? settings->category : "", settings->category ? "'" : ""));
    *count = wanted && wanted < all ? wanted : all;
    *first = settings->worst ? all - *count : 0;
    if (settings->random)
        choose_random(*order, all, *count, settings->seed);
done:
    return status;
}

/* ---- pictures ------------------------------------------------------------------------------------ */

static enum geosc_status draw_to(geosc_context *context, const struct render_settings *settings,
                                 const struct matched *matched, size_t pair, const char *path)
{
    const struct drawing drawing = {settings->format, settings->side, settings->alpha};
    struct draw_bytes bytes = {0};
    struct pair_view view = {0};
    enum geosc_status status;

    TRY(pair_view_load(context, &matched->catalog, &matched->results, pair, &view));
    TRY(draw_pair(context, &view, &drawing, &bytes));
    TRY(file_out(context, path, bytes.data, bytes.count, settings->force));
done:
    memory_free(bytes.data);
    pair_view_free(&view);
    return status;
}

static enum geosc_status draw_folder(geosc_context *context, const struct render_settings *settings,
                                     const struct matched *matched)
{
    enum geosc_status status;
    size_t *order = NULL, first = 0, count = 0;
    char path[4096];

    TRY(choose_pairs(context, settings, matched, &order, &first, &count));
    if (mkdir(settings->output, 0777) != 0 && errno != EEXIST)
        TRY(fail(context, GEOSC_FAILED, "%s: cannot create the folder: %s", settings->output, strerror(errno)));
    snprintf(path, sizeof path, "%s/pair-", settings->output);
    place_sweep_all(path); /* once for all pictures, because it searches the whole folder */
    for (size_t i = first; i < first + count; i++) {
        int length = snprintf(path, sizeof path, "%s/pair-%06zu.%s", settings->output, order[i],
                              draw_format_name((int)settings->format));
        if (length < 0 || (size_t)length >= sizeof path)
            TRY(fail(context, GEOSC_FAILED, "%s: the name is too long", settings->output));
        TRY(draw_to(context, settings, matched, order[i], path));
        print_line("%s", path);
    }
done:
    memory_free(order);
    return status;
}

static enum geosc_status render(geosc_context *context, const void *chosen, struct matched *matched)
{
    const struct render_settings *settings = chosen;
    enum geosc_status status;

    TRY(draw_check(context));
    TRY(matched_open(context, matched));
    if (!settings->pair.given)
        return draw_folder(context, settings, matched);
    if (settings->pair.number >= matched->catalog.pairs)
        TRY(fail(context, GEOSC_FAILED, "%s: has no pair %zu: its %zu pairs are numbered from 0", matched->input,
                 settings->pair.number, matched->catalog.pairs));
    TRY(file_out_check(context, settings->output, settings->force));
    TRY(draw_to(context, settings, matched, settings->pair.number, settings->output));
done:
    return status;
}

static int run(void *chosen, char **operands, size_t count)
{
    struct render_settings *settings = chosen;
    int status = check_usage(settings);

    (void)count;
    if (GUARD(render_over_its_own) && status == GEOSC_OK && matched_is_output_read(operands, settings->output))
        status = say_usage("render", "the picture '%s' is the input or the output", settings->output);
    return status == GEOSC_OK ? matched_run(operands, &settings->access, render, settings) : status;
}

const struct command render_command = {
    .name = "render",
    .summary = "draw pairs: both images, matches, errors, distances",
    .synopsis = "INPUT.h5 OUTPUT.h5 --pair N -o PICTURE [OPTION]...",
    .description =
        "Draws pairs of INPUT.h5 with the matches of OUTPUT.h5: the source in its chosen pose beside the target, "
        "keypoints joined to their matches by coloured, numbered lines, outlines of masks, scores, the distances of "
        "all "
        "poses and, with ground truth, errors. The images are from /images/rgb; without it, the picture shows the "
        "first "
        "three principal components of both images' features as red, green and blue. A dense match is drawn as a flow "
        "and as the source warped to the target.\n\n"
        "One pair (--pair) is written to a file. Several (--worst, --best, --random, --category) are written to a "
        "folder, as pair-NUMBER.png; their names are printed, best pair first.",
    .examples = "  One pair:\n"
                "    geosc render pairs.h5 matches.h5 --pair 3 -o pair.png\n"
                "  The ten worst pairs, as PDF:\n"
                "    geosc render pairs.h5 matches.h5 --worst 10 --format pdf -o worst\n",
    .options = rows,
    .minimum_operands = 2,
    .maximum_operands = 2,
    .operands = "INPUT.h5 or OUTPUT.h5",
    .settings_size = sizeof(struct render_settings),
    .defaults = defaults,
    .run = run,
};
