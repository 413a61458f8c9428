/*
 * evaluate: PCK of matches against ground truth (docs/computation.md, Evaluation) and statistics of the chosen poses.
 * Prints nothing.
 *
 * A point is a keypoint that is present in both images. It is correct if its error is below (not at) alpha * threshold.
 * The threshold is the pair's own, or the larger side of the target in the units of the keypoints: cells of its grid or
 * pixels. A missing answer is wrong. The geometry-aware subset has the points whose symmetry group has two or more
 * members present in the target.
 */
#ifndef GEOSC_EVALUATE_H
#define GEOSC_EVALUATE_H

#include "input/truth.h"
#include "results/results.h"

enum { EVALUATE_ALPHAS = 20 };

struct pck {
    size_t points;
    size_t pairs;         /* pairs with at least one point */
    size_t pairs_without; /* pairs counted, not averaged */
    /* Fractions of correct points, 0..1; NaN without points. */
    double per_point[EVALUATE_ALPHAS]; /* of all points */
    double per_image[EVALUATE_ALPHAS]; /* mean over pairs of each pair's fraction */
};

struct category_score {
    const char *name; /* owned by the catalog */
    struct pck all, geometry;
};

struct evaluation {
    char protocol[256]; /* the rule behind the numbers, in words: printed with them */
    size_t alpha_count;
    double alphas[EVALUATE_ALPHAS];
    bool has_points, has_geometry, has_categories; /* the input has target keypoints, symmetry groups, categories */
    struct truth_outside outside;                  /* target keypoints outside their image: each is a miss */
    struct pck all, geometry;                      /* micro: over all pairs */
    struct pck macro, geometry_macro; /* macro: mean of the fractions of categories with points; counts as micro */
    size_t category_count;
    struct category_score *categories; /* sorted by name */

    size_t pairs, failed; /* failed: status is not ok */
    size_t pose_count;
    enum geosc_pose poses[GEOSC_POSES];
    size_t chosen[GEOSC_POSES]; /* pairs by candidate */
    size_t undecided, ties;     /* ties: pairs with several smallest IMDs */
    double margin_median;       /* runner-up's IMD minus the smallest; NaN if no pair has two */
    bool has_truth;
    size_t pose_known, pose_right; /* pairs with a true pose; pairs where it was chosen */
};

/* Evaluates results of the catalog's pairs; the catalog needs target keypoints or true poses. Free the evaluation
 * before the catalog. */
enum geosc_status evaluate(geosc_context *context, const struct catalog *catalog, const struct results *results,
                           const double *alphas, size_t alpha_count, struct evaluation *evaluation);
/* The length that alpha multiplies, in the units of the keypoints; evaluate_threshold_name describes it. */
double evaluate_threshold(const struct catalog *catalog, size_t pair);
const char *evaluate_threshold_name(const struct catalog *catalog);
void evaluation_free(struct evaluation *evaluation); /* for a zeroed or filled one */

#endif
