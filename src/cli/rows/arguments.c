#include "rows/arguments.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "system/message.h"

enum { REASON_SIZE = 200 };

struct parser {
    const struct command *command;
    char *settings;
    int argc, next; /* next: index of the next argument */
    char **argv;
    bool first; /* the pass that stores the options that come first; else the one that stores the others */
    bool help;
};

static const char *option_name(const void *list, size_t i)
{
    return ((const struct option *)list)[i].name;
}

static const struct option *find_long(const struct option *options, const char *name, size_t length)
{
    for (; options->name; options++) {
        if (strlen(options->name) == length && memcmp(options->name, name, length) == 0)
            return options;
    }
    return NULL;
}

static const struct option *find_letter(const struct option *options, char letter)
{
    for (; options->name; options++) {
        if (options->letter == letter)
            return options;
    }
    return NULL;
}

/* Stores one option's value; a switch has the text "". `shown` is the option as typed. */
static bool store(struct parser *parser, const struct option *option, const char *shown, const char *text)
{
    char reason[REASON_SIZE];

    if (option->type == &option_help)
        return parser->help = true;
    if (option->first != parser->first)
        return true;
    if (option->type->parse(option, text, parser->settings + option->offset, reason, sizeof reason))
        return true;
    say_usage(parser->command->name, "%s '%s': %s", shown, text, reason);
    return false;
}

/* Stores an option that has an argument: the rest of the word, or the next word. */
static bool take_argument(struct parser *parser, const struct option *option, const char *shown, const char *attached)
{
    bool (*takes)(const char *word) = option->type->takes;

    if (!attached && takes && (parser->next >= parser->argc || !takes(parser->argv[parser->next])))
        return store(parser, option, shown, "");
    if (!attached && parser->next >= parser->argc) {
        say_usage(parser->command->name, "%s needs %s", shown, option->argument);
        return false;
    }
    return store(parser, option, shown, attached ? attached : parser->argv[parser->next++]);
}

static bool parse_long(struct parser *parser, const char *word)
{
    const char *value = strchr(word, '=');
    size_t length = value ? (size_t)(value - word) : strlen(word);
    const struct option *option = find_long(parser->command->options, word + 2, length - 2);
    char shown[64];

    snprintf(shown, sizeof shown, "%.*s", (int)length, word);
    if (!option) {
        const char *near = suggest_name(shown + 2, option_name, parser->command->options);
        say_usage(parser->command->name, "unknown option '%s'%s%s%s", shown, near ? "; did you mean '--" : "",
                  near ? near : "", near ? "'?" : "");
        return false;
    }
    if (option->argument)
        return take_argument(parser, option, shown, value ? value + 1 : NULL);
    if (value) {
        say_usage(parser->command->name, "%s takes no value", shown);
        return false;
    }
    return store(parser, option, shown, "");
}

/* One word of short options: switches may be joined, and the last option may have an argument. */
static bool parse_letters(struct parser *parser, const char *word)
{
    for (const char *letter = word + 1; *letter && !parser->help; letter++) {
        const struct option *option = find_letter(parser->command->options, *letter);
        char shown[3] = {'-', *letter, 0};

        if (!option) {
            say_usage(parser->command->name, "unknown option '%s'", shown);
            return false;
        }
        if (option->argument)
            return take_argument(parser, option, shown, letter[1] ? letter + 1 : NULL);
        if (!store(parser, option, shown, ""))
            return false;
    }
    return true;
}

static bool check_operands(const struct command *command, char **operands, size_t count)
{
    if (count < command->minimum_operands)
        say_usage(command->name, "%s is missing", command->operands);
    else if (count > command->maximum_operands)
        say_usage(command->name, "unexpected argument '%s'", operands[command->maximum_operands]);
    else
        return true;
    return false;
}

/* Walks the words once; moves the operands to the start of argv in the last pass. */
static bool walk(struct parser *parser, size_t *operands)
{
    bool options_ended = false;

    parser->next = 0;
    *operands = 0;
    while (parser->next < parser->argc && !parser->help) {
        char *word = parser->argv[parser->next++];

        if (options_ended || word[0] != '-' || word[1] == 0) {
            if (!parser->first)
                parser->argv[*operands] = word;
            ++*operands;
        } else if (strcmp(word, "--") == 0) {
            options_ended = true;
        } else if (!(word[1] == '-' ? parse_long : parse_letters)(parser, word)) {
            return false;
        }
    }
    return true;
}

bool arguments_parse(const struct command *command, int argc, char **argv, void *settings, size_t *operand_count,
                     bool *help)
{
    struct parser parser = {command, settings, argc, 0, argv, true, false};

    if (!walk(&parser, operand_count))
        return false;
    parser.first = false;
    if (!parser.help && !walk(&parser, operand_count))
        return false;
    *help = parser.help;
    return parser.help || check_operands(command, argv, *operand_count);
}
