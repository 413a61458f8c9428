/*
 * match: where query cells of a source lie in the target (SPEC 2.5): first maximum of the similarity, then a soft-argmax in a
 * window around it, in double. Only the queried rows of the similarity are computed.
 */
#ifndef GEOSC_MATCH_H
#define GEOSC_MATCH_H

#include "map.h"

struct match_options {
    int window;         /* odd */
    double temperature; /* > 0 */
};

/* Query panels and similarities; zeroed at first, reused from pair to pair. */
struct match_scratch {
    float *queries, *similarity;
    size_t queries_capacity, similarity_capacity;
};

/* For each of `count` cells of the source: xy [count][2] in target cells and score [count].
 * target_mask: cells with 0 are no targets (one at least is not 0); NULL: all are. */
enum geosc_status match_cells(geosc_context *context, const geosc_map *source, const uint32_t *cells, size_t count,
                              const geosc_map *target, const float *target_mask, const struct match_options *options,
                              struct match_scratch *scratch, float (*xy)[2], float *score);
void match_scratch_free(struct match_scratch *scratch);

#endif
