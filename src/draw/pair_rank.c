#include "draw/pair_rank.h"

#include "results/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ranked {
    struct pair_loss loss;
    size_t pair;
};

static const struct pair_loss no_loss = {0, NAN};

static struct pair_loss loss_by_truth(const struct catalog *catalog, const struct results *results, double alpha,
                                      size_t pair)
{
    const struct measure measure = {.alpha_count = 1, .alphas = {alpha}};
    const double threshold = measure_threshold(catalog, MEASURE_STORED, pair);
    size_t count = 0, right = 0;
    double sum = 0;

    for (size_t k = 0; k < results->answers; k++) {
        if (!measure_is_point(catalog, pair, k))
            continue;
        double error = measure_error(catalog, results, pair, k);
        right += measure_right(&measure, 0, error, threshold);
        sum += error < threshold ? error / threshold : 1;
        count++;
    }
    return count ? (struct pair_loss){(double)(count - right) / (double)count, sum / (double)count} : no_loss;
}

static struct pair_loss loss_by_score(const struct results *results, size_t pair)
{
    double sum = 0;
    size_t count = 0;

    for (size_t i = pair * results->answers; i < (pair + 1) * results->answers; i++) {
        if (!isfinite(results->score[i]))
            continue;
        sum += 1 - (double)results->score[i];
        count++;
    }
    return count ? (struct pair_loss){0, sum / (double)count} : no_loss;
}

struct pair_loss pair_loss(const struct catalog *catalog, const struct results *results, double alpha, size_t pair)
{
    if (results->chosen[pair] == GEOSC_UNDECIDED)
        return no_loss;
    return catalog->target_keypoints && results->rank == 1 ? loss_by_truth(catalog, results, alpha, pair)
                                                           : loss_by_score(results, pair);
}

/* How far two losses are apart; a pair without an answer in one output only has lost all there. */
static struct pair_loss difference(struct pair_loss a, struct pair_loss b)
{
    const struct pair_loss all = {1, 1};

    if (isnan(a.error) && isnan(b.error))
        return no_loss;
    a = isnan(a.error) ? all : a;
    b = isnan(b.error) ? all : b;
    return (struct pair_loss){fabs(a.wrong - b.wrong), fabs(a.error - b.error)};
}

static int compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->loss.wrong != y->loss.wrong)
        return x->loss.wrong < y->loss.wrong ? -1 : 1;
    if (x->loss.error != y->loss.error)
        return x->loss.error < y->loss.error ? -1 : 1;
    return (x->pair > y->pair) - (x->pair < y->pair);
}

enum geosc_status pair_rank(geosc_context *context, const struct catalog *catalog, const struct results *results,
                            const struct results *other, double alpha, const char *category, size_t **order,
                            size_t *count)
{
    enum geosc_status status;
    struct ranked *ranked = NULL;

    *order = NULL;
    *count = 0;
    TRY(memory_allocate(context, &ranked, catalog->pairs, sizeof *ranked, "pairs by their loss"));
    TRY(memory_allocate(context, order, catalog->pairs, sizeof **order, "pairs by their loss"));
    for (size_t p = 0; p < catalog->pairs; p++) {
        struct pair_loss loss = pair_loss(catalog, results, alpha, p);
        if (other)
            loss = difference(loss, pair_loss(catalog, other, alpha, p));
        if (!isnan(loss.error) && (!category || (catalog->category && strcmp(catalog->category[p], category) == 0)))
            ranked[(*count)++] = (struct ranked){loss, p};
    }
    qsort(ranked, *count, sizeof *ranked, compare);
    for (size_t i = 0; i < *count; i++)
        (*order)[i] = ranked[i].pair;
done:
    memory_free(ranked);
    return status;
}
