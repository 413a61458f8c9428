/*
 * pair_rank: ranks pairs by their error if the truth is known, else by their scores.
 */
#ifndef GEOSC_PAIR_RANK_H
#define GEOSC_PAIR_RANK_H

#include "results/output.h"

/* 0 (best) to 1: the mean over the points of min(error / threshold, 1), with 1 for a missing answer; without truth 1
 * minus the mean score. NaN for a pair without points or answers. */
double pair_loss(const struct catalog *catalog, const struct results *results, size_t pair);

/* Lists the pairs that have a loss, best first, ties by number; *order is new, free it with memory_free. category: only
 * its pairs; NULL: all. */
enum geosc_status pair_rank(geosc_context *context, const struct catalog *catalog, const struct results *results,
                            const char *category, size_t **order, size_t *count);

#endif
