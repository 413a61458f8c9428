/*
 * catalog_open: opens an input of any layout.
 */
#ifndef GEOSC_CATALOG_OPEN_H
#define GEOSC_CATALOG_OPEN_H

#include "input/catalog.h"

/* Opens and checks an input. access: what it may contain besides plain data; NULL: nothing. pairs: NULL for the file's
 * own. All faults go to `problems`; the catalog is usable only if there are none. GEOSC_FAILED (with a message) if
 * memory is short or the file cannot be opened; else GEOSC_OK. */
enum geosc_status catalog_open(geosc_context *context, const char *path, const struct h5_access *access,
                               const struct catalog_pairs *pairs, struct catalog *catalog, struct problems *problems);
void catalog_close(struct catalog *catalog); /* for a zeroed, half-open or open catalog */

#endif
