/*
 * bootstrap: 95 % intervals of PCK by resampling the pairs (docs/computation.md, Intervals). Pairs with equal tallies
 * are a class: memory is 8 bytes for each pair, and by class. One thread.
 */
#ifndef GEOSC_BOOTSTRAP_H
#define GEOSC_BOOTSTRAP_H

#include "results/resample.h"
#include "results/scores.h"

/* Bounds of each share: NaN if no resampling has points. Their counts are 0. */
struct interval {
    struct scores low, high;
};

/* Intervals of one output; or of two outputs of the same catalog: of the first, of the second, and of the second's
 * shares minus the first's. All resamplings are the same for both. Free the intervals, also after a failure, before
 * the catalog. */
enum geosc_status bootstrap(geosc_context *context, const struct catalog *catalog,
                            const struct results *const results[], size_t outputs, const struct measure *measure,
                            struct interval intervals[]);
void interval_free(struct interval *interval); /* for a zeroed or filled one */

#endif
