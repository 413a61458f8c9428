/*
 * shard: a part of a file's pairs, to be run on its own: `--shard I/N`. The pairs in their planned order (order.h) are
 * cut into stretches of about equal work, the same on every node: they depend on input, model and options alone. A
 * shard's images are refined as in the whole run.
 */
#ifndef GEOSC_SHARD_H
#define GEOSC_SHARD_H

#include "run/work.h"

/* Shard i takes order[first[i]] .. order[first[i + 1] - 1]; first [shards + 1]. Where there are fewer pairs than
 * shards, the last ones stay empty. */
enum geosc_status shard_split(geosc_context *context, const struct work *work, const size_t *order, size_t shards,
                              size_t *first);

/* Leaves in the catalog only the `count` pairs at `order`, by ascending place, kept in catalog->index; and makes order
 * [count] name them by their new numbers. */
enum geosc_status shard_select(geosc_context *context, struct catalog *catalog, size_t *order, size_t count);

#endif
