#include "results/measure.h"

#include "input/units.h"

#include <math.h>
#include <string.h>

const char *measure_compare_name(int i)
{
    static const char *const names[MEASURE_COMPARES] = {"lt", "le"};

    return i >= 0 && i < MEASURE_COMPARES ? names[i] : NULL;
}

const char *measure_length_name(int i)
{
    static const char *const names[MEASURE_LENGTHS] = {"stored", "image", "box", "keypoints"};

    return i >= 0 && i < MEASURE_LENGTHS ? names[i] : NULL;
}

bool measure_present(const double point[2])
{
    return !isnan(point[0]) && !isnan(point[1]);
}

bool measure_is_point(const struct catalog *catalog, size_t pair, size_t k)
{
    size_t i = pair * catalog->keypoints + k;

    return measure_present(catalog->source_keypoints[i]) && measure_present(catalog->target_keypoints[i]);
}

/* 0 with less than two target keypoints. */
static double side_of_keypoints(const struct catalog *catalog, size_t pair)
{
    double least[2] = {INFINITY, INFINITY}, most[2] = {-INFINITY, -INFINITY};

    for (size_t i = pair * catalog->keypoints; i < (pair + 1) * catalog->keypoints; i++)
        for (int axis = 0; axis < 2 && measure_present(catalog->target_keypoints[i]); axis++) {
            least[axis] = fmin(least[axis], catalog->target_keypoints[i][axis]);
            most[axis] = fmax(most[axis], catalog->target_keypoints[i][axis]);
        }
    return fmax(0, fmax(most[0] - least[0], most[1] - least[1]));
}

double measure_threshold(const struct catalog *catalog, enum measure_length length, size_t pair)
{
    if (length == MEASURE_KEYPOINTS)
        return side_of_keypoints(catalog, pair);
    if (length == MEASURE_BOX)
        return fmax(catalog->target_box[pair][2], catalog->target_box[pair][3]);
    if (length == MEASURE_STORED && catalog->threshold)
        return catalog->threshold[pair];
    return units_larger_side(catalog, catalog->target[pair]);
}

const char *measure_threshold_name(const struct catalog *catalog, enum measure_length length)
{
    if (length == MEASURE_KEYPOINTS)
        return "the larger side of the box around the target keypoints";
    if (length == MEASURE_BOX)
        return "the larger side of /pairs/target_box";
    return length == MEASURE_STORED && catalog->threshold ? "/pairs/threshold" : "the larger side of the target";
}

static bool answered(const struct results *results, size_t pair)
{
    return results->status[pair] == GEOSC_PAIR_OK || results->status[pair] == GEOSC_PAIR_BAD_KEYPOINT;
}

double measure_error(const struct catalog *catalog, const struct results *results, size_t pair, size_t k)
{
    size_t i = pair * catalog->keypoints + k;
    const double *truth = catalog->target_keypoints[i];

    if (!answered(results, pair))
        return NAN;
    return hypot((double)results->xy[i][0] - truth[0], (double)results->xy[i][1] - truth[1]);
}

/* A missing answer is NaN, which is neither below nor at anything. */
bool measure_right(const struct measure *measure, size_t a, double error, double threshold)
{
    double most = measure->alphas[a] * threshold;

    return measure->compare == MEASURE_AT_MOST ? error <= most : error < most;
}

bool measure_nearest(const struct catalog *catalog, const struct results *results, size_t pair, size_t k)
{
    const size_t first = pair * catalog->keypoints;
    const double x = (double)results->xy[first + k][0], y = (double)results->xy[first + k][1];
    const double own = measure_error(catalog, results, pair, k);

    for (size_t other = 0; other < catalog->keypoints; other++) {
        const double *truth = catalog->target_keypoints[first + other];
        /* Most are far along one axis: a distance takes longer. */
        if (other == k || fabs(x - truth[0]) > own || fabs(y - truth[1]) > own ||
            !measure_is_point(catalog, pair, other))
            continue;
        double distance = hypot(x - truth[0], y - truth[1]);
        if (distance < own || (distance == own && other < k))
            return false;
    }
    return !isnan(own);
}

bool measure_swapped(const struct catalog *catalog, const struct results *results, size_t pair, size_t k)
{
    const size_t first = pair * catalog->keypoints;
    const int64_t partner = catalog->mirror_index ? catalog->mirror_index[first + k] : -1;
    const float *answer = results->xy[first + k];

    if (partner < 0)
        return false;
    const double *truth = catalog->target_keypoints[first + (size_t)partner];
    return hypot((double)answer[0] - truth[0], (double)answer[1] - truth[1]) < measure_error(catalog, results, pair, k);
}

bool measure_geometry_aware(const struct catalog *catalog, size_t pair, size_t k)
{
    const int64_t *group = catalog->symmetry_group ? catalog->symmetry_group + pair * catalog->keypoints : NULL;
    size_t members = 0;

    if (!group || group[k] < 0)
        return false;
    for (size_t i = 0; i < catalog->keypoints; i++)
        members += group[i] == group[k] && measure_present(catalog->target_keypoints[pair * catalog->keypoints + i]);
    return members >= 2;
}

/* An answer. */
struct answer {
    double error, threshold;
    bool nearest, swapped;
};

static void add_point(const struct measure *measure, const struct answer *answer, struct tally *tally)
{
    tally->points++;
    for (size_t a = 0; a < measure->alpha_count; a++) {
        bool right = measure_right(measure, a, answer->error, answer->threshold);
        tally->right[a] += right;
        tally->nearest[a] += right && answer->nearest;
        tally->swapped[a] += !right && answer->swapped;
    }
}

void measure_pair(const struct measure *measure, const struct catalog *catalog, const struct results *results,
                  size_t pair, struct tally tallies[MEASURE_SUBSETS])
{
    const double threshold = measure_threshold(catalog, measure->length, pair);

    memset(tallies, 0, MEASURE_SUBSETS * sizeof *tallies);
    for (size_t k = 0; k < catalog->keypoints; k++) {
        if (!measure_is_point(catalog, pair, k))
            continue;
        const struct answer answer = {measure_error(catalog, results, pair, k), threshold,
                                      measure_nearest(catalog, results, pair, k),
                                      measure_swapped(catalog, results, pair, k)};
        add_point(measure, &answer, &tallies[MEASURE_ALL]);
        if (measure_geometry_aware(catalog, pair, k))
            add_point(measure, &answer, &tallies[MEASURE_GEOMETRY]);
    }
}
