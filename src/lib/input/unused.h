/*
 * unused: what stands in an input under names that geosc does not know: a mistyped name of something optional is no
 * fault of the file, but what is there is not used then. What is known stands in one table, by layout.
 */
#ifndef GEOSC_UNUSED_H
#define GEOSC_UNUSED_H

#include "input/catalog.h"

enum unused_which {
    UNUSED_ALL,            /* everything that nothing is read from */
    UNUSED_MEANT,          /* what may have been meant for something that is missing */
    UNUSED_MEANT_BUT_PAIRS /* the same without the file's pairs, where those of a list take their place */
};

/* The first few paths of a catalog's file that nothing is read from, separated by commas, each with what it may have
 * been meant for: "/keypoint (is /keypoints meant?), /notes"; "" if there are none. */
void unused_describe(geosc_context *context, const struct catalog *catalog, enum unused_which which, char *out,
                     size_t size);

/* For a message that `path` is missing: "; is /pairs/sources meant?" where its group has a name like it that is
 * unknown, else "". */
void unused_suggest(geosc_context *context, struct h5_file *file, const char *path, char *out, size_t size);

#endif
