/*
 * completion: what a shell needs to complete geosc's commands, options and their values, from the same rows as --help.
 */
#ifndef GEOSC_COMPLETION_H
#define GEOSC_COMPLETION_H

#include <stdio.h>

/* "bash", "zsh", "fish"; NULL past the last. */
const char *completion_shell(int shell);
/* The script for that shell. */
void completion_print(FILE *out, int shell);

#endif
