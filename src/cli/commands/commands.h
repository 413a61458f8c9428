/*
 * commands: all commands of geosc, each in its own file: cmd_NAME.c defines NAME_command.
 */
#ifndef GEOSC_COMMANDS_H
#define GEOSC_COMMANDS_H

#include "rows/command.h"

/* In the order of the help. */
#define COMMANDS(EACH) \
    EACH(match) EACH(merge) EACH(eval) EACH(render) EACH(report) EACH(synth) EACH(inspect) EACH(bench) EACH(help)

#define COMMAND_DECLARED(name) extern const struct command name##_command;
COMMANDS(COMMAND_DECLARED)

/* In the same order, ended by NULL. */
extern const struct command *const commands[];
const struct command *command_find(const char *name); /* NULL if there is none */

#endif
