/*
 * keypoints: PCK of each keypoint in each category, with intervals. Memory is 24 bytes for each point. One thread.
 */
#ifndef GEOSC_KEYPOINTS_H
#define GEOSC_KEYPOINTS_H

#include "results/resample.h"
#include "results/scores.h"

enum keypoint_form { KEYPOINT_PCK, KEYPOINT_DAGGER, KEYPOINT_FORMS };

/* The points of one keypoint in one category. */
struct keypoint_score {
    size_t points;
    double share[KEYPOINT_FORMS][MEASURE_ALPHAS]; /* of right ones; NaN without points */
};

struct keypoint_table {
    size_t categories, count;          /* categories: 1 without any; count: keypoints of each */
    const char **name;                 /* [categories][count], "": none; the texts are the catalog's */
    struct keypoint_score *scores;     /* [categories][count], or NULL: not asked for */
    struct keypoint_score *low, *high; /* the same, without their points; or NULL: no intervals */
};

/* Fills resample_kinds(outputs) tables, with the categories of these scores. Free them, also after a failure, before
 * the catalog. */
enum geosc_status keypoints_find(geosc_context *context, const struct catalog *catalog,
                                 const struct results *const results[], size_t outputs, const struct measure *measure,
                                 const struct scores *scores, bool intervals, struct keypoint_table tables[]);
void keypoint_table_free(struct keypoint_table *table); /* for a zeroed or filled one */

#endif
