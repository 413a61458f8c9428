/*
 * file_out: writes bytes in memory to a file, which appears only when it is complete, or to stdout for the name "-".
 */
#ifndef GEOSC_FILE_OUT_H
#define GEOSC_FILE_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "geosc.h"

/* Checks the name of an HDF5 output (or NULL): returns false, after a message, for "-", because HDF5 writes a file in
 * random order, which stdout does not allow. */
bool file_out_has_name(const char *command, const char *path);
/* Checks early, before any work, that the file can be written. */
enum geosc_status file_out_check(geosc_context *context, const char *path, bool replace);
enum geosc_status file_out(geosc_context *context, const char *path, const void *bytes, size_t count, bool replace);

#endif
