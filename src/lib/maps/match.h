/*
 * match: matches queries of a source into the target (docs/computation.md, Matching): first maximum of the similarity,
 * then the mean of the target's cells, weighted by a softmax over a window. Computes only the queried rows of the
 * similarity. On request also gives the best cells, and confidence: the best similarity outside the window, and the way
 * back from the peak and from the answer.
 */
#ifndef GEOSC_MATCH_H
#define GEOSC_MATCH_H

#include "maps/kap.h"
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

struct matching {
    const geosc_map *source, *target;
    const float *source_mask; /* cells with 0 are left out on the way back, except the query's; NULL: none is */
    const float *target_mask; /* cells with 0 are no targets (one at least is not 0); NULL: all cells are */
    const struct geosc_options *options; /* query, similarity, window, outside, temperature, top, heat */
    struct match_scratch *scratch;
    struct geosc_answers answers;
    const struct kap *kap; /* NULL: not asked for */
    uint8_t *heat;         /* [count][options.heat][options.heat], heat.h; NULL: not asked for */
};

enum geosc_status match_find(geosc_context *context, const struct matching *matching,
                             const struct match_queries *queries);
/* Scratch bytes of a call for maps of `panels` panels, with one thread. */
size_t match_scratch_bytes(const struct geosc_options *options, size_t panels, size_t channels);
void match_scratch_free(struct match_scratch *scratch);

#endif
