#include "message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("geosc: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

int say_failure(const geosc_context *context, enum geosc_status status)
{
    say("%s", geosc_message(context));
    return status;
}

int say_usage(const char *command, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("geosc: ", stderr);
    if (command)
        fprintf(stderr, "%s: ", command);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, " (see 'geosc %s%s--help')\n", command ? command : "", command ? " " : "");
    va_end(arguments);
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
