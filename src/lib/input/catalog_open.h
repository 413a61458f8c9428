/*
 * catalog_open: the way into an input, of any layout.
 */
#ifndef GEOSC_CATALOG_OPEN_H
#define GEOSC_CATALOG_OPEN_H

#include "input/catalog.h"

/* Opens and checks an input. access: what it may do beyond holding plain data; NULL: nothing. pairs: NULL for the
 * file's own. Everything wrong goes to `problems`; the catalog is usable only if there are none. Returns GEOSC_FAILED
 * (with a message) for lack of memory or a file that can't be opened at all, else GEOSC_OK. */
enum geosc_status catalog_open(geosc_context *context, const char *path, const struct h5_access *access,
                               const struct catalog_pairs *pairs, struct catalog *catalog, struct problems *problems);
void catalog_close(struct catalog *catalog); /* of a zeroed, half-open or open catalog */

#endif
