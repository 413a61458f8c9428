/*
 * scores: PCK over all pairs and by category, summed from the tallies of pairs. First create, then add each pair, then
 * finish once. Memory by category. One thread at a time.
 */
#ifndef GEOSC_SCORES_H
#define GEOSC_SCORES_H

#include "results/measure.h"

enum pck_form {
    PCK_PER_POINT, /* of all points */
    PCK_PER_IMAGE, /* mean over pairs of each pair's fraction */
    PCK_DAGGER_PER_POINT,
    PCK_DAGGER_PER_IMAGE,
    PCK_FORMS
};

struct pck {
    size_t points;
    size_t pairs;                            /* pairs with at least one point */
    size_t pairs_without;                    /* pairs counted, not averaged */
    size_t errors[MEASURE_ALPHAS];           /* points that are wrong, and */
    size_t swapped[MEASURE_ALPHAS];          /* those of them that are nearer to the mirrored partner */
    double share[PCK_FORMS][MEASURE_ALPHAS]; /* fractions of correct points, 0..1; NaN without points */
};

struct category_score {
    const char *name; /* owned by the catalog */
    struct pck all, geometry;
};

struct scores {
    size_t alpha_count;
    struct pck all, geometry;         /* micro: over all pairs */
    struct pck macro, geometry_macro; /* mean of the fractions of categories with points; counts as micro */
    size_t category_count;
    struct category_score *categories; /* sorted by name */
};

/* Empty scores with the categories of the catalog, if it has any. Free them before the catalog. */
enum geosc_status scores_create(geosc_context *context, const struct catalog *catalog, size_t alpha_count,
                                struct scores *scores);
/* Scores with the same categories. */
enum geosc_status scores_copy(geosc_context *context, const struct scores *scores, struct scores *copy);
void scores_clear(struct scores *scores); /* keeps the categories */
/* The place of a pair's category; category_count if the catalog has none. */
size_t scores_category(const struct scores *scores, const struct catalog *catalog, size_t pair);
/* Adds a pair `times` times. */
void scores_add(struct scores *scores, size_t category, const struct tally tallies[MEASURE_SUBSETS], size_t times);
/* Turns sums into fractions and makes the means of categories. */
void scores_finish(struct scores *scores);
/* The same numbers by place: first SCORES_CATEGORIES of all pairs, then of each category all and geometry. */
enum { SCORES_ALL, SCORES_MACRO, SCORES_GEOMETRY, SCORES_GEOMETRY_MACRO, SCORES_CATEGORIES };
bool scores_is_geometry(size_t place);
bool scores_is_macro(size_t place);
const struct pck *scores_pck(const struct scores *scores, size_t place);
size_t scores_shares(const struct scores *scores); /* how many shares there are */
double *scores_share(struct scores *scores, size_t place);
void scores_free(struct scores *scores); /* for zeroed or filled ones */

#endif
