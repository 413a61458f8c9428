#include "command.h"

#include <string.h>

#include "geosc.h"
#include "help.h"
#include "message.h"
#include "suggest.h"

struct help_settings {
    bool help, manual;
};

/* clang-format off */
static const struct option options[] = {
    {.name = "man", .heading = "Options",
     .help = "Print the man page, in roff.",
     .type = &option_switch, .offset = offsetof(struct help_settings, manual)},
    {.letter = 'h', .name = "help",
     .help = "Print this help.",
     .type = &option_help, .offset = offsetof(struct help_settings, help)},
    {.name = NULL},
};
/* clang-format on */

static void defaults(void *settings)
{
    *(struct help_settings *)settings = (struct help_settings){false, false};
}

static const char *command_name(const void *list, size_t i)
{
    const struct command *const *all = list;

    return all[i] ? all[i]->name : NULL;
}

static int run(void *settings, char **operands, size_t count)
{
    const struct help_settings *chosen = settings;
    const struct command *command = count ? command_find(operands[0]) : NULL;
    const char *near;

    if (count && !command) {
        near = suggest_name(operands[0], command_name, commands);
        return say_usage("help", "there is no command '%s'%s%s%s", operands[0], near ? "; did you mean '" : "",
                         near ? near : "", near ? "'?" : "");
    }
    if (chosen->manual)
        manual_print(stdout, command);
    else
        help_print(stdout, command);
    return GEOSC_OK;
}

const struct command help_command = {
    .name = "help",
    .summary = "what geosc, or one of its commands, does",
    .synopsis = "[--man] [COMMAND]",
    .description = "Prints what geosc does, or what one of its commands does, as --help does.",
    .options = options,
    .maximum_operands = 1,
    .settings_size = sizeof(struct help_settings),
    .defaults = defaults,
    .run = run,
};
