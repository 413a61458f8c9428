#include "base/status.h"

#include <stdarg.h>

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
    return fail(context, GEOSC_FAILED, "cannot allocate %s MB for %s", number_fixed((double)bytes / 1e6, 1).text, what);
}

enum geosc_status check_stop(geosc_context *context)
{
    return stop_asked(context) ? fail(context, GEOSC_STOPPED, "stopped early; give the same command again to continue")
                               : GEOSC_OK;
}
