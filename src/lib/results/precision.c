#include "results/precision.h"

#include "base/guard.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A similarity near the true place, or elsewhere, as a share of its pair's range. */
struct entry {
    double similarity;
    uint32_t pair;
    bool positive;
};

/* Walks entries from the most similar on; equal similarities are one step of recall and precision. */
struct walk {
    double similarity;                /* of the current step, */
    double right, wrong;              /* and its entries */
    double positives, negatives, sum; /* before it */
};

/* One output at one alpha. */
struct list {
    struct entry *entries; /* sorted, the most similar first */
    size_t count;
    double *of_pair; /* [pairs] each pair's own precision; NaN without positives */
};

struct sampler {
    size_t pairs, outputs, count, places;
    const uint32_t *place; /* [pairs] of the category's numbers; KAP_ALL: there are no categories */
    struct list lists[RESAMPLE_OUTPUTS][GEOSC_KAP_ALPHAS];
    struct walk *walks;                          /* [places] */
    double *images;                              /* [places] pairs with positives in the sample */
    struct kap_score *sampled[RESAMPLE_OUTPUTS]; /* [places] */
    struct kap_table *tables;
};

/* ---- precision ---------------------------------------------------------------------------------- */

static void end_step(struct walk *walk)
{
    walk->positives += walk->right;
    walk->negatives += walk->wrong;
    if (walk->right > 0)
        walk->sum += walk->right * (walk->positives / (walk->positives + walk->negatives));
    walk->right = walk->wrong = 0;
}

static void step(struct walk *walk, const struct entry *entry, double times)
{
    if (entry->similarity != walk->similarity)
        end_step(walk);
    walk->similarity = entry->similarity;
    *(entry->positive ? &walk->right : &walk->wrong) += times;
}

static double precision_of(struct walk *walk)
{
    end_step(walk);
    return walk->positives > 0 ? walk->sum / walk->positives : NAN;
}

/* Descending. */
static int compare(const void *a, const void *b)
{
    double x = ((const struct entry *)a)->similarity, y = ((const struct entry *)b)->similarity;

    return (x < y) - (x > y);
}

static double precision_of_entries(struct entry *entries, size_t count)
{
    struct walk walk = {0};

    qsort(entries, count, sizeof *entries, compare);
    for (size_t i = 0; i < count; i++)
        step(&walk, &entries[i], 1);
    return precision_of(&walk);
}

/* ---- entries ------------------------------------------------------------------------------------ */

/* A similarity as a share of the pair's range. */
static double scaled(const struct results *results, size_t pair, float similarity)
{
    const double low = (double)results->kap_range[pair][0], high = (double)results->kap_range[pair][1];

    return high > low ? ((double)similarity - low) / (high - low) : 0;
}

static void add_entry(const struct results *results, size_t pair, float similarity, bool positive, struct list *list)
{
    if (isnan(similarity) && !positive)
        return;
    list->entries[list->count++] =
        (struct entry){isnan(similarity) ? 0 : scaled(results, pair, similarity), (uint32_t)pair, positive};
}

/* Adds a pair's entries, and finds its own precision. A missing answer is a positive at 0. */
static void add_pair(const struct catalog *catalog, const struct results *results, size_t a, size_t pair,
                     struct list *list)
{
    const size_t before = list->count;

    for (size_t k = 0; k < catalog->keypoints; k++) {
        const size_t i = pair * catalog->keypoints + k, at = i * results->kaps + a;
        if (!measure_present(catalog->source_keypoints[i]))
            continue;
        if (measure_present(catalog->target_keypoints[i])) {
            add_entry(results, pair, results->kap_in[at], true, list);
            add_entry(results, pair, results->kap_out[at], false, list);
        } else {
            add_entry(results, pair, results->kap_max[i], false, list);
        }
    }
    list->of_pair[pair] = precision_of_entries(list->entries + before, list->count - before);
}

static enum geosc_status make_list(geosc_context *context, const struct catalog *catalog, const struct results *results,
                                   size_t a, struct list *list)
{
    enum geosc_status status;
    size_t most = 0;

    for (size_t i = 0; i < catalog->pairs * catalog->keypoints; i++)
        if (measure_present(catalog->source_keypoints[i]))
            most += measure_present(catalog->target_keypoints[i]) ? 2 : 1;
    TRY(memory_allocate(context, &list->entries, most, sizeof *list->entries, "KAP"));
    TRY(memory_allocate(context, &list->of_pair, catalog->pairs, sizeof *list->of_pair, "KAP"));
    for (size_t p = 0; p < catalog->pairs; p++)
        add_pair(catalog, results, a, p, list);
    qsort(list->entries, list->count, sizeof *list->entries, compare);
done:
    return status;
}

