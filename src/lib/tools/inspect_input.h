/*
 * inspect_input: lists the contents of an input as facts: pairs, images and how they are stored, keypoints, truth, and
 * what is not used.
 */
#ifndef GEOSC_INSPECT_INPUT_H
#define GEOSC_INSPECT_INPUT_H

#include "input/catalog.h"
#include "tools/facts.h"

/* list: text file of pairs that replaces the input's own, or NULL. */
enum geosc_status inspect_input(geosc_context *context, const char *path, const struct h5_access *access,
                                const char *list, struct inspection *inspection);

#endif
