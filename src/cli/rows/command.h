/*
 * command: the form of all commands of geosc. A command is a file that exports a `const struct command`. Its options
 * are rows, which the parser (arguments.c), --help (help.c) and the man page (manual.c) use. Defaults are not in the
 * rows: a command's `defaults` sets them, from the library's own, and --help shows those.
 */
#ifndef GEOSC_COMMAND_H
#define GEOSC_COMMAND_H

#include "base/option.h"

struct command {
    const char *name;
    const char *summary;     /* half a line, no full stop */
    const char *synopsis;    /* operands and required options: "INPUT.h5 -o OUTPUT.h5 [OPTION]..." */
    const char *description; /* paragraphs, separated by empty lines */
    const char *examples;    /* command lines, each after a line that describes it; or NULL */
    const struct option *options;
    size_t minimum_operands, maximum_operands;
    bool fails_pairs;     /* whether its exit status may be GEOSC_PAIRS_FAILED */
    const char *operands; /* name of missing operands in a message: "INPUT.h5" */
    size_t settings_size;
    void (*defaults)(void *settings);                          /* NULL: all are zero */
    int (*run)(void *settings, char **operands, size_t count); /* the exit status */
};

static inline void command_set_defaults(const struct command *command, void *settings)
{
    if (command->defaults)
        command->defaults(settings);
}

enum { COMMAND_SETTINGS = 1024 }; /* bytes, enough for every command's settings */

#endif