/* ---- samples ------------------------------------------------------------------------------------ */

/* Per point. */
static void walk_list(struct sampler *sampler, size_t output, size_t a, const uint32_t *times)
{
    const struct list *list = &sampler->lists[output][a];

    memset(sampler->walks, 0, sampler->places * sizeof *sampler->walks);
    for (size_t i = 0; i < list->count; i++) {
        const struct entry *entry = &list->entries[i];
        if (!times[entry->pair])
            continue;
        step(&sampler->walks[KAP_ALL], entry, times[entry->pair]);
        if (sampler->place[entry->pair] != KAP_ALL)
            step(&sampler->walks[sampler->place[entry->pair]], entry, times[entry->pair]);
    }
    for (size_t place = 0; place < sampler->places; place++)
        if (place != KAP_MACRO)
            sampler->sampled[output][place].share[KAP_PER_POINT][a] = precision_of(&sampler->walks[place]);
}

/* Per image. */
static void average_pairs(struct sampler *sampler, size_t output, size_t a, const uint32_t *times)
{
    const struct list *list = &sampler->lists[output][a];
    struct kap_score *scores = sampler->sampled[output];

    memset(sampler->images, 0, sampler->places * sizeof *sampler->images);
    for (size_t place = 0; place < sampler->places; place++)
        scores[place].share[KAP_PER_IMAGE][a] = 0;
    for (size_t p = 0; p < sampler->pairs; p++) {
        const size_t places[2] = {KAP_ALL, sampler->place[p]};
        for (size_t i = 0; i < (places[1] == KAP_ALL ? 1 : 2) && !isnan(list->of_pair[p]); i++) {
            sampler->images[places[i]] += times[p];
            scores[places[i]].share[KAP_PER_IMAGE][a] += times[p] * list->of_pair[p];
        }
    }
    for (size_t place = 0; place < sampler->places; place++)
        if (place != KAP_MACRO)
            scores[place].share[KAP_PER_IMAGE][a] /= sampler->images[place]; /* 0 / 0: NaN */
}

static void average_categories(const struct sampler *sampler, struct kap_score *scores, size_t form, size_t a)
{
    double sum = 0, count = 0;

    for (size_t place = KAP_CATEGORIES; place < sampler->places; place++)
        if (!isnan(scores[place].share[form][a])) {
            sum += scores[place].share[form][a];
            count++;
        }
    scores[KAP_MACRO].share[form][a] = sum / count; /* 0 / 0: NaN */
}

static void sample(void *of, const uint32_t *times, size_t first, size_t end)
{
    struct sampler *sampler = of;

    (void)first, (void)end;
    for (size_t o = 0; o < sampler->outputs; o++)
        for (size_t a = 0; a < sampler->count; a++) {
            walk_list(sampler, o, a, times);
            average_pairs(sampler, o, a, times);
            for (size_t form = 0; form < KAP_FORMS; form++)
                average_categories(sampler, sampler->sampled[o], form, a);
        }
}

static double *share_at(const struct sampler *sampler, struct kap_score *scores, size_t i)
{
    return &scores[i / sampler->count / KAP_FORMS].share[i / sampler->count % KAP_FORMS][i % sampler->count];
}

static double number(void *of, size_t output, size_t i)
{
    const struct sampler *sampler = of;

    return *share_at(sampler, sampler->sampled[output], i);
}

static void bound(void *of, size_t kind, size_t i, double low, double high)
{
    const struct sampler *sampler = of;

    *share_at(sampler, sampler->tables[kind].low, i) = low;
    *share_at(sampler, sampler->tables[kind].high, i) = high;
}

/* ---- tables ------------------------------------------------------------------------------------- */

static enum geosc_status create_table(geosc_context *context, const struct results *results, size_t places,
                                      bool intervals, struct kap_table *table)
{
    struct kap_score **const all[] = {&table->scores, &table->low, &table->high};
    enum geosc_status status = GEOSC_OK;

    *table = (struct kap_table){.count = results->kaps, .places = places};
    memcpy(table->alpha, results->kap_alpha, sizeof table->alpha);
    for (size_t i = 0; i < (intervals ? 3 : 1); i++)
        TRY(memory_allocate_zero(context, all[i], places, sizeof **all[i], "KAP"));
done:
    return status;
}

static enum geosc_status create_sampler(geosc_context *context, const struct catalog *catalog,
                                        const struct results *const results[], const struct scores *scores,
                                        struct sampler *sampler, uint32_t *place)
{
    enum geosc_status status;

