/*
 * order: the order in which a run takes its pairs, so that few images are in use at once and each is refined as rarely
 * as memory allows. Depends only on the list of pairs: equal on every node and with every budget. Results never depend
 * on it.
 */
#ifndef GEOSC_ORDER_H
#define GEOSC_ORDER_H

#include "input/catalog.h"

/* order[i]: the i-th pair to match. Pairs of one source are adjacent, since its poses are refined only for them.
 * Sources connected through shared images follow one another, each next to the one with the most common targets. */
enum geosc_status order_pairs(geosc_context *context, const struct catalog *catalog, size_t *order);

#endif
