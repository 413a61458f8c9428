#include "rows/help.h"

#include <stdint.h>
#include <string.h>

#include "geosc.h"

enum { WIDTH = 88, HELP_COLUMN = 26 };

const struct exit_status exit_statuses[] = {
    {0, "all done"},
    {1, "failed; a line on stderr says what, where and what to do"},
    {2, "wrong usage"},
    {3, "done, but some pairs failed; /pairs/status has the reasons"},
    {75, "stopped early by a signal"},
    {0, NULL},
};

bool exit_status_of(const struct command *command, const struct exit_status *row)
{
    return !command || row->status != GEOSC_PAIRS_FAILED || command->fails_pairs;
}

void help_default(const struct command *command, const struct option *option, char *out, size_t size)
{
    union {
        char bytes[COMMAND_SETTINGS];
        max_align_t alignment;
    } settings = {{0}};

    out[0] = '\0';
    if (!option->argument)
        return;
    command_set_defaults(command, &settings);
    option->type->show(option, settings.bytes + option->offset, out, size);
    if (!out[0] && option->unset)
        snprintf(out, size, "%s", option->unset);
}

/* Prints a paragraph from column `at` on, with further lines indented by `indent`; ends the last line. */
static void print_wrapped(FILE *out, const char *text, size_t length, size_t at, size_t indent)
{
    const char *end = text + length;
    bool first = true;

    while (text < end) {
        size_t word = strcspn(text, " \n");

        if (word > (size_t)(end - text))
            word = (size_t)(end - text);
        if (!first && at + 1 + word > WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
            first = true;
        }
        at += (size_t)fprintf(out, "%s%.*s", first ? "" : " ", (int)word, text);
        first = false;
        text += word;
        text += strspn(text, " \n");
    }
    fputc('\n', out);
}

static void print_paragraphs(FILE *out, const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t length = end ? (size_t)(end - text) : strlen(text);

        fputc('\n', out);
        print_wrapped(out, text, length, 0, 0);
        text += length + (end ? 2 : 0);
    }
}

static void print_option(FILE *out, const struct command *command, const struct option *option)
{
    char shown[256], text[1024];
    size_t column;

    if (option->heading)
        fprintf(out, "\n%s:\n", option->heading);
    column = (size_t)(option->letter ? fprintf(out, "  -%c, ", option->letter) : fprintf(out, "      "));
    column += (size_t)fprintf(out, "--%s", option->name);
    if (option->argument)
        column += (size_t)fprintf(out, option->type->takes ? "[=%s]" : " %s", option->argument);
    if (column + 2 > HELP_COLUMN) {
        fputc('\n', out);
        column = 0;
    }
    fprintf(out, "%*s", (int)(HELP_COLUMN - column), "");
    help_default(command, option, shown, sizeof shown);
    if (shown[0])
        snprintf(text, sizeof text, "%s [default: %s]", option->help, shown);
    else
        snprintf(text, sizeof text, "%s", option->help);
    print_wrapped(out, text, strlen(text), HELP_COLUMN, HELP_COLUMN);
}

static void print_exit_statuses(FILE *out, const struct command *command)
{
    for (const struct exit_status *row = exit_statuses; row->text; row++)
        if (exit_status_of(command, row))
            fprintf(out, "  %2d  %s\n", row->status, row->text);
}

void help_print_topic(FILE *out, const struct topic *topic)
{
    if (topic->text)
        fputs(topic->text, out);
    else
        print_exit_statuses(out, NULL);
}

static void print_command_help(FILE *out, const struct command *command)
{
    fprintf(out, "Usage: geosc %s %s\n", command->name, command->synopsis);
    print_paragraphs(out, command->description);
    for (const struct option *option = command->options; option->name; option++)
        print_option(out, command, option);
    if (command->examples)
        fprintf(out, "\nExamples:\n%s", command->examples);
    fprintf(out, "\nExit status:\n");
    print_exit_statuses(out, command);
}

static void print_overview(FILE *out, const struct command *const *commands)
{
    fprintf(out, "Usage: geosc COMMAND [OPTION]...\n"
                 "\n"
                 "Semantic correspondence between images, from dense feature maps in HDF5 files.\n"
                 "\n"
                 "Commands:\n");
    for (size_t i = 0; commands[i]; i++)
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out, "\n  geosc help TOPIC      ");
    for (const struct topic *topic = topics; topic->name; topic++)
        fprintf(out, " %s", topic->name);
    fprintf(out, "\n"
                 "  geosc COMMAND --help   a command and its options\n"
                 "  geosc --version        version, compiler, libraries, instruction sets\n"
                 "  man geosc-files        contents of the files\n"
                 "  man geosc-cluster      many pairs on many machines\n"
                 "  geosc-import, geosc-extract, geosc-export   make inputs, features, labels (--help)\n");
}

void help_print(FILE *out, const struct command *const *commands, const struct command *command)
{
    if (command)
        print_command_help(out, command);
    else
        print_overview(out, commands);
}
