#include "run/order.h"

enum {
    LOOKED_AT = 256 /* most pairs examined of one target: if thousands share a target, any of their sources is
                     * close */
};

/* A list of numbers for each image: image i has items[first[i]] .. items[first[i + 1] - 1]. */
struct lists {
    size_t *first, *items;
};

struct orderer {
    const struct catalog *catalog;
    struct lists by_source, by_target; /* pairs of each image */
    size_t *open;                      /* [images] place in by_target's items before which all sources are done */
    size_t *component;                 /* [images] parent links of a disjoint-set forest */
    size_t *shared;                    /* [images] number of images shared with the current source; counted for
                                        * `touched` */
    size_t *touched, touched_count;
    bool *done;      /* [images] sources already placed */
    size_t *sources; /* [images] all sources, component by component, in the order of the file */
    size_t source_count;
};

/* Groups the pairs by their image in `image_of`, in the order of the file. */
static enum geosc_status make_lists(geosc_context *context, const struct catalog *catalog, const size_t *image_of,
                                    struct lists *lists)
{
    enum geosc_status status;

    TRY(memory_allocate_zero(context, &lists->first, catalog->images + 2, sizeof(size_t), "the order of pairs"));
    TRY(memory_allocate(context, &lists->items, catalog->pairs, sizeof(size_t), "the order of pairs"));
    size_t *next = lists->first + 1; /* of image i: where its next pair goes; at the end, where its list ends */
    for (size_t p = 0; p < catalog->pairs; p++)
        next[image_of[p] + 1]++;
    for (size_t i = 1; i <= catalog->images; i++)
        next[i] += next[i - 1];
    for (size_t p = 0; p < catalog->pairs; p++)
        lists->items[next[image_of[p]]++] = p;
done:
    return status;
}

static size_t find_component(size_t *parent, size_t image)
{
    while (parent[image] != image) {
        parent[image] = parent[parent[image]];
        image = parent[image];
    }
    return image;
}

/* Images connected through pairs get one root: their lowest number. */
static void join_components(const struct catalog *catalog, size_t *parent)
{
    for (size_t i = 0; i < catalog->images; i++)
        parent[i] = i;
    for (size_t p = 0; p < catalog->pairs; p++) {
        size_t a = find_component(parent, catalog->source[p]), b = find_component(parent, catalog->target[p]);
        parent[a > b ? a : b] = a > b ? b : a;
    }
}

/* Lists all sources, component by component; components and sources in the order of their first appearance in the
 * file. */
static enum geosc_status list_sources(geosc_context *context, struct orderer *orderer)
{
    const struct catalog *catalog = orderer->catalog;
    enum geosc_status status;
    size_t *place = NULL, *size = NULL, next = 0;
    bool *seen = NULL;

    TRY(memory_allocate_zero(context, &size, catalog->images, sizeof *size, "the order of pairs"));
    TRY(memory_allocate(context, &place, catalog->images, sizeof *place, "the order of pairs"));
    TRY(memory_allocate_zero(context, &seen, catalog->images, sizeof *seen, "the order of pairs"));
    for (size_t i = 0; i < catalog->images; i++)
        size[find_component(orderer->component, i)] += orderer->by_source.first[i + 1] > orderer->by_source.first[i];
    for (size_t p = 0; p < catalog->pairs; p++) {
        size_t source = catalog->source[p], root = find_component(orderer->component, source);
        if (seen[source])
            continue;
        seen[source] = true;
        if (size[root]) { /* the component's first source: append it here */
            place[root] = next;
            next += size[root];
            size[root] = 0;
        }
        orderer->sources[place[root]++] = source;
    }
    orderer->source_count = next;
done:
    memory_free(size);
    memory_free(place);
    memory_free(seen);
    return status;
}

static void touch(struct orderer *orderer, size_t source)
{
    if (orderer->done[source])
        return;
    if (orderer->shared[source]++ == 0)
        orderer->touched[orderer->touched_count++] = source;
}

