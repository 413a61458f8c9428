/*
 * message: what the user reads on stderr, one line each, lines of stdout in which names stand, and the last look at it.
 * Names on the command line may hold line feeds and what a terminal would act on, as names inside a file may: all lines
 * are made printable here (text.h).
 */
#ifndef GEOSC_MESSAGE_H
#define GEOSC_MESSAGE_H

#include "geosc.h"

/* "geosc: ..." on stderr. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A line on stdout. */
void print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A context for a command, whose run ends where there is none: NULL, and says why. Signals stop what is done with it,
 * and it reads only HDF5 files that were opened before (opened.h). */
geosc_context *create_context(void);
void destroy_context(geosc_context *context);

/* Says what the context failed with, or which signal has stopped it, and returns the exit status for it. */
int say_failure(const geosc_context *context, enum geosc_status status);

/* Says that the usage is wrong and where to read more; returns exit status 2. command may be NULL. */
int say_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Flushes and closes stdout; a write that failed makes a good status a failed one. Says why, unless it is a pipe that
 * nobody reads from any more. */
int close_stdout(int status);

#endif
