#include "maps/imd.h"

#include "base/share.h"

#include <math.h>

/* The cells of a map inside a mask. */
static enum geosc_status make_set(geosc_context *context, const geosc_map *map, const float *mask,
                                  struct imd_scratch *scratch, size_t place, struct cell_set *set)
{
    enum geosc_status status;
    size_t count = 0;

    *set = (struct cell_set){.map = map, .count = map->cells, .panels = map->panels};
    if (!mask)
        return GEOSC_OK;
    TRY(memory_grow(context, &scratch->lists[place], &scratch->lists_capacity[place], map->cells, sizeof(uint32_t),
                    "a list of cells"));
    for (size_t i = 0; i < map->cells; i++)
        if (mask[i] != 0)
            scratch->lists[place][count++] = (uint32_t)i;
    if (count == map->cells)
        return GEOSC_OK;
    *set = (struct cell_set){.map = map, .list = scratch->lists[place], .count = count, .panels = map_panels(count)};
done:
    return status;
}

/* The squared distance of each place of a source, times its weight, to its nearest neighbour. */
struct measuring {
    const struct kernels *kernels;
    const struct cell_set *source, *target;
    const float *mask; /* NULL: all 1 */
    const int32_t *nearest;
    double *distances;
};

static void measure_unit(const void *work, size_t panel, void *desk)
{
    const struct measuring *of = work;
    size_t first = panel * PANEL, end = first + size_smaller(of->source->count - first, PANEL);

    (void)desk;
    for (size_t i = first; i < end; i++)
        of->distances[i] = of->kernels->distance_squared(
            cell_set_row(of->source, i), cell_set_row(of->target, (size_t)of->nearest[i]), of->source->map->channels,
            of->mask ? of->mask[cell_set_cell(of->source, i)] : 1);
}

/* What is known of a source once it is measured: the squared distance of each place to its nearest. */
struct measured {
    const struct cell_set *source;
    const float *mask;             /* NULL: all 1 */
    const int32_t *nearest, *back; /* back: the nearest source place of each target place */
    const double *distances;
};

static double weighted_mean(const struct measured *of, bool root)
{
    double sum = 0, weights = 0;

    for (size_t i = 0; i < of->source->count; i++) {
        double weight = of->mask ? of->mask[cell_set_cell(of->source, i)] : 1;
        sum += weight * (root ? sqrt(of->distances[i]) : of->distances[i]);
        weights += weight;
    }
    return sum / (weights + 1e-6);
}

static double squared(const struct measured *of)
{
    return weighted_mean(of, false);
}

static double euclidean(const struct measured *of)
{
    return weighted_mean(of, true);
}

/* Mean distance over the places of the source that have a mutual nearest neighbour. */
static double mutual(const struct measured *of)
{
    double sum = 0;
    size_t count = 0;

    for (size_t i = 0; i < of->source->count; i++)
        if ((size_t)of->back[of->nearest[i]] == i) {
            sum += sqrt(of->distances[i]);
            count++;
        }
    return count ? sum / (double)count : NAN;
}

/* The kinds of GEOSC_IMD_ROWS, without `none`. */
static const struct imd_kind {
    double (*value)(const struct measured *of);
    bool weighted;  /* features are scaled by the mask, which else only says which cells there are */
    bool both_ways; /* wants `back` */
} kinds[GEOSC_IMDS] = {
    [GEOSC_IMD_SQUARED] = {.value = squared, .weighted = true},
    [GEOSC_IMD_EUCLIDEAN] = {.value = euclidean, .weighted = true},
    [GEOSC_IMD_MUTUAL] = {.value = mutual, .both_ways = true},
};

static enum geosc_status reserve(geosc_context *context, const struct cell_set *sources, size_t count,
                                 const struct cell_set *target, struct imd_scratch *scratch)
{
    enum geosc_status status = GEOSC_OK;

    for (size_t j = 0; j < count; j++) {
        TRY(memory_grow(context, &scratch->nearest[j], &scratch->nearest_capacity[j], sources[j].panels * PANEL,
                        sizeof(int32_t), "nearest neighbours"));
        TRY(memory_grow(context, &scratch->distances, &scratch->distances_capacity, sources[j].count, sizeof(double),
                        "distances"));
    }
    TRY(memory_grow(context, &scratch->back, &scratch->back_capacity, target->panels * PANEL, sizeof(int32_t),
                    "nearest neighbours"));
done:
    return status;
}

enum geosc_status imd_compute(geosc_context *context, struct imd_job *jobs, size_t count, const geosc_map *target,
                              const float *target_mask, enum geosc_imd kind, struct imd_scratch *scratch)
{
    const struct imd_kind *of = &kinds[kind];
    struct cell_set sources[IMD_JOBS], targets;
    enum geosc_status status;

    TRY(make_set(context, target, target_mask, scratch, IMD_JOBS, &targets));
    for (size_t j = 0; j < count; j++)
        TRY(make_set(context, jobs[j].source, jobs[j].mask, scratch, j, &sources[j]));
    TRY(reserve(context, sources, count, &targets, scratch));
    TRY(nearest_find(context, sources, count, &targets, &scratch->search, scratch->nearest));
    for (size_t j = 0; j < count; j++) {
        const struct measured measured = {&sources[j], of->weighted ? jobs[j].mask : NULL, scratch->nearest[j],
                                          scratch->back, scratch->distances};
        const struct measuring measuring = {context->kernels, &sources[j],         &targets,
                                            measured.mask,    scratch->nearest[j], scratch->distances};
        share(context, sources[j].panels, measure_unit, &measuring, NULL, 0);
        if (of->both_ways)
            TRY(nearest_find(context, &targets, 1, &sources[j], &scratch->search, &scratch->back));
        jobs[j].imd = of->value(&measured);
    }
done:
    return status;
}

void imd_scratch_free(struct imd_scratch *scratch)
{
    for (size_t i = 0; i <= IMD_JOBS; i++)
        memory_free(scratch->lists[i]);
    for (size_t i = 0; i < IMD_JOBS; i++)
        memory_free(scratch->nearest[i]);
    memory_free(scratch->back);
    nearest_scratch_free(&scratch->search);
    memory_free(scratch->distances);
    *scratch = (struct imd_scratch){0};
}
