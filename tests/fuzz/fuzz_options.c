/* Command lines: the first byte chooses the command; the rest are arguments, each ended by a newline. An accepted
 * value, printed as in --help, must be accepted again and printed the same. */
#include "commands/commands.h"
#include "rows/arguments.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS = 32, SHOWN = 512 };

static void show_again(const struct option *option, char *settings)
{
    char before[SHOWN] = "", after[SHOWN] = "", reason[200];

    option->type->show(option, settings + option->offset, before, sizeof before);
    if (!before[0] || strlen(before) == SHOWN - 1)
        return;
    assert(option->type->parse(option, before, settings + option->offset, reason, sizeof reason));
    option->type->show(option, settings + option->offset, after, sizeof after);
    assert(strcmp(before, after) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    union {
        char bytes[COMMAND_SETTINGS];
        max_align_t alignment;
    } settings = {{0}};
    size_t command = 0, count = 0, operands = 0;
    char *text, *words[WORDS + 1];
    bool help = false;

    if (size == 0)
        return 0;
    while (commands[command])
        command++;
    command = data[0] % command;
    text = malloc(size);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    for (char *at = text; at && count < WORDS;) {
        words[count++] = at;
        at = strchr(at, '\n');
        if (at)
            *at++ = '\0';
    }
    command_set_defaults(commands[command], &settings);
    if (arguments_parse(commands[command], (int)count, words, &settings, &operands, &help) && !help) {
        assert(operands >= commands[command]->minimum_operands && operands <= commands[command]->maximum_operands);
        for (const struct option *option = commands[command]->options; option->name; option++)
            show_again(option, settings.bytes);
    }
    free(text);
    return 0;
}
