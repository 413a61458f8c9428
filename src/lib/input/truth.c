#include "input/truth.h"

#include "base/guard.h"
#include "base/number.h"
#include "base/reason.h"
#include "input/failure.h"
#include "input/query.h"
#include "input/units.h"

#include <math.h>
#include <stdio.h>

enum { NAME = 450 };

static bool present(const double point[2])
{
    return !isnan(point[0]) && !isnan(point[1]);
}

/* Fails with the name of the pair. */
static enum geosc_status refuse(geosc_context *context, const struct catalog *catalog, size_t pair, const char *path,
                                const char *what)
{
    char name[NAME];

    failure_name_pair(catalog, pair, name, sizeof name);
    return fail(context, GEOSC_FAILED, "%s: %s: %s: %s" REASON_OUT_OF_RANGE, h5_file_path(catalog->file), path, name,
                what);
}

static bool is_box(const double box[4])
{
    return isfinite(box[2]) && isfinite(box[3]) && (box[2] > 0 || box[3] > 0);
}

/* Whether a keypoint is present in both images: only then is an error measured. */
static bool is_measured(const struct catalog *catalog, size_t pair)
{
    bool measured = false;

    for (size_t i = pair * catalog->keypoints; catalog->target_keypoints && i < (pair + 1) * catalog->keypoints; i++)
        measured |= present(catalog->source_keypoints[i]) && present(catalog->target_keypoints[i]);
    return measured;
}

enum geosc_status truth_check_box(geosc_context *context, const struct catalog *catalog, size_t pair)
{
    char what[256];

    if (!catalog->target_box || is_box(catalog->target_box[pair]) || !is_measured(catalog, pair) ||
        !GUARD(threshold_that_is_none))
        return GEOSC_OK;
    snprintf(what, sizeof what, "has sides %s and %s, expected finite lengths, one of them above 0",
             number_general(catalog->target_box[pair][2], 6).text,
             number_general(catalog->target_box[pair][3], 6).text);
    return refuse(context, catalog, pair, "/pairs/target_box", what);
}

enum geosc_status truth_check(geosc_context *context, const struct catalog *catalog, size_t pair)
{
    char what[256];

    for (size_t k = 0; catalog->target_keypoints && k < catalog->keypoints; k++) {
        const double *truth = catalog->target_keypoints[pair * catalog->keypoints + k];
        if (!present(truth) || !GUARD(target_infinite) || (isfinite(truth[0]) && isfinite(truth[1])))
            continue;
        snprintf(what, sizeof what, "keypoint %zu is at (%s, %s), expected finite numbers, or NaN for an absent one", k,
                 number_general(truth[0], 6).text, number_general(truth[1], 6).text);
        return refuse(context, catalog, pair, catalog->indexed ? "/pairs/target_keypoints" : "/target_keypoints", what);
    }
    double threshold = catalog->threshold && is_measured(catalog, pair) ? catalog->threshold[pair] : 1;
    if (!GUARD(threshold_that_is_none) || (threshold > 0 && isfinite(threshold)))
        return GEOSC_OK;
    snprintf(what, sizeof what,
             "is %s, expected a length above 0: correct it, or set the pair's target keypoints to NaN to exclude it",
             number_general(threshold, 6).text);
    return refuse(context, catalog, pair, "/pairs/threshold", what);
}

enum geosc_status truth_check_all(geosc_context *context, const struct catalog *catalog, bool boxes)
{
    enum geosc_status status = GEOSC_OK;

    for (size_t p = 0; p < catalog->pairs && status == GEOSC_OK; p++) {
        status = truth_check(context, catalog, p);
        if (status == GEOSC_OK && boxes)
            status = truth_check_box(context, catalog, p);
    }
    return status;
}

struct truth_outside truth_find_outside(const struct catalog *catalog, bool target)
{
    const double(*points)[2] = (const double(*)[2])(target ? catalog->target_keypoints : catalog->source_keypoints);
    const size_t *images = target ? catalog->target : catalog->source;
    struct truth_outside outside = {0};

    for (size_t p = 0; points && p < catalog->pairs; p++) {
        size_t before = outside.points, zeros = 0, x, y;
        for (size_t k = 0; k < catalog->keypoints; k++) {
            const double *point = points[p * catalog->keypoints + k];
            zeros += point[0] == 0 && point[1] == 0;
            if (!GUARD(target_outside) || query_point_cell(catalog, images[p], point, &x, &y) != QUERY_OUTSIDE)
                continue;
            if (outside.points++ == 0) {
                outside.first_pair = p;
                outside.first_k = k;
            }
        }
        outside.pairs += outside.points > before;
        outside.zeros += zeros > 1 ? zeros : 0;
    }
    return outside;
}

void truth_describe_outside(const struct catalog *catalog, const struct truth_outside *outside, char *out, size_t size)
{
    const double *first = catalog->target_keypoints[outside->first_pair * catalog->keypoints + outside->first_k];
    size_t present_points = 0;
    char name[NAME];

    for (size_t i = 0; i < catalog->pairs * catalog->keypoints; i++)
        present_points += present(catalog->target_keypoints[i]);
    failure_name_pair(catalog, outside->first_pair, name, sizeof name);
    snprintf(out, size,
             "%zu of %zu target keypoints are outside their image, the first in %s: keypoint %zu at (%s, %s); only NaN "
             "marks a keypoint as absent",
             outside->points, present_points, name, outside->first_k, number_general(first[0], 6).text,
             number_general(first[1], 6).text);
}
