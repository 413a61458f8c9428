/*
 * plan: the steps of a run, made before it starts: pairs in order, and before each the images to read, the poses to
 * make from them and their cache slots. Since the future is known, the slot to reuse is always the one whose map is
 * needed last (Belady). Pure data: the pipeline and the reading thread both walk it.
 */
#ifndef GEOSC_PLAN_H
#define GEOSC_PLAN_H

#include "input/catalog.h"

enum {
    PLAN_NO_SLOT = -1,
    PLAN_STEP_MAPS = GEOSC_POSES + 2 /* most distinct maps of one pair: candidates, unposed
                                      * source, target */
};

/* Origin of a pose's features. */
enum pose_origin {
    ORIGIN_STORED,  /* extracted from the posed image */
    ORIGIN_DERIVED, /* raw features posed, then refined */
    ORIGIN_ALIAS    /* derived without a model: the unposed map with permuted cells */
};

/* One refined map: `pose` applied to the image read, refined, into `slot`. */
struct plan_make {
    enum geosc_pose pose; /* GEOSC_POSE_NONE for stored features */
    int slot;
};

/* One image to read: its features as stored for a pose. */
struct plan_read {
    size_t image;
    enum geosc_pose stored; /* GEOSC_POSE_NONE: the unposed image */
    size_t first_make, make_count;
};

/* One pair. */
struct plan_step {
    size_t pair, first_read, read_count;
    int candidate[GEOSC_POSES]; /* slot of each candidate pose */
    int plain;                  /* slot of the unposed source; PLAN_NO_SLOT if not needed */
    int target;
};

struct plan {
    size_t step_count, read_count, make_count;
    struct plan_step *steps;
    struct plan_read *reads;
    struct plan_make *makes;
    size_t read_capacity, make_capacity;
    size_t slot_count;    /* most slots in use at a time */
    size_t hits;          /* maps that pairs found in the cache */
    size_t largest_batch; /* most maps made in one step */
};

/* Origin of `pose` for images of this set. */
enum pose_origin plan_origin(const struct image_set *set, const struct geosc_options *options, bool has_model,
                             enum geosc_pose pose);

/* Plans a run over the `count` pairs of `order` with at most `slot_limit` cache slots (at least PLAN_STEP_MAPS). */
enum geosc_status plan_create(geosc_context *context, const struct catalog *catalog,
                              const struct geosc_options *options, bool has_model, const size_t *order, size_t count,
                              size_t slot_limit, struct plan *plan);
void plan_free(struct plan *plan);

#endif
