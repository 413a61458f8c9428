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
    bool has_model; /* model_tells_poses() */
};

/* Fills the pair's part of results, including its status. */
enum geosc_status pair_answer(geosc_context *context, const struct pair_setting *setting, const struct plan_step *step,
                              const struct cache *cache, struct pair_scratch *scratch, struct results *results);

#endif
