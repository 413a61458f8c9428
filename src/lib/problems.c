#include "problems.h"

#include <stdarg.h>
#include <stdio.h>

void problems_add(struct problems *problems, const char *format, ...)
{
    geosc_context scratch; /* takes memory_grow's message */
    char line[STATUS_MESSAGE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    problems->count++;
    if (problems->overflow ||
        memory_grow(&scratch, &problems->lines, &problems->capacity, problems->count, sizeof(char *), "messages") != GEOSC_OK)
        problems->overflow = true;
    else
        problems->lines[problems->kept++] = memory_copy_string(line);
}

enum geosc_status problems_status(geosc_context *context, const struct problems *problems)
{
    const char *first = problems->kept && problems->lines[0] ? problems->lines[0] : "out of memory";

    if (problems->count == 0)
        return GEOSC_OK;
    if (problems->count == 1)
        return fail(context, GEOSC_FAILED, "%s", first);
    return fail(context, GEOSC_FAILED, "%s (and %zu more: see `geosc inspect`)", first, problems->count - 1);
}

void problems_free(struct problems *problems)
{
    for (size_t i = 0; i < problems->kept; i++)
        memory_free(problems->lines[i]);
    memory_free(problems->lines);
    *problems = (struct problems){0};
}
