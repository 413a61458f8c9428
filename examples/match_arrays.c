/*
 * Finds the pose of a source image that fits a target, and matches a point of the source, in memory: without HDF5 files
 * and without a model. The target is the source image turned by 90 degrees. The features are 5 x 5 patches of pixels,
 * extracted from the source once for each candidate pose, as with a real network.
 *
 *     cc match_arrays.c $(pkg-config --cflags --libs geosc) && ./a.out
 */
#include <geosc.h>
#include <stdio.h>

enum { SIZE = 20, REACH = 2, CHANNELS = (2 * REACH + 1) * (2 * REACH + 1) };

/* A pixel of the image: noise, the same on every machine. */
static float pixel(int x, int y)
{
    uint32_t bits = (uint32_t)(y * SIZE + x + 1) * 2654435761u;

    bits = (bits ^ bits >> 15) * 2246822519u;
    return (float)(bits >> 8) / (1 << 24) - 0.5f;
}

static int clamp(int v)
{
    return v < 0 ? 0 : v >= SIZE ? SIZE - 1 : v;
}

/* Refines the patches of the posed image: without a model, this scales each patch to length 1. */
static enum geosc_status extract(geosc_context *context, enum geosc_pose pose, geosc_map **map)
{
    static float posed[SIZE][SIZE], features[CHANNELS][SIZE][SIZE];

    for (int i = 0; i < SIZE * SIZE; i++) {
        double x = i % SIZE, y = (double)(i / SIZE);

        geosc_pose_point(pose, SIZE, SIZE, &x, &y);
        posed[(int)y][(int)x] = pixel(i % SIZE, i / SIZE);
    }
    for (int k = 0; k < CHANNELS; k++) {
        int dx = k % (2 * REACH + 1) - REACH, dy = k / (2 * REACH + 1) - REACH;

        for (int i = 0; i < SIZE * SIZE; i++)
            features[k][i / SIZE][i % SIZE] = posed[clamp(i / SIZE + dy)][clamp(i % SIZE + dx)];
    }
    return geosc_refine(context, NULL, &features[0][0][0], CHANNELS, SIZE, SIZE, GEOSC_POSE_NONE, map);
}

int main(void)
{
    static const enum geosc_pose poses[] = {GEOSC_POSE_NONE, GEOSC_POSE_HFLIP, GEOSC_POSE_ROT90, GEOSC_POSE_ROT270};
    enum { COUNT = sizeof poses / sizeof *poses };
    geosc_context *context = geosc_create();
    geosc_map *target = NULL, *sources[COUNT] = {NULL};
    double x = 3, y = 5; /* the point to match, in the source as it is */
    float xy[1][2], score, imd[COUNT];
    int best = 0, cell[1][2];
    enum geosc_status status = context ? extract(context, GEOSC_POSE_ROT90, &target) : GEOSC_FAILED;

    for (int i = 0; i < COUNT && status == GEOSC_OK; i++) {
        status = extract(context, poses[i], &sources[i]);
        if (status == GEOSC_OK)
            status = geosc_score(context, sources[i], NULL, target, NULL, GEOSC_IMD_SQUARED, &imd[i]);
        if (status == GEOSC_OK && imd[i] < imd[best])
            best = i;
    }
    geosc_pose_point(poses[best], SIZE, SIZE, &x, &y);
    cell[0][0] = (int)x, cell[0][1] = (int)y;
    if (status == GEOSC_OK)
        status = geosc_match(context, sources[best], (const int(*)[2])cell, 1, target, NULL, 15, 0.02, xy, &score);
    if (status == GEOSC_OK)
        printf("pose %s; (3, 5) is at (%.2f, %.2f), score %.3f\n", geosc_pose_name(poses[best]), xy[0][0], xy[0][1],
               score);
    else
        fprintf(stderr, "failed: %s\n", context ? geosc_message(context) : "out of memory");
    for (int i = 0; i < COUNT; i++)
        geosc_map_free(sources[i]);
    geosc_map_free(target);
    geosc_destroy(context);
    return status;
}
