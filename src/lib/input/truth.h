/*
 * truth: what an input says of where the keypoints of its pairs lie, looked at before it is believed: target keypoints that can't be
 * meant, thresholds that are no lengths, and keypoints outside their image. NaN alone stands for an absent keypoint: -1, 0 or 1e9
 * would be counted as a miss each. Matching needs none of it. Any thread.
 */
#ifndef GEOSC_TRUTH_H
#define GEOSC_TRUTH_H

#include "input/catalog.h"

/* Keypoints outside their image, and the first one. */
struct truth_outside {
    size_t points, pairs;      /* pairs with at least one */
    size_t first_pair, first_k;
    size_t zeros; /* points at (0, 0) of pairs that have several there, inside or not: absent ones, perhaps */
};

/* Fails if the pair has a target keypoint that is infinite, or a threshold that is no finite length above 0 where a keypoint that
 * is present in both images is to be measured by it. */
enum geosc_status truth_check(geosc_context *context, const struct catalog *catalog, size_t pair);
enum geosc_status truth_check_all(geosc_context *context,
                                  const struct catalog *catalog); /* up to the first that fails */
/* Of all pairs, in their sources or (target) their targets; none where the input has no such keypoints. */
struct truth_outside truth_find_outside(const struct catalog *catalog, bool target);
/* "12 of 60 target keypoints lie outside their image, the first in pair 3 (a to b): keypoint 2 at (-1, -1); ..." */
void truth_describe_outside(const struct catalog *catalog, const struct truth_outside *outside, char *out, size_t size);

#endif
