#include "show/points.h"

#include <math.h>
#include <stdio.h>

#include "base/number.h"
#include "show/csv.h"
#include "system/file_out.h"

struct points {
    const struct catalog *catalog;
    const struct results *results;
    const struct measure *measure;
    FILE *out;
};

static void print_head(const struct points *points)
{
    fputs("pair,source,target,category,keypoint,keypoint_name,pose,source_x,source_y,x,y,true_x,true_y,error,threshold,"
          "geometry_aware,nearest,nearer_to_partner",
          points->out);
    for (size_t a = 0; a < points->measure->alpha_count; a++)
        fprintf(points->out, ",right_%s", number_general(points->measure->alphas[a], 9).text);
    fputs(",score,second,mutual,cycle\n", points->out);
}

/* A number, or nothing for NaN. */
static void print_number(const struct points *points, double value)
{
    fprintf(points->out, ",%s", isnan(value) ? "" : number_exact(value).text);
}

/* The digits of a float32. */
static void print_float(const struct points *points, const float *values, size_t i)
{
    fprintf(points->out, ",%s", !values || isnan(values[i]) ? "" : number_general((double)values[i], 9).text);
}

/* Nothing where it is not known. */
static void print_truth(const struct points *points, bool known, bool truth)
{
    fputs(known ? truth ? ",1" : ",0" : ",", points->out);
}

static void print_image(const struct points *points, size_t image)
{
    const struct catalog *catalog = points->catalog;

    fputc(',', points->out);
    if (catalog->image_name)
        csv_text(points->out, catalog->image_name[image]);
    else if (catalog->indexed)
        fprintf(points->out, "%zu", image);
}

static void print_pair(const struct points *points, size_t pair)
{
    const struct catalog *catalog = points->catalog;

    fprintf(points->out, "%zu", pair);
    print_image(points, catalog->source[pair]);
    print_image(points, catalog->target[pair]);
    fputc(',', points->out);
    csv_text(points->out, catalog->category ? catalog->category[pair] : "");
}

/* What needs the truth; empty where the keypoint has none. */
static void print_judgement(const struct points *points, size_t pair, size_t k)
{
    const struct catalog *catalog = points->catalog;
    const bool judged = measure_is_point(catalog, pair, k);
    const double *truth = catalog->target_keypoints[pair * catalog->keypoints + k];
    const double error = judged ? measure_error(catalog, points->results, pair, k) : NAN;
    const double threshold = measure_threshold(catalog, points->measure->length, pair);

    print_number(points, truth[0]);
    print_number(points, truth[1]);
    print_number(points, error);
    print_number(points, judged ? threshold : NAN);
    print_truth(points, judged && catalog->symmetry_group, judged && measure_geometry_aware(catalog, pair, k));
    print_truth(points, judged, judged && measure_nearest(catalog, points->results, pair, k));
    print_truth(points, judged && catalog->mirror_index, judged && measure_swapped(catalog, points->results, pair, k));
    for (size_t a = 0; a < points->measure->alpha_count; a++)
        print_truth(points, judged, measure_right(points->measure, a, error, threshold));
}

static void print_point(const struct points *points, size_t pair, size_t k)
{
    const struct catalog *catalog = points->catalog;
    const struct results *results = points->results;
    const size_t i = pair * catalog->keypoints + k;
    const uint8_t chosen = results->chosen[pair];

    print_pair(points, pair);
    fprintf(points->out, ",%zu,", k);
    csv_text(points->out, catalog_keypoint_name(catalog, catalog->category ? catalog->category[pair] : NULL, k));
    fprintf(points->out, ",%s", chosen == GEOSC_UNDECIDED ? "" : geosc_pose_name(results->poses[chosen]));
    print_number(points, catalog->source_keypoints[i][0]);
    print_number(points, catalog->source_keypoints[i][1]);
    print_float(points, results->xy[i], 0);
    print_float(points, results->xy[i], 1);
    print_judgement(points, pair, k);
    print_float(points, results->score, i);
    print_float(points, results->second, i);
    print_truth(points, results->mutual && !isnan(results->xy[i][0]), results->mutual && results->mutual[i]);
    print_float(points, results->cycle, i);
    fputc('\n', points->out);
}

static enum geosc_status print_points(geosc_context *context, const void *job, FILE *out)
{
    struct points points = *(const struct points *)job;
    const struct catalog *catalog = points.catalog;

    points.out = out;
    print_head(&points);
    for (size_t p = 0; p < catalog->pairs && !ferror(out); p++) {
        if (stop_asked(context))
            return check_stop(context);
        for (size_t k = 0; k < catalog->keypoints; k++)
            if (measure_present(catalog->source_keypoints[p * catalog->keypoints + k]))
                print_point(&points, p, k);
    }
    return GEOSC_OK;
}

enum geosc_status points_write(geosc_context *context, const struct matched *matched, const struct measure *measure,
                               const char *path, bool replace)
{
    const struct points points = {&matched->catalog, &matched->results, measure, NULL};

    if (!matched->catalog.target_keypoints)
        return fail(context, GEOSC_FAILED, "%s: has no target keypoints, which --points needs", matched->input);
    return file_out_print(context, path, replace, print_points, &points);
}
