/*
 * precision: KAP, the average precision of keypoints (docs/computation.md, KAP), from what geosc match --kap keeps.
 * Memory is 16 bytes for each similarity that counts, at each alpha. One thread.
 */
#ifndef GEOSC_PRECISION_H
#define GEOSC_PRECISION_H

#include "results/resample.h"
#include "results/scores.h"

enum kap_form {
    KAP_PER_POINT, /* of all points together */
    KAP_PER_IMAGE, /* mean over pairs with positives of each pair's */
    KAP_FORMS
};

struct kap_score {
    size_t positives;                          /* keypoints in both images */
    size_t pairs, pairs_without;               /* pairs with one at least; others */
    double share[KAP_FORMS][GEOSC_KAP_ALPHAS]; /* 0..1; NaN without positives */
};

/* Places of scores: of all pairs, mean of the categories with positives (with the counts of all), then each category.
 */
enum { KAP_ALL, KAP_MACRO, KAP_CATEGORIES };

struct kap_table {
    size_t count; /* of alphas; 0: the table is empty */
    double alpha[GEOSC_KAP_ALPHAS];
    size_t places;
    struct kap_score *scores;     /* [places] */
    struct kap_score *low, *high; /* [places] without counts; or NULL: no intervals */
};

/* Fills resample_kinds(outputs) tables, with the categories of these scores. The results must have been matched with
 * KAP at the same alphas. Free them, also after a failure. */
enum geosc_status precision_find(geosc_context *context, const struct catalog *catalog,
                                 const struct results *const results[], size_t outputs, const struct scores *scores,
                                 bool intervals, struct kap_table tables[]);
void kap_table_free(struct kap_table *table); /* for a zeroed or filled one */

#endif
