#include "refine.h"

/* A batch: how the maps' panels, and each one's part of the hidden activations, follow one another. */
struct batch {
    geosc_map *const *maps;
    size_t count, panels;
    struct layer_item *items;
};

static size_t batch_panels(geosc_map *const *maps, size_t count)
{
    size_t panels = 0;

    for (size_t i = 0; i < count; i++)
        panels += maps[i]->panels;
    return panels;
}

/* Points the items at the maps (NULL) or at activations of `channels` that lie one map after the other. */
static void set_items(const struct batch *batch, const float *in, size_t in_channels, float *out, size_t out_channels)
{
    size_t first = 0;

    for (size_t i = 0; i < batch->count; i++) {
        geosc_map *map = batch->maps[i];
        batch->items[i] = (struct layer_item){
            .in = in ? in + first * in_channels * PANEL : map->panel,
            .out = out ? out + first * out_channels * PANEL : map->panel,
            .height = map->height,
            .width = map->width,
            .cells = map->cells,
            .panels = map->panels,
        };
        first += map->panels;
    }
}

static void run_block(const geosc_context *context, const struct bottleneck *block, const struct batch *batch,
                      struct refine_scratch *scratch)
{
    float *reduced = scratch->hidden[0], *spatial = scratch->hidden[1];

    set_items(batch, NULL, 0, reduced, block->reduce.outputs);
    convolution_pointwise(context, &block->reduce, batch->items, batch->count, false);
    set_items(batch, reduced, block->spatial.inputs, spatial, block->spatial.outputs);
    convolution_direct(context, &block->spatial, batch->items, batch->count, scratch->columns);
    set_items(batch, spatial, block->expand.inputs, NULL, 0);
    convolution_pointwise(context, &block->expand, batch->items, batch->count, true);
}

static void normalise(const geosc_context *context, const struct batch *batch, bool *finite)
{
    for (size_t i = 0; i < batch->count; i++) {
        geosc_map *map = batch->maps[i];
        int bad = 0;
#pragma omp parallel for schedule(static) num_threads(context->threads) reduction(| : bad)
        for (size_t p = 0; p < map->panels; p++) {
            size_t left = map->cells - p * PANEL;
            bad |= !context->kernels->normalise_panel(map_panel(map, p), map->channels, left < PANEL ? left : PANEL,
                                                      map->rows + p * PANEL * map->row_stride, map->row_stride);
        }
        finite[i] = !bad;
    }
}

static enum geosc_status reserve(geosc_context *context, const geosc_model *model, size_t panels, struct refine_scratch *scratch)
{
    enum geosc_status status;
    size_t hidden;

    if (!size_multiply(panels * PANEL, model->hidden, &hidden))
        return fail(context, GEOSC_FAILED, "%zu hidden channels on %zu panels are too many", model->hidden, panels);
    for (int i = 0; i < 2; i++)
        TRY(memory_grow(context, &scratch->hidden[i], &scratch->hidden_capacity[i], hidden, sizeof(float), "hidden activations"));
    TRY(memory_grow(context, &scratch->columns, &scratch->columns_capacity,
                    (size_t)context->threads * convolution_scratch_floats(), sizeof(float), "convolution scratch"));
done:
    return status;
}

enum geosc_status refine(geosc_context *context, const geosc_model *model, geosc_map *const *maps, size_t count,
                         struct refine_scratch *scratch, bool *finite)
{
    enum geosc_status status;
    struct batch batch = {.maps = maps, .count = count, .panels = batch_panels(maps, count)};

    TRY(memory_allocate(context, &batch.items, count, sizeof *batch.items, "a batch"));
    if (model) {
        TRY(reserve(context, model, batch.panels, scratch));
        for (size_t b = 0; b < model->block_count; b++)
            run_block(context, &model->blocks[b], &batch, scratch);
    }
    normalise(context, &batch, finite);
done:
    memory_free(batch.items);
    return status;
}

size_t refine_scratch_bytes(const geosc_model *model, size_t panels, int threads)
{
    return model ? (2 * panels * PANEL * model->hidden + (size_t)threads * convolution_scratch_floats()) * sizeof(float) : 0;
}

void refine_scratch_free(struct refine_scratch *scratch)
{
    memory_free(scratch->hidden[0]);
    memory_free(scratch->hidden[1]);
    memory_free(scratch->columns);
    *scratch = (struct refine_scratch){0};
}
