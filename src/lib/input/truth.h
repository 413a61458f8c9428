/*
 * truth: checks the true positions that an input gives for its pairs: infinite target keypoints, thresholds that are no
 * lengths, keypoints outside their image. Only NaN marks an absent keypoint: -1, 0 or 1e9 would each count as a miss.
 * Matching does not use them. Any thread.
 */
#ifndef GEOSC_TRUTH_H
#define GEOSC_TRUTH_H

#include "input/catalog.h"

/* Keypoints outside their image, and the first one. */
struct truth_outside {
    size_t points, pairs; /* pairs with at least one */
    size_t first_pair, first_k;
    size_t zeros; /* points at (0, 0) in pairs with several there, inside or outside: perhaps meant as absent */
};

/* Fails if the pair has an infinite target keypoint, or, while a keypoint is present in both images, a threshold that
 * is not a finite length above 0. */
enum geosc_status truth_check(geosc_context *context, const struct catalog *catalog, size_t pair);
/* Fails if the pair has a box without a finite length above 0, while a keypoint is present in both images. */
enum geosc_status truth_check_box(geosc_context *context, const struct catalog *catalog, size_t pair);
/* Both, or the first, of all pairs; stops at the first that fails. */
enum geosc_status truth_check_all(geosc_context *context, const struct catalog *catalog, bool boxes);
/* Counts over all pairs, in their sources or (target) targets; zero if the input has no such keypoints. */
struct truth_outside truth_find_outside(const struct catalog *catalog, bool target);
/* "12 of 60 target keypoints are outside their image, the first in pair 3 (a to b): keypoint 2 at (-1, -1); ..." */
void truth_describe_outside(const struct catalog *catalog, const struct truth_outside *outside, char *out, size_t size);

#endif
