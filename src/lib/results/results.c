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

enum geosc_status results_add_asked(geosc_context *context, const struct geosc_options *options,
                                    struct results *results)
{
    enum geosc_status status = GEOSC_OK;

    if (options->confidence)
        TRY(results_add_confidence(context, results));
    if (options->top)
        TRY(results_add_top(context, results, (size_t)options->top));
done:
    return status;
}

size_t results_parts(const struct results *results, struct results_part parts[RESULTS_PARTS])
{
    const size_t tops = results->tops;
    const struct results_part all[RESULTS_PARTS] = {
        {"/matches/peak", NUMBER_I32, 1, {2, 0}, 2, results->peak},
        {"/matches/second", NUMBER_F32, 0, {0, 0}, 1, results->second},
        {"/matches/mutual", NUMBER_U8, 0, {0, 0}, 1, results->mutual},
        {"/matches/cycle", NUMBER_F32, 0, {0, 0}, 1, results->cycle},
        {"/matches/top_xy", NUMBER_F32, 2, {tops, 2}, 2 * tops, results->top_xy},
        {"/matches/top_score", NUMBER_F32, 1, {tops, 0}, tops, results->top_score},
    };
    size_t count = 0;

    for (size_t i = 0; i < RESULTS_PARTS; i++)
        if (all[i].values)
            parts[count++] = all[i];
    return count;
}

size_t results_parts_bytes(bool confidence, size_t tops)
{
    return (confidence ? 2 * sizeof(int32_t) + 2 * sizeof(float) + 1 : 0) + tops * 3 * sizeof(float);
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
