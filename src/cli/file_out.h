/*
 * file_out: bytes made in memory go to a file that appears whole or not at all, or to stdout for the name "-".
 */
#ifndef GEOSC_FILE_OUT_H
#define GEOSC_FILE_OUT_H

#include <stddef.h>

#include "geosc.h"

enum geosc_status file_out_check(geosc_context *context, const char *path, bool replace); /* before the work */
enum geosc_status file_out(geosc_context *context, const char *path, const void *bytes, size_t count, bool replace);

#endif
