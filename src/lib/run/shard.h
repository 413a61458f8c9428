/*
 * shard: a part of a file's pairs, run on its own: `--shard I/N`. Cuts the pairs in their planned order (order.h) into
 * stretches of about equal work. The cuts depend only on input, model and options: they are equal on every node. A
 * shard's images are refined as in the whole run.
 */
#ifndef GEOSC_SHARD_H
#define GEOSC_SHARD_H

#include "run/work.h"

/* Shard i has order[first[i]] .. order[first[i + 1] - 1]; first [shards + 1]. If there are fewer pairs than shards, the
 * last shards are empty. */
enum geosc_status shard_split(geosc_context *context, const struct work *work, const size_t *order, size_t shards,
                              size_t *first);

/* Reduces the catalog to the `count` pairs at `order`, by ascending place, kept in catalog->index; renumbers order
 * [count] accordingly. */
enum geosc_status shard_select(geosc_context *context, struct catalog *catalog, size_t *order, size_t count);

#endif
