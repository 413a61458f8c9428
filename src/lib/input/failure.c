#include "input/failure.h"

#include "base/number.h"
#include "base/text.h"
#include "input/query.h"
#include "input/units.h"

#include <stdio.h>

/* The source's width (axis 0) or height in the units of the keypoints. */
static struct number_text side_text(const struct catalog *catalog, size_t pair, int axis)
{
    const size_t image = catalog->source[pair];
    const struct features *source = &catalog_image(catalog, image)->pose[GEOSC_POSE_NONE];
    const double cells = (double)(axis ? source->height : source->width);

    return number_general(
        units_from_cell(catalog, image, axis, cells - 0.5) - units_from_cell(catalog, image, axis, -0.5), 6);
}

/* Describes the first keypoint outside the source. */
static void describe_keypoint(const struct catalog *catalog, size_t pair, char *out, size_t size)
{
    const struct features *source = &catalog_image(catalog, catalog->source[pair])->pose[GEOSC_POSE_NONE];
    const double(*points)[2] = (const double(*)[2])catalog->source_keypoints + pair * catalog->keypoints;
    size_t outside = query_first_outside(catalog, pair), k = outside < catalog->keypoints ? outside : outside - 1;
    const struct number_text x = number_general(points[k][0], 6), y = number_general(points[k][1], 6);

    if (catalog->units == UNITS_CELL)
        snprintf(out, size,
                 "keypoint %zu at (%s, %s) is outside the source's %zu x %zu cells (W x H); keypoints are (x, y), in "
                 "cells unless units is pixel%s",
                 k, x.text, y.text, source->width, source->height,
                 catalog->file ? " (geosc-import features --units pixel)" : "");
    else
        snprintf(
            out, size,
            "keypoint %zu at (%s, %s) is outside the source, which is %s x %s (W x H); keypoints are (x, y), here in "
            "units of %s",
            k, x.text, y.text, side_text(catalog, pair, 0).text, side_text(catalog, pair, 1).text,
            units_name(catalog->units));
}

void failure_describe(const struct catalog *catalog, size_t pair, enum geosc_pair_status found, char *out, size_t size)
{
    static const char *const reasons[GEOSC_PAIR_STATUSES] = {
        [GEOSC_PAIR_BAD_FEATURES] = "features of one of its images are NaN, infinite or beyond float32, before or "
                                    "after the post-processor",
        [GEOSC_PAIR_EMPTY_FEATURES] = "features of one of its images are zero in every cell, before or after the "
                                      "post-processor: extract them again",
        [GEOSC_PAIR_BAD_MASK] = "a mask has a negative or non-finite value, or weights too large for a float32 IMD",
        [GEOSC_PAIR_EMPTY_MASK] = "a mask has no cell set: set some cells, or omit the mask",
        [GEOSC_PAIR_NO_MUTUAL] = "no pose has mutual nearest neighbours; try another --imd",
        [GEOSC_PAIR_UNREADABLE] = "stored data cannot be decoded: the file is damaged; write it again",
    };
    char keypoint[512] = "a keypoint is outside its image";

    if (found == GEOSC_PAIR_BAD_KEYPOINT && catalog->keypoints) /* the status may come from a damaged journal */
        describe_keypoint(catalog, pair, keypoint, sizeof keypoint);
    snprintf(out, size, "%s: %s", geosc_pair_status_name(found), reasons[found] ? reasons[found] : keypoint);
}

void failure_name_pair(const struct catalog *catalog, size_t pair, char *out, size_t size)
{
    size_t number = catalog->index ? catalog->index[pair] : pair, source = catalog->source[pair],
           target = catalog->target[pair];
    char from[200], to[200];

    if (catalog->image_name) {
        text_printable(catalog->image_name[source], from, sizeof from);
        text_printable(catalog->image_name[target], to, sizeof to);
        snprintf(out, size, "pair %zu (%s to %s)", number, from, to);
    } else if (catalog->indexed)
        snprintf(out, size, "pair %zu (image %zu to image %zu)", number, source, target);
    else
        snprintf(out, size, "pair %zu", number);
}
