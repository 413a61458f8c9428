/*
 * heat: the similarities of a query to all target cells as a small picture (docs/computation.md, Matching): what
 * geosc match --heat keeps for people to look at. Pure functions, any thread.
 */
#ifndef GEOSC_HEAT_H
#define GEOSC_HEAT_H

#include "maps/map.h"

/* Divides the target into side x side parts; each is the largest similarity of its cells, from 0, the smallest of the
 * map, to 255, the largest. row [cells]: similarities, -INFINITY for cells that take no part, which count as the
 * smallest. out [side][side]. */
void heat_find(const geosc_map *target, const float *row, size_t side, uint8_t *out);

#endif
