#include <ctype.h>
#include <string.h>

#include "geosc.h"
#include "rows/help.h"

/* Prints text escaped for roff: dashes, backslashes, and characters that begin a request at the start of a line. */
static void print_text(FILE *out, const char *text, size_t length)
{
    bool line_start = true;

    for (size_t i = 0; i < length; i++) {
        if (line_start && (text[i] == '.' || text[i] == '\''))
            fputs("\\&", out);
        if (text[i] == '-')
            fputs("\\-", out);
        else if (text[i] == '\\')
            fputs("\\e", out);
        else
            fputc(text[i], out);
        line_start = text[i] == '\n';
    }
}

static void print_string(FILE *out, const char *text)
{
    print_text(out, text, strlen(text));
}

static void print_paragraphs(FILE *out, const char *text)
{
    for (bool first = true; *text; first = false) {
        const char *end = strstr(text, "\n\n");
        size_t length = end ? (size_t)(end - text) : strlen(text);

        if (!first)
            fputs(".PP\n", out);
        print_text(out, text, length);
        fputc('\n', out);
        text += length + (end ? 2 : 0);
    }
}

static void print_title(FILE *out, const char *name, const char *summary)
{
    fputs(".\\\" Made by \"geosc help --man\": change the command's rows in src/cli, not this page.\n.TH ", out);
    for (const char *letter = name; *letter; letter++)
        fputc(toupper((unsigned char)*letter), out);
    fprintf(out, " 1 \"\" \"geosc %s\" \"geosc manual\"\n.SH NAME\n", geosc_version());
    print_string(out, name);
    fputs(" \\- ", out);
    print_string(out, summary);
    fputc('\n', out);
}

static void print_option(FILE *out, const struct command *command, const struct option *option)
{
    char shown[256];

    if (option->heading)
        fprintf(out, ".SS %s\n", option->heading);
    fputs(".TP\n", out);
    if (option->letter)
        fprintf(out, "\\fB\\-%c\\fR, ", option->letter);
    fputs("\\fB\\-\\-", out);
    print_string(out, option->name);
    fputs("\\fR", out);
    if (option->argument) {
        fputs(option->type->takes ? "[=\\fI" : " \\fI", out);
        print_string(out, option->argument);
        fputs(option->type->takes ? "\\fR]" : "\\fR", out);
    }
    fputc('\n', out);
    print_string(out, option->help);
    fputc('\n', out);
    help_default(command, option, shown, sizeof shown);
    if (shown[0]) {
        fputs("Default: ", out);
        print_string(out, shown);
        fputs(".\n", out);
    }
}

static void print_exit_statuses(FILE *out, const struct command *command)
{
    fputs(".SH EXIT STATUS\n", out);
    for (const struct exit_status *row = exit_statuses; row->text; row++) {
        if (!exit_status_of(command, row))
            continue;
        fprintf(out, ".TP\n.B %d\n", row->status);
        print_string(out, row->text);
        fputs(".\n", out);
    }
}

static void print_see_also(FILE *out, const struct command *const *commands, const struct command *without)
{
    fputs(".SH SEE ALSO\n", out);
    if (without)
        fputs(".BR geosc (1),\n", out);
    for (size_t i = 0; commands[i]; i++) {
        if (commands[i] != without && strcmp(commands[i]->name, "help") != 0)
            fprintf(out, ".BR geosc\\-%s (1),\n", commands[i]->name);
    }
    if (!without)
        fputs(".BR geosc\\-import (1),\n.BR geosc\\-extract (1),\n.BR geosc\\-export (1),\n", out);
    fputs(".BR geosc\\-files (5),\n.BR geosc\\-cluster (7)\n", out);
}

static void print_command_page(FILE *out, const struct command *const *commands, const struct command *command)
{
    char name[64];

    snprintf(name, sizeof name, "geosc-%s", command->name);
    print_title(out, name, command->summary);
    fprintf(out, ".SH SYNOPSIS\n.B geosc %s\n", command->name);
    print_string(out, command->synopsis);
    fputs("\n.SH DESCRIPTION\n", out);
    print_paragraphs(out, command->description);
    fputs(".SH OPTIONS\n", out);
    for (const struct option *option = command->options; option->name; option++)
        print_option(out, command, option);
    print_exit_statuses(out, command);
    if (command->examples) {
        fputs(".SH EXAMPLES\n.nf\n", out);
        print_string(out, command->examples);
        fputs(".fi\n", out);
    }
    print_see_also(out, commands, command);
}

static void print_overview_page(FILE *out, const struct command *const *commands)
{
    print_title(out, "geosc", "semantic correspondence between images, from dense feature maps");
    fputs(".SH SYNOPSIS\n.B geosc\nCOMMAND [OPTION]...\n.br\n.B geosc \\-\\-version\n.SH DESCRIPTION\n", out);
    print_paragraphs(
        out, "Reads dense feature maps of many image pairs from HDF5, refines them with a post-processor network, "
             "chooses for each\npair the pose of the source that fits the target best, matches source keypoints into "
             "the target with sub-cell\nprecision, and writes coordinates and poses to HDF5.\n\n"
             "Results go to stdout, everything else to stderr. The same build, input, model and options give the "
             "same\nbytes on every machine with fused multiply-add, with any number of threads.");
    fputs(".SH COMMANDS\n", out);
    for (size_t i = 0; commands[i]; i++) {
        fprintf(out, ".TP\n.B geosc %s\n", commands[i]->name);
        print_string(out, commands[i]->summary);
        fputs(".\n", out);
    }
    print_exit_statuses(out, NULL);
    fputs(".SH ENVIRONMENT\n"
          ".TP\n.B GEOSC_ISA\nInstruction set of the kernels, like \\-\\-isa of\n.BR geosc\\-match (1),\n"
          "which overrides it. An empty value counts as unset.\n"
          ".TP\n.B NO_COLOR\nIf set and not empty, the progress bar has no colours.\n"
          ".TP\n.B TERM\nIf dumb, there is no progress bar.\n"
          ".TP\n.BR OMP_NUM_THREADS ,\\  SLURM_CPUS_PER_TASK\nNumber of threads without \\-\\-threads; "
          "OMP_NUM_THREADS takes precedence. An invalid number is ignored, with a warning.\n"
          ".TP\n.BR OMP_PROC_BIND ,\\  OMP_PLACES ,\\  OMP_THREAD_LIMIT ,\\  OMP_STACKSIZE\nHave their meaning in "
          "OpenMP's "
          "library. This process may use the CPUs of its places.\n",
          out);
    print_see_also(out, commands, NULL);
}

void manual_print(FILE *out, const struct command *const *commands, const struct command *command)
{
    if (command)
        print_command_page(out, commands, command);
    else
        print_overview_page(out, commands);
}
