/*
 * match: matches queries of a source into the target (docs/computation.md, Matching): first maximum of the similarity,
 * then the mean of the target's cells, weighted by a softmax over a window. Computes only the queried rows of the
 * similarity. On request also gives confidence: the best similarity outside the window, and whether the peak's match
 * back is the query.
 */
#ifndef GEOSC_MATCH_H
#define GEOSC_MATCH_H

#include "maps/map.h"

/* Query panels and similarities, and for each thread a panel of the map that they are compared with; initialise with
 * zeros, reuse from pair to pair. */
struct match_scratch {
    float *queries, *similarity, *desks;
    float *rows; /* a panel of queries that are no cells of the map */
    float
        *factors; /* of a gauss window: by distance in x or y, from -(side - 1) to side - 1 of the map's larger side */
    size_t queries_capacity, similarity_capacity, desks_capacity, rows_capacity, factors_capacity;
};

/* Queries in a source map. */
struct match_queries {
    const uint32_t *cells;     /* [count] the nearest cell of each */
    const double (*points)[2]; /* [count] (x, y) of each in the map, with query bilinear; else not used */
    size_t count;
};

/* Answers [count], of the caller. */
struct match_answers {
    float (*xy)[2];     /* in target cells */
    float *score;       /* similarity at the peak */
    int32_t (*peak)[2]; /* x and y of the target cell with the largest similarity; NULL: no confidence is asked for */
    float *second;      /* largest similarity outside the window; NaN if the window covers all target cells */
    uint8_t *mutual;    /* 1: the query's cell is the first one most similar to the peak, among cells of the source mask
                         * and itself; else 0 */
};

struct matching {
    const geosc_map *source, *target;
    const float *source_mask; /* cells with 0 are left out on the way back, except the query's; NULL: none is */
    const float *target_mask; /* cells with 0 are no targets (one at least is not 0); NULL: all cells are */
    const struct geosc_options *options; /* query, similarity, window, outside, temperature */
    struct match_scratch *scratch;
    struct match_answers answers;
};

enum geosc_status match_find(geosc_context *context, const struct matching *matching,
                             const struct match_queries *queries);
/* Scratch bytes of a call for maps of `panels` panels, with one thread. */
size_t match_scratch_bytes(const struct geosc_options *options, size_t panels, size_t channels);
void match_scratch_free(struct match_scratch *scratch);

#endif
