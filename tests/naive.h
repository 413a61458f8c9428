/*
 * naive: what the tests of the core stand on: random numbers, the instruction sets of this machine, feature maps made
 * by hand, and the definitions of docs/computation.md in double, written for clearness alone. Only tests include it;
 * each uses a part of it.
 */
#ifndef TESTS_NAIVE_H
#define TESTS_NAIVE_H

#include "maps/map.h"
#include "testing.h"

#include <math.h>

static const int thread_counts[] = {1, 2, 3, 8};
enum { THREAD_COUNTS = sizeof thread_counts / sizeof *thread_counts };

/* ---- random numbers: splitmix64 -------------------------------------------------------------------- */

struct random {
    uint64_t state;
};

static inline uint64_t random_bits(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15ULL;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

/* 0 .. n - 1 */
static inline size_t random_below(struct random *random, size_t n)
{
    return (size_t)(random_bits(random) % n);
}

/* low .. high, a float */
static inline float random_float(struct random *random, float low, float high)
{
    return low + (high - low) * (float)(random_bits(random) >> 40) * 0x1p-24F;
}

static inline void random_fill(struct random *random, float *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = random_float(random, -1, 1);
}

/* n of random_fill; free() them. */
static inline float *random_features(struct random *random, size_t n)
{
    float *features = malloc(n * sizeof *features);

    random_fill(random, features, n);
    return features;
}

/* Multiples of 1/4 from -1 to 1: their sums of products are exact in float, so that ties are ties on every machine. */
static inline void random_exact(struct random *random, float *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (float)((int)random_below(random, 9) - 4) / 4;
}

/* ---- instruction sets ------------------------------------------------------------------------------- */

/* The names that this machine can run, best first; NULL after the last. */
static inline const char *usable_isa(size_t wanted)
{
    const char *name;
    bool usable;

    for (size_t i = 0; (name = geosc_isa_name(i, &usable)); i++)
        if (usable && wanted-- == 0)
            return name;
    return NULL;
}

/* ---- poses, as the second column of the table in docs/computation.md says ------------------------- */

static inline bool naive_pose_turns(enum geosc_pose pose)
{
    return pose == GEOSC_POSE_ROT90 || pose == GEOSC_POSE_ROT270 || pose == GEOSC_POSE_TRANSPOSE ||
           pose == GEOSC_POSE_ANTITRANSPOSE;
}

/* The cell of the old H x W map that stands at new[y, x]. */
static inline size_t naive_pose_from(enum geosc_pose pose, size_t H, size_t W, size_t y, size_t x)
{
    switch (pose) {
    case GEOSC_POSE_HFLIP:
        return y * W + (W - 1 - x);
    case GEOSC_POSE_VFLIP:
        return (H - 1 - y) * W + x;
    case GEOSC_POSE_ROT180:
        return (H - 1 - y) * W + (W - 1 - x);
    case GEOSC_POSE_ROT90:
        return x * W + (W - 1 - y);
    case GEOSC_POSE_ROT270:
        return (H - 1 - x) * W + y;
    case GEOSC_POSE_TRANSPOSE:
        return x * W + y;
    case GEOSC_POSE_ANTITRANSPOSE:
        return (H - 1 - x) * W + (W - 1 - y);
    default:
        return y * W + x;
    }
}

/* ---- maps ------------------------------------------------------------------------------------------- */

/* A map whose panels hold features [C][H][W]: not refined. */
static inline geosc_map *raw_map(const float *features, size_t C, size_t H, size_t W)
{
    geosc_map *map;
    uint32_t *straight = malloc(H * W * sizeof *straight);

    assert_ok(map_create(context, C, H, W, &map));
    for (size_t i = 0; i < H * W; i++)
        straight[i] = (uint32_t)i;
    map_fill(map, features, H * W, straight, 0, map->channels);
    free(straight);
    return map;
}

/* A map whose rows hold features [C][H][W], as if these were refined ones. */
static inline geosc_map *refined_map(const float *features, size_t C, size_t H, size_t W)
{
    geosc_map *map;

    assert_ok(map_create(context, C, H, W, &map));
    for (size_t i = 0; i < map->cells; i++)
        for (size_t c = 0; c < C; c++)
            map->values[i * C + c] = features[c * map->cells + i];
    for (size_t i = 0; i < map->cells; i++)
        map->norms[i] = 1;
    return map;
}

/* Of C channels and up to 30 x 30 cells, by random_exact or random_fill. */
static inline geosc_map *random_map(struct random *random, size_t C, bool exact)
{
    size_t H = 1 + random_below(random, 30), W = 1 + random_below(random, 30);
    float *features = malloc(C * H * W * sizeof *features);

    (exact ? random_exact : random_fill)(random, features, C * H * W);
    geosc_map *map = refined_map(features, C, H, W);
    free(features);
    return map;
}

/* <f(s), f(t)> of two maps' rows. */
static inline double naive_similarity(const geosc_map *source, size_t s, const geosc_map *target, size_t t)
{
    double sum = 0;

    for (size_t c = 0; c < source->channels; c++)
        sum += (double)map_row(source, s)[c] * (double)map_row(target, t)[c];
    return sum;
}

#endif
