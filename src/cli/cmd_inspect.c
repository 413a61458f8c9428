#include "command.h"

#include <stdio.h>
#include <string.h>

#include "inspect.h"
#include "json.h"
#include "probe.h"

struct inspect_settings {
    struct h5_access access;
    bool json, help;
};

/* clang-format off */
static const struct option rows[] = {
    {.name = "json", .heading = "Options", .type = &option_switch, .offset = offsetof(struct inspect_settings, json),
     .help = "Print a JSON object: the facts by name, \"valid\", and \"problems\" as a list."},
    {.name = "allow-links", .type = &option_switch, .offset = offsetof(struct inspect_settings, access.links),
     .help = "Follow external links, external storage and virtual datasets of the input: data sets that are spread over "
             "files. Only for inputs that are trusted: they may name any file."},
    {.name = "allow-plugins", .type = &option_switch, .offset = offsetof(struct inspect_settings, access.plugins),
     .help = "Read data with filters beyond shuffle, deflate and fletcher32, through HDF5 and the plugins that it finds "
             "(HDF5_PLUGIN_PATH). Only for inputs that are trusted."},
    {.letter = 'h', .name = "help", .type = &option_help, .offset = offsetof(struct inspect_settings, help),
     .help = "Print this help."},
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

/* All of it is done by the child process: this is the command for files that one does not know. */
static enum geosc_status inspect_and_print(geosc_context *context, const struct probe *probe)
{
    const struct inspect_settings *settings = probe->job;
    struct inspection inspection = {0};
    enum geosc_status status = inspect_file(context, probe->path, &settings->access, &inspection);

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

    (void)count;
    if (settings->access.plugins)
        h5_process_setup(true);
    return probe_run(&(struct probe){.path = operands[0], .walk = inspect_and_print, .job = settings});
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
