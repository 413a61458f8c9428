#include "base/guard.h"
#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/place.h"
#include "base/stream.h"
#include "rows/rows.h"
#include "show/matched.h"
#include "show/page.h"
#include "show/report_data.h"
#include "show/report_page.h"
#include "system/file_out.h"
#include "system/message.h"

enum {
    SUMMARY_BYTES = 64 * 1024, /* the most that --summary reads */
    GALLERY_MOST = 1000
};

struct report_settings {
    const char *output, *summary;
    struct report_request request;
    const char *other; /* the second output, or NULL */
    struct h5_access access;
    bool force;
};

#define FEW_TEXT "24"
_Static_assert(REPORT_FEW == 24, "FEW_TEXT is out of date");
#define AT(field) .offset = offsetof(struct report_settings, field)

/* "4,2,2", or one number for all three. */
static bool parse_gallery(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    struct report_gallery *gallery = value;
    size_t numbers[3], count = 0;
    char *end;

    (void)option;
    for (const char *at = text; count < 3 && *at >= '0' && *at <= '9'; at = end + 1) {
        unsigned long number = strtoul(at, &end, 10);
        if (number > GALLERY_MOST || (*end && *end != ','))
            break;
        numbers[count++] = number;
        if (!*end && count != 2) {
            *gallery =
                (struct report_gallery){numbers[0], numbers[count == 3 ? 1 : 0], numbers[count == 3 ? 2 : 0], false};
            return true;
        }
        if (!*end)
            break;
    }
    snprintf(reason, size, "expected three numbers from 0 to %d, separated by commas, or one for all", GALLERY_MOST);
    return false;
}

static void show_gallery(const struct option *option, const void *value, char *out, size_t size)
{
    const struct report_gallery *gallery = value;

    (void)option;
    snprintf(out, size, "%zu,%zu,%zu", gallery->worst, gallery->best, gallery->random);
}

static const struct option_type option_gallery = {parse_gallery, show_gallery, NULL, NULL};

/* clang-format off */
static const struct option rows[] = {
    {.letter = 'o', .name = "output", .argument = "FILE", .heading = "Options", .type = &option_text, AT(output),
     .help = "The page to write; - is stdout."},
    {.letter = 'f', .name = "force", .type = &option_switch, AT(force), .help = "Replace an existing page."},
    {.name = "summary", .argument = "FILE", .type = &option_text, AT(summary), .unset = "none: no times are shown",
     .help = "The output of geosc match --json for OUTPUT.h5, which has the time of each stage; - is stdin."},
    {.name = "gallery", .argument = "N,N,N", .type = &option_gallery, AT(request.gallery),
     .help = "Pairs with pictures in each category: the worst, the best, and some at random; failed pairs as many as worst ones. One "
             "number stands for all three. Of two outputs the worst are the pairs in which they differ most. Without this option, all "
             "pairs of a run of up to " FEW_TEXT " have pictures."},
    {.name = "alpha", .argument = "A", .type = &option_real, AT(request.alpha), .maximum = 1e6,
     .help = "The page first shows a match as right if its error is below alpha times the threshold; there, 100 steps up to twice this "
             "alpha can be chosen."},
    ROWS_ACCESS(NULL, AT(access.links), AT(access.plugins)),
    ROW_HELP,
    {.name = NULL},
};
/* clang-format on */

static void defaults(void *settings)
{
    *(struct report_settings *)settings =
        (struct report_settings){.request = {.alpha = 0.1, .gallery = {4, 2, 2, true}}};
}

/* Reads the summary into a new text; free with memory_free. */
static enum geosc_status read_summary(geosc_context *context, const char *path, char **text)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    enum geosc_status status;
    size_t count;

    if (!file)
        return fail(context, GEOSC_FAILED, "%s: cannot be opened: %s", path, strerror(errno));
    TRY(memory_allocate_zero(context, text, SUMMARY_BYTES + 1, 1, "the summary"));
    count = fread(*text, 1, SUMMARY_BYTES, file);
    TRY(check_stop(context));
    if (ferror(file))
        TRY(fail(context, GEOSC_FAILED, "%s: cannot be read: %s", path, strerror(errno)));
    if (count == 0 || (*text)[strspn(*text, " \t\r\n")] != '{' || !feof(file))
        TRY(fail(context, GEOSC_FAILED, "%s: is not the output of geosc match --json", path));
done:
    if (!is_stdin)
        fclose(file);
    return status;
}

/* Prints the page; its lines @NAME@ are replaced. */
static void print_page(FILE *out, const struct bytes *json, const struct bytes *elements)
{
    for (const char *const *line = report_html; *line; line++) {
        if (strcmp(*line, "@STYLE@\n") == 0)
            page_lines(out, report_css);
        else if (strcmp(*line, "@SCRIPT@\n") == 0)
            page_lines(out, report_js);
        else if (strcmp(*line, "@DATA@\n") == 0)
            page_data(out, json);
        else if (strcmp(*line, "@ELEMENTS@\n") == 0)
            fwrite(elements->data, 1, elements->count, out);
        else
            fputs(*line, out);
    }
}

