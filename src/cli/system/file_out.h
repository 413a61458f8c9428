/*
 * file_out: writes a file, which appears only when it is complete: bytes in memory, or to stdout for the name "-"; or
 * line by line.
 */
#ifndef GEOSC_FILE_OUT_H
#define GEOSC_FILE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "geosc.h"

/* Checks the name of an HDF5 output (or NULL): returns false, after a message, for "-", because HDF5 writes a file in
 * random order, which stdout does not allow. */
bool file_out_has_name(const char *command, const char *path);
/* Checks early, before any work, that the file can be written. */
enum geosc_status file_out_check(geosc_context *context, const char *path, bool replace);
enum geosc_status file_out(geosc_context *context, const char *path, const void *bytes, size_t count, bool replace);

/* Prints all lines; it may end early after a write has failed. */
typedef enum geosc_status file_out_lines(geosc_context *context, const void *job, FILE *out);
/* Not for "-". */
enum geosc_status file_out_print(geosc_context *context, const char *path, bool replace, file_out_lines *print,
                                 const void *job);

#endif
