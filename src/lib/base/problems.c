#include "base/problems.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/guard.h"
#include "base/text.h"

enum { PROBLEMS_KEPT = 1000 };

void problems_add(struct problems *problems, const char *format, ...)
{
    geosc_context scratch; /* takes memory_grow's message */
    char line[STATUS_MESSAGE_SIZE], *copy;
    va_list arguments;

    va_start(arguments, format);
    text_line(line, sizeof line, format, arguments);
    va_end(arguments);
    problems->count++;
    if (problems->kept == PROBLEMS_KEPT)
        return;
    if (problems->overflow ||
        memory_grow(&scratch, &problems->lines, &problems->capacity, problems->kept + 1, sizeof(char *), "messages") !=
            GEOSC_OK ||
        !(copy = memory_copy_string(line)))
        problems->overflow = true;
    else
        problems->lines[problems->kept++] = copy;
}

enum geosc_status problems_status(geosc_context *context, const struct problems *problems)
{
    const char *first = problems->kept ? problems->lines[0] : "out of memory";

    if (GUARD(signal_while_reading) && stop_asked(context)) /* the problems may come from data that was no longer
                                                             * read */
        return check_stop(context);
    if (problems->count == 0)
        return GEOSC_OK;
    if (problems->count == 1 || !GUARD(hostile_one_cause))
        return fail(context, GEOSC_FAILED, "%s", first);
    return fail(context, GEOSC_FAILED, "%s (and %zu more: see `geosc inspect%s`)", first, problems->count - 1,
                problems->of_list ? " --pairs" : "");
}

void problems_describe_rest(const struct problems *problems, char *out, size_t size)
{
    size_t rest = problems->count - problems->kept;

    out[0] = '\0';
    if (rest)
        snprintf(out, size, "and %zu more%s", rest, problems->overflow ? ": out of memory to list them" : "");
}

void problems_free(struct problems *problems)
{
    for (size_t i = 0; i < problems->kept; i++)
        memory_free(problems->lines[i]);
    memory_free(problems->lines);
    *problems = (struct problems){0};
}
