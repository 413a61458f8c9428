/*
 * completion: shell scripts that complete geosc's commands, options and their values, from the same rows as --help.
 */
#ifndef GEOSC_COMPLETION_H
#define GEOSC_COMPLETION_H

#include <stdio.h>

#include "rows/command.h"

/* "bash", "zsh", "fish"; NULL past the last. */
const char *completion_shell(int shell);
/* Prints the script for that shell; NULL ends the commands. */
void completion_print(FILE *out, const struct command *const *commands, int shell);

#endif
