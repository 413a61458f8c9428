/*
 * journal_testing: what the tests of journals share: results made up, the journal of a run that made them, in memory,
 * and files. Each uses a part of it.
 */
#ifndef TESTS_JOURNAL_TESTING_H
#define TESTS_JOURNAL_TESTING_H

#include "base/random.h"
#include "results/journal.h"
#include "testing.h"

#include <math.h>

enum { PAIRS = 38, CANDIDATES = 4, ANSWERS = 17, TOPS = 3, KAPS = 2, HEAT = 2, ROOM = 1 << 17 };

static const char run_text[] = "version=1\nmodel=none\ninput=scene.h5\nposes=none,hflip\nimd=squared\n";

/* ---- a journal in memory ------------------------------------------------------------------------ */

static struct results truth, taken;

struct sample {
    unsigned char bytes[ROOM];
    size_t size, header, record; /* bytes in all, of the header, of a record */
    struct record_shape shape;
};

static struct sample whole;

/* What KAP needs of a pair. The largest similarity is the score; some keypoints have no truth, or none elsewhere. */
static inline void fill_kap(struct results *results, size_t pair, struct random_stream *random)
{
    bool any = false;

    for (size_t i = pair * ANSWERS; i < (pair + 1) * ANSWERS; i++) {
        const float score = results->score[i], less = score - (float)random_uniform(random);
        any |= !isnan(score);
        results->kap_max[i] = score;
        for (size_t a = 0; a < KAPS; a++) {
            results->kap_in[i * KAPS + a] = i % 5 == 0 ? NAN : score;
            results->kap_out[i * KAPS + a] = i % 5 == 0 || i % 7 == a ? NAN : less;
        }
    }
    results->kap_range[pair][0] = any ? -1 : NAN;
    results->kap_range[pair][1] = any ? 1 : NAN;
}

/* Places for results. With values, failed pairs and all, where they are to be the truth. */
static inline void make_results(struct results *results, bool values)
{
    struct random_stream random = random_stream(1, 2, 3);

    *results =
        (struct results){.pairs = PAIRS, .candidates = CANDIDATES, .rank = 1, .shape = {ANSWERS}, .answers = ANSWERS};
    results->xy = calloc(PAIRS * ANSWERS, sizeof *results->xy);
    results->score = calloc(PAIRS * ANSWERS, sizeof *results->score);
    results->peak = calloc(PAIRS * ANSWERS, sizeof *results->peak);
    results->second = calloc(PAIRS * ANSWERS, sizeof *results->second);
    results->mutual = calloc(PAIRS * ANSWERS, 1);
    results->cycle = calloc(PAIRS * ANSWERS, sizeof *results->cycle);
    results->tops = TOPS;
    results->top_xy = calloc(PAIRS * ANSWERS * TOPS, sizeof *results->top_xy);
    results->top_score = calloc(PAIRS * ANSWERS * TOPS, sizeof *results->top_score);
    results->kaps = KAPS;
    results->kap_in = calloc(PAIRS * ANSWERS * KAPS, sizeof *results->kap_in);
    results->kap_out = calloc(PAIRS * ANSWERS * KAPS, sizeof *results->kap_out);
    results->kap_max = calloc(PAIRS * ANSWERS, sizeof *results->kap_max);
    results->kap_range = calloc(PAIRS, sizeof *results->kap_range);
    results->heat_side = HEAT;
    results->heat = calloc(PAIRS * ANSWERS, HEAT * HEAT);
    results->imd = calloc(PAIRS * CANDIDATES, sizeof *results->imd);
    results->chosen = calloc(PAIRS, 1);
    results->status = calloc(PAIRS, 1);
    for (size_t i = 0; values && i < PAIRS * ANSWERS; i++) {
        results->xy[i][0] = (float)random_uniform(&random) * 60;
        results->xy[i][1] = (float)random_uniform(&random) * 60;
        results->score[i] = (float)random_uniform(&random);
        results->peak[i][0] = (int32_t)random_below(&random, 60);
        results->peak[i][1] = (int32_t)random_below(&random, 60);
        results->second[i] = (float)random_uniform(&random);
        results->mutual[i] = (uint8_t)random_below(&random, 2);
        results->cycle[i] = (float)random_uniform(&random) * 9;
        for (size_t h = i * HEAT * HEAT; h < (i + 1) * HEAT * HEAT; h++)
            results->heat[h] = (uint8_t)random_below(&random, 256);
        for (size_t t = i * TOPS; t < (i + 1) * TOPS; t++) {
            bool there = t == i * TOPS || t % 4 != 2;
            results->top_xy[t][0] = results->top_xy[t][1] = there ? (float)random_below(&random, 60) : NAN;
            results->top_score[t] = there ? 1 - (float)(t % TOPS) * 0.25F : NAN;
            if (t > i * TOPS && isnan(results->top_score[t - 1])) /* none behind the first one that is missing */
                results->top_xy[t][0] = results->top_xy[t][1] = results->top_score[t] = NAN;
        }
    }
    for (size_t i = 0; values && i < PAIRS * CANDIDATES; i++)
        results->imd[i] = 0.25F + (float)random_uniform(&random);
    for (size_t p = 0; values && p < PAIRS; p++) {
        results->status[p] = p % 9 == 4 ? GEOSC_PAIR_EMPTY_MASK : p % 9 == 5 ? GEOSC_PAIR_BAD_KEYPOINT : GEOSC_PAIR_OK;
        results->chosen[p] = p % 9 == 4 ? GEOSC_UNDECIDED : (uint8_t)(p % CANDIDATES);
        results->imd[p * CANDIDATES + p % CANDIDATES] = 0.125F;
        for (size_t q = 0; q < CANDIDATES && p % 9 == 4; q++)
            results->imd[p * CANDIDATES + q] = NAN;
        for (size_t i = p * ANSWERS; i < (p + 1) * ANSWERS; i++)
            if (p % 9 == 4 || (p % 9 == 5 && i % 3 == 0)) {
                results->xy[i][0] = results->xy[i][1] = results->score[i] = results->second[i] = NAN;
                results->peak[i][0] = results->peak[i][1] = -1;
                results->mutual[i] = 0;
                results->cycle[i] = NAN;
                for (size_t t = i * TOPS; t < (i + 1) * TOPS; t++)
                    results->top_xy[t][0] = results->top_xy[t][1] = results->top_score[t] = NAN;
            }
        fill_kap(results, p, &random);
    }
}

