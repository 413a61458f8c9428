#include "results/bootstrap.h"

#include "base/random.h"
#include "base/sort.h"

#include <math.h>
#include <string.h>

enum { VALUES = 1 << 22 /* shares of resamplings that are kept at a time */ };

/* A class is one row of words: the category, and the tallies of all outputs. */
struct classes {
    size_t stride, count, capacity; /* words of a row; rows */
    uint32_t *words;
    size_t places;   /* a power of 2 */
    uint32_t *place; /* [places] class + 1 by hash; 0: free */
    uint32_t *of_pair;
    uint32_t *times; /* of each class in the current resampling */
};

struct bootstrap {
    geosc_context *context;
    const struct catalog *catalog;
    const struct results *const *results;
    size_t outputs;
    const struct measure *measure;
    struct classes classes;
    struct scores samples[BOOTSTRAP_OUTPUTS];
    size_t shares, intervals; /* of one output; kinds of intervals */
    double *values;           /* [rows][BOOTSTRAP_RESAMPLINGS] */
};

/* ---- classes ------------------------------------------------------------------------------------ */

static void pack(const struct bootstrap *b, size_t pair, uint32_t *words)
{
    const size_t alphas = b->measure->alpha_count;

    *words++ = (uint32_t)scores_category(&b->samples[0], b->catalog, pair);
    for (size_t o = 0; o < b->outputs; o++) {
        struct tally tallies[MEASURE_SUBSETS];
        measure_pair(b->measure, b->catalog, b->results[o], pair, tallies);
        for (int i = 0; i < MEASURE_SUBSETS; i++, words += 1 + 2 * alphas) {
            words[0] = tallies[i].points;
            memcpy(words + 1, tallies[i].right, alphas * sizeof *words);
            memcpy(words + 1 + alphas, tallies[i].nearest, alphas * sizeof *words);
        }
    }
}

/* The tallies of an output from a row without its category. */
static void unpack(const struct bootstrap *b, const uint32_t *words, size_t output,
                   struct tally tallies[MEASURE_SUBSETS])
{
    const size_t alphas = b->measure->alpha_count;

    words += output * MEASURE_SUBSETS * (1 + 2 * alphas);
    for (int i = 0; i < MEASURE_SUBSETS; i++, words += 1 + 2 * alphas) {
        tallies[i].points = words[0];
        memcpy(tallies[i].right, words + 1, alphas * sizeof *words);
        memcpy(tallies[i].nearest, words + 1 + alphas, alphas * sizeof *words);
    }
}

/* The place of a row, or the free one where it belongs. */
static uint32_t *find_place(const struct classes *classes, const uint32_t *words)
{
    struct random_stream hash = {0};
    size_t at;

    for (size_t i = 0; i < classes->stride; i++)
        hash.state = random_next(&hash) ^ words[i];
    at = random_next(&hash) & (classes->places - 1);
    while (classes->place[at] && memcmp(classes->words + (classes->place[at] - 1) * classes->stride, words,
                                        classes->stride * sizeof *words) != 0)
        at = (at + 1) & (classes->places - 1);
    return &classes->place[at];
}

/* Keeps at least half of the places free. */
static enum geosc_status widen(geosc_context *context, struct classes *classes)
{
    enum geosc_status status = GEOSC_OK;

    if (2 * (classes->count + 1) <= classes->places)
        return GEOSC_OK;
    classes->places = classes->places ? 2 * classes->places : 1024;
    memory_free(classes->place);
    classes->place = NULL;
    TRY(memory_allocate_zero(context, &classes->place, classes->places, sizeof *classes->place, "classes of pairs"));
    for (size_t i = 0; i < classes->count; i++)
        *find_place(classes, classes->words + i * classes->stride) = (uint32_t)i + 1;
done:
    return status;
}

/* Writes the pair's row behind the others, and keeps it there if it is new. */
static enum geosc_status classify(struct bootstrap *b, size_t pair)
{
    struct classes *classes = &b->classes;
    enum geosc_status status;
    uint32_t *place;

    TRY(memory_grow(b->context, &classes->words, &classes->capacity, classes->count + 1,
                    classes->stride * sizeof *classes->words, "classes of pairs"));
    TRY(widen(b->context, classes));
    pack(b, pair, classes->words + classes->count * classes->stride);
    place = find_place(classes, classes->words + classes->count * classes->stride);
    if (!*place)
        *place = (uint32_t)++classes->count;
    classes->of_pair[pair] = *place - 1;
done:
    return status;
}

static enum geosc_status make_classes(struct bootstrap *b)
{
    struct classes *classes = &b->classes;
    enum geosc_status status;

    if (b->catalog->pairs > UINT32_MAX / 2)
        return fail(b->context, GEOSC_FAILED, "intervals of %zu pairs are not possible", b->catalog->pairs);
    classes->stride = 1 + b->outputs * MEASURE_SUBSETS * (1 + 2 * b->measure->alpha_count);
    TRY(memory_allocate(b->context, &classes->of_pair, b->catalog->pairs, sizeof *classes->of_pair, "intervals"));
    for (size_t p = 0; p < b->catalog->pairs; p++)
        TRY(classify(b, p));
    TRY(memory_allocate(b->context, &classes->times, classes->count, sizeof *classes->times, "intervals"));
done:
    return status;
}

/* ---- resamplings -------------------------------------------------------------------------------- */

