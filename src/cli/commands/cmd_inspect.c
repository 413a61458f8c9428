#include "base/guard.h"
#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "rows/rows.h"
#include "show/json.h"
#include "system/message.h"
#include "system/probe.h"
#include "tools/inspect.h"

struct inspect_settings {
    struct inspect_options options;
    bool json;
};

#define AT(field) .offset = offsetof(struct inspect_settings, field)

/* clang-format off */
static const struct option rows[] = {
    {.name = "json", .heading = "Options", .type = &option_switch, AT(json),
     .help = "Print a JSON object: facts by name, \"valid\", and a list of \"problems\"."},
    {.name = "pairs", .argument = "FILE", .type = &option_file, AT(options.pairs), .unset = "the input's pairs",
     .help = "Check the input with these pairs, as for geosc match --pairs."},
    ROWS_ACCESS(NULL, AT(options.access.links), AT(options.access.plugins)),
    ROW_HELP,
    {.name = NULL},
};
/* clang-format on */

static void print_text(const char *path, const struct inspection *inspection)
{
    size_t width = strlen("valid");
    bool outside = false;
    char rest[128];

    problems_describe_rest(&inspection->problems, rest, sizeof rest);
    for (size_t i = 0; i < inspection->count; i++) {
        if (strlen(inspection->facts[i].name) > width)
            width = strlen(inspection->facts[i].name);
        outside |= strcmp(inspection->facts[i].name, "keypoints_outside") == 0;
    }
    print_line("%-*s  %s", (int)width, "file", path);
    for (size_t i = 0; i < inspection->count; i++)
        print_line("%-*s  %s", (int)width, inspection->facts[i].name, inspection->facts[i].value);
    if (inspection->problems.count == 0) {
        print_line("%-*s  yes%s", (int)width, "valid", outside ? ", but see keypoints_outside" : "");
        return;
    }
    print_line("%-*s  no, %zu problem%s:", (int)width, "valid", inspection->problems.count,
               inspection->problems.count == 1 ? "" : "s");
    for (size_t i = 0; i < inspection->problems.kept; i++)
        print_line("  %s", inspection->problems.lines[i]);
    if (rest[0])
        print_line("  %s", rest);
}

static void print_json(const char *path, const struct inspection *inspection)
{
    struct json json = {.out = stdout};
    char rest[128];

    problems_describe_rest(&inspection->problems, rest, sizeof rest);
    json_object(&json, NULL);
    json_text(&json, "file", path);
    for (size_t i = 0; i < inspection->count; i++) {
        const struct fact *fact = &inspection->facts[i];

        (fact->number ? json_digits : json_text)(&json, fact->name, fact->value);
    }
    json_truth(&json, "valid", inspection->problems.count == 0);
    json_array(&json, "problems");
    for (size_t i = 0; i < inspection->problems.kept; i++)
        json_text(&json, NULL, inspection->problems.lines[i]);
    if (rest[0])
        json_text(&json, NULL, rest);
    json_finish(&json);
}

/* Runs entirely in the child process, because this command is for unknown files. */
static enum geosc_status inspect_and_print(geosc_context *context, const struct probe *probe)
{
    const struct inspect_settings *settings = probe->job;
    struct inspection inspection = {0};
    enum geosc_status status = inspect_file(context, probe->path, &settings->options, &inspection);

    if (status != GEOSC_OK)
        return status;
    context->message[0] = '\0'; /* the problems have it, too */
    (settings->json ? print_json : print_text)(probe->path, &inspection);
    if (inspection.problems.count)
        status = GEOSC_FAILED;
    inspection_free(&inspection);
    return status;
}

static int run(void *chosen, char **operands, size_t count)
{
    const struct inspect_settings *settings = chosen;
    geosc_context *context = create_context();
    enum geosc_status status;

    (void)count;
    if (!context)
        return GEOSC_FAILED;
    if (settings->options.access.plugins)
        h5_process_setup(true);
    status = (GUARD(probe_of_inspect) ? probe_run : inspect_and_print)(
        context, &(struct probe){.path = operands[0], .walk = inspect_and_print, .job = settings});
    if (status != GEOSC_OK)
        say_failure(context, status);
    destroy_context(context);
    return status;
}

const struct command inspect_command = {
    .name = "inspect",
    .summary = "describe an input, model or output, and list its faults",
    .synopsis = "FILE.h5 [OPTION]...",
    .description =
        "Recognises inputs, models and outputs; prints the file's contents (layout, sizes, types, architecture, number "
        "of parameters, options of a run) and all its faults. The exit status is 1 if it has any. Of a valid input, it "
        "also prints likely mistakes: axes that seem to be in another order (axes_hint), the number of keypoints "
        "outside their image (keypoints_outside, pairs_outside) and of target keypoints outside (targets_outside; an "
        "absent one is NaN), data that were never written (unwritten), and names that geosc does not know (unused), "
        "such as a mistyped /keypoint.",
    .examples = "  Check an input before matching:\n"
                "    geosc inspect pairs.h5\n"
                "  Check it with a list of pairs:\n"
                "    geosc inspect images.h5 --pairs pairs.txt\n"
                "  Print the options of an output's run:\n"
                "    geosc inspect matches.h5 --json\n",
    .options = rows,
    .minimum_operands = 1,
    .maximum_operands = 1,
    .operands = "FILE.h5",
    .settings_size = sizeof(struct inspect_settings),
    .run = run,
};
