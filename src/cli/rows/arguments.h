/*
 * arguments: a command line against a command's option rows.
 */
#ifndef GEOSC_ARGUMENTS_H
#define GEOSC_ARGUMENTS_H

#include "rows/command.h"

/*
 * Parses argv[0 .. argc - 1] (what follows the command's name) into settings, which hold the defaults. Operands and
 * options may be mixed; "--" ends the options. The operands are gathered at the start of argv, *operand_count of them.
 * Returns false, having said why, if the line is wrong. *help: --help was there, and the rest was not looked at.
 */
bool arguments_parse(const struct command *command, int argc, char **argv, void *settings, size_t *operand_count,
                     bool *help);

#endif
