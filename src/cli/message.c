#include "message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

void say(const char *format, ...)
{
    char line[TEXT_LINE];
    va_list arguments;

    va_start(arguments, format);
    text_line(line, sizeof line, format, arguments);
    va_end(arguments);
    fprintf(stderr, "geosc: %s\n", line);
}

void print_line(const char *format, ...)
{
    char line[TEXT_LINE];
    va_list arguments;

    va_start(arguments, format);
    text_line(line, sizeof line, format, arguments);
    va_end(arguments);
    puts(line);
}

geosc_context *create_context(void)
{
    geosc_context *context = geosc_create();

    if (!context)
        say("out of memory");
    return context;
}

int say_failure(const geosc_context *context, enum geosc_status status)
{
    say("%s", geosc_message(context));
    return status;
}

int say_usage(const char *command, const char *format, ...)
{
    const char *name = command ? command : "";
    char line[TEXT_LINE];
    va_list arguments;

    va_start(arguments, format);
    text_line(line, sizeof line, format, arguments);
    va_end(arguments);
    fprintf(stderr, "geosc: %s%s%s (see 'geosc %s%s--help')\n", name, command ? ": " : "", line, name,
            command ? " " : "");
    return GEOSC_BAD_USAGE;
}

int close_stdout(int status)
{
    bool failed = ferror(stdout) != 0;

    errno = 0;
    if (fclose(stdout) != 0 || failed) {
        say("stdout: cannot be written%s%s", errno ? ": " : "", errno ? strerror(errno) : "");
        return status == GEOSC_OK ? GEOSC_FAILED : status;
    }
    return status;
}
