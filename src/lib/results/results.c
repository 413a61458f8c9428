#include "results/results.h"

#include <math.h>
#include <string.h>

#include "base/guard.h"

enum geosc_status results_allocate(geosc_context *context, struct results *results)
{
    enum geosc_status status;
    size_t all = 0, scores = 0;

    if (!size_multiply(results->shape[0], results->rank == 2 ? results->shape[1] : 1, &results->answers) ||
        !size_multiply(results->pairs, results->answers, &all) ||
        !size_multiply(results->pairs, results->candidates, &scores))
        return fail(context, GEOSC_FAILED, "the results of %zu pairs do not fit in memory", results->pairs);
    TRY(memory_allocate(context, &results->xy, all, sizeof *results->xy, "matches"));
    status = memory_allocate(context, &results->score, all, sizeof *results->score, "scores");
    if (GUARD(memory_status_forwarded))
        TRY(status);
    TRY(memory_allocate(context, &results->imd, scores, sizeof *results->imd, "IMDs"));
    TRY(memory_allocate(context, &results->chosen, results->pairs, 1, "chosen poses"));
    TRY(memory_allocate_zero(context, &results->status, results->pairs, 1, "statuses"));
done:
    return status;
}

enum geosc_status results_create(geosc_context *context, const struct catalog *catalog, const enum geosc_pose *poses,
                                 size_t pose_count, struct results *results)
{
    enum geosc_status status;

    *results = (struct results){.pairs = catalog->pairs, .candidates = pose_count};
    results->rank = catalog_answers(catalog, results->shape);
    memcpy(results->poses, poses, pose_count * sizeof *poses);
    TRY(results_allocate(context, results));
    for (size_t i = 0; i < results->pairs * results->answers; i++)
        results->xy[i][0] = results->xy[i][1] = results->score[i] = NAN;
    for (size_t i = 0; i < results->pairs * results->candidates; i++)
        results->imd[i] = NAN;
    memset(results->chosen, GEOSC_UNDECIDED, results->pairs);
done:
    if (status != GEOSC_OK)
        results_free(results);
    return status;
}

enum geosc_status results_add_confidence(geosc_context *context, struct results *results)
{
    size_t all = results->pairs * results->answers; /* xy is as large */
    enum geosc_status status;

    TRY(memory_allocate(context, &results->peak, all, sizeof *results->peak, "peaks"));
    TRY(memory_allocate(context, &results->second, all, sizeof *results->second, "second best similarities"));
    TRY(memory_allocate_zero(context, &results->mutual, all, 1, "mutual matches"));
    TRY(memory_allocate(context, &results->cycle, all, sizeof *results->cycle, "cycle distances"));
    for (size_t i = 0; i < all; i++) {
        results->peak[i][0] = results->peak[i][1] = -1;
        results->second[i] = results->cycle[i] = NAN;
    }
done:
    return status;
}

enum geosc_status results_add_top(geosc_context *context, struct results *results, size_t tops)
{
    enum geosc_status status;
    size_t all;

    if (!size_multiply(results->pairs * results->answers, tops, &all))
        return fail(context, GEOSC_FAILED, "the best %zu cells of each answer do not fit in memory", tops);
    TRY(memory_allocate(context, &results->top_xy, all, sizeof *results->top_xy, "best cells"));
    TRY(memory_allocate(context, &results->top_score, all, sizeof *results->top_score, "best cells"));
    results->tops = tops;
    for (size_t i = 0; i < all; i++)
        results->top_xy[i][0] = results->top_xy[i][1] = results->top_score[i] = NAN;
done:
    return status;
}

enum geosc_status results_add_kap(geosc_context *context, struct results *results, const double *alphas, size_t count)
{
    enum geosc_status status;
    size_t answers = results->pairs * results->answers, all;

    if (!size_multiply(answers, count, &all))
        return fail(context, GEOSC_FAILED, "what KAP needs of %zu answers does not fit in memory", answers);
    TRY(memory_allocate(context, &results->kap_in, all, sizeof *results->kap_in, "KAP"));
    TRY(memory_allocate(context, &results->kap_out, all, sizeof *results->kap_out, "KAP"));
    TRY(memory_allocate(context, &results->kap_max, answers, sizeof *results->kap_max, "KAP"));
    TRY(memory_allocate(context, &results->kap_range, results->pairs, sizeof *results->kap_range, "KAP"));
    results->kaps = count;
    memcpy(results->kap_alpha, alphas, count * sizeof *alphas);
    for (size_t i = 0; i < all; i++)
        results->kap_in[i] = results->kap_out[i] = NAN;
    for (size_t i = 0; i < answers; i++)
        results->kap_max[i] = NAN;
    for (size_t p = 0; p < results->pairs; p++)
        results->kap_range[p][0] = results->kap_range[p][1] = NAN;
done:
    return status;
}

enum geosc_status results_add_heat(geosc_context *context, struct results *results, size_t side)
{
    size_t all;

    if (!size_multiply(results->pairs * results->answers, side * side, &all))
        return fail(context, GEOSC_FAILED, "pictures of %zu x %zu similarities do not fit in memory", side, side);
    results->heat_side = side;
    return memory_allocate_zero(context, &results->heat, all, 1, "pictures of similarities");
}

struct results_asked results_asked_by(const struct geosc_options *options)
{
    struct results_asked asked = {
        options->confidence, (size_t)options->top, options->kap_count, {0}, (size_t)options->heat};

    memcpy(asked.kap_alpha, options->kap, asked.kaps * sizeof *options->kap);
    return asked;
}

