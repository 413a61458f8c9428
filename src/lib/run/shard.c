#include "run/shard.h"

#include <string.h>

/* A product in scoring costs about half of one in refining, since nearest neighbours use int8. */
static const double SCORE_WEIGHT = 0.5;

enum { HALVINGS = 60 };

/* State of cutting: the shard that last made the maps of each image. */
struct cutter {
    const struct work *work;
    const size_t *order;
    size_t shards;
    size_t *plain_by, *posed_by; /* [images] */
};

/* Work of the pair at `place` in shard `shard`; the first pair that needs a map makes it. */
static double cost_of(struct cutter *cutter, size_t place, size_t shard)
{
    const struct work *work = cutter->work;
    size_t pair = cutter->order[place], source = work->catalog->source[pair], target = work->catalog->target[pair];
    double cost = SCORE_WEIGHT * work_score(work, pair) + work_match(work, pair);

    if (cutter->posed_by[source] != shard)
        cost += (double)work->posed_maps[source] * work->posed[source];
    cutter->posed_by[source] = shard;
    if (work->plain_candidate[source] && cutter->plain_by[source] != shard) {
        cost += work->plain[source];
        cutter->plain_by[source] = shard;
    }
    if (cutter->plain_by[target] != shard)
        cost += work->plain[target];
    cutter->plain_by[target] = shard;
    return cost;
}

static void forget(struct cutter *cutter)
{
    for (size_t i = 0; i < cutter->work->catalog->images; i++)
        cutter->plain_by[i] = cutter->posed_by[i] = SIZE_MAX;
}

/* Fills shards in order, each up to `most` and with at least one pair; false if the pairs do not fit. first [shards +
 * 1]. */
static bool cut(struct cutter *cutter, double most, size_t *first)
{
    size_t place = 0, pairs = cutter->work->catalog->pairs;

    forget(cutter);
    for (size_t shard = 0; shard < cutter->shards; shard++) {
        double sum = 0;
        first[shard] = place;
        for (; place < pairs; place++) {
            sum += cost_of(cutter, place, shard);
            if (sum > most && place > first[shard])
                break;
        }
    }
    first[cutter->shards] = pairs;
    return place == pairs;
}

/* Finds the smallest `most` that fits the pairs, by bisection. */
static void balance(struct cutter *cutter, size_t *first)
{
    double low = 0, high = 0;

    forget(cutter);
    for (size_t i = 0; i < cutter->work->catalog->pairs; i++)
        high += cost_of(cutter, i, 0);
    for (int i = 0; i < HALVINGS && high > low * (1 + 1e-9); i++) {
        double middle = low + (high - low) / 2;
        if (cut(cutter, middle, first))
            high = middle;
        else
            low = middle;
    }
    cut(cutter, high, first);
}

enum geosc_status shard_split(geosc_context *context, const struct work *work, const size_t *order, size_t shards,
                              size_t *first)
{
    struct cutter cutter = {.work = work, .order = order, .shards = shards};
    enum geosc_status status;

    TRY(memory_allocate(context, &cutter.plain_by, work->catalog->images, sizeof(size_t), "shards"));
    TRY(memory_allocate(context, &cutter.posed_by, work->catalog->images, sizeof(size_t), "shards"));
    balance(&cutter, first);
done:
    memory_free(cutter.plain_by);
    memory_free(cutter.posed_by);
    return status;
}

/* ---- a part of the pairs ------------------------------------------------------------------------ */

/* Moves the blocks of `bytes` at the ascending places index [count] to the front. */
static void gather(void *blocks, size_t bytes, const size_t *index, size_t count)
{
    unsigned char *data = blocks;

    for (size_t i = 0; data && i < count; i++)
        memmove(data + i * bytes, data + index[i] * bytes, bytes);
}

static void gather_all(struct catalog *catalog, size_t count)
{
    const size_t *index = catalog->index, keypoints = catalog->keypoints;

    gather(catalog->source, sizeof *catalog->source, index, count);
    gather(catalog->target, sizeof *catalog->target, index, count);
    gather(catalog->source_keypoints, keypoints * sizeof *catalog->source_keypoints, index, count);
    gather(catalog->unreadable, sizeof *catalog->unreadable, index, count);
    gather(catalog->target_keypoints, keypoints * sizeof *catalog->target_keypoints, index, count);
    gather(catalog->mirror_index, keypoints * sizeof *catalog->mirror_index, index, count);
    gather(catalog->symmetry_group, keypoints * sizeof *catalog->symmetry_group, index, count);
    gather(catalog->threshold, sizeof *catalog->threshold, index, count);
    gather(catalog->category, sizeof *catalog->category, index, count);
    gather(catalog->target_box, sizeof *catalog->target_box, index, count);
    gather(catalog->true_pose, sizeof *catalog->true_pose, index, count);
    catalog->pairs = count;
}

enum geosc_status shard_select(geosc_context *context, struct catalog *catalog, size_t *order, size_t count)
{
    enum geosc_status status;
    size_t *number = NULL, next = 0;

    TRY(memory_allocate(context, &catalog->index, count, sizeof *catalog->index, "a shard"));
    TRY(memory_allocate(context, &number, catalog->pairs, sizeof *number, "a shard"));
    for (size_t p = 0; p < catalog->pairs; p++)
        number[p] = SIZE_MAX;
    for (size_t i = 0; i < count; i++)
        number[order[i]] = 0;
    for (size_t p = 0; p < catalog->pairs; p++) {
        if (number[p] == SIZE_MAX)
            continue;
        catalog->index[next] = p;
        number[p] = next++;
    }
    for (size_t i = 0; i < count; i++)
        order[i] = number[order[i]];
    gather_all(catalog, count);
done:
    memory_free(number);
    return status;
}
