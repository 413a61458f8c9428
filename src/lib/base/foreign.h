/*
 * foreign: names the format of a file that is not HDF5 by its first bytes, and says what to do with it: checkpoints,
 * numpy arrays, Git LFS pointers and others that users pass by mistake.
 */
#ifndef GEOSC_FOREIGN_H
#define GEOSC_FOREIGN_H

#include <stddef.h>

enum { FOREIGN_BYTES = 512 /* bytes to read from the start of the file, fewer if it is shorter */ };

/* The end of the message "is not an HDF5 file": ", but FORMAT: ADVICE", or "". Returns out. */
const char *foreign_describe(const unsigned char *bytes, size_t count, char *out, size_t size);

#endif
