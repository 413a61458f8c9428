/*
 * catalog_groups: the grouped layout: each image is a group below /images, at any depth; its path is its name.
 */
#ifndef GEOSC_CATALOG_GROUPS_H
#define GEOSC_CATALOG_GROUPS_H

#include "input/reader.h"

/* Whether a group contains groups; true also if it cannot be read. */
bool catalog_has_groups(const struct reader *reader, const char *path);
/* Finds the images of a grouped file and opens each. */
enum geosc_status catalog_open_groups(const struct reader *reader);
/* Reads keypoints stored with the images: the queries of each pair with that source. Does nothing if there are none. */
enum geosc_status catalog_read_group_keypoints(const struct reader *reader);

#endif
