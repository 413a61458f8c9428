/*
 * api: the steps of a pair on arrays in memory (geosc.h). Checks the arguments, then calls the modules of the pipeline.
 */
#include "base/number.h"
#include "base/options.h"
#include "input/query.h"
#include "maps/imd.h"
#include "maps/match.h"
#include "maps/pose.h"
#include "network/load.h"
#include "network/refine.h"

#include <math.h>

static bool all_finite(const float *values, size_t count)
{
    bool finite = true;

    for (size_t i = 0; i < count; i++)
        finite &= isfinite(values[i]) != 0;
    return finite;
}

enum geosc_status geosc_refine(geosc_context *context, const geosc_model *model, const float *features, size_t channels,
                               size_t height, size_t width, enum geosc_pose pose, geosc_map **out)
{
    enum geosc_status status;
    size_t posed_height, posed_width;
    struct refine_scratch scratch = {0};
    uint32_t *from = NULL;
    geosc_map *map = NULL;
    bool finite;

    if (!context || !out)
        return GEOSC_BAD_USAGE;
    context->message[0] = '\0';
    *out = NULL;
    if (!features || !channels || !height || !width || !geosc_pose_name(pose))
        return fail(context, GEOSC_BAD_USAGE, "features, their sizes and a pose are required");
    if (model && channels != model->channels)
        return fail(context, GEOSC_BAD_USAGE, "the model takes %zu channels, not %zu", model->channels, channels);
    pose_size(pose, height, width, &posed_height, &posed_width);
    TRY(map_create(context, model_outputs(model, channels), posed_height, posed_width, &map));
    if (!all_finite(features, channels * height * width))
        TRY(fail(context, GEOSC_FAILED, "the features are not all finite"));
    TRY(memory_allocate(context, &from, map->cells, sizeof *from, "a pose"));
    pose_permutation(pose, height, width, from);
    struct refine_job job = {.map = map, .from = from};
    const struct grids grids = {.channels = channels, .height = height, .width = width};
    TRY(refine_take(context, model, &grids, features, &job, 1, &scratch));
    TRY(refine(context, model, &job, 1, &scratch, &finite));
    if (!finite)
        TRY(fail(context, GEOSC_FAILED, "the refined features are not all finite"));
    *out = map;
    map = NULL;
done:
    memory_free(from);
    refine_scratch_free(&scratch);
    geosc_map_free(map);
    return status;
}

static enum geosc_status check_mask(geosc_context *context, const float *mask, const geosc_map *map, const char *whose)
{
    enum geosc_pair_status found = mask ? load_check_mask(mask, map->cells) : GEOSC_PAIR_OK;

    if (found == GEOSC_PAIR_OK)
        return GEOSC_OK;
    return fail(context, GEOSC_FAILED,
                found == GEOSC_PAIR_BAD_MASK ? "the %s mask has a negative or non-finite value"
                                             : "the %s mask has no cell set",
                whose);
}

static enum geosc_status check_maps(geosc_context *context, const geosc_map *source, const geosc_map *target)
{
    if (!context)
        return GEOSC_BAD_USAGE;
    context->message[0] = '\0';
    if (!source || !target)
        return fail(context, GEOSC_BAD_USAGE, "a source and a target map are required");
    if (source->channels != target->channels)
        return fail(context, GEOSC_BAD_USAGE, "source and target have %zu and %zu channels", source->channels,
                    target->channels);
    return GEOSC_OK;
}

enum geosc_status geosc_score(geosc_context *context, const geosc_map *source, const float *source_mask,
                              const geosc_map *target, const float *target_mask, enum geosc_imd kind, float *imd)
{
    enum geosc_status status;
    struct imd_job job = {.source = source, .mask = source_mask};
    struct imd_scratch scratch = {0};

    TRY(check_maps(context, source, target));
    if (!imd)
        TRY(fail(context, GEOSC_BAD_USAGE, "imd must not be NULL"));
    if (!geosc_imd_name(kind))
        TRY(fail(context, GEOSC_BAD_USAGE, "imd: unknown kind %d", (int)kind));
    if (kind == GEOSC_IMD_NONE)
        TRY(fail(context, GEOSC_BAD_USAGE, "imd: 'none' is no distance"));
    TRY(check_mask(context, source_mask, source, "source"));
    TRY(check_mask(context, target_mask, target, "target"));
    TRY(imd_compute(context, &job, 1, target, target_mask, kind, &scratch));
    if (isinf((float)job.imd))
        TRY(fail(context, GEOSC_FAILED, "the weights of the source mask are too large: the IMD is beyond float32"));
    *imd = (float)job.imd;
done:
    imd_scratch_free(&scratch);
    return status;
}

