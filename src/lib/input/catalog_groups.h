/*
 * catalog_groups: the grouped layout: each image is a group below /images, at any depth, that is known by its name.
 */
#ifndef GEOSC_CATALOG_GROUPS_H
#define GEOSC_CATALOG_GROUPS_H

#include "input/reader.h"

/* Whether there are groups in a group, or may be: where it can't be read. */
bool catalog_has_groups(const struct reader *reader, const char *path);
/* Finds the images of a grouped file, and opens each. */
enum geosc_status catalog_open_groups(const struct reader *reader);
/* Keypoints that belong to the images, and are asked in each pair whose source they are on; nothing where there are
 * none. */
enum geosc_status catalog_read_group_keypoints(const struct reader *reader);

#endif
