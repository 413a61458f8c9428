#include "maps/pose.h"

/* A pose maps (x, y) to (x or W-1-x, y or H-1-y), then swaps the axes or not: a row of the table in
 * docs/computation.md, Poses. */
static const struct {
    bool flip_x, flip_y, swap;
} rules[GEOSC_POSES] = {
    [GEOSC_POSE_NONE] = {false, false, false},     [GEOSC_POSE_HFLIP] = {true, false, false},
    [GEOSC_POSE_VFLIP] = {false, true, false},     [GEOSC_POSE_ROT180] = {true, true, false},
    [GEOSC_POSE_ROT90] = {true, false, true},      [GEOSC_POSE_ROT270] = {false, true, true},
    [GEOSC_POSE_TRANSPOSE] = {false, false, true}, [GEOSC_POSE_ANTITRANSPOSE] = {true, true, true},
};

bool pose_mirrors(enum geosc_pose pose)
{
    return rules[pose].flip_x ^ rules[pose].flip_y ^ rules[pose].swap;
}

bool pose_swaps_axes(enum geosc_pose pose)
{
    return rules[pose].swap;
}

void pose_size(enum geosc_pose pose, size_t height, size_t width, size_t *posed_height, size_t *posed_width)
{
    *posed_height = rules[pose].swap ? width : height;
    *posed_width = rules[pose].swap ? height : width;
}

void geosc_pose_point(enum geosc_pose pose, double width, double height, double *x, double *y)
{
    if (!geosc_pose_name(pose))
        return;
    double posed_x = rules[pose].flip_x ? width - 1 - *x : *x;
    double posed_y = rules[pose].flip_y ? height - 1 - *y : *y;

    *x = rules[pose].swap ? posed_y : posed_x;
    *y = rules[pose].swap ? posed_x : posed_y;
}

size_t pose_cell(enum geosc_pose pose, size_t height, size_t width, size_t x, size_t y)
{
    if (rules[pose].flip_x)
        x = width - 1 - x;
    if (rules[pose].flip_y)
        y = height - 1 - y;
    return rules[pose].swap ? x * height + y : y * width + x;
}

void pose_permutation(enum geosc_pose pose, size_t height, size_t width, uint32_t *from)
{
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++)
            from[pose_cell(pose, height, width, x, y)] = (uint32_t)(y * width + x);
}
