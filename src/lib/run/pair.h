/*
 * pair: computes the answer for one pair from refined maps: the best pose by IMD, then matches of its keypoints or
 * masked cells in the target (docs/computation.md, IMD, Matching and Mirrored keypoints). Finds all faults of a single
 * pair; they do not affect other pairs.
 */
#ifndef GEOSC_PAIR_H
#define GEOSC_PAIR_H

#include "maps/imd.h"
#include "maps/match.h"
#include "results/output.h"
#include "run/cache.h"

/* Initialise with zeros; reuse from pair to pair. */
struct pair_scratch {
    struct imd_scratch imd;
    struct match_scratch match;
    uint32_t *cells;     /* queries of one pose */
    double (*points)[2]; /* bilinear: where they are in the map */
    size_t *places;      /* positions of their answers */
    struct geosc_answers answers;
    uint8_t *heat;      /* [answers] of the queries of one pose, or NULL */
    struct kap kap;     /* of the queries of one pose; its arrays are these: */
    double *centres[2]; /* of the target's columns and rows */
    size_t centres_capacity[2];
    double (*truth)[2];
    double radii[GEOSC_KAP_ALPHAS];
    double seconds_score, seconds_match;
};

enum geosc_status pair_scratch_create(geosc_context *context, const struct geosc_options *options, size_t answers,
                                      struct pair_scratch *scratch);
size_t pair_scratch_bytes(const struct geosc_options *options); /* of one answer */
void pair_scratch_free(struct pair_scratch *scratch);

/* Data shared by all pairs of a run. */
struct pair_setting {
    const struct catalog *catalog;
    const struct geosc_options *options;
    bool tells_poses; /* model_tells_poses() */
};

/* The maps of a pair: each candidate's; the unposed source's (NULL: not needed); the target's. */
struct pair_maps {
    const struct slot *candidate[GEOSC_POSES], *plain, *target;
};

/* Those that the plan made for a step. */
void pair_find_maps(const struct cache *cache, const struct plan_step *step, struct pair_maps *maps);

/* Of two faults, the one that the pair reports. */
enum geosc_pair_status pair_first_fault(enum geosc_pair_status a, enum geosc_pair_status b);

/* Fills the part of results of the catalog's pair `index`, including its status. */
enum geosc_status pair_answer(geosc_context *context, const struct pair_setting *setting, size_t index,
                              const struct pair_maps *maps, struct pair_scratch *scratch, struct results *results);

#endif
