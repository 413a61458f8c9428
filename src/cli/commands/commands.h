/*
 * commands: all commands of geosc, each in a file of its own: NAME is the NAME_command that cmd_NAME.c defines.
 */
#ifndef GEOSC_COMMANDS_H
#define GEOSC_COMMANDS_H

#include "rows/command.h"

/* In the order in which help shows them. */
#define COMMANDS(EACH) \
    EACH(match) EACH(merge) EACH(eval) EACH(render) EACH(report) EACH(synth) EACH(inspect) EACH(bench) EACH(help)

#define COMMAND_DECLARED(name) extern const struct command name##_command;
COMMANDS(COMMAND_DECLARED)

/* The same; NULL ends them. */
extern const struct command *const commands[];
const struct command *command_find(const char *name); /* NULL if there is none */

#endif
