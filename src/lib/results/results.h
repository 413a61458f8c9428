/*
 * results: the answers of all pairs in memory, as they are computed, written and read back.
 */
#ifndef GEOSC_RESULTS_H
#define GEOSC_RESULTS_H

#include "input/catalog.h"

/* Answers of all pairs. A pair that failed has NaN and GEOSC_UNDECIDED. */
struct results {
    size_t pairs, candidates;
    size_t rank;        /* of one pair's answers: 1 [K], or 2 [H][W] when dense */
    size_t shape[2];    /* K, or H and W */
    size_t answers;     /* product of shape */
    float (*xy)[2];     /* [pairs * answers] */
    float *score;       /* [pairs * answers] */
    int32_t (*peak)[2]; /* [pairs * answers] cell with the best similarity, -1: no query; NULL: not asked for */
    float *second;      /* [pairs * answers] best similarity outside the window, or NULL */
    uint8_t *mutual;    /* [pairs * answers] 1: the peak's nearest source cell is the query, or NULL */
    float *imd;         /* [pairs * candidates] */
    uint8_t *chosen;    /* [pairs], place among the candidates or GEOSC_UNDECIDED */
    uint8_t *status;    /* [pairs], enum geosc_pair_status */
    enum geosc_pose poses[GEOSC_POSES]; /* the candidates */
    /* Only where they were read from a file: */
    enum units units;        /* of xy */
    size_t *source, *target; /* [pairs] image numbers of the indexed layout, or NULL */
    size_t images;           /* of the grouped layout, and their names, in which the numbers count; else NULL */
    char **image_name;
    size_t *index; /* [pairs] places in the input, ascending, of a shard; else NULL */
};

/* What can be told of a file of results in any format. */
struct output_summary {
    size_t pairs, matches, failed; /* failed: pairs whose status was another than ok */
};

/* Results for all pairs of the catalog: NaN, undecided, status ok until another is set. Free with results_free. */
enum geosc_status results_create(geosc_context *context, const struct catalog *catalog, const enum geosc_pose *poses,
                                 size_t pose_count, struct results *results);
/* Places for the results of results->pairs pairs, of the shape that stands in it. */
enum geosc_status results_allocate(geosc_context *context, struct results *results);
/* Makes room for peak, second and mutual: no query, NaN, 0. After a failure the results are still to be freed. */
enum geosc_status results_add_confidence(geosc_context *context, struct results *results);
/* Whether they are of the catalog's pairs, with as many answers each. */
bool results_fit(const struct results *results, const struct catalog *catalog);
/* Pairs without an answer: with another status than ok. */
size_t results_count_failed(const struct results *results);
void results_free(struct results *results); /* of a zeroed or filled one; leaves it zeroed */

#endif
