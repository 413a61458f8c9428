#include "results/scores.h"

#include "base/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- categories --------------------------------------------------------------------------------- */

static int compare_name(const void *name, const void *category)
{
    return strcmp(name, ((const struct category_score *)category)->name);
}

/* The distinct names, sorted. */
enum geosc_status scores_create(geosc_context *context, const struct catalog *catalog, size_t alpha_count,
                                struct scores *scores)
{
    enum geosc_status status = GEOSC_OK;
    char **names = NULL;

    *scores = (struct scores){.alpha_count = alpha_count};
    if (!catalog->category)
        return GEOSC_OK;
    TRY(memory_allocate(context, &names, catalog->pairs, sizeof *names, "categories"));
    memcpy(names, catalog->category, catalog->pairs * sizeof *names);
    sort_names(names, catalog->pairs);
    for (size_t i = 0; i < catalog->pairs; i++)
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            names[scores->category_count++] = names[i];
    TRY(memory_allocate_zero(context, &scores->categories, scores->category_count, sizeof *scores->categories,
                             "categories"));
    for (size_t c = 0; c < scores->category_count; c++)
        scores->categories[c].name = names[c];
done:
    memory_free(names);
    return status;
}

enum geosc_status scores_copy(geosc_context *context, const struct scores *scores, struct scores *copy)
{
    enum geosc_status status;

    *copy = *scores;
    copy->categories = NULL;
    TRY(memory_allocate(context, &copy->categories, scores->category_count, sizeof *copy->categories, "categories"));
    if (scores->category_count)
        memcpy(copy->categories, scores->categories, scores->category_count * sizeof *copy->categories);
done:
    return status;
}

void scores_clear(struct scores *scores)
{
    scores->all = scores->geometry = scores->macro = scores->geometry_macro = (struct pck){0};
    for (size_t c = 0; c < scores->category_count; c++)
        scores->categories[c].all = scores->categories[c].geometry = (struct pck){0};
}

size_t scores_category(const struct scores *scores, const struct catalog *catalog, size_t pair)
{
    if (!catalog->category)
        return scores->category_count;
    const struct category_score *found = bsearch(catalog->category[pair], scores->categories, scores->category_count,
                                                 sizeof *scores->categories, compare_name);
    return (size_t)(found - scores->categories);
}

bool scores_is_geometry(size_t place)
{
    if (place < SCORES_CATEGORIES)
        return place == SCORES_GEOMETRY || place == SCORES_GEOMETRY_MACRO;
    return (place - SCORES_CATEGORIES) % MEASURE_SUBSETS == MEASURE_GEOMETRY;
}

bool scores_is_macro(size_t place)
{
    return place == SCORES_MACRO || place == SCORES_GEOMETRY_MACRO;
}

const struct pck *scores_pck(const struct scores *scores, size_t place)
{
    const struct pck *const first[] = {&scores->all, &scores->macro, &scores->geometry, &scores->geometry_macro};
    const struct category_score *category;

    if (place < SCORES_CATEGORIES)
        return first[place];
    category = &scores->categories[(place - SCORES_CATEGORIES) / MEASURE_SUBSETS];
    return scores_is_geometry(place) ? &category->geometry : &category->all;
}

size_t scores_shares(const struct scores *scores)
{
    return (SCORES_CATEGORIES + MEASURE_SUBSETS * scores->category_count) * PCK_FORMS * scores->alpha_count;
}

double *scores_share(struct scores *scores, size_t place)
{
    size_t form = place / scores->alpha_count % PCK_FORMS, a = place % scores->alpha_count;

    return (double *)&scores_pck(scores, place / scores->alpha_count / PCK_FORMS)->share[form][a];
}

void scores_free(struct scores *scores)
{
    memory_free(scores->categories);
    *scores = (struct scores){0};
}

/* ---- sums --------------------------------------------------------------------------------------- */

static void add_tally(struct pck *pck, const struct tally *tally, size_t alpha_count, size_t times)
{
    const double weight = (double)times, points = tally->points;

    if (tally->points == 0) {
        pck->pairs_without += times;
        return;
    }
    pck->points += times * tally->points;
    pck->pairs += times;
    for (size_t a = 0; a < alpha_count; a++) {
        pck->errors[a] += times * (tally->points - tally->right[a]);
        pck->swapped[a] += times * tally->swapped[a];
        pck->share[PCK_PER_POINT][a] += weight * tally->right[a];
        pck->share[PCK_PER_IMAGE][a] += weight * (tally->right[a] / points);
        pck->share[PCK_DAGGER_PER_POINT][a] += weight * tally->nearest[a];
        pck->share[PCK_DAGGER_PER_IMAGE][a] += weight * (tally->nearest[a] / points);
    }
}

void scores_add(struct scores *scores, size_t category, const struct tally tallies[MEASURE_SUBSETS], size_t times)
{
    add_tally(&scores->all, &tallies[MEASURE_ALL], scores->alpha_count, times);
    add_tally(&scores->geometry, &tallies[MEASURE_GEOMETRY], scores->alpha_count, times);
    if (category == scores->category_count)
        return;
    add_tally(&scores->categories[category].all, &tallies[MEASURE_ALL], scores->alpha_count, times);
    add_tally(&scores->categories[category].geometry, &tallies[MEASURE_GEOMETRY], scores->alpha_count, times);
}

static void finish_pck(struct pck *pck, size_t alpha_count)
{
    for (int form = 0; form < PCK_FORMS; form++) {
        bool per_image = form == PCK_PER_IMAGE || form == PCK_DAGGER_PER_IMAGE;
        for (size_t a = 0; a < alpha_count; a++)
            pck->share[form][a] =
                pck->points ? pck->share[form][a] / (double)(per_image ? pck->pairs : pck->points) : NAN;
    }
}

/* Mean over the categories that have points. */
static struct pck macro_mean(const struct scores *scores, bool geometry)
{
    struct pck mean = geometry ? scores->geometry : scores->all;
    size_t with_points = 0;

    memset(mean.share, 0, sizeof mean.share);
    for (size_t c = 0; c < scores->category_count; c++) {
        const struct pck *pck = geometry ? &scores->categories[c].geometry : &scores->categories[c].all;
        with_points += pck->points > 0;
        for (size_t i = 0; i < PCK_FORMS * scores->alpha_count && pck->points; i++)
            mean.share[i / scores->alpha_count][i % scores->alpha_count] +=
                pck->share[i / scores->alpha_count][i % scores->alpha_count];
    }
    for (size_t i = 0; i < PCK_FORMS * scores->alpha_count; i++) {
        double *share = &mean.share[i / scores->alpha_count][i % scores->alpha_count];
        *share = with_points ? *share / (double)with_points : NAN;
    }
    return mean;
}

void scores_finish(struct scores *scores)
{
    finish_pck(&scores->all, scores->alpha_count);
    finish_pck(&scores->geometry, scores->alpha_count);
    for (size_t c = 0; c < scores->category_count; c++) {
        finish_pck(&scores->categories[c].all, scores->alpha_count);
        finish_pck(&scores->categories[c].geometry, scores->alpha_count);
    }
    scores->macro = macro_mean(scores, false);
    scores->geometry_macro = macro_mean(scores, true);
}
