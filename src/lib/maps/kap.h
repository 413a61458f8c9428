/*
 * kap: the best similarities of a query near its true place and elsewhere (docs/computation.md, KAP), from one row of
 * the similarity. Pure functions, any thread.
 */
#ifndef GEOSC_KAP_H
#define GEOSC_KAP_H

#include "maps/map.h"

struct kap {
    const double *centres[2]; /* x of each column of the target's cells, y of each row, in the units of the truth */
    const double (*truth)[2]; /* [queries] where each belongs; NaN: unknown */
    size_t count;             /* of radii: */
    const double *radii;      /* what is near */
    float *in, *out;          /* [queries][count] best similarity near the truth (none: at the nearest cell), and
                               * beyond (none: NaN); NaN without truth */
    float (*range)[2];        /* [queries] smallest and largest similarity */
};

/* Fills in, out and range of a query from its row [cells of the target]; -INFINITY: a cell that is no target. */
void kap_find(const struct kap *kap, const geosc_map *target, const float *row, size_t query);

#endif
