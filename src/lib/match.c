#include "match.h"

#include <math.h>

enum { BLOCK_PANELS = 8 }; /* query panels at a time: bounds the stored similarity for dense matches */

static void similarity_rows(const geosc_context *context, const geosc_map *target, const float *queries, size_t count, float *similarity)
{
    size_t depth = target->channels, stride = target->panels * PANEL, query_panels = map_panels(count);

#pragma omp parallel for schedule(dynamic) num_threads(context->threads)
    for (size_t p = 0; p < target->panels; p++)
        for (size_t q = 0; q < query_panels; q++) {
            size_t left = count - q * PANEL;
            context->kernels->gemm_panel(&(struct gemm){
                .rows = left < PANEL ? left : PANEL,
                .depth = depth,
                .a = queries + q * depth * PANEL,
                .a_stride = PANEL,
                .a_tile = TILE,
                .b = map_panel(target, p),
                .c = similarity + q * PANEL * stride + p * PANEL,
                .c_stride = stride,
            });
        }
}

/* The first largest similarity among allowed cells. */
static size_t find_peak(const float *similarity, size_t cells, const float *mask)
{
    size_t peak = cells;

    for (size_t i = 0; i < cells; i++)
        if ((!mask || mask[i] != 0) && (peak == cells || similarity[i] > similarity[peak]))
            peak = i;
    return peak;
}

/* softmax(similarity / temperature) over the window around the peak, as a mean of cell coordinates. */
static void window_softargmax(const float *similarity, const geosc_map *target, const float *mask, size_t peak,
                              const struct match_options *options, float xy[2])
{
    size_t radius = (size_t)options->window / 2, py = peak / target->width, px = peak % target->width;
    size_t y0 = py > radius ? py - radius : 0, x0 = px > radius ? px - radius : 0;
    size_t y1 = radius < target->height - py ? py + radius + 1 : target->height;
    size_t x1 = radius < target->width - px ? px + radius + 1 : target->width;
    double sum = 0, sum_x = 0, sum_y = 0;

    for (size_t y = y0; y < y1; y++)
        for (size_t x = x0; x < x1; x++) {
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

static void locate(const geosc_context *context, const geosc_map *target, const float *mask, const struct match_options *options,
                   const float *similarity, size_t count, float (*xy)[2], float *score)
{
    size_t stride = target->panels * PANEL;

#pragma omp parallel for schedule(static) num_threads(context->threads)
    for (size_t q = 0; q < count; q++) {
        const float *row = similarity + q * stride;
        size_t peak = find_peak(row, target->cells, mask);
        window_softargmax(row, target, mask, peak, options, xy[q]);
        score[q] = row[peak];
    }
}

enum geosc_status match_cells(geosc_context *context, const geosc_map *source, const uint32_t *cells, size_t count,
                              const geosc_map *target, const float *target_mask, const struct match_options *options,
                              struct match_scratch *scratch, float (*xy)[2], float *score)
{
    enum geosc_status status = GEOSC_OK;
    size_t depth = source->channels, most = count < BLOCK_PANELS * PANEL ? count : BLOCK_PANELS * PANEL;
    size_t query_floats = map_panels(most) * PANEL * depth, similarity_floats;

    if (!size_multiply(map_panels(most) * PANEL, target->panels * PANEL, &similarity_floats))
        return fail(context, GEOSC_FAILED, "similarities of %zu cells are too many", target->cells);
    TRY(memory_grow(context, &scratch->queries, &scratch->queries_capacity, query_floats, sizeof(float), "queries"));
    TRY(memory_grow(context, &scratch->similarity, &scratch->similarity_capacity, similarity_floats, sizeof(float), "similarities"));
    for (size_t first = 0; first < count; first += most) {
        size_t block = count - first < most ? count - first : most;
        for (size_t p = 0; p < map_panels(block); p++)
            map_gather(source->rows, source->row_stride, depth, cells + first, block, p, scratch->queries + p * depth * PANEL);
        similarity_rows(context, target, scratch->queries, block, scratch->similarity);
        locate(context, target, target_mask, options, scratch->similarity, block, xy + first, score + first);
    }
done:
    return status;
}

void match_scratch_free(struct match_scratch *scratch)
{
    memory_free(scratch->queries);
    memory_free(scratch->similarity);
    *scratch = (struct match_scratch){0};
}
