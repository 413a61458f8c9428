/*
 * api: the steps of a pair on arrays in memory (geosc.h). Checks the arguments, then calls the modules of the pipeline.
 */
#include "base/number.h"
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

enum geosc_status geosc_match(geosc_context *context, const geosc_map *source, const int (*cells)[2], size_t count,
                              const geosc_map *target, const float *target_mask, int window, double temperature,
                              float (*xy)[2], float *score)
{
    enum geosc_status status;
    struct match_options options = {window, temperature};
    struct match_scratch scratch = {0};
    struct matching matching = {source, target, target_mask, &options, &scratch, xy, score, NULL};
    uint32_t *list = NULL;

    TRY(check_maps(context, source, target));
    if (count && (!cells || !xy || !score))
        TRY(fail(context, GEOSC_BAD_USAGE, "cells, xy and score must not be NULL"));
    if (window < 1 || window % 2 == 0 || !(temperature > 0) || !isfinite(temperature))
        TRY(fail(context, GEOSC_BAD_USAGE, "window must be odd and temperature finite and above 0, not %d and %s",
                 window, number_general(temperature, 6).text));
    TRY(check_mask(context, target_mask, target, "target"));
    TRY(memory_allocate(context, &list, count, sizeof *list, "queries"));
    for (size_t i = 0; i < count; i++) {
        if (cells[i][0] < 0 || cells[i][1] < 0 || (size_t)cells[i][0] >= source->width ||
            (size_t)cells[i][1] >= source->height)
            TRY(fail(context, GEOSC_BAD_USAGE, "cell %zu, (%d, %d), is outside the %zu x %zu source", i, cells[i][0],
                     cells[i][1], source->width, source->height));
        list[i] = (uint32_t)((size_t)cells[i][1] * source->width + (size_t)cells[i][0]);
    }
    TRY(match_cells(context, &matching, list, count));
done:
    memory_free(list);
    match_scratch_free(&scratch);
    return status;
}
