#include "maps/match.h"

#include "base/share.h"

#include <math.h>

enum { BLOCK_PANELS = 8 }; /* query panels at a time: bounds the memory for similarities in dense matching */

/* A block of queries, in panels, and their similarities to all cells of a map, [queries][stride]. */
struct block {
    const struct kernels *kernels;
    const geosc_map *to;
    const float *queries;
    size_t count, stride;
    float *similarity;
};

static void similarity_unit(const void *work, size_t panel, void *desk)
{
    const struct block *of = work;
    size_t depth = of->to->channels;

    map_gather(of->kernels, of->to, NULL, of->to->cells, panel, desk);
    for (size_t q = 0; q < map_panels(of->count); q++)
        of->kernels->gemm_panel(&(struct gemm){
            .rows = size_smaller(of->count - q * PANEL, PANEL),
            .depth = depth,
            .a = of->queries + q * depth * PANEL,
            .a_stride = PANEL,
            .a_tile = TILE,
            .b = desk,
            .c = of->similarity + q * PANEL * of->stride + panel * PANEL,
            .c_stride = of->stride,
        });
}

static void similarity_rows(const geosc_context *context, const geosc_map *to, size_t count,
                            struct match_scratch *scratch)
{
    const struct block of = {context->kernels, to, scratch->queries, count, to->panels * PANEL, scratch->similarity};

    share(context, to->panels, similarity_unit, &of, scratch->desks, to->channels * PANEL * sizeof(float));
}

/* Gathers the cells of a list as queries. */
static void gather_queries(const geosc_context *context, const geosc_map *map, const uint32_t *list, size_t count,
                           struct match_scratch *scratch)
{
    for (size_t p = 0; p < map_panels(count); p++)
        map_gather(context->kernels, map, list, count, p, scratch->queries + p * map->channels * PANEL);
}

/* The first maximum of the similarity among allowed cells. */
static size_t find_peak(const float *similarity, size_t cells, const float *mask)
{
    size_t peak = cells;

    for (size_t i = 0; i < cells; i++)
        if ((!mask || mask[i] != 0) && (peak == cells || similarity[i] > similarity[peak]))
            peak = i;
    return peak;
}

/* Cells y0 <= y < y1, x0 <= x < x1 around a peak, clipped at the border. */
struct window {
    size_t y0, x0, y1, x1;
};

static struct window window_around(const geosc_map *target, size_t peak, int side)
{
    size_t radius = (size_t)side / 2, py = peak / target->width, px = peak % target->width;

    return (struct window){py > radius ? py - radius : 0, px > radius ? px - radius : 0,
                           radius < target->height - py ? py + radius + 1 : target->height,
                           radius < target->width - px ? px + radius + 1 : target->width};
}

/* Mean of the cell coordinates weighted by softmax(similarity / temperature) over the window around the peak. */
static void window_softargmax(const float *similarity, const geosc_map *target, const float *mask, size_t peak,
                              const struct match_options *options, float xy[2])
{
    struct window window = window_around(target, peak, options->window);
    double sum = 0, sum_x = 0, sum_y = 0;

    for (size_t y = window.y0; y < window.y1; y++)
        for (size_t x = window.x0; x < window.x1; x++) {
            size_t cell = y * target->width + x;
            if (mask && mask[cell] == 0)
                continue;
            double weight = exp(((double)similarity[cell] - (double)similarity[peak]) / options->temperature);
            sum += weight;
            sum_x += weight * (double)x;
            sum_y += weight * (double)y;
        }
    xy[0] = (float)(sum_x / sum);
    xy[1] = (float)(sum_y / sum);
}

/* The largest similarity among allowed cells outside the window around the peak; NaN if there are none. */
static float second_best(const float *similarity, const geosc_map *target, const float *mask, size_t peak, int side)
{
    struct window window = window_around(target, peak, side);
    float second = NAN;

    for (size_t y = 0; y < target->height; y++)
        for (size_t x = 0; x < target->width; x++) {
            size_t cell = y * target->width + x;
            bool inside = y >= window.y0 && y < window.y1 && x >= window.x0 && x < window.x1;
            if (!inside && !(mask && mask[cell] == 0) && !(similarity[cell] <= second))
                second = similarity[cell];
        }
    return second;
}

