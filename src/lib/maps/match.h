/*
 * match: matches query cells of a source into the target (docs/computation.md, Matching): first maximum of the
 * similarity, then soft-argmax in a window around it, in double. Computes only the queried rows of the similarity. On
 * request also gives confidence: the best similarity outside the window, and whether the peak's match back is the
 * query.
 */
#ifndef GEOSC_MATCH_H
#define GEOSC_MATCH_H

#include "maps/map.h"

struct match_options {
    int window;         /* odd */
    double temperature; /* > 0 */
};

/* Query panels and similarities, and for each thread a panel of the map that they are compared with; initialise with
 * zeros, reuse from pair to pair. */
struct match_scratch {
    float *queries, *similarity, *desks;
    size_t queries_capacity, similarity_capacity, desks_capacity;
};

/* Confidence of the matches; arrays [count] of the caller. */
struct match_confidence {
    const float *source_mask; /* [source cells]: the match back excludes cells with 0, except the query; NULL: none
                               * is */
    int32_t (*peak)[2];       /* x and y of the target cell with the largest similarity */
    float *second;            /* largest similarity outside the window; NaN if the window covers all target cells */
    uint8_t *mutual;          /* 1: the query is the first cell most similar to the peak, among cells of source_mask and
                               * itself; else 0 */
};

struct matching {
    const geosc_map *source, *target;
    const float *target_mask; /* cells with 0 are no targets (one at least is not 0); NULL: all cells are */
    const struct match_options *options;
    struct match_scratch *scratch;
    float (*xy)[2];                            /* [count] answers in target cells */
    float *score;                              /* [count] */
    const struct match_confidence *confidence; /* NULL: not asked for */
};

/* Matches `count` cells of the source. */
enum geosc_status match_cells(geosc_context *context, const struct matching *matching, const uint32_t *cells,
                              size_t count);
void match_scratch_free(struct match_scratch *scratch);

#endif
