#include "base/status.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "base/number.h"
#include "base/text.h"

enum geosc_status fail(geosc_context *context, enum geosc_status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_line(context->message, sizeof context->message, format, arguments);
    va_end(arguments);
    return status;
}

void warn(const struct geosc_options *options, const char *format, ...)
{
    char line[STATUS_MESSAGE_SIZE];
    va_list arguments;

    if (!options->warning)
        return;
    va_start(arguments, format);
    text_line(line, sizeof line, format, arguments);
    va_end(arguments);
    options->warning(options->user, line);
}

enum geosc_status fail_memory(geosc_context *context, size_t bytes, const char *what)
{
    char size[64];

    if (bytes == SIZE_MAX)
        snprintf(size, sizeof size, "memory");
    else if (bytes < 1000)
        snprintf(size, sizeof size, "%zu byte%s", bytes, bytes == 1 ? "" : "s");
    else if (bytes < 1000000)
        snprintf(size, sizeof size, "%s KB", number_fixed((double)bytes / 1e3, 1).text);
    else
        snprintf(size, sizeof size, "%s MB", number_fixed((double)bytes / 1e6, 1).text);
    context->out_of_memory = true;
    return fail(context, GEOSC_FAILED, "cannot allocate %s for %s%s", size, what,
                bytes == SIZE_MAX ? ": the size is too large" : "");
}

enum geosc_status check_stop(geosc_context *context)
{
    return stop_asked(context) ? fail(context, GEOSC_STOPPED, "stopped early; give the same command again to continue")
                               : GEOSC_OK;
}
