/*
 * command: the shape that all commands of geosc share. A command is one file that exports one `const struct command`;
 * its options are rows, and the rows drive the parser (arguments.c), --help (help.c) and the man page (manual.c).
 * Defaults are not in the rows: a command's `defaults` fills its settings from the library's own, and what --help shows
 * is read from there.
 */
#ifndef GEOSC_COMMAND_H
#define GEOSC_COMMAND_H

#include "base/option.h"

struct command {
    const char *name;
    const char *summary;     /* half a line, no full stop */
    const char *synopsis;    /* operands and the options that must be there: "INPUT.h5 -o OUTPUT.h5 [OPTION]..." */
    const char *description; /* paragraphs, an empty line between two */
    const char *examples;    /* lines to type, each after a line that says what it does; or NULL */
    const struct option *options;
    size_t minimum_operands, maximum_operands;
    bool fails_pairs; /* whether it may end with the exit status of pairs without an answer */
    const char *operands; /* how a message names what is missing: "INPUT.h5" */
    size_t settings_size;
    void (*defaults)(void *settings);
    int (*run)(void *settings, char **operands, size_t count); /* the exit status */
};

enum { COMMAND_SETTINGS = 1024 }; /* bytes that every command's settings fit in */

#endif
