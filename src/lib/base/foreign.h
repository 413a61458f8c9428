/*
 * foreign: what a file is that is not HDF5's, told by its first bytes, and what to do with it. What people take for an
 * input or a model: checkpoints, numpy's arrays, pointers to files that were never downloaded.
 */
#ifndef GEOSC_FOREIGN_H
#define GEOSC_FOREIGN_H

#include <stddef.h>

enum { FOREIGN_BYTES = 512 /* of the file's beginning, as far as it has them */ };

/* The end of a message, after "is not an HDF5 file": ", but ...: ..." or nothing. Returns out. */
const char *foreign_describe(const unsigned char *bytes, size_t count, char *out, size_t size);

#endif
