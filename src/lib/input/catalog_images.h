/*
 * catalog_images: sets of images, opened and checked: their features, masks and poses.
 */
#ifndef GEOSC_CATALOG_IMAGES_H
#define GEOSC_CATALOG_IMAGES_H

#include "input/reader.h"

/* A new set, zeroed; NULL without memory. */
struct image_set *catalog_add_set(const struct reader *reader);

struct set_names {
    const char *features, *mask, *poses; /* paths; poses is a group of groups */
    const char *posed;                   /* name of the features in a pose's group */
};
/* Features, masks and poses of one set. count 0: as many as there are; 1 where reader->alone. */
void catalog_open_set(const struct reader *reader, const struct set_names *names, size_t count, struct image_set *set);
void catalog_close_set(struct image_set *set);

#endif
