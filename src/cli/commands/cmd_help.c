#include "commands/commands.h"

#include <string.h>

#include "base/suggest.h"
#include "geosc.h"
#include "rows/completion.h"
#include "rows/help.h"
#include "rows/rows.h"
#include "system/message.h"

#define ENTRY(name) &name##_command,
const struct command *const commands[] = {COMMANDS(ENTRY) NULL};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; commands[i]; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

struct help_settings {
    bool help, manual;
    int completion; /* 0: none, else 1 + shell */
};

static const char *shell_choice(int i)
{
    return i == 0 ? "none" : completion_shell(i - 1);
}

#define AT(field) .offset = offsetof(struct help_settings, field)

/* clang-format off */
static const struct option options[] = {
    {.name = "man", .heading = "Options",
     .help = "Print the man page, in roff.",
     .type = &option_switch, AT(manual)},
    {.name = "completion", .argument = "SHELL", .type = &option_choice, .choice = shell_choice,
     .help = "Print the completion script of a shell.",
     AT(completion)},
    ROW_HELP,
    {.name = NULL},
};
/* clang-format on */

/* The commands, then the topics. */
static const char *subject_name(const void *list, size_t i)
{
    size_t count = 0;

    (void)list;
    for (; commands[count]; count++)
        if (i == count)
            return commands[i]->name;
    return topics[i - count].name;
}

static const struct topic *find_topic(const char *name)
{
    for (const struct topic *topic = topics; topic->name; topic++)
        if (strcmp(topic->name, name) == 0)
            return topic;
    return NULL;
}

static int run(void *settings, char **operands, size_t count)
{
    const struct help_settings *chosen = settings;
    const struct command *command = count ? command_find(operands[0]) : NULL;
    const struct topic *topic = count && !command ? find_topic(operands[0]) : NULL;
    const char *near;

    if (count && !command && !topic) {
        near = suggest_name(operands[0], subject_name, NULL);
        return say_usage("help", "unknown command or topic '%s'%s%s%s", operands[0], near ? "; did you mean '" : "",
                         near ? near : "", near ? "'?" : "");
    }
    if (chosen->completion)
        completion_print(stdout, commands, chosen->completion - 1);
    else if (topic)
        help_print_topic(stdout, topic);
    else if (chosen->manual)
        manual_print(stdout, commands, command);
    else
        help_print(stdout, commands, command);
    return GEOSC_OK;
}

const struct command help_command = {
    .name = "help",
    .summary = "describe geosc, a command or a topic",
    .synopsis = "[OPTION]... [COMMAND|TOPIC]",
    .description =
        "Prints the help of geosc or, like --help, of a command; or a topic: poses, imd, presets, files, exit, "
        "environment, completion.",
    .examples = "  Options of a command:\n"
                "    geosc help match\n"
                "  Definition of the poses:\n"
                "    geosc help poses\n"
                "  Completion in the current shell:\n"
                "    source <(geosc help --completion bash)\n",
    .options = options,
    .maximum_operands = 1,
    .settings_size = sizeof(struct help_settings),
    .run = run,
};
