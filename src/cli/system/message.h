/*
 * message: one-line messages on stderr, lines of stdout that contain names, and closing stdout. All lines are made
 * printable here (text.h), because names from a file or the command line may contain line feeds and control sequences.
 */
#ifndef GEOSC_MESSAGE_H
#define GEOSC_MESSAGE_H

#include "geosc.h"

/* "geosc: ..." on stderr. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A line on stdout. */
void print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Creates a command's context: signals stop its work, and it reads only HDF5 files that are open already (opened.h).
 * Returns NULL, after a message, if memory runs out. */
geosc_context *create_context(void);
void destroy_context(geosc_context *context);

/* Reports the context's error, or the signal that stopped it; returns the exit status. */
int say_failure(const geosc_context *context, enum geosc_status status);

/* Reports wrong usage and refers to --help; returns exit status 2. command may be NULL. */
int say_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Flushes and closes stdout. A failed write turns GEOSC_OK into GEOSC_FAILED; it is reported, unless the reader has
 * closed the pipe. */
int close_stdout(int status);

#endif
