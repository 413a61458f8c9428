/*
 * plan: what a run does, made before it starts, as a graph: reads make maps, pairs use them. Pairs are in order, and
 * before each stand the images to read, the poses to make from them and their cache slots. Since the future is known,
 * the slot to reuse is always the one whose map is needed last (Belady). Pure data: the workers and the reading threads
 * walk it.
 */
#ifndef GEOSC_PLAN_H
#define GEOSC_PLAN_H

#include "input/catalog.h"

enum {
    PLAN_STEP_MAPS = GEOSC_POSES + 2 /* most distinct maps of one pair: candidates, unposed
                                      * source, target */
};

/* Origin of a pose's features. */
enum pose_origin {
    ORIGIN_STORED,  /* extracted from the posed image */
    ORIGIN_DERIVED, /* raw features posed, then refined */
    ORIGIN_ALIAS    /* derived without a model: the unposed map with permuted cells */
};

/* The number of a make; PLAN_NO_MAKE: none. */
typedef uint32_t plan_number;

static const plan_number PLAN_NO_MAKE = UINT32_MAX;

/* One refined map: `pose` applied to the image read, refined, into `slot`, once the pairs that use the slot's map
 * before it are answered. */
struct plan_make {
    enum geosc_pose pose; /* GEOSC_POSE_NONE for stored features */
    int slot;
    plan_number before; /* the make whose map was in the slot */
    uint32_t uses;      /* pairs that need the map, at least one */
};

/* One image to read: its features as stored for a pose. */
struct plan_read {
    size_t image;
    enum geosc_pose stored; /* GEOSC_POSE_NONE: the unposed image */
    size_t first_make, make_count;
};

/* Consecutive reads of a step whose maps are refined together. */
struct plan_batch {
    size_t step, first_read, read_count;
};

/* One pair. */
struct plan_step {
    size_t pair, first_read, read_count;
    plan_number candidate[GEOSC_POSES]; /* make of each candidate pose */
    plan_number plain;                  /* make of the unposed source; PLAN_NO_MAKE if not needed */
    plan_number target;
};

struct plan {
    size_t step_count, batch_count, read_count, make_count;
    struct plan_step *steps;
    struct plan_batch *batches;
    struct plan_read *reads;
    struct plan_make *makes;
    size_t batch_capacity, read_capacity, make_capacity;
    size_t slot_count;    /* most slots in use at a time */
    size_t hits;          /* maps that pairs found in the cache */
    size_t largest_batch; /* most maps of a batch */
    size_t candidates;    /* of each step */
};

/* What to plan: the `count` pairs of `order`, with at most `slots` cache slots (at least PLAN_STEP_MAPS), for so many
 * workers. */
struct plan_request {
    const struct catalog *catalog;
    const struct geosc_options *options;
    bool tells_poses; /* model_tells_poses() */
    const size_t *order;
    size_t count, slots, workers;
};

/* Origin of `pose` for images of this set. */
enum pose_origin plan_origin(const struct image_set *set, const struct geosc_options *options, bool tells_poses,
                             enum geosc_pose pose);

/*
 * Whether pairs with this source may need the unposed map for more than its IMD: for keypoints without a mirrored
 * partner (docs/computation.md, Mirrored keypoints), or for the queries of a dense match if stored features have their
 * own mask.
 */
bool plan_needs_plain(const struct catalog *catalog, const struct geosc_options *options, bool tells_poses,
                      size_t source);

/* With one worker, a step's reads are one batch, which reads each weight once. With several, each read is one, and a
 * slot is reused only some steps after its map's last use, while others are free: that use may not have ended. */
enum geosc_status plan_create(geosc_context *context, const struct plan_request *request, struct plan *plan);
void plan_free(struct plan *plan);

/* The makes that a step needs, each once. Returns their number. */
size_t plan_needs(const struct plan *plan, const struct plan_step *step, plan_number needs[PLAN_STEP_MAPS]);

/* Number of makes in the steps before this one. */
size_t plan_makes_before(const struct plan *plan, size_t step);

#endif