/* Counts the sources of a target's pairs. */
static void touch_sources(struct orderer *orderer, size_t target)
{
    const struct lists *pairs = &orderer->by_target;
    const size_t *source = orderer->catalog->source;
    size_t *open = &orderer->open[target], end = pairs->first[target + 1];

    while (*open < end && orderer->done[source[pairs->items[*open]]])
        ++*open;
    if (end - *open > LOOKED_AT)
        end = *open + LOOKED_AT;
    for (size_t i = *open; i < end; i++)
        touch(orderer, source[pairs->items[i]]);
}

/* The remaining source that shares the most images with `source`; the lowest number on a tie; `none` if there is
 * none. */
static size_t closest_source(struct orderer *orderer, size_t source, size_t none)
{
    const struct catalog *catalog = orderer->catalog;
    const struct lists *by_source = &orderer->by_source;
    size_t best = none;

    orderer->touched_count = 0;
    for (size_t i = by_source->first[source]; i < by_source->first[source + 1]; i++) {
        size_t target = catalog->target[by_source->items[i]];
        touch(orderer, target); /* the source may be a target, too: its unposed map is in memory */
        touch_sources(orderer, target);
    }
    for (size_t i = 0; i < orderer->touched_count; i++) {
        size_t other = orderer->touched[i];
        bool is_source = by_source->first[other + 1] > by_source->first[other];
        bool closer = best == none || orderer->shared[other] > orderer->shared[best] ||
                      (orderer->shared[other] == orderer->shared[best] && other < best);
        if (is_source && closer)
            best = other;
    }
    return best;
}

static void clear_shared(struct orderer *orderer)
{
    for (size_t i = 0; i < orderer->touched_count; i++)
        orderer->shared[orderer->touched[i]] = 0;
    orderer->touched_count = 0;
}

/* Walks from each source to its closest one; without a close one, on to the next in the list. */
static void walk(const geosc_context *context, struct orderer *orderer, size_t *order)
{
    const size_t none = orderer->catalog->images;
    size_t count = 0, next = 0, source = none;

    while (!stop_asked(context)) {
        if (source == none) {
            while (next < orderer->source_count && orderer->done[orderer->sources[next]])
                next++;
            if (next == orderer->source_count)
                return;
            source = orderer->sources[next];
        }
        orderer->done[source] = true;
        for (size_t i = orderer->by_source.first[source]; i < orderer->by_source.first[source + 1]; i++)
            order[count++] = orderer->by_source.items[i];
        source = closest_source(orderer, source, none);
        clear_shared(orderer);
    }
}

enum geosc_status order_pairs(geosc_context *context, const struct catalog *catalog, size_t *order)
{
    enum geosc_status status;
    struct orderer orderer = {.catalog = catalog};
    size_t images = catalog->images;

    TRY(make_lists(context, catalog, catalog->source, &orderer.by_source));
    TRY(make_lists(context, catalog, catalog->target, &orderer.by_target));
    TRY(memory_allocate(context, &orderer.component, images, sizeof(size_t), "the order of pairs"));
    TRY(memory_allocate_zero(context, &orderer.shared, images, sizeof(size_t), "the order of pairs"));
    TRY(memory_allocate(context, &orderer.touched, images, sizeof(size_t), "the order of pairs"));
    TRY(memory_allocate_zero(context, &orderer.done, images, sizeof(bool), "the order of pairs"));
    TRY(memory_allocate(context, &orderer.sources, images, sizeof(size_t), "the order of pairs"));
    TRY(memory_allocate(context, &orderer.open, images, sizeof(size_t), "the order of pairs"));
    for (size_t i = 0; i < images; i++)
        orderer.open[i] = orderer.by_target.first[i];
    join_components(catalog, orderer.component);
    TRY(list_sources(context, &orderer));
    walk(context, &orderer, order);
    TRY(check_stop(context));
done:
    memory_free(orderer.by_source.first);
    memory_free(orderer.by_source.items);
    memory_free(orderer.by_target.first);
    memory_free(orderer.by_target.items);
    memory_free(orderer.open);
    memory_free(orderer.component);
    memory_free(orderer.shared);
    memory_free(orderer.touched);
    memory_free(orderer.done);
    memory_free(orderer.sources);
    return status;
}
