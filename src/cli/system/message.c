#include "system/message.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/opened.h"
#include "base/text.h"
#include "system/signals.h"

static void put_line(FILE *out, const char *start, const char *format, va_list arguments)
{
    char line[TEXT_LINE];

    text_line(line, sizeof line, format, arguments);
    fprintf(out, "%s%s\n", start, line);
}

void say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put_line(stderr, "geosc: ", format, arguments);
    va_end(arguments);
}

void print_line(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put_line(stdout, "", format, arguments);
    va_end(arguments);
}

geosc_context *create_context(void)
{
    static struct opened opened; /* a command has one context */
    geosc_context *context = geosc_create();

    if (!context) {
        say("out of memory");
        return NULL;
    }
    if (GUARD(signal_while_files_are_looked_at))
        context->stop = signals_stop();
    context->opened = &opened;
    return context;
}

void destroy_context(geosc_context *context)
{
    opened_free(context->opened);
    geosc_destroy(context);
}

int say_failure(const geosc_context *context, enum geosc_status status)
{
    if (status == GEOSC_STOPPED)
        say("%s: %s", signals_stop_name(), geosc_message(context));
    else if (geosc_message(context)[0])
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

/* Whether stdout is a pipe whose reader has closed it, as `head` does: no error, it has what it wants. */
static bool reader_is_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};

    return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

int close_stdout(int status)
{
    bool failed = ferror(stdout) != 0, gone = reader_is_gone();

    errno = 0;
    if (failed)
        putchar('\n'); /* errno of the write that failed is gone, maybe with all that was buffered: one more byte fails
                          again */
    if ((fclose(stdout) == 0 && !failed) || !GUARD(stdout_checked))
        return status;
    if (status == GEOSC_OK && *signals_stop()) {
        say("%s: stopped before the end of the output", signals_stop_name());
        return GEOSC_STOPPED;
    }
    if (!GUARD(stdout_reader_gone) || (errno != EPIPE && !gone))
        say("stdout: cannot be written%s%s", errno ? ": " : "", errno ? strerror(errno) : "");
    return status == GEOSC_OK ? GEOSC_FAILED : status;
}
