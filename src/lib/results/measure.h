/*
 * measure: when an answer is right (docs/computation.md, Evaluation), point by point and pair by pair. A point is a
 * keypoint that is present in both images. The geometry-aware subset has the points whose symmetry group has two or
 * more members present in the target. Pure functions, any thread.
 */
#ifndef GEOSC_MEASURE_H
#define GEOSC_MEASURE_H

#include "results/results.h"

enum { MEASURE_ALPHAS = 20 };

enum measure_compare {
    MEASURE_BELOW,   /* error < alpha * threshold */
    MEASURE_AT_MOST, /* error <= alpha * threshold */
    MEASURE_COMPARES
};

/* What alpha multiplies. */
enum measure_length {
    MEASURE_STORED,    /* the pair's threshold, else the larger side of the target */
    MEASURE_IMAGE,     /* the larger side of the target */
    MEASURE_BOX,       /* the larger side of the target's box, which the input must have */
    MEASURE_KEYPOINTS, /* the larger side of the box around the target keypoints that are present */
    MEASURE_LENGTHS
};

struct measure {
    size_t alpha_count;
    double alphas[MEASURE_ALPHAS];
    enum measure_compare compare;
    enum measure_length length;
};

enum measure_subset { MEASURE_ALL, MEASURE_GEOMETRY, MEASURE_SUBSETS };

/* Points of one pair, and how many are right at each alpha: by their errors, and of those the ones whose answer is
 * nearest to its own target keypoint (PCK-dagger). */
struct tally {
    uint32_t points;
    uint32_t right[MEASURE_ALPHAS], nearest[MEASURE_ALPHAS];
    uint32_t swapped[MEASURE_ALPHAS]; /* wrong, and nearer to the mirrored partner */
};

const char *measure_compare_name(int i); /* "lt", "le"; NULL after the last */
const char *measure_length_name(int i);  /* "stored", "image", "box", "keypoints"; NULL after the last */
bool measure_present(const double point[2]);
/* Whether keypoint k of the pair is present in both images. */
bool measure_is_point(const struct catalog *catalog, size_t pair, size_t k);
/* Distance of the answer to the truth; NaN for a missing answer. */
double measure_error(const struct catalog *catalog, const struct results *results, size_t pair, size_t k);
bool measure_right(const struct measure *measure, size_t a, double error, double threshold);
/* Whether no target keypoint of another point is nearer to the answer to keypoint k; of equally near ones the first is
 * the nearest. False for a missing answer. */
bool measure_nearest(const struct catalog *catalog, const struct results *results, size_t pair, size_t k);
/* Whether the answer to keypoint k is nearer to the target keypoint of its mirrored partner than to its own. False
 * without a partner that is present in the target, and for a missing answer. */
bool measure_swapped(const struct catalog *catalog, const struct results *results, size_t pair, size_t k);
/* Whether keypoint k is of the geometry-aware subset; false without symmetry groups. */
bool measure_geometry_aware(const struct catalog *catalog, size_t pair, size_t k);
/* The length that alpha multiplies, in the units of the keypoints; measure_threshold_name describes it. */
double measure_threshold(const struct catalog *catalog, enum measure_length length, size_t pair);
const char *measure_threshold_name(const struct catalog *catalog, enum measure_length length);
/* The geometry-aware subset has no points if the catalog has no symmetry groups. */
void measure_pair(const struct measure *measure, const struct catalog *catalog, const struct results *results,
                  size_t pair, struct tally tallies[MEASURE_SUBSETS]);

#endif
