/*
 * failure: why a pair has no answer, in words: its status says the kind, this which value of the input is to blame and
 * what to do. Any thread.
 */
#ifndef GEOSC_FAILURE_H
#define GEOSC_FAILURE_H

#include "input/catalog.h"

/* "bad_keypoint: keypoint 2 at (176, 33) lies outside ...", for a pair (its place in the catalog) of that status, which
 * is not GEOSC_PAIR_OK. */
void failure_describe(const struct catalog *catalog, size_t pair, enum geosc_pair_status found, char *out, size_t size);

/* "pair 3 (cat/1.png to cat/2.png)": the pair's number in the file, and its images where they have names or numbers. */
void failure_name_pair(const struct catalog *catalog, size_t pair, char *out, size_t size);

#endif
