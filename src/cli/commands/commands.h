/*
 * commands: all commands of geosc. Each is one of the files beside; cmd_help.c, which tells of all, has their table.
 */
#ifndef GEOSC_COMMANDS_H
#define GEOSC_COMMANDS_H

#include "rows/command.h"

extern const struct command match_command, merge_command, eval_command, render_command, report_command;
extern const struct command synth_command, inspect_command, bench_command, help_command;

/* In the order in which help shows them; NULL ends them. */
extern const struct command *const commands[];
const struct command *command_find(const char *name); /* NULL if there is none */

#endif
