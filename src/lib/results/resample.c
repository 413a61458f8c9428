#include "results/resample.h"

#include "base/random.h"
#include "base/sort.h"

#include <math.h>
#include <string.h>

enum { VALUES = 1 << 22 /* numbers of resamplings that are kept at a time */ };

/* Counts the drawn pairs: draw i of resampling r takes output r * pairs + i of the generator. */
static void draw(uint64_t pairs, size_t resampling, uint32_t *times)
{
    struct random_stream stream = random_skip((struct random_stream){0}, resampling * pairs);

    memset(times, 0, pairs * sizeof *times);
    for (uint64_t i = 0; i < pairs; i++)
        times[(random_next(&stream) >> 32) * pairs >> 32]++;
}

double resample_number(const struct resampled *resampled, size_t kind, size_t i)
{
    if (kind < resampled->outputs)
        return resampled->number(resampled->of, kind, i);
    return resampled->number(resampled->of, 1, i) - resampled->number(resampled->of, 0, i);
}

/* Resamples, and keeps the values of numbers first .. end - 1, kind by kind. */
static enum geosc_status sample_numbers(geosc_context *context, const struct resampled *resampled, size_t first,
                                        size_t end, uint32_t *times, double *values)
{
    const size_t kinds = resample_kinds(resampled->outputs);

    for (size_t r = 0; r < RESAMPLE_TIMES; r++) {
        if (check_stop(context) != GEOSC_OK)
            return GEOSC_STOPPED;
        draw(resampled->pairs, r, times);
        resampled->sample(resampled->of, times, first, end);
        for (size_t i = 0; i < (end - first) * kinds; i++)
            values[i * RESAMPLE_TIMES + r] = resample_number(resampled, i % kinds, first + i / kinds);
    }
    return GEOSC_OK;
}

/* Between the two nearest of sorted values. */
static double percentile(const double *values, size_t count, double part)
{
    double place = part * (double)(count - 1);
    size_t below = (size_t)place, above = size_smaller(below + 1, count - 1);

    return values[below] + (values[above] - values[below]) * (place - (double)below);
}

/* Sorts the values; NaN, of a resampling without such points, is left out. */
static void give_interval(const struct resampled *resampled, size_t kind, size_t i, double *values)
{
    size_t count = 0;

    for (size_t r = 0; r < RESAMPLE_TIMES; r++)
        if (!isnan(values[r]))
            values[count++] = values[r];
    sort_doubles(values, count);
    resampled->bound(resampled->of, kind, i, count ? percentile(values, count, 0.025) : NAN,
                     count ? percentile(values, count, 0.975) : NAN);
}

enum geosc_status resample_once(geosc_context *context, const struct resampled *resampled)
{
    uint32_t *times = NULL;
    enum geosc_status status;

    TRY(memory_allocate(context, &times, resampled->pairs, sizeof *times, "pairs"));
    for (size_t p = 0; p < resampled->pairs; p++)
        times[p] = 1;
    resampled->sample(resampled->of, times, 0, resampled->numbers);
done:
    memory_free(times);
    return status;
}

/* As many numbers at a time as memory is set aside for: each time, all is drawn again. */
enum geosc_status resample(geosc_context *context, const struct resampled *resampled)
{
    const size_t kinds = resample_kinds(resampled->outputs);
    const size_t most = size_smaller(resampled->numbers, VALUES / RESAMPLE_TIMES / kinds);
    enum geosc_status status;
    uint32_t *times = NULL;
    double *values = NULL;

    if (resampled->pairs > UINT32_MAX / 2)
        return fail(context, GEOSC_FAILED, "intervals of %zu pairs are not possible", resampled->pairs);
    TRY(memory_allocate(context, &times, resampled->pairs, sizeof *times, "intervals"));
    TRY(memory_allocate(context, &values, most * kinds * RESAMPLE_TIMES, sizeof *values, "intervals"));
    for (size_t first = 0, end; first < resampled->numbers; first = end) {
        end = size_smaller(first + most, resampled->numbers);
        TRY(sample_numbers(context, resampled, first, end, times, values));
        for (size_t i = 0; i < (end - first) * kinds; i++)
            give_interval(resampled, i % kinds, first + i / kinds, values + i * RESAMPLE_TIMES);
    }
done:
    memory_free(times);
    memory_free(values);
    return status;
}
