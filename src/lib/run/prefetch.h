/*
 * prefetch: the one thread that reads. It walks the plan's reads ahead of the computation and keeps a few images'
 * stored bytes ready, undecoded. The computing thread takes them in the same order.
 */
#ifndef GEOSC_PREFETCH_H
#define GEOSC_PREFETCH_H

#include "run/plan.h"

/* One read of the plan. */
struct prefetch_item {
    const struct features *features; /* that were read */
    struct raw levels[CATALOG_LEVELS];
    bool has_mask;
    const struct features *mask_owner; /* whose mask it is: that of stored features without one is the plain image's */
    struct raw mask;
};

struct prefetch;

/* Starts reading. `depth` items are held at the most; catalog and plan must outlive it. */
enum geosc_status prefetch_start(geosc_context *context, const struct catalog *catalog, const struct plan *plan,
                                 size_t depth, struct prefetch **prefetch);
/* Waits for the next item of the plan. It is valid until prefetch_release, which must come before the next call. */
enum geosc_status prefetch_next(geosc_context *context, struct prefetch *prefetch, const struct prefetch_item **item);
void prefetch_release(struct prefetch *prefetch);
/* Bytes read so far, and of an item in the mean. */
size_t prefetch_bytes(struct prefetch *prefetch);
double prefetch_mean_bytes(struct prefetch *prefetch);
void prefetch_stop(struct prefetch *prefetch); /* joins the thread; NULL allowed */

#endif