    for (size_t p = 0; p < catalog->pairs; p++)
        place[p] = catalog->category ? (uint32_t)(KAP_CATEGORIES + scores_category(scores, catalog, p)) : KAP_ALL;
    sampler->place = place;
    TRY(memory_allocate(context, &sampler->walks, sampler->places, sizeof *sampler->walks, "KAP"));
    TRY(memory_allocate(context, &sampler->images, sampler->places, sizeof *sampler->images, "KAP"));
    for (size_t o = 0; o < sampler->outputs; o++) {
        TRY(memory_allocate_zero(context, &sampler->sampled[o], sampler->places, sizeof **sampler->sampled, "KAP"));
        for (size_t a = 0; a < sampler->count; a++)
            TRY(make_list(context, catalog, results[o], a, &sampler->lists[o][a]));
    }
done:
    return status;
}

static void free_sampler(struct sampler *sampler)
{
    for (size_t o = 0; o < sampler->outputs; o++) {
        memory_free(sampler->sampled[o]);
        for (size_t a = 0; a < sampler->count; a++) {
            memory_free(sampler->lists[o][a].entries);
            memory_free(sampler->lists[o][a].of_pair);
        }
    }
    memory_free(sampler->walks);
    memory_free(sampler->images);
}

static void count_positives(const struct catalog *catalog, const uint32_t *place, struct kap_score *scores)
{
    for (size_t p = 0; p < catalog->pairs; p++) {
        size_t points = 0;
        for (size_t k = 0; k < catalog->keypoints; k++)
            points += measure_is_point(catalog, p, k);
        for (size_t i = 0; i < (place[p] == KAP_ALL ? 1 : 2); i++) {
            struct kap_score *score = &scores[i ? place[p] : KAP_ALL];
            score->positives += points;
            score->pairs += points > 0;
            score->pairs_without += points == 0;
        }
    }
    scores[KAP_MACRO] = scores[KAP_ALL];
}

static void give_shares(const struct resampled *resampled, const struct catalog *catalog, const struct sampler *sampler)
{
    for (size_t kind = 0; kind < resample_kinds(resampled->outputs); kind++) {
        count_positives(catalog, sampler->place, sampler->tables[kind].scores);
        for (size_t i = 0; i < resampled->numbers; i++)
            *share_at(sampler, sampler->tables[kind].scores, i) = resample_number(resampled, kind, i);
    }
}

/* The truth is that of the match, as far as the output tells: the same keypoints are present in the target. */
static enum geosc_status check_truth(geosc_context *context, const struct catalog *catalog,
                                     const struct results *results)
{
    for (size_t i = 0; i < catalog->pairs * catalog->keypoints; i++) {
        bool present = measure_present(catalog->target_keypoints[i]);
        if (!GUARD(kap_other_truth) || isnan(results->kap_max[i]) ||
            present != isnan(results->kap_in[i * results->kaps]))
            continue;
        return fail(
            context, GEOSC_FAILED,
            "%s: pair %zu: target keypoint %zu is %s, but was not when these matches were made, which KAP is of: "
            "match again with --kap",
            h5_file_path(catalog->file), i / catalog->keypoints, i % catalog->keypoints,
            present ? "present" : "absent");
    }
    return GEOSC_OK;
}

enum geosc_status precision_find(geosc_context *context, const struct catalog *catalog,
                                 const struct results *const results[], size_t outputs, const struct scores *scores,
                                 bool intervals, struct kap_table tables[])
{
    struct sampler sampler = {.pairs = catalog->pairs,
                              .outputs = outputs,
                              .count = results[0]->kaps,
                              .places = KAP_CATEGORIES + scores->category_count,
                              .tables = tables};
    const struct resampled resampled = {&sampler, catalog->pairs, outputs, sampler.places * KAP_FORMS * sampler.count,
                                        sample,   number,         bound};
    enum geosc_status status;
    uint32_t *place = NULL;

    for (size_t kind = 0; kind < resample_kinds(outputs); kind++)
        tables[kind] = (struct kap_table){0};
    for (size_t o = 0; o < outputs; o++)
        TRY(check_truth(context, catalog, results[o]));
    for (size_t kind = 0; kind < resample_kinds(outputs); kind++)
        TRY(create_table(context, results[0], sampler.places, intervals, &tables[kind]));
    TRY(memory_allocate(context, &place, catalog->pairs, sizeof *place, "KAP"));
    TRY(create_sampler(context, catalog, results, scores, &sampler, place));
    TRY(resample_once(context, &resampled));
    give_shares(&resampled, catalog, &sampler);
    if (intervals)
        TRY(resample(context, &resampled));
done:
    free_sampler(&sampler);
    memory_free(place);
    return status;
}

void kap_table_free(struct kap_table *table)
{
    memory_free(table->scores);
    memory_free(table->low);
    memory_free(table->high);
    *table = (struct kap_table){0};
}