/* Counts the classes of the drawn pairs: draw i of resampling r takes output r * pairs + i of the generator. */
static void draw(const struct bootstrap *b, size_t resampling)
{
    const struct classes *classes = &b->classes;
    const uint64_t pairs = b->catalog->pairs;
    struct random_stream stream = random_skip((struct random_stream){0}, resampling * pairs);

    memset(classes->times, 0, classes->count * sizeof *classes->times);
    for (size_t i = 0; i < pairs; i++)
        classes->times[classes->of_pair[(random_next(&stream) >> 32) * pairs >> 32]]++;
}

static void score_sample(struct bootstrap *b, size_t output)
{
    const struct classes *classes = &b->classes;
    struct scores *sample = &b->samples[output];
    struct tally tallies[MEASURE_SUBSETS] = {0};

    scores_clear(sample);
    for (size_t i = 0; i < classes->count; i++) {
        const uint32_t *words = classes->words + i * classes->stride;
        if (!classes->times[i])
            continue;
        unpack(b, words + 1, output, tallies);
        scores_add(sample, words[0], tallies, classes->times[i]);
    }
    scores_finish(sample);
}

static double sampled(struct bootstrap *b, size_t interval, size_t share)
{
    if (interval < b->outputs)
        return *scores_share(&b->samples[interval], share);
    return *scores_share(&b->samples[1], share) - *scores_share(&b->samples[0], share);
}

/* Resamples, and keeps the values of `count` shares of all intervals, from `first` on. */
static enum geosc_status sample_shares(struct bootstrap *b, size_t first, size_t count)
{
    for (size_t r = 0; r < BOOTSTRAP_RESAMPLINGS; r++) {
        if (check_stop(b->context) != GEOSC_OK)
            return GEOSC_STOPPED;
        draw(b, r);
        for (size_t o = 0; o < b->outputs; o++)
            score_sample(b, o);
        for (size_t i = 0; i < count; i++)
            b->values[i * BOOTSTRAP_RESAMPLINGS + r] = sampled(b, (first + i) / b->shares, (first + i) % b->shares);
    }
    return GEOSC_OK;
}

/* ---- intervals ---------------------------------------------------------------------------------- */

/* Between the two nearest of sorted values. */
static double percentile(const double *values, size_t count, double part)
{
    double place = part * (double)(count - 1);
    size_t below = (size_t)place, above = size_smaller(below + 1, count - 1);

    return values[below] + (values[above] - values[below]) * (place - (double)below);
}

/* Sorts the values; NaN, of a resampling without such points, is left out. */
static void set_interval(double *values, double *low, double *high)
{
    size_t count = 0;

    for (size_t r = 0; r < BOOTSTRAP_RESAMPLINGS; r++)
        if (!isnan(values[r]))
            values[count++] = values[r];
    sort_doubles(values, count);
    *low = count ? percentile(values, count, 0.025) : NAN;
    *high = count ? percentile(values, count, 0.975) : NAN;
}

/* As many shares at a time as memory is set aside for: each time, all is drawn again. */
static enum geosc_status find_intervals(struct bootstrap *b, struct interval intervals[])
{
    const size_t all = b->shares * b->intervals, most = size_smaller(all, VALUES / BOOTSTRAP_RESAMPLINGS);
    enum geosc_status status;

    TRY(memory_allocate(b->context, &b->values, most * BOOTSTRAP_RESAMPLINGS, sizeof *b->values, "intervals"));
    for (size_t first = 0; first < all; first += most) {
        size_t count = size_smaller(most, all - first);
        TRY(sample_shares(b, first, count));
        for (size_t i = 0; i < count; i++) {
            struct interval *interval = &intervals[(first + i) / b->shares];
            set_interval(b->values + i * BOOTSTRAP_RESAMPLINGS, scores_share(&interval->low, (first + i) % b->shares),
                         scores_share(&interval->high, (first + i) % b->shares));
        }
    }
done:
    return status;
}

static void bootstrap_free(struct bootstrap *b)
{
    for (size_t o = 0; o < b->outputs; o++)
        scores_free(&b->samples[o]);
    memory_free(b->classes.words);
    memory_free(b->classes.place);
    memory_free(b->classes.of_pair);
    memory_free(b->classes.times);
    memory_free(b->values);
}

enum geosc_status bootstrap(geosc_context *context, const struct catalog *catalog,
                            const struct results *const results[], size_t outputs, const struct measure *measure,
                            struct interval intervals[])
{
    struct bootstrap b = {context, catalog, results, outputs, measure, .intervals = 2 * outputs - 1};
    enum geosc_status status;

    memset(intervals, 0, b.intervals * sizeof *intervals);
    for (size_t o = 0; o < outputs; o++)
        TRY(scores_create(context, catalog, measure->alpha_count, &b.samples[o]));
    for (size_t i = 0; i < b.intervals; i++) {
        TRY(scores_copy(context, &b.samples[0], &intervals[i].low));
        TRY(scores_copy(context, &b.samples[0], &intervals[i].high));
    }
    b.shares = scores_shares(&b.samples[0]);
    TRY(make_classes(&b));
    TRY(find_intervals(&b, intervals));
done:
    bootstrap_free(&b);
    return status;
}

void interval_free(struct interval *interval)
{
    scores_free(&interval->low);
    scores_free(&interval->high);
}