/* Queries first .. first + count - 1 of a matching, with their rows of the similarity to the target. */
struct located {
    const struct matching *matching;
    size_t first;
    uint32_t *peaks;       /* [count] the target cells found */
    const uint32_t *cells; /* of all queries */
};

static void locate_unit(const void *work, size_t query, void *desk)
{
    const struct located *of = work;
    const struct matching *matching = of->matching;
    const geosc_map *target = matching->target;
    const float *row = matching->scratch->similarity + query * target->panels * PANEL, *mask = matching->target_mask;
    size_t peak = find_peak(row, target->cells, mask), to = of->first + query;

    (void)desk;
    window_softargmax(row, target, mask, peak, matching->options, matching->xy[to]);
    matching->score[to] = row[peak];
    of->peaks[query] = (uint32_t)peak;
    if (!matching->confidence)
        return;
    matching->confidence->peak[to][0] = (int32_t)(peak % target->width);
    matching->confidence->peak[to][1] = (int32_t)(peak / target->width);
    matching->confidence->second[to] = second_best(row, target, mask, peak, matching->options->window);
}

/* Whether the query is the source cell most similar to its peak, from the peak's similarities to the source's cells. */
static bool is_mutual(const float *similarity, const geosc_map *source, const float *mask, size_t query)
{
    size_t nearest = find_peak(similarity, source->cells, mask);

    if (nearest == query || nearest == source->cells)
        return true;
    if (!mask || mask[query] != 0)
        return false;
    return similarity[query] > similarity[nearest] || (similarity[query] == similarity[nearest] && query < nearest);
}

static void mutual_unit(const void *work, size_t query, void *desk)
{
    const struct located *of = work;
    const struct matching *matching = of->matching;
    size_t stride = matching->source->panels * PANEL, to = of->first + query;

    (void)desk;
    matching->confidence->mutual[to] = is_mutual(matching->scratch->similarity + query * stride, matching->source,
                                                 matching->confidence->source_mask, of->cells[to]);
}

/* Matches each peak back to the source. Overwrites the queries and similarities. */
static void look_back(const geosc_context *context, const struct located *of, size_t count)
{
    const struct matching *matching = of->matching;

    gather_queries(context, matching->target, of->peaks, count, matching->scratch);
    similarity_rows(context, matching->source, count, matching->scratch);
    share(context, count, mutual_unit, of, NULL, 0);
}

enum geosc_status match_cells(geosc_context *context, const struct matching *matching, const uint32_t *cells,
                              size_t count)
{
    const geosc_map *source = matching->source, *target = matching->target;
    struct match_scratch *scratch = matching->scratch;
    enum geosc_status status = GEOSC_OK;
    uint32_t peaks[BLOCK_PANELS * PANEL];
    size_t depth = source->channels, most = count < BLOCK_PANELS * PANEL ? count : BLOCK_PANELS * PANEL;
    size_t query_floats = map_panels(most) * PANEL * depth, similarity_floats, widest = target->panels;

    if (matching->confidence && source->panels > widest)
        widest = source->panels;
    if (!size_multiply(map_panels(most) * PANEL, widest * PANEL, &similarity_floats))
        return fail(context, GEOSC_FAILED, "similarities of %zu cells do not fit in memory", widest * PANEL);
    TRY(memory_grow(context, &scratch->queries, &scratch->queries_capacity, query_floats, sizeof(float), "queries"));
    TRY(memory_grow(context, &scratch->desks, &scratch->desks_capacity, (size_t)context->threads * depth * PANEL,
                    sizeof(float), "a panel of cells"));
    TRY(memory_grow(context, &scratch->similarity, &scratch->similarity_capacity, similarity_floats, sizeof(float),
                    "similarities"));
    for (size_t first = 0; first < count; first += most) {
        size_t block = count - first < most ? count - first : most;
        gather_queries(context, source, cells + first, block, scratch);
        similarity_rows(context, target, block, scratch);
        TRY(check_stop(context)); /* skipped queries have no peak */
        const struct located located = {matching, first, peaks, cells};
        share(context, block, locate_unit, &located, NULL, 0);
        TRY(check_stop(context));
        if (matching->confidence)
            look_back(context, &located, block);
        TRY(check_stop(context));
    }
done:
    return status;
}

void match_scratch_free(struct match_scratch *scratch)
{
    memory_free(scratch->queries);
    memory_free(scratch->similarity);
    memory_free(scratch->desks);
    *scratch = (struct match_scratch){0};
}
