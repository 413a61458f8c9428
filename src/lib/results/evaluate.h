/*
 * evaluate: PCK of matches against ground truth (docs/computation.md, Evaluation) and statistics of the chosen poses.
 * Prints nothing.
 */
#ifndef GEOSC_EVALUATE_H
#define GEOSC_EVALUATE_H

#include "input/truth.h"
#include "results/bootstrap.h"
#include "results/keypoints.h"
#include "results/precision.h"
#include "results/risk.h"

struct evaluate_request {
    struct measure measure;
    bool intervals, risk, keypoints;
};

struct evaluation {
    char protocol[1024]; /* the rule behind the numbers, in words: printed with them */
    struct measure measure;
    bool has_points, has_geometry, has_categories; /* the input has target keypoints, symmetry groups, categories */
    struct truth_outside outside;                  /* target keypoints outside their image: each is a miss */
    struct scores scores;
    bool has_intervals;
    struct interval interval;
    struct keypoint_table keypoints;
    struct kap_table kap; /* empty without KAP in the output */
    bool has_partners;    /* the input has mirrored partners */
    bool has_risk[RISK_CONFIDENCES];
    struct risk risk[RISK_CONFIDENCES];

    size_t pairs, failed; /* failed: status is not ok */
    size_t pose_count;
    enum geosc_pose poses[GEOSC_POSES];
    size_t chosen[GEOSC_POSES]; /* pairs by candidate */
    size_t undecided, ties;     /* ties: pairs with several smallest IMDs */
    double margin_median;       /* runner-up's IMD minus the smallest; NaN if no pair has two */
    bool has_truth;
    size_t pose_known, pose_right; /* pairs with a true pose; pairs where it was chosen */
};

/* Two outputs of one input. */
struct comparison {
    struct evaluation evaluations[RESAMPLE_OUTPUTS];
    struct scores difference; /* shares of the second minus those of the first; counts are those of both */
    struct interval interval; /* of the differences: the same pairs are drawn for both */
    struct keypoint_table keypoints;
    struct kap_table kap; /* empty unless both outputs have it at the same alphas */
};

/* Evaluates results of the catalog's pairs; the catalog needs target keypoints or true poses. Free the evaluation
 * before the catalog. */
enum geosc_status evaluate(geosc_context *context, const struct catalog *catalog, const struct results *results,
                           const struct evaluate_request *request, struct evaluation *evaluation);
void evaluation_free(struct evaluation *evaluation); /* for a zeroed or filled one */
/* Evaluates two outputs of the catalog's pairs, with intervals, also of their differences. */
enum geosc_status evaluate_both(geosc_context *context, const struct catalog *catalog,
                                const struct results *const results[RESAMPLE_OUTPUTS],
                                const struct evaluate_request *request, struct comparison *comparison);
void comparison_free(struct comparison *comparison); /* for a zeroed or filled one */

#endif
