/*
 * file_out: bytes made in memory go to a file that appears whole or not at all, or to stdout for the name "-".
 */
#ifndef GEOSC_FILE_OUT_H
#define GEOSC_FILE_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "geosc.h"

/* For the name of an HDF5 file to write (NULL allowed): false, and says why, for "-": such a file is written here and
 * there. */
bool file_out_has_name(const char *command, const char *path);
enum geosc_status file_out_check(geosc_context *context, const char *path, bool replace); /* before the work */
enum geosc_status file_out(geosc_context *context, const char *path, const void *bytes, size_t count, bool replace);

#endif
