/*
 * pair: the answer for one pair, from refined maps: the best pose by IMD, then its keypoints or masked cells matched
 * into the target (docs/computation.md, IMD, Matching and Mirrored keypoints). Everything about one pair that may be
 * wrong is found here, and is that pair's alone.
 */
#ifndef GEOSC_PAIR_H
#define GEOSC_PAIR_H

#include "run/cache.h"
#include "maps/imd.h"
#include "maps/match.h"
#include "results/output.h"

/* Zeroed at first; reused from pair to pair. */
struct pair_scratch {
    struct imd_scratch imd;
    struct match_scratch match;
    uint32_t *cells; /* queries of one pose, */
    size_t *places;  /* where their answers belong, */
    float (*xy)[2];  /* and the answers */
    float *score;
    int32_t (*peak)[2]; /* where the options ask for confidence */
    float *second;
    uint8_t *mutual;
    double seconds_score, seconds_match;
};

enum geosc_status pair_scratch_create(geosc_context *context, size_t answers, bool confidence, struct pair_scratch *scratch);
void pair_scratch_free(struct pair_scratch *scratch);

/* Everything that the pairs of a run share. */
struct pair_setting {
    const struct catalog *catalog;
    const struct geosc_options *options;
    bool has_model;
};

/* Fills the pair's place in results, its status too. */
enum geosc_status pair_answer(geosc_context *context, const struct pair_setting *setting, const struct plan_step *step,
                              const struct cache *cache, struct pair_scratch *scratch, struct results *results);

#endif
