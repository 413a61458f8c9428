#include "message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "status.h"

enum { LINE = 8192 };

/* Names on the command line may hold line feeds, and what a terminal would act on, as names inside a file may. */
static void make_line(char line[LINE], const char *format, va_list arguments)
{
    vsnprintf(line, LINE, format, arguments);
    make_printable(line);
}

void say(const char *format, ...)
{
    char line[LINE];
    va_list arguments;

    va_start(arguments, format);
    make_line(line, format, arguments);
    va_end(arguments);
    fprintf(stderr, "geosc: %s\n", line);
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
    char line[LINE];
    va_list arguments;

    va_start(arguments, format);
    make_line(line, format, arguments);
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
