/*
 * prefetch: the threads that read, one for 16 workers. They walk the plan's reads ahead of the computation and keep the
 * stored bytes of a few images ready, undecoded. The workers take them as they need them.
 */
#ifndef GEOSC_PREFETCH_H
#define GEOSC_PREFETCH_H

#include "base/share.h"
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

/* Number of threads that read for so many workers. */
size_t prefetch_readers(size_t workers);

/* Starts reading for so many workers. Holds at most `depth` items; catalog, plan and crew must outlive it. Wakes the
 * crew after each item. */
enum geosc_status prefetch_start(geosc_context *context, const struct catalog *catalog, const struct plan *plan,
                                 size_t workers, size_t depth, struct crew *crew, struct prefetch **prefetch);
/* Whether prefetch_take of this read would not wait: the item is there, or a failure keeps it away. */
bool prefetch_has(struct prefetch *prefetch, size_t read);
/* Waits for the item of a read of the plan: the lowest one not yet taken. It is valid until prefetch_release. A failure
 * is that of the first read that failed, in the plan's order. */
enum geosc_status prefetch_take(geosc_context *context, struct prefetch *prefetch, size_t read,
                                const struct prefetch_item **item);
void prefetch_release(struct prefetch *prefetch, size_t read);
/* Bytes read so far; mean bytes of an item; seconds that reading took, of the mean thread. */
void prefetch_figures(struct prefetch *prefetch, size_t *bytes, double *mean_bytes, double *seconds);
void prefetch_stop(struct prefetch *prefetch); /* joins the threads; NULL is allowed */

#endif
