#include "base/guard.h"
#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "tools/inspect.h"
#include "show/json.h"
#include "system/message.h"
#include "system/probe.h"
#include "rows/rows.h"

struct inspect_settings {
    struct inspect_options options;
    bool json;
};

#define AT(field) .offset = offsetof(struct inspect_settings, field)

/* clang-format off */
static const struct option rows[] = {
    {.name = "json", .heading = "Options", .type = &option_switch, AT(json),
     .help = "Print a JSON object: the facts by name, \"valid\", and \"problems\" as a list."},
    {.name = "pairs", .argument = "FILE", .type = &option_file, AT(options.pairs), .unset = "those of the input",
     .help = "Look at an input with these pairs, as geosc match --pairs would."},
    ROWS_ACCESS(NULL, AT(options.access.links), AT(options.access.plugins)),
    ROW_HELP,
    {.name = NULL},
};
/* clang-format on */

static void defaults(void *settings)
{
    *(struct inspect_settings *)settings = (struct inspect_settings){0};
}

static void print_text(const char *path, const struct inspection *inspection)
{
    size_t width = strlen("valid");
    char rest[128];

    problems_describe_rest(&inspection->problems, rest, sizeof rest);
    for (size_t i = 0; i < inspection->count; i++) {
        if (strlen(inspection->facts[i].name) > width)
            width = strlen(inspection->facts[i].name);
    }
    print_line("%-*s  %s", (int)width, "file", path);
    for (size_t i = 0; i < inspection->count; i++)
        print_line("%-*s  %s", (int)width, inspection->facts[i].name, inspection->facts[i].value);
    if (inspection->problems.count == 0) {
        print_line("%-*s  yes", (int)width, "valid");
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

/* All of it is done by the child process: this is the command for files that one does not know. */
static enum geosc_status inspect_and_print(geosc_context *context, const struct probe *probe)
{
    const struct inspect_settings *settings = probe->job;
    struct inspection inspection = {0};
    enum geosc_status status = inspect_file(context, probe->path, &settings->options, &inspection);

    if (status != GEOSC_OK)
        return status;
    context->message[0] = '\0'; /* what was found stands among the problems */
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
    .summary = "what an input, model or output holds; is it valid, and if not, why",
    .synopsis = "FILE.h5 [OPTION]...",
    .description =
        "Tells inputs, models and outputs apart, prints what the file holds (layout, sizes, types, "
        "architecture, number of parameters, options of a run), and for a bad file each thing that is wrong "
        "with it. Exits with 1 if anything is. Of a valid input it also tells what may not be meant: axes that seem to "
        "stand in another order (axes_hint), how many keypoints lie outside their image (keypoints_outside, "
        "pairs_outside) "
        "and how many target keypoints do (targets_outside: an absent one is NaN alone), what was never written "
        "(unwritten), and what stands under "
        "names that geosc doesn't know (unused), such as a mistyped /keypoint.",
    .examples = "  An input, before it is matched:\n"
                "    geosc inspect pairs.h5\n"
                "  The same, with a list of pairs that names its images:\n"
                "    geosc inspect images.h5 --pairs pairs.txt\n"
                "  Of which options an output came:\n"
                "    geosc inspect matches.h5 --json\n",
    .options = rows,
    .minimum_operands = 1,
    .maximum_operands = 1,
    .operands = "FILE.h5",
    .settings_size = sizeof(struct inspect_settings),
    .defaults = defaults,
    .run = run,
};
