/*
 * command: the shape that all commands of geosc share. A command is one file that exports one `const struct command`;
 * its options are rows, and the rows drive the parser (arguments.c), --help (help.c) and the man page (manual.c).
 * Defaults are not in the rows: a command's `defaults` fills its settings from the library's own, and what --help shows
 * is read from there.
 */
#ifndef GEOSC_COMMAND_H
#define GEOSC_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct option;

/* How the text of an option's argument becomes a value in the settings, and back. */
struct option_type {
    /* False, with why in reason [size], if the text won't do. */
    bool (*parse)(const struct option *option, const char *text, void *value, char *reason, size_t size);
    /* The value as --help shows a default; "" for none. */
    void (*show)(const struct option *option, const void *value, char *out, size_t size);
};

struct option {
    char letter;          /* 0: no short form */
    const char *name;     /* long form without dashes; NULL ends the rows */
    const char *argument; /* as --help names it; NULL for a switch */
    const char *heading;  /* the group that starts with this row, or NULL: still the last one */
    const char *help;     /* sentences, without the default */
    const struct option_type *type;
    size_t offset;              /* of the value in the settings */
    double minimum, maximum;    /* of a number */
    const char *(*choice)(int); /* of a choice: the i-th name, NULL after the last */
    const char *unset;          /* what --help shows as default where `show` has nothing to show */
};

/* A type's `show` where a default is nothing to show. */
void option_show_nothing(const struct option *option, const void *value, char *out, size_t size);

extern const struct option_type option_switch; /* bool */
extern const struct option_type option_help;   /* bool; no other argument is looked at once it is set */
extern const struct option_type option_int;    /* int */
extern const struct option_type option_size;   /* size_t */
extern const struct option_type option_bytes;  /* size_t; with K, M, G or T */
extern const struct option_type option_seed;   /* uint64_t */
extern const struct option_type option_real;   /* double, above minimum */
extern const struct option_type option_text;   /* const char *, not empty */
extern const struct option_type option_choice; /* an enum as wide as int */

struct command {
    const char *name;
    const char *summary;     /* half a line, no full stop */
    const char *synopsis;    /* operands and the options that must be there: "INPUT.h5 -o OUTPUT.h5 [OPTION]..." */
    const char *description; /* paragraphs, an empty line between two */
    const char *examples;    /* lines to type, each after a line that says what it does; or NULL */
    const struct option *options;
    size_t minimum_operands, maximum_operands;
    bool fails_pairs, stops; /* whether it may end with the exit status of pairs without an answer, and of a signal */
    const char *operands; /* how a message names what is missing: "INPUT.h5" */
    size_t settings_size;
    void (*defaults)(void *settings);
    int (*run)(void *settings, char **operands, size_t count); /* the exit status */
};

enum { COMMAND_SETTINGS = 1024 }; /* bytes that every command's settings fit in */

/* All commands, in the order in which help shows them; NULL ends them. */
extern const struct command *const commands[];
extern const struct command match_command, merge_command, synth_command, inspect_command, eval_command, bench_command, help_command;
extern const struct command render_command, report_command;

const struct command *command_find(const char *name); /* NULL if there is none */

#endif
