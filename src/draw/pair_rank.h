/*
 * pair_rank: which pairs went well and which did not: by their error where the truth is known, else by their scores.
 */
#ifndef GEOSC_PAIR_RANK_H
#define GEOSC_PAIR_RANK_H

#include "results/output.h"

/* 0 (best) to 1: the mean over the points of min(error / threshold, 1), a missing answer counting 1; without truth 1
 * less the mean score. NaN for a pair without points or answers. */
double pair_loss(const struct catalog *catalog, const struct results *results, size_t pair);

/* The pairs that have a loss, best first, equal ones by number; *order is new, free with memory_free. category: only of
 * this one, NULL: all. */
enum geosc_status pair_rank(geosc_context *context, const struct catalog *catalog, const struct results *results,
                            const char *category, size_t **order, size_t *count);

#endif
