#include "maps/imd.h"

#include <math.h>

/* The cells of a map that a mask leaves, in panels: the map's own where all are left. */
static enum geosc_status make_set(geosc_context *context, const geosc_map *map, const float *mask, struct imd_scratch *scratch,
                                  size_t place, struct cell_set *set)
{
    enum geosc_status status;
    size_t depth = map->channels, count = 0;

    *set = (struct cell_set){.map = map, .count = map->cells, .panels = map->panels, .panel = map->panel};
    if (!mask)
        return GEOSC_OK;
    TRY(memory_grow(context, &scratch->lists[place], &scratch->lists_capacity[place], map->cells, sizeof(uint32_t), "a list of cells"));
    for (size_t i = 0; i < map->cells; i++)
        if (mask[i] != 0)
            scratch->lists[place][count++] = (uint32_t)i;
    if (count == map->cells)
        return GEOSC_OK;
    set->list = scratch->lists[place];
    set->count = count;
    set->panels = map_panels(count);
    TRY(memory_grow(context, &scratch->panels[place], &scratch->panels_capacity[place], set->panels * depth * PANEL, sizeof(float),
                    "masked cells"));
    float *panels = scratch->panels[place];
    set->panel = panels;
#pragma omp parallel for schedule(static) num_threads(context->threads)
    for (size_t p = 0; p < set->panels; p++)
        map_gather(map->rows, map->row_stride, depth, set->list, count, p, panels + p * depth * PANEL);
done:
    return status;
}

/* distances[i] between place i of the source, times its weight, and its nearest; squared. */
static void measure(const geosc_context *context, const struct cell_set *source, const float *mask, const struct cell_set *target,
                    const int32_t *nearest, double *distances)
{
#pragma omp parallel for schedule(static, PANEL) num_threads(context->threads)
    for (size_t i = 0; i < source->count; i++)
        distances[i] = context->kernels->distance_squared(cell_set_row(source, i), cell_set_row(target, (size_t)nearest[i]),
                                                          source->map->channels, mask ? mask[cell_set_cell(source, i)] : 1);
}

static double weighted_mean(const struct cell_set *source, const float *mask, const double *distances, bool root)
{
    double sum = 0, weights = 0;

    for (size_t i = 0; i < source->count; i++) {
        double weight = mask ? mask[cell_set_cell(source, i)] : 1;
        sum += weight * (root ? sqrt(distances[i]) : distances[i]);
        weights += weight;
    }
    return sum / (weights + 1e-6);
}

/* Mean distance over those places of the source whose nearest has them for its own nearest. */
static double mutual_mean(const struct cell_set *source, const int32_t *nearest, const int32_t *back, const double *distances)
{
    double sum = 0;
    size_t count = 0;

    for (size_t i = 0; i < source->count; i++)
        if ((size_t)back[nearest[i]] == i) {
            sum += sqrt(distances[i]);
            count++;
        }
    return count ? sum / (double)count : NAN;
}

static enum geosc_status reserve(geosc_context *context, const struct cell_set *sources, size_t count, const struct cell_set *target,
                                 struct imd_scratch *scratch)
{
    enum geosc_status status = GEOSC_OK;

    for (size_t j = 0; j < count; j++) {
        TRY(memory_grow(context, &scratch->nearest[j], &scratch->nearest_capacity[j], sources[j].panels * PANEL, sizeof(int32_t),
                        "nearest neighbours"));
        TRY(memory_grow(context, &scratch->distances, &scratch->distances_capacity, sources[j].count, sizeof(double), "distances"));
    }
    TRY(memory_grow(context, &scratch->back, &scratch->back_capacity, target->panels * PANEL, sizeof(int32_t), "nearest neighbours"));
done:
    return status;
}

enum geosc_status imd_compute(geosc_context *context, struct imd_job *jobs, size_t count, const geosc_map *target,
                              const float *target_mask, enum geosc_imd kind, struct imd_scratch *scratch)
{
    enum geosc_status status;
    struct cell_set sources[IMD_JOBS], targets;

    TRY(make_set(context, target, target_mask, scratch, IMD_JOBS, &targets));
    for (size_t j = 0; j < count; j++)
        TRY(make_set(context, jobs[j].source, jobs[j].mask, scratch, j, &sources[j]));
    TRY(reserve(context, sources, count, &targets, scratch));
    TRY(nearest_find(context, sources, count, &targets, &scratch->search, scratch->nearest));
    for (size_t j = 0; j < count; j++) {
        bool mutual = kind == GEOSC_IMD_MUTUAL;
        const float *mask = mutual ? NULL : jobs[j].mask;
        measure(context, &sources[j], mask, &targets, scratch->nearest[j], scratch->distances);
        if (mutual)
            TRY(nearest_find(context, &targets, 1, &sources[j], &scratch->search, &scratch->back));
        jobs[j].imd = mutual ? mutual_mean(&sources[j], scratch->nearest[j], scratch->back, scratch->distances)
                             : weighted_mean(&sources[j], mask, scratch->distances, kind == GEOSC_IMD_EUCLIDEAN);
    }
done:
    return status;
}

void imd_scratch_free(struct imd_scratch *scratch)
{
    for (size_t i = 0; i <= IMD_JOBS; i++) {
        memory_free(scratch->panels[i]);
        memory_free(scratch->lists[i]);
    }
    for (size_t i = 0; i < IMD_JOBS; i++)
        memory_free(scratch->nearest[i]);
    memory_free(scratch->back);
    nearest_scratch_free(&scratch->search);
    memory_free(scratch->distances);
    *scratch = (struct imd_scratch){0};
}
