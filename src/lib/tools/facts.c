#include "tools/facts.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void facts_add(struct inspection *inspection, const char *name, bool number, const char *format, ...)
{
    geosc_context scratch;
    char value[FACT_VALUE];
    va_list arguments;
    struct fact *fact;

    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    if (memory_grow(&scratch, &inspection->facts, &inspection->capacity, inspection->count + 1, sizeof *fact,
                    "facts") != GEOSC_OK) {
        problems_add(&inspection->problems, "out of memory");
        return;
    }
    fact = &inspection->facts[inspection->count];
    *fact = (struct fact){name, memory_copy_string(value), number};
    if (fact->value)
        inspection->count++;
    else
        problems_add(&inspection->problems, "out of memory");
}

void facts_count(struct inspection *inspection, const char *name, size_t count)
{
    facts_add(inspection, name, true, "%zu", count);
}

void facts_text(struct inspection *inspection, const char *name, const char *text)
{
    facts_add(inspection, name, false, "%s", text);
}

void facts_answer(struct inspection *inspection, const char *name, bool yes)
{
    facts_text(inspection, name, yes ? "yes" : "no");
}

void facts_append(char *list, const char *separator, const char *format, ...)
{
    size_t length = strlen(list);
    va_list arguments;

    if (length)
        length += (size_t)snprintf(list + length, FACT_VALUE - length, "%s", separator);
    va_start(arguments, format);
    if (length < FACT_VALUE)
        vsnprintf(list + length, FACT_VALUE - length, format, arguments);
    va_end(arguments);
}

void inspection_free(struct inspection *inspection)
{
    for (size_t i = 0; i < inspection->count; i++)
        memory_free(inspection->facts[i].value);
    memory_free(inspection->facts);
    problems_free(&inspection->problems);
    *inspection = (struct inspection){0};
}
