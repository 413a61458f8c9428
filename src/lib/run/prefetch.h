/*
 * prefetch: the thread that reads, the only one. It walks the plan's reads ahead of the computation and keeps the
 * stored bytes of a few images ready, undecoded. The computing thread takes them in the same order.
 */
#ifndef GEOSC_PREFETCH_H
#define GEOSC_PREFETCH_H

#include "run/plan.h"

/* One read of the plan. */
struct prefetch_item {
    const struct features *features; /* the features read */
    struct raw levels[CATALOG_LEVELS];
    bool has_mask;
    const struct features *mask_owner; /* owner of the mask: stored features without a mask use the unposed image's */
    struct raw mask;
};

struct prefetch;

/* Starts reading. Holds at most `depth` items; catalog and plan must outlive it. */
enum geosc_status prefetch_start(geosc_context *context, const struct catalog *catalog, const struct plan *plan,
                                 size_t depth, struct prefetch **prefetch);
/* Waits for the next item of the plan. It is valid until prefetch_release, which must come before the next call. */
enum geosc_status prefetch_next(geosc_context *context, struct prefetch *prefetch, const struct prefetch_item **item);
void prefetch_release(struct prefetch *prefetch);
/* Bytes read so far; mean bytes of an item. */
size_t prefetch_bytes(struct prefetch *prefetch);
double prefetch_mean_bytes(struct prefetch *prefetch);
void prefetch_stop(struct prefetch *prefetch); /* joins the thread; NULL is allowed */

#endif
