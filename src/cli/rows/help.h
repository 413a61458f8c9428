/*
 * help: the help of a command, made from its rows: --help, and the pages in man/.
 */
#ifndef GEOSC_HELP_H
#define GEOSC_HELP_H

#include <stdio.h>

#include "rows/command.h"
#include "rows/topics.h"

/* Prints the text of --help; command NULL: of geosc itself, with these commands (NULL ends them). */
void help_print(FILE *out, const struct command *const *commands, const struct command *command);

/* Likewise, prints the man page in roff. */
void manual_print(FILE *out, const struct command *const *commands, const struct command *command);

/* The default of an option as text, from the command's `defaults`; "" if it has none. */
void help_default(const struct command *command, const struct option *option, char *out, size_t size);

void help_print_topic(FILE *out, const struct topic *topic);

/* Meaning of each exit status, ascending. Rows end with a NULL text. */
struct exit_status {
    int status;
    const char *text;
};
extern const struct exit_status exit_statuses[];
/* Whether the command (NULL: any command) may end with this status. */
bool exit_status_of(const struct command *command, const struct exit_status *row);

#endif
