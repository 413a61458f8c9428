/*
 * catalog_images: opens and checks sets of images: features, masks and poses.
 */
#ifndef GEOSC_CATALOG_IMAGES_H
#define GEOSC_CATALOG_IMAGES_H

#include "input/reader.h"

/* Adds a new set, zeroed; NULL if memory is short. */
struct image_set *catalog_add_set(const struct reader *reader);

struct set_names {
    const char *features, *mask, *poses; /* paths; poses is a group of groups */
    const char *posed;                   /* name of the features in the group of a pose */
};
/* Opens features, masks and poses of one set. count 0: as many images as stored; 1 with reader->alone. */
void catalog_open_set(const struct reader *reader, const struct set_names *names, size_t count, struct image_set *set);
void catalog_close_set(struct image_set *set);

#endif
