#include "base/guard.h"
#include "commands/commands.h"

#include <errno.h>
#include <math.h>
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
#include "show/blend_page.h"
#include "show/matched.h"
#include "system/file_out.h"
#include "system/message.h"

enum { PAIRS = 64 /* most numbers after --pair */ };

/* Numbers of pairs, from 0, each once. */
struct pair_numbers {
    size_t count, number[PAIRS];
};

struct least_score {
    bool given;
    double score;
};

/* The value of --format before the formats of draw.h: the output's name decides. */
enum format_choice { FORMAT_BY_NAME };

struct render_settings {
    const char *output, *category;
    struct pair_numbers pairs;
    size_t worst, best, random;
    uint64_t seed;
    int asked_format;        /* FORMAT_BY_NAME, else 1 + enum draw_format */
    enum draw_format format; /* set by check_usage */
    double side, alpha;
    size_t top;
    struct least_score least;
    bool mutual, no_lines;
    struct h5_access access;
    bool force;
};

/* Adds the number to those of earlier --pair. */
static bool parse_pair(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    struct pair_numbers *pairs = value;
    size_t number;

    if (!option_size.parse(option, text, &number, reason, size))
        return false;
    for (size_t i = 0; i < pairs->count; i++)
        if (pairs->number[i] == number)
            return true;
    if (pairs->count == PAIRS) {
        snprintf(reason, size, "more than %d pairs: choose them by --category, --worst, --best or --random", PAIRS);
        return false;
    }
    pairs->number[pairs->count++] = number;
    return true;
}

static bool parse_least(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    struct least_score *least = value;

    return least->given = option_real.parse(option, text, &least->score, reason, size);
}

static const struct option_type option_pair = {parse_pair, option_show_nothing, NULL, NULL};
static const struct option_type option_least = {parse_least, option_show_nothing, NULL, NULL};

static const char *format_choice(int i)
{
    return i == FORMAT_BY_NAME ? "auto" : draw_format_name(i - 1);
}

#define AT(field) .offset = offsetof(struct render_settings, field)

