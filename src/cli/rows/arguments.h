/*
 * arguments: parses a command line by a command's option rows.
 */
#ifndef GEOSC_ARGUMENTS_H
#define GEOSC_ARGUMENTS_H

#include "rows/command.h"

/*
 * Parses argv[0 .. argc - 1] (after the command's name) into settings, which have the defaults. Operands and options
 * may be mixed; "--" ends the options. Moves the *operand_count operands to the start of argv. Returns false, after a
 * message, if the line is invalid. *help: --help was found, and the rest was not parsed.
 */
bool arguments_parse(const struct command *command, int argc, char **argv, void *settings, size_t *operand_count,
                     bool *help);

#endif