/* The cell of a point of a map: the nearest one; the last one on the far border. */
static enum geosc_status find_cell(geosc_context *context, const geosc_map *map, size_t i, const double point[2],
                                   uint32_t *cell)
{
    size_t x, y;

    if (!query_nearest_cell(point[0], map->width, &x) || !query_nearest_cell(point[1], map->height, &y))
        return fail(context, GEOSC_BAD_USAGE, "query %zu, (%s, %s), is outside the %zu x %zu source", i,
                    number_general(point[0], 6).text, number_general(point[1], 6).text, map->width, map->height);
    *cell = (uint32_t)(y * map->width + x);
    return GEOSC_OK;
}

static enum geosc_status check_products(geosc_context *context, const geosc_map *map, const char *whose)
{
    return map_products_fit(map) ? GEOSC_OK
                                 : fail(context, GEOSC_FAILED,
                                        "the %s has cells so long that their inner products may "
                                        "be beyond float32",
                                        whose);
}

enum geosc_status geosc_match_points(geosc_context *context, const geosc_map *source, const float *source_mask,
                                     const double (*points)[2], size_t count, const geosc_map *target,
                                     const float *target_mask, const struct geosc_options *options,
                                     const struct geosc_answers *answers)
{
    enum geosc_status status;
    struct geosc_options complete;
    struct match_scratch scratch = {0};
    uint32_t *cells = NULL;

    TRY(check_maps(context, source, target));
    if (!options || !answers || (count && (!points || !answers->xy || !answers->score)))
        TRY(fail(context, GEOSC_BAD_USAGE, "points, options, xy and score must not be NULL"));
    TRY(options_take(context, options, &complete));
    TRY(options_check(context, &complete));
    if (!complete.top && (answers->top_xy || answers->top_score))
        TRY(fail(context, GEOSC_BAD_USAGE, "top: 1 or more for top_xy and top_score"));
    TRY(check_mask(context, source_mask, source, "source"));
    TRY(check_mask(context, target_mask, target, "target"));
    if (complete.similarity == GEOSC_SIMILARITY_DOT) {
        TRY(check_products(context, source, "source"));
        TRY(check_products(context, target, "target"));
    }
    TRY(memory_allocate(context, &cells, count, sizeof *cells, "queries"));
    for (size_t i = 0; i < count; i++)
        TRY(find_cell(context, source, i, points[i], &cells[i]));
    TRY(match_find(context,
                   &(struct matching){.source = source,
                                      .target = target,
                                      .source_mask = source_mask,
                                      .target_mask = target_mask,
                                      .options = &complete,
                                      .scratch = &scratch,
                                      .answers = *answers},
                   &(struct match_queries){cells, points, count}));
done:
    memory_free(cells);
    match_scratch_free(&scratch);
    return status;
}

enum geosc_status geosc_match(geosc_context *context, const geosc_map *source, const int (*cells)[2], size_t count,
                              const geosc_map *target, const float *target_mask, int window, double temperature,
                              float (*xy)[2], float *score)
{
    enum geosc_status status;
    struct geosc_options options;
    double(*points)[2] = NULL;

    TRY(check_maps(context, source, target));
    if (count && (!cells || !xy || !score))
        TRY(fail(context, GEOSC_BAD_USAGE, "cells, xy and score must not be NULL"));
    TRY(memory_allocate(context, &points, count, sizeof *points, "queries"));
    for (size_t i = 0; i < count; i++)
        for (int axis = 0; axis < 2; axis++)
            points[i][axis] = cells[i][axis];
    geosc_options_init(&options);
    options.window = window;
    options.temperature = temperature;
    TRY(geosc_match_points(context, source, NULL, (const double(*)[2])points, count, target, target_mask, &options,
                           &(struct geosc_answers){.xy = xy, .score = score}));
done:
    memory_free(points);
    return status;
}