/* clang-format off */
static const struct option rows[] = {
    {.letter = 'o', .name = "output", .argument = "FILE", .heading = "Files", .type = &option_text, AT(output),
     .help = "With one --pair: the picture, PNG, SVG, PDF or HTML by the ending of its name, or - for stdout. Otherwise: a folder "
             "for the pictures, created if it does not exist."},
    {.name = "format", .argument = "FORMAT", .type = &option_choice, AT(asked_format), .choice = format_choice,
     .help = "png, svg, pdf, or html: a page that blends the source of a dense match with the target warped to it; auto: by the "
             "name of the file; png for a folder or stdout."},
    {.letter = 'f', .name = "force", .type = &option_switch, AT(force), .help = "Replace existing pictures."},

    {.name = "pair", .argument = "N", .heading = "Which pairs", .type = &option_pair, AT(pairs), .maximum = 9e15,
     .help = "The pair with this number, counted from 0. It can be repeated."},
    {.name = "worst", .argument = "K", .type = &option_size, AT(worst), .maximum = 1e9, .unset = "none",
     .help = "The K pairs with the largest share of wrong matches (of equal ones those with the largest errors) or, without ground truth, "
             "the smallest scores."},
    {.name = "best", .argument = "K", .type = &option_size, AT(best), .maximum = 1e9, .unset = "none",
     .help = "The K pairs with the smallest share of wrong matches (of equal ones those with the smallest errors) or, without ground truth, "
             "the largest scores."},
    {.name = "random", .argument = "K", .type = &option_size, AT(random), .maximum = 1e9, .unset = "none",
     .help = "K random pairs."},
    {.name = "seed", .argument = "N", .type = &option_seed, AT(seed), .help = "Seed of the choice of --random."},
    {.name = "category", .argument = "NAME", .type = &option_text, AT(category),
     .help = "Only pairs of this category: all, or those chosen by --worst, --best or --random."},

    {.name = "top", .argument = "N", .heading = "Which matches", .type = &option_size, AT(top), .minimum = 1, .maximum = 10000, .unset = "all keypoints; no cells",
     .help = "Only the N matches of a pair with the largest scores. Of a dense match, N cells are joined to their matches by lines."},
    {.name = "min-score", .argument = "S", .type = &option_least, AT(least), .minimum = -1e30, .maximum = 1e30, .unset = "none",
     .help = "Only matches with a score of at least S; other cells of a dense match are holes."},
    {.name = "mutual", .type = &option_switch, AT(mutual),
     .help = "Only mutual matches, for which OUTPUT.h5 must be of geosc match --confidence."},

    {.name = "size", .argument = "N", .heading = "How they look", .type = &option_real, AT(side), .minimum = 99, .maximum = 8000,
     .help = "Longest side of each image in the picture, in points; above 420, text and lines grow with it."},
    {.name = "alpha", .argument = "A", .type = &option_real, AT(alpha), .maximum = 1e6,
     .help = "A match is right if its error is below alpha times the threshold."},
    {.name = "no-lines", .type = &option_switch, AT(no_lines), .help = "No lines between the images; the dashes from wrong matches to their true places stay."},
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

/* Pairs are chosen by more than their numbers. */
static bool is_ranked(const struct render_settings *settings)
{
    return settings->worst || settings->best || settings->random || settings->category;
}

static bool is_many(const struct render_settings *settings)
{
    return is_ranked(settings) || settings->pairs.count > 1;
}

/* Whether the output's name ends in a format, which is then set. */
static bool format_of_name(const char *output, enum draw_format *format)
{
    const char *ending = strrchr(output, '.');

    for (int i = 0; ending && draw_format_name(i); i++) {
        *format = (enum draw_format)i;
        if (strcasecmp(ending + 1, draw_format_name(i)) == 0)
            return true;
    }
    return false;
}

/* Sets the format from the options; false if the file's name ends in no known format. */
static bool find_format(struct render_settings *settings)
{
    const bool by_name = settings->asked_format == FORMAT_BY_NAME;

    settings->format = by_name ? DRAW_PNG : (enum draw_format)(settings->asked_format - 1);
    return !by_name || is_many(settings) || strcmp(settings->output, "-") == 0 ||
           format_of_name(settings->output, &settings->format);
}

/* Whether a folder is to be made that everyone would take for a picture. */
static bool is_named_like_a_picture(const char *folder)
{
    enum draw_format format;
    struct stat found;

    return format_of_name(folder, &format) && stat(folder, &found) != 0;
}

static int check_usage(struct render_settings *settings)
{
    if (!settings->output)
        return say_usage("render", "-o PICTURE is missing");
    if (!settings->pairs.count && !is_ranked(settings))
        return say_usage("render", "choose pairs: --pair N, or --worst, --best, --random or --category");
    if (settings->pairs.count && is_ranked(settings))
        return say_usage("render", "use either --pair, or --worst, --best, --random and --category");
    if ((settings->worst != 0) + (settings->best != 0) + (settings->random != 0) > 1)
        return say_usage("render", "use only one of --worst, --best and --random");
    if (is_many(settings) && strcmp(settings->output, "-") == 0)
        return say_usage("render", "only the picture of one --pair can go to stdout");
    if (is_many(settings) && is_named_like_a_picture(settings->output))
        return say_usage("render",
                         "several pictures need a folder, but '%s' is named like a picture: name a folder, and "
                         "choose their format with --format",
                         settings->output);
    if (!find_format(settings))
        return say_usage("render", "'%s' does not end in .png, .svg, .pdf or .html: choose a format with --format",
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

    *first = 0;
    *count = settings->pairs.count;
    if (*count) {
        TRY(memory_allocate(context, order, *count, sizeof **order, "the pairs"));
        memcpy(*order, settings->pairs.number, *count * sizeof **order);
        return GEOSC_OK;
    }
    TRY(pair_rank(context, &matched->catalog, &matched->results, NULL, settings->alpha, settings->category, order,
                  &all));
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
    const struct drawing drawing = {settings->format, settings->side, settings->alpha, settings->no_lines};
    const struct view_choice choice = {settings->top, settings->least.given ? settings->least.score : -INFINITY,
                                       settings->mutual};
    struct bytes bytes = {0};
    struct pair_view view = {0};
    enum geosc_status status;

    TRY(pair_view_load(context, &matched->catalog, &matched->results, pair, &view));
    TRY(pair_view_choose(context, &view, &choice));
    TRY(settings->format == DRAW_HTML ? blend_page(context, &view, &bytes)
                                      : draw_pair(context, &view, &drawing, &bytes));
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

/* Checks that the files have what the options ask for. */
static enum geosc_status check_files(geosc_context *context, const struct render_settings *settings,
                                     const struct matched *matched)
{
    for (size_t i = 0; i < settings->pairs.count; i++)
        if (settings->pairs.number[i] >= matched->catalog.pairs)
            return fail(context, GEOSC_FAILED, "%s: has no pair %zu: its %zu pairs are numbered from 0", matched->input,
                        settings->pairs.number[i], matched->catalog.pairs);
    if (settings->mutual && !matched->results.mutual)
        return fail(context, GEOSC_FAILED, "%s: has no /matches/mutual, which --mutual needs: match with --confidence",
                    matched->output);
    if (settings->format == DRAW_HTML && matched->results.rank != 2)
        return fail(
            context, GEOSC_FAILED,
            "%s: has matches of keypoints, but the page of --format html blends the images of a dense match: match "
            "an input without keypoints, or choose png, svg or pdf",
            matched->output);
    return GEOSC_OK;
}

static enum geosc_status render(geosc_context *context, const void *chosen, struct matched *matched)
{
    const struct render_settings *settings = chosen;
    enum geosc_status status;

    if (settings->format != DRAW_HTML)
        TRY(draw_check(context));
    TRY(matched_open(context, matched));
    TRY(check_files(context, settings, matched));
    if (is_many(settings))
        return draw_folder(context, settings, matched);
    TRY(file_out_check(context, settings->output, settings->force));
    TRY(draw_to(context, settings, matched, settings->pairs.number[0], settings->output));
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
        "keypoints joined to their matches by lines, with numbers, outlines of masks, scores and the distances of all "
        "poses. With ground truth, a filled circle is a right match, and a red cross a wrong one, from which a dashed "
        "line leads to a ring at the true place; a diamond is a match that nobody judged, because the keypoint has no "
        "true place in the input. An open square in the source is a keypoint without an answer; one outside the source "
        "is only listed. Matches at one place stand side by side. No two keypoints of a picture have the same colour, "
        "which a cross has in its middle.\n\n"
        "The images are from /images/rgb; without it, the picture shows the first three principal components of both "
        "images' features as red, green and blue. A dense match is drawn as a flow, in the colours of a wheel, and as "
        "the target warped to the source; as HTML, it is a page that blends the source with the warped target.\n\n"
        "One pair (--pair) is written to a file. Several (--pair repeated, --worst, --best, --random, --category) are "
        "written to a folder, as pair-NUMBER.png; their names are printed, best pair first, or in the order of --pair.",
    .examples = "  One pair:\n"
                "    geosc render pairs.h5 matches.h5 --pair 3 -o pair.png\n"
                "  The ten worst pairs, as PDF:\n"
                "    geosc render pairs.h5 matches.h5 --worst 10 --format pdf -o worst\n"
                "  Two pairs, with their 20 best matches each:\n"
                "    geosc render pairs.h5 matches.h5 --pair 0 --pair 3 --top 20 -o pictures\n"
                "  A page that blends the images of a dense match:\n"
                "    geosc render pairs.h5 dense.h5 --pair 3 -o blend.html\n",
    .options = rows,
    .minimum_operands = 2,
    .maximum_operands = 2,
    .operands = "INPUT.h5 or OUTPUT.h5",
    .settings_size = sizeof(struct render_settings),
    .defaults = defaults,
    .run = run,
};
