#include "command.h"

#include <stdio.h>
#include <string.h>

#include "inspect.h"
#include "json.h"
#include "message.h"

struct inspect_settings {
    bool json, help;
};

/* clang-format off */
static const struct option rows[] = {
    {.name = "json", .heading = "Options", .type = &option_switch, .offset = offsetof(struct inspect_settings, json),
     .help = "Print a JSON object: the facts by name, \"valid\", and \"problems\" as a list."},
    {.letter = 'h', .name = "help", .type = &option_help, .offset = offsetof(struct inspect_settings, help),
     .help = "Print this help."},
    {.name = NULL},
};
/* clang-format on */

static void defaults(void *settings)
{
    *(struct inspect_settings *)settings = (struct inspect_settings){false, false};
}

static void print_text(const char *path, const struct inspection *inspection)
{
    size_t width = strlen("valid");

    for (size_t i = 0; i < inspection->count; i++) {
        if (strlen(inspection->facts[i].name) > width)
            width = strlen(inspection->facts[i].name);
    }
    printf("%-*s  %s\n", (int)width, "file", path);
    for (size_t i = 0; i < inspection->count; i++)
        printf("%-*s  %s\n", (int)width, inspection->facts[i].name, inspection->facts[i].value);
    if (inspection->problems.count == 0) {
        printf("%-*s  yes\n", (int)width, "valid");
        return;
    }
    printf("%-*s  no, %zu problem%s:\n", (int)width, "valid", inspection->problems.count,
           inspection->problems.count == 1 ? "" : "s");
    for (size_t i = 0; i < inspection->problems.kept && inspection->problems.lines[i]; i++)
        printf("  %s\n", inspection->problems.lines[i]);
}

static void print_json(const char *path, const struct inspection *inspection)
{
    fputs("{\"file\": ", stdout);
    json_string(stdout, path);
    for (size_t i = 0; i < inspection->count; i++) {
        fputs(", ", stdout);
        json_string(stdout, inspection->facts[i].name);
        fputs(": ", stdout);
        if (inspection->facts[i].number)
            fputs(inspection->facts[i].value, stdout);
        else
            json_string(stdout, inspection->facts[i].value);
    }
    printf(", \"valid\": %s, \"problems\": [", inspection->problems.count ? "false" : "true");
    for (size_t i = 0; i < inspection->problems.kept && inspection->problems.lines[i]; i++) {
        if (i)
            fputs(", ", stdout);
        json_string(stdout, inspection->problems.lines[i]);
    }
    puts("]}");
}

static int run(void *chosen, char **operands, size_t count)
{
    const struct inspect_settings *settings = chosen;
    struct inspection inspection = {0};
    geosc_context *context = geosc_create();
    enum geosc_status status;

    (void)count;
    if (!context) {
        say("out of memory");
        return GEOSC_FAILED;
    }
    status = inspect_file(context, operands[0], &inspection);
    if (status != GEOSC_OK) {
        say_failure(context, status);
    } else {
        (settings->json ? print_json : print_text)(operands[0], &inspection);
        if (inspection.problems.count)
            status = GEOSC_FAILED;
    }
    inspection_free(&inspection);
    geosc_destroy(context);
    return status;
}

const struct command inspect_command = {
    .name = "inspect",
    .summary = "what an input, model or output holds; is it valid, and if not, why",
    .synopsis = "FILE.h5 [--json]",
    .description =
        "Tells inputs, models and outputs apart, prints what the file holds (layout, sizes, types, architecture, "
        "number "
        "of parameters, options of a run), and for a bad file each thing that is wrong with it. Exits with 1 if "
        "anything is.",
    .options = rows,
    .minimum_operands = 1,
    .maximum_operands = 1,
    .operands = "FILE.h5",
    .settings_size = sizeof(struct inspect_settings),
    .defaults = defaults,
    .run = run,
};
