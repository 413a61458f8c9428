/*
 * failure: describes why a pair has no answer: the status gives the kind; this names the value of the input that caused
 * it and the remedy. Any thread.
 */
#ifndef GEOSC_FAILURE_H
#define GEOSC_FAILURE_H

#include "input/catalog.h"

/* "bad_keypoint: keypoint 2 at (176, 33) is outside ..." for a pair (its place in the catalog) with that status; not
 * for GEOSC_PAIR_OK. */
void failure_describe(const struct catalog *catalog, size_t pair, enum geosc_pair_status found, char *out, size_t size);

/* "pair 3 (cat/1.png to cat/2.png)": the pair's number in the file, and its images by name or number. */
void failure_name_pair(const struct catalog *catalog, size_t pair, char *out, size_t size);

#endif
