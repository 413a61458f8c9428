#include "draw/pair_rank.h"

#include "results/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ranked {
    double loss;
    size_t pair;
};

static bool is_there(const double point[2])
{
    return isfinite(point[0]) && isfinite(point[1]);
}

static double loss_by_truth(const struct catalog *catalog, const struct results *results, size_t pair)
{
    double sum = 0, threshold = measure_threshold(catalog, MEASURE_STORED, pair);
    size_t count = 0;

    for (size_t i = pair * results->answers; i < (pair + 1) * results->answers; i++) {
        const double *truth = catalog->target_keypoints[i];
        double error = hypot((double)results->xy[i][0] - truth[0], (double)results->xy[i][1] - truth[1]) / threshold;
        if (!is_there(catalog->source_keypoints[i]) || !is_there(truth))
            continue;
        sum += error < 1 ? error : 1;
        count++;
    }
    return count ? sum / (double)count : NAN;
}

static double loss_by_score(const struct results *results, size_t pair)
{
    double sum = 0;
    size_t count = 0;

    for (size_t i = pair * results->answers; i < (pair + 1) * results->answers; i++) {
        if (!isfinite(results->score[i]))
            continue;
        sum += 1 - (double)results->score[i];
        count++;
    }
    return count ? sum / (double)count : NAN;
}

double pair_loss(const struct catalog *catalog, const struct results *results, size_t pair)
{
    if (results->chosen[pair] == GEOSC_UNDECIDED)
        return NAN;
    return catalog->target_keypoints && results->rank == 1 ? loss_by_truth(catalog, results, pair)
                                                           : loss_by_score(results, pair);
}

static int compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->loss != y->loss)
        return x->loss < y->loss ? -1 : 1;
    return (x->pair > y->pair) - (x->pair < y->pair);
}

enum geosc_status pair_rank(geosc_context *context, const struct catalog *catalog, const struct results *results,
                            const char *category, size_t **order, size_t *count)
{
    enum geosc_status status;
    struct ranked *ranked = NULL;

    *order = NULL;
    *count = 0;
    TRY(memory_allocate(context, &ranked, catalog->pairs, sizeof *ranked, "pairs by their loss"));
    TRY(memory_allocate(context, order, catalog->pairs, sizeof **order, "pairs by their loss"));
    for (size_t p = 0; p < catalog->pairs; p++) {
        double loss = pair_loss(catalog, results, p);
        if (!isnan(loss) && (!category || (catalog->category && strcmp(catalog->category[p], category) == 0)))
            ranked[(*count)++] = (struct ranked){loss, p};
    }
    qsort(ranked, *count, sizeof *ranked, compare);
    for (size_t i = 0; i < *count; i++)
        (*order)[i] = ranked[i].pair;
done:
    memory_free(ranked);
    return status;
}