static enum geosc_status make_page(geosc_context *context, const struct report_settings *settings,
                                   const struct matched *matched, const struct matched *other)
{
    struct stream json = {0}, elements = {0}, page = {0};
    enum geosc_status status;

    TRY(stream_open(context, &json, "the page"));
    TRY(stream_open(context, &elements, "the page"));
    TRY(stream_open(context, &page, "the page"));
    TRY(report_data(context, matched, other, &settings->request, json.out, elements.out));
    TRY(stream_end(&json));
    TRY(stream_end(&elements));
    print_page(page.out, &json.bytes, &elements.bytes);
    TRY(stream_end(&page));
    TRY(file_out(context, settings->output, page.bytes.data, page.bytes.count, settings->force));
done:
    stream_free(&json);
    stream_free(&elements);
    stream_free(&page);
    return status;
}

static enum geosc_status report(geosc_context *context, const void *chosen, struct matched *matched)
{
    struct report_settings settings = *(const struct report_settings *)chosen; /* with the summary */
    struct matched other = {0};
    enum geosc_status status;
    char *summary = NULL;

    TRY(file_out_check(context, settings.output, settings.force));
    if (settings.summary)
        TRY(read_summary(context, settings.summary, &summary));
    settings.request.summary = summary;
    TRY(matched_open(context, matched));
    if (settings.other)
        TRY(matched_open_other(context, matched, settings.other, &other));
    TRY(make_page(context, &settings, matched, settings.other ? &other : NULL));
done:
    matched_close_other(&other);
    memory_free(summary);
    return status;
}

static int run(void *chosen, char **operands, size_t count)
{
    struct report_settings *settings = chosen;

    settings->other = count > 2 ? operands[2] : NULL;
    if (!settings->output)
        return say_usage("report", "-o REPORT.html is missing");
    if (GUARD(report_over_its_own) && strcmp(settings->output, "-") != 0 &&
        (matched_is_output_read(operands, settings->output) || place_is_same(settings->output, settings->summary) ||
         place_is_same(settings->output, settings->other)))
        return say_usage("report", "the page '%s' is the input, an output or the summary", settings->output);
    return matched_run(operands, &settings->access, report, settings);
}

const struct command report_command = {
    .name = "report",
    .summary = "write a web page about a run, or two: all pairs, large views of them, PCK, errors, poses",
    .synopsis = "INPUT.h5 OUTPUT.h5 [OUTPUT2.h5] -o REPORT.html [OPTION]...",
    .description =
        "Writes one HTML file about a run, to find out why pairs fail. It has a table of all pairs, which can be "
        "sorted and filtered; the address holds the filter, so that a link shows the same. A pair can be seen large, "
        "with its matches over both images: each keypoint's error, score and true place, the source in each pose, "
        "only wrong matches, or only those that confuse left and right; after geosc match --heat, also where in the "
        "target a keypoint's similarities are high. Plots follow the filter: PCK against alpha with 95 % intervals, "
        "errors, accuracy against confidence, categories and keypoints, poses and their distances.\n\n"
        "With a second output of the same input, all is there side by side, with intervals of the difference (paired, "
        "as in geosc eval).\n\n"
        "The page needs no other file and no network, and can be printed. For each output it takes up to 60 bytes for "
        "each pair, 30 for each keypoint; and pictures for the pairs that --gallery chooses. The pictures are "
        "/images/rgb of the input, else its features as colours. The worst pairs are those with the largest share of "
        "wrong matches, of equal ones those with the largest mean error. If the input has no target keypoints, pairs "
        "are ranked by the scores of their matches, and there is no PCK. Dense matches are shown by pair only: geosc "
        "render draws them.",
    .examples = "  A page for a browser:\n"
                "    geosc report pairs.h5 matches.h5 -o report.html\n"
                "  With the time of each stage:\n"
                "    geosc match pairs.h5 -o matches.h5 --json >run.json\n"
                "    geosc report pairs.h5 matches.h5 --summary run.json -o report.html\n"
                "  Two runs side by side:\n"
                "    geosc report pairs.h5 matches.h5 others.h5 -o report.html\n"
                "  With pictures of the ten worst pairs of each category only:\n"
                "    geosc report pairs.h5 matches.h5 --gallery 10,0,0 -o report.html\n",
    .options = rows,
    .minimum_operands = 2,
    .maximum_operands = 3,
    .operands = "INPUT.h5 or OUTPUT.h5",
    .settings_size = sizeof(struct report_settings),
    .defaults = defaults,
    .run = run,
};
