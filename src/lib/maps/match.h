/*
 * match: where query cells of a source lie in the target (docs/computation.md, Matching): first maximum of the
 * similarity, then a soft-argmax in a window around it, in double. Only the queried rows of the similarity are
 * computed. On request it also says how sure an answer is: the best similarity outside the window, and whether the way
 * back from the peak ends at the query.
 */
#ifndef GEOSC_MATCH_H
#define GEOSC_MATCH_H

#include "maps/map.h"

struct match_options {
    int window;         /* odd */
    double temperature; /* > 0 */
};

/* Query panels and similarities; zeroed at first, reused from pair to pair. */
struct match_scratch {
    float *queries, *similarity;
    size_t queries_capacity, similarity_capacity;
};

/* How sure the answers are; arrays [count] of the caller. */
struct match_confidence {
    const float *source_mask; /* [source cells]; cells with 0 are left out of the way back, but for the query; NULL: all are in */
    int32_t (*peak)[2];       /* x and y of the target cell with the largest similarity */
    float *second;            /* largest similarity outside the window; NaN where no target cell is outside */
    uint8_t *mutual;          /* 1: of source_mask's cells and its own the query is nearest to the peak, the first on a tie; else 0 */
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
