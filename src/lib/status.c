#include "status.h"

#include <stdarg.h>
#include <stdio.h>

enum geosc_status fail(geosc_context *context, enum geosc_status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(context->message, sizeof context->message, format, arguments);
    va_end(arguments);
    /* Names inside a file may hold anything: a message stays one line that a terminal shows as it is. */
    for (char *c = context->message; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    return status;
}

enum geosc_status fail_memory(geosc_context *context, size_t bytes, const char *what)
{
    return fail(context, GEOSC_FAILED, "out of memory: %.1f MB for %s are not to be had", (double)bytes / 1e6, what);
}
