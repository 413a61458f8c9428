/*
 * unused: finds objects in an input with names unknown to geosc: a misspelt optional dataset is no fault of the file,
 * but it is not used. One table lists the known names by layout.
 */
#ifndef GEOSC_UNUSED_H
#define GEOSC_UNUSED_H

#include "input/catalog.h"

enum unused_which {
    UNUSED_ALL,            /* all unknown names */
    UNUSED_MEANT,          /* those similar to a name that is missing */
    UNUSED_MEANT_BUT_PAIRS /* the same, without the file's pairs, which a list of pairs replaces */
};

/* Lists the first few unused paths of a catalog's file, separated by commas, each with the similar name: "/keypoint (is
 * /keypoints meant?), /notes"; "" if there are none. */
void unused_describe(geosc_context *context, const struct catalog *catalog, enum unused_which which, char *out,
                     size_t size);

/* For a missing `path`: "; is /pairs/sources meant?" if its group has a similar unknown name, else "". */
void unused_suggest(geosc_context *context, struct h5_file *file, const char *path, char *out, size_t size);

#endif
