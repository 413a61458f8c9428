#include "results/bootstrap.h"

#include "base/random.h"

#include <string.h>

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
    struct scores samples[RESAMPLE_OUTPUTS];
    struct interval *intervals;
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

    classes->stride = 1 + b->outputs * MEASURE_SUBSETS * (1 + 2 * b->measure->alpha_count);
    TRY(memory_allocate(b->context, &classes->of_pair, b->catalog->pairs, sizeof *classes->of_pair, "intervals"));
    for (size_t p = 0; p < b->catalog->pairs; p++)
        TRY(classify(b, p));
    TRY(memory_allocate(b->context, &classes->times, classes->count, sizeof *classes->times, "intervals"));
done:
    return status;
}

/* ---- resamplings -------------------------------------------------------------------------------- */

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

static void sample(void *of, const uint32_t *times, size_t first, size_t end)
{
    struct bootstrap *b = of;
    struct classes *classes = &b->classes;

    (void)first, (void)end;
    memset(classes->times, 0, classes->count * sizeof *classes->times);
    for (size_t p = 0; p < b->catalog->pairs; p++)
        classes->times[classes->of_pair[p]] += times[p];
    for (size_t o = 0; o < b->outputs; o++)
        score_sample(b, o);
}

static double share_of(void *of, size_t output, size_t i)
{
    struct bootstrap *b = of;

    return *scores_share(&b->samples[output], i);
}

static void set_interval(void *of, size_t kind, size_t i, double low, double high)
{
    struct interval *interval = &((struct bootstrap *)of)->intervals[kind];

    *scores_share(&interval->low, i) = low;
    *scores_share(&interval->high, i) = high;
}

static void bootstrap_free(struct bootstrap *b)
{
    for (size_t o = 0; o < b->outputs; o++)
        scores_free(&b->samples[o]);
    memory_free(b->classes.words);
    memory_free(b->classes.place);
    memory_free(b->classes.of_pair);
    memory_free(b->classes.times);
}

enum geosc_status bootstrap(geosc_context *context, const struct catalog *catalog,
                            const struct results *const results[], size_t outputs, const struct measure *measure,
                            struct interval intervals[])
{
    struct bootstrap b = {context, catalog, results, outputs, measure, .intervals = intervals};
    enum geosc_status status;

    memset(intervals, 0, resample_kinds(outputs) * sizeof *intervals);
    for (size_t o = 0; o < outputs; o++)
        TRY(scores_create(context, catalog, measure->alpha_count, &b.samples[o]));
    for (size_t i = 0; i < resample_kinds(outputs); i++) {
        TRY(scores_copy(context, &b.samples[0], &intervals[i].low));
        TRY(scores_copy(context, &b.samples[0], &intervals[i].high));
    }
    TRY(make_classes(&b));
    TRY(resample(context, &(struct resampled){&b, catalog->pairs, outputs, scores_shares(&b.samples[0]), sample,
                                              share_of, set_interval}));
done:
    bootstrap_free(&b);
    return status;
}

void interval_free(struct interval *interval)
{
    scores_free(&interval->low);
    scores_free(&interval->high);
}
