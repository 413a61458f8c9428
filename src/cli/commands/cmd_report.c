#include "base/guard.h"
#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/place.h"
#include "draw/draw.h"
#include "rows/rows.h"
#include "show/matched.h"
#include "show/page.h"
#include "show/report_data.h"
#include "show/report_page.h"
#include "system/file_out.h"
#include "system/message.h"

enum { SUMMARY_BYTES = 64 * 1024 /* the most that --summary reads */ };

struct report_settings {
    const char *output, *summary;
    size_t gallery;
    double alpha;
    struct h5_access access;
    bool force;
};

#define AT(field) .offset = offsetof(struct report_settings, field)

/* clang-format off */
static const struct option rows[] = {
    {.letter = 'o', .name = "output", .argument = "FILE", .heading = "Options", .type = &option_text, AT(output),
     .help = "The page to write; - is stdout."},
    {.letter = 'f', .name = "force", .type = &option_switch, AT(force), .help = "Replace an existing page."},
    {.name = "summary", .argument = "FILE", .type = &option_text, AT(summary), .unset = "none: no times are shown",
     .help = "The output of geosc match --json for OUTPUT.h5, which has the time of each stage; - is stdin."},
    {.name = "gallery", .argument = "N", .type = &option_size, AT(gallery), .maximum = 100,
     .help = "Number of pictures of each kind: best, median and worst pairs."},
    {.name = "alpha", .argument = "A", .type = &option_real, AT(alpha), .maximum = 1e6,
     .help = "The pictures show a match as correct if its error is below alpha times the threshold."},
    ROWS_ACCESS(NULL, AT(access.links), AT(access.plugins)),
    ROW_HELP,
    {.name = NULL},
};
/* clang-format on */

static void defaults(void *settings)
{
    *(struct report_settings *)settings = (struct report_settings){.gallery = 4, .alpha = 0.1};
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
static void print_page(FILE *out, const char *json, size_t size)
{
    for (const char *const *line = report_html; *line; line++) {
        if (strcmp(*line, "@STYLE@\n") == 0)
            page_lines(out, report_css);
        else if (strcmp(*line, "@SCRIPT@\n") == 0)
            page_lines(out, report_js);
        else if (strcmp(*line, "@DATA@\n") == 0)
            page_data(out, json, size);
        else
            fputs(*line, out);
    }
}

static enum geosc_status make_page(geosc_context *context, const struct report_settings *settings,
                                   const struct matched *matched, const char *summary)
{
    const struct report_request request = {settings->gallery, 420, settings->alpha, summary};
    char *json = NULL, *page = NULL;
    size_t json_size = 0, page_size = 0;
    FILE *data = open_memstream(&json, &json_size), *out = open_memstream(&page, &page_size);
    enum geosc_status status;
    bool whole;

    if (!data || !out)
        TRY(fail_memory(context, 1, "the page"));
    TRY(report_data(context, matched, &request, data));
    whole = fflush(data) == 0;
    if (whole)
        print_page(out, json, json_size);
    if (!whole || fflush(out) != 0)
        TRY(fail_memory(context, json_size, "the page"));
    TRY(file_out(context, settings->output, page, page_size, settings->force));
done:
    if (data)
        fclose(data);
    if (out)
        fclose(out);
    free(json); /* from open_memstream */
    free(page);
    return status;
}

static enum geosc_status report(geosc_context *context, const void *chosen, struct matched *matched)
{
    const struct report_settings *settings = chosen;
    enum geosc_status status;
    char *summary = NULL;

    TRY(draw_check(context));
    TRY(file_out_check(context, settings->output, settings->force));
    if (settings->summary)
        TRY(read_summary(context, settings->summary, &summary));
    TRY(matched_open(context, matched));
    TRY(make_page(context, settings, matched, summary));
done:
    memory_free(summary);
    return status;
}

static int run(void *chosen, char **operands, size_t count)
{
    const struct report_settings *settings = chosen;

    (void)count;
    if (!settings->output)
        return say_usage("report", "-o REPORT.html is missing");
    if (GUARD(report_over_its_own) && strcmp(settings->output, "-") != 0 &&
        (matched_is_output_read(operands, settings->output) || place_is_same(settings->output, settings->summary)))
        return say_usage("report", "the page '%s' is the input, the output or the summary", settings->output);
    return matched_run(operands, &settings->access, report, settings);
}

const struct command report_command = {
    .name = "report",
    .summary = "write a web page about a run: PCK, poses, distances, pictures of pairs",
    .synopsis = "INPUT.h5 OUTPUT.h5 -o REPORT.html [OPTION]...",
    .description =
        "Writes one HTML file about a run: its input and options, PCK curves (all pairs and each category), the chosen "
        "poses and their distances, pictures of the best, median and worst pairs, and the failed pairs. The page needs "
        "no other file and no network, and can be printed. It shows a sample of many pairs, so that its size stays "
        "small. If the input has no target keypoints, pairs are ranked by the scores of their matches, and there is no "
        "PCK.",
    .examples = "  A page for a browser:\n"
                "    geosc report pairs.h5 matches.h5 -o report.html\n"
                "  With the time of each stage:\n"
                "    geosc match pairs.h5 -o matches.h5 --json >run.json\n"
                "    geosc report pairs.h5 matches.h5 --summary run.json -o report.html\n",
    .options = rows,
    .minimum_operands = 2,
    .maximum_operands = 2,
    .operands = "INPUT.h5 or OUTPUT.h5",
    .settings_size = sizeof(struct report_settings),
    .defaults = defaults,
    .run = run,
};
