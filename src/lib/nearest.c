#include "nearest.h"

static void nearest_panel(const struct kernels *kernels, const struct cell_set *source, size_t panel, const struct cell_set *target,
                          int32_t *index)
{
    struct rowmax state __attribute__((aligned(64)));
    float value[PANEL];
    size_t depth = source->map->channels, left = source->count - panel * PANEL;

    rowmax_start(&state);
    for (size_t t = 0; t < target->panels; t++)
        kernels->rowmax_panel(&state, source->panel + panel * depth * PANEL, target->panel + t * depth * PANEL, depth, (int32_t)t);
    rowmax_finish(&state, left < PANEL ? left : PANEL, target->count, value, index + panel * PANEL);
}

void nearest_find(const geosc_context *context, const struct cell_set *sources, size_t count, const struct cell_set *target,
                  int32_t *const *index)
{
    size_t units = 0;

    for (size_t s = 0; s < count; s++)
        units += sources[s].panels;
#pragma omp parallel for schedule(dynamic) num_threads(context->threads)
    for (size_t unit = 0; unit < units; unit++) {
        size_t panel = unit, s = 0;
        while (panel >= sources[s].panels)
            panel -= sources[s++].panels;
        nearest_panel(context->kernels, &sources[s], panel, target, index[s]);
    }
}
