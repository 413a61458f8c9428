/*
 * pair_rank: ranks pairs by their wrong points if the truth is known, else by their scores; of two outputs, by how much
 * they differ.
 */
#ifndef GEOSC_PAIR_RANK_H
#define GEOSC_PAIR_RANK_H

#include "results/output.h"

/* Each from 0 (best) to 1. The share of wrong points counts first: a pair whose points are all right is never worse
 * than one with a wrong point. */
struct pair_loss {
    double wrong; /* share of the points that are wrong at alpha; a missing answer is wrong. Without truth 0 */
    double error; /* mean over the points of min(error / threshold, 1), with 1 for a missing answer; without truth 1
                   * minus the mean score. NaN for a pair without points or answers */
};

struct pair_loss pair_loss(const struct catalog *catalog, const struct results *results, double alpha, size_t pair);

/* Lists the pairs that have a loss, best first, ties by number; *order is new, free it with memory_free. other: NULL,
 * or a second output; then the pairs whose losses differ most come last. category: only its pairs; NULL: all. */
enum geosc_status pair_rank(geosc_context *context, const struct catalog *catalog, const struct results *results,
                            const struct results *other, double alpha, const char *category, size_t **order,
                            size_t *count);

#endif
