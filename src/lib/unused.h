/*
 * unused: what stands in an input under names that geosc does not know: a mistyped name of something optional is no
 * fault of the file, but what is there is not used then.
 */
#ifndef GEOSC_UNUSED_H
#define GEOSC_UNUSED_H

#include "catalog.h"

/* The first few paths of a catalog's file that nothing is read from, separated by commas, "" if there are none. */
void unused_describe(geosc_context *context, const struct catalog *catalog, char *out, size_t size);

#endif
