#include "status.h"

#include <stdarg.h>
#include <stdio.h>

enum geosc_status fail(geosc_context *context, enum geosc_status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(context->message, sizeof context->message, format, arguments);
    va_end(arguments);
    make_printable(context->message);
    return status;
}

/* Controls of one byte, and those above 0x7f alone or behind the 0xc2 that makes them UTF-8. */
void make_printable(char *text)
{
    unsigned char before = 0;

    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        bool upper = *c >= 0x80 && *c < 0xa0 && (before < 0x80 || before == 0xc2);
        if (upper && before == 0xc2)
            c[-1] = '?';
        before = *c;
        if (*c < 0x20 || *c == 0x7f || upper)
            *c = '?';
    }
}

enum geosc_status fail_memory(geosc_context *context, size_t bytes, const char *what)
{
    return fail(context, GEOSC_FAILED, "out of memory: %.1f MB for %s are not to be had", (double)bytes / 1e6, what);
}
