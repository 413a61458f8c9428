#include "maps/kap.h"

#include <math.h>

/* Similarities of the cells within each radius and beyond, the best so far; -INFINITY: none. */
struct found {
    float *in, *out;
    double distance; /* of the nearest cell, and its similarity */
    float nearest;
};

static void start(const struct kap *kap, size_t query, struct found *found)
{
    *found = (struct found){kap->in + query * kap->count, kap->out + query * kap->count, INFINITY, NAN};
    for (size_t a = 0; a < kap->count; a++)
        found->in[a] = found->out[a] = -INFINITY;
}

static void add_cell(const struct kap *kap, double distance, float similarity, struct found *found)
{
    if (isnan(found->nearest) || distance < found->distance) {
        found->distance = distance;
        found->nearest = similarity;
    }
    for (size_t a = 0; a < kap->count; a++) {
        float *best = distance <= kap->radii[a] ? &found->in[a] : &found->out[a];
        if (similarity > *best)
            *best = similarity;
    }
}

static void finish(const struct kap *kap, bool known, const struct found *found)
{
    for (size_t a = 0; a < kap->count; a++) {
        if (isinf(found->in[a]))
            found->in[a] = known ? found->nearest : NAN;
        if (isinf(found->out[a]))
            found->out[a] = NAN;
    }
}

void kap_find(const struct kap *kap, const geosc_map *target, const float *row, size_t query)
{
    const double *truth = kap->truth[query];
    const bool known = !isnan(truth[0]) && !isnan(truth[1]);
    float *range = kap->range[query];
    struct found found;

    range[0] = INFINITY;
    range[1] = -INFINITY;
    start(kap, query, &found);
    for (size_t y = 0; y < target->height; y++)
        for (size_t x = 0; x < target->width; x++, row++) {
            if (isinf(*row))
                continue;
            range[0] = *row < range[0] ? *row : range[0];
            range[1] = *row > range[1] ? *row : range[1];
            if (known)
                add_cell(kap, hypot(kap->centres[0][x] - truth[0], kap->centres[1][y] - truth[1]), *row, &found);
        }
    finish(kap, known, &found);
}
