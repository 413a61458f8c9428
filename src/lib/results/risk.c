#include "results/risk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A point is one number, so that sorting takes little memory: the confidence in the upper half, in an order that
 * integers have, and a bit for each alpha at which the answer is right. */
enum { CONFIDENCE_SHIFT = 32 };

const char *risk_confidence_name(enum risk_confidence confidence)
{
    static const char *const names[RISK_CONFIDENCES] = {"score", "margin", "cycle"};

    return names[confidence];
}

bool risk_has(const struct results *results, enum risk_confidence confidence)
{
    const void *const needs[RISK_CONFIDENCES] = {results->score, results->second, results->cycle};

    return needs[confidence] != NULL;
}

static float confidence_of(const struct results *results, size_t i, enum risk_confidence confidence)
{
    if (confidence == RISK_MARGIN)
        return results->score[i] - results->second[i];
    return confidence == RISK_CYCLE ? -results->cycle[i] : results->score[i];
}

/* Ascending with the value; NaN is below all. */
static uint32_t order_of(float value)
{
    uint32_t bits;

    if (isnan(value))
        return 0;
    value += 0.0F; /* -0 becomes 0 */
    memcpy(&bits, &value, sizeof bits);
    return bits >> 31 ? ~bits : bits | 1U << 31;
}

static uint64_t pack(const struct catalog *catalog, const struct results *results, const struct measure *measure,
                     size_t pair, size_t k, enum risk_confidence confidence)
{
    double error = measure_error(catalog, results, pair, k),
           threshold = measure_threshold(catalog, measure->length, pair);
    float value = isnan(error) ? NAN : confidence_of(results, pair * catalog->keypoints + k, confidence);
    uint64_t packed = (uint64_t)order_of(value) << CONFIDENCE_SHIFT;

    for (size_t a = 0; a < measure->alpha_count; a++)
        packed |= (uint64_t)measure_right(measure, a, error, threshold) << a;
    return packed;
}

/* Descending by confidence. */
static int compare(const void *a, const void *b)
{
    uint32_t x = (uint32_t)(*(const uint64_t *)a >> CONFIDENCE_SHIFT);
    uint32_t y = (uint32_t)(*(const uint64_t *)b >> CONFIDENCE_SHIFT);

    return (x < y) - (x > y);
}

/* Points with equal confidence are one step of the curve. */
static size_t end_of_step(const uint64_t *points, size_t count, size_t first)
{
    size_t end = first + 1;

    while (end < count && points[end] >> CONFIDENCE_SHIFT == points[first] >> CONFIDENCE_SHIFT)
        end++;
    return end;
}

static void walk(const uint64_t *points, size_t count, size_t a, struct risk *risk)
{
    size_t right = 0, coverage = 0;
    double area = 0, above = 0; /* above: couples of a right and a wrong one in this order, ties by half */

    for (size_t first = 0, end; first < count; first = end) {
        size_t step_right = 0;
        end = end_of_step(points, count, first);
        for (size_t i = first; i < end; i++)
            step_right += points[i] >> a & 1;
        double step_wrong = (double)(end - first - step_right);
        above += step_wrong * ((double)right + 0.5 * (double)step_right);
        right += step_right;
        area += (double)(end - first) * (1 - (double)right / (double)end);
        while (coverage < RISK_COVERAGES && end * RISK_COVERAGES >= (coverage + 1) * count)
            risk->accuracy[a][coverage++] = (double)right / (double)end;
    }
    risk->area[a] = area / (double)count;
    risk->roc[a] = right && right < count ? above / ((double)right * (double)(count - right)) : NAN;
}

static void set_nothing(struct risk *risk)
{
    for (size_t a = 0; a < MEASURE_ALPHAS; a++) {
        risk->area[a] = risk->roc[a] = NAN;
        for (size_t i = 0; i < RISK_COVERAGES; i++)
            risk->accuracy[a][i] = NAN;
    }
}

enum geosc_status risk_find(geosc_context *context, const struct catalog *catalog, const struct results *results,
                            const struct measure *measure, enum risk_confidence confidence, struct risk *risk)
{
    uint64_t *points = NULL;
    enum geosc_status status;

    *risk = (struct risk){0};
    set_nothing(risk);
    TRY(memory_allocate(context, &points, catalog->pairs * catalog->keypoints, sizeof *points,
                        "the confidence of points"));
    for (size_t p = 0; p < catalog->pairs; p++)
        for (size_t k = 0; k < catalog->keypoints; k++)
            if (measure_is_point(catalog, p, k))
                points[risk->points++] = pack(catalog, results, measure, p, k, confidence);
    qsort(points, risk->points, sizeof *points, compare);
    for (size_t a = 0; a < measure->alpha_count && risk->points; a++)
        walk(points, risk->points, a, risk);
done:
    memory_free(points);
    return status;
}