struct results_asked results_have(const struct results *results)
{
    struct results_asked asked = {results->peak != NULL, results->tops, results->kaps, {0}, results->heat_side};

    memcpy(asked.kap_alpha, results->kap_alpha, asked.kaps * sizeof *results->kap_alpha);
    return asked;
}

bool results_asked_alike(const struct results_asked *a, const struct results_asked *b)
{
    return a->confidence == b->confidence && a->tops == b->tops && a->kaps == b->kaps && a->heat == b->heat &&
           memcmp(a->kap_alpha, b->kap_alpha, a->kaps * sizeof *a->kap_alpha) == 0;
}

enum geosc_status results_add_asked(geosc_context *context, const struct results_asked *asked, struct results *results)
{
    enum geosc_status status = GEOSC_OK;

    if (asked->confidence)
        TRY(results_add_confidence(context, results));
    if (asked->tops)
        TRY(results_add_top(context, results, asked->tops));
    if (asked->kaps)
        TRY(results_add_kap(context, results, asked->kap_alpha, asked->kaps));
    if (asked->heat)
        TRY(results_add_heat(context, results, asked->heat));
done:
    return status;
}

size_t results_parts(const struct results *results, struct results_part parts[RESULTS_PARTS])
{
    const size_t n = results->answers, tops = results->tops, kaps = results->kaps;
    const size_t heat = results->heat_side;
    const struct results_part all[RESULTS_PARTS] = {
        {"/matches/peak", NUMBER_I32, false, 1, {2, 0}, 2 * n, 0, results->peak},
        {"/matches/second", NUMBER_F32, false, 0, {0, 0}, n, 0, results->second},
        {"/matches/mutual", NUMBER_U8, false, 0, {0, 0}, n, 1, results->mutual},
        {"/matches/cycle", NUMBER_F32, false, 0, {0, 0}, n, 0, results->cycle},
        {"/matches/top_xy", NUMBER_F32, false, 2, {tops, 2}, 2 * tops * n, 0, results->top_xy},
        {"/matches/top_score", NUMBER_F32, false, 1, {tops, 0}, tops * n, 0, results->top_score},
        {"/matches/kap_in", NUMBER_F32, false, 1, {kaps, 0}, kaps * n, 0, results->kap_in},
        {"/matches/kap_out", NUMBER_F32, false, 1, {kaps, 0}, kaps * n, 0, results->kap_out},
        {"/matches/kap_max", NUMBER_F32, false, 0, {0, 0}, n, 0, results->kap_max},
        {"/matches/kap_range", NUMBER_F32, true, 1, {2, 0}, 2, 0, results->kap_range},
        {"/matches/heat", NUMBER_U8, false, 2, {heat, heat}, heat * heat * n, UINT8_MAX, results->heat},
    };
    size_t count = 0;

    for (size_t i = 0; i < RESULTS_PARTS; i++)
        if (all[i].values)
            parts[count++] = all[i];
    return count;
}

size_t results_parts_bytes(const struct results_asked *asked, size_t answers)
{
    size_t confidence = asked->confidence ? 2 * sizeof(int32_t) + 2 * sizeof(float) + 1 : 0;
    size_t kap = asked->kaps ? (2 * asked->kaps + 1) * sizeof(float) : 0;

    return answers * (confidence + asked->tops * 3 * sizeof(float) + kap + asked->heat * asked->heat) +
           (asked->kaps ? 2 * sizeof(float) : 0);
}

/* NaN is one of no map, or where there is no cell. */
static bool is_within(float value, const float range[2])
{
    return isnan(value) || (value >= range[0] && value <= range[1]);
}

bool results_kap_can_be(const float *in, const float *out, size_t kaps, float most, const float range[2], bool given)
{
    bool finite = isfinite(range[0]) && isfinite(range[1]);

    if (given != !isnan(most) || (finite ? range[0] > range[1] : !isnan(range[0]) || !isnan(range[1]) || given) ||
        !is_within(most, range))
        return false;
    for (size_t a = 0; a < kaps; a++)
        if (given ? !is_within(in[a], (float[]){range[0], most}) || !is_within(out[a], (float[]){range[0], most})
                  : !isnan(in[a]) || !isnan(out[a]))
            return false;
    return true;
}

bool results_fit(const struct results *results, const struct catalog *catalog)
{
    size_t shape[2], rank = catalog_answers(catalog, shape);

    return results->pairs == catalog->pairs && results->rank == rank && results->shape[0] == shape[0] &&
           (rank == 1 || results->shape[1] == shape[1]);
}

void results_free(struct results *results)
{
    memory_free(results->xy);
    memory_free(results->score);
    memory_free(results->peak);
    memory_free(results->second);
    memory_free(results->mutual);
    memory_free(results->cycle);
    memory_free(results->top_xy);
    memory_free(results->top_score);
    memory_free(results->heat);
    memory_free(results->kap_in);
    memory_free(results->kap_out);
    memory_free(results->kap_max);
    memory_free(results->kap_range);
    memory_free(results->imd);
    memory_free(results->chosen);
    memory_free(results->status);
    memory_free(results->source);
    memory_free(results->target);
    memory_free(results->index);
    memory_free(results->image_name);
    *results = (struct results){0};
}

size_t results_count_failed(const struct results *results)
{
    size_t failed = 0;

    for (size_t p = 0; p < results->pairs; p++)
        failed += results->status[p] != GEOSC_PAIR_OK;
    return failed;
}