static inline void free_results(struct results *results)
{
    free(results->xy);
    free(results->score);
    free(results->peak);
    free(results->second);
    free(results->mutual);
    free(results->cycle);
    free(results->top_xy);
    free(results->top_score);
    free(results->kap_in);
    free(results->kap_out);
    free(results->kap_max);
    free(results->kap_range);
    free(results->heat);
    free(results->imd);
    free(results->chosen);
    free(results->status);
}

static inline void make_sample(struct sample *sample, const char *text)
{
    *sample = (struct sample){.shape = {PAIRS, CANDIDATES, ANSWERS, .asked = {true, TOPS, KAPS, {0}, HEAT}}};
    sample->size = sample->header = record_make_header(text, sample->bytes);
    sample->shape.seed = record_header_seed(sample->bytes, sample->header);
    sample->record = record_bytes(&sample->shape);
    for (size_t p = 0; p < PAIRS; p++) /* not in the order of the file */
        sample->size += record_make_pair(&sample->shape, p, p * 37 % PAIRS, &truth, sample->bytes + sample->size);
    sample->size += record_make_end(&sample->shape, PAIRS, sample->bytes + sample->size);
    assert_true(sample->size >= 20000 && sample->size + 8192 < ROOM);
}

static inline int set_up(void **state)
{
    make_results(&truth, true);
    make_results(&taken, false);
    make_sample(&whole, run_text);
    return make_single_context(state) == 0 ? scratch_make(state) : -1;
}

static inline int tear_down(void **state)
{
    free_results(&truth);
    free_results(&taken);
    return free_all(state);
}

/* ---- the file ----------------------------------------------------------------------------------- */

static char said[STATUS_MESSAGE_SIZE];

static inline void listen(void *user, const char *line)
{
    (void)user;
    snprintf(said, sizeof said, "%s", line);
}

#endif
