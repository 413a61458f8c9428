/*
 * order: in which order a run takes its pairs, so that few images are alive at once and each is refined as seldom as the memory
 * allows. It depends on the pair list alone: the same on every node and with every budget. Results never depend on it.
 */
#ifndef GEOSC_ORDER_H
#define GEOSC_ORDER_H

#include "input/catalog.h"

/* order[i]: the pair to take as the i-th. Pairs of one source stand together, since its poses are refined for them alone; sources
 * whose pairs hang together through shared images follow one another, each next to the one that it shares most targets with. */
enum geosc_status order_pairs(geosc_context *context, const struct catalog *catalog, size_t *order);

#endif
