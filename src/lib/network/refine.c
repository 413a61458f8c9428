#include "network/refine.h"

#include "base/share.h"
#include "network/aggregate_layout.h"

#include <stdatomic.h>
#include <string.h>

enum { FILL_CHANNELS = 32 }; /* of one unit that takes an image's features */

/* Offsets of the maps' panels, and of their hidden activations, within a batch. */
struct batch {
    const struct refine_job *jobs;
    size_t count, panels;
    struct layer_item *items; /* [count] */
    struct layer_item *own;   /* [count] of the jobs without a base */
};

static size_t batch_panels(const struct refine_job *jobs, size_t count)
{
    size_t panels = 0;

    for (size_t i = 0; i < count; i++)
        panels += jobs[i].map->panels;
    return panels;
}

/* Points the items at the maps (NULL) or at activations of `channels`, map after map. */
static void set_items(const struct batch *batch, const float *in, size_t in_channels, float *out, size_t out_channels)
{
    size_t first = 0;

    for (size_t i = 0; i < batch->count; i++) {
        geosc_map *map = batch->jobs[i].map;
        batch->items[i] = (struct layer_item){
            .in = in ? in + first * in_channels * PANEL : map->values,
            .out = out ? out + first * out_channels * PANEL : map->values,
            .height = map->height,
            .width = map->width,
            .cells = map->cells,
            .panels = map->panels,
        };
        first += map->panels;
    }
}

/* The cells of an item, reordered from those of another pose. */
struct reordering {
    const struct layer_item *to;
    const float *base;
    const uint32_t *from;
    size_t channels;
};

static void reorder_unit(const void *work, size_t panel, void *desk)
{
    const struct reordering *of = work;

    (void)desk;
    map_pose_panel(of->base, of->channels, of->from, of->to->cells, panel, of->to->out + panel * of->channels * PANEL);
}

/* The first 1x1: computed for the jobs without a base, reordered for the others. */
static void reduce_once(const geosc_context *context, const struct convolution *reduce, const struct batch *batch)
{
    size_t own = 0;

    for (size_t i = 0; i < batch->count; i++)
        if (!batch->jobs[i].base)
            batch->own[own++] = batch->items[i];
    convolution_pointwise(context, reduce, batch->own, own, false);
    for (size_t i = 0; i < batch->count; i++) {
        const struct refine_job *job = &batch->jobs[i];
        if (!job->base)
            continue;
        const struct reordering of = {&batch->items[i], batch->items[job->base - batch->jobs].out, job->from,
                                      reduce->outputs};
        share(context, of.to->panels, reorder_unit, &of, NULL, 0);
    }
}

/* A 3x3, for the whole batch at once if possible. */
static void convolve_spatial(const geosc_context *context, const struct bottleneck *block, const struct batch *batch,
                             struct refine_scratch *scratch)
{
    const struct winograd *winograd = &block->winograd;

    if (!winograd->weights) {
        convolution_direct(context, &block->spatial, batch->items, batch->count, true, scratch->desks);
        return;
    }
    size_t each = winograd_fits(winograd, batch->panels) ? batch->count : 1;
    for (size_t first = 0; first < batch->count; first += each)
        winograd_convolve(context, winograd, block->spatial.bias, true, batch->items + first, each, scratch->winograd);
}

/* Scratch bytes of the widest Winograd convolution of a model. */
static size_t winograd_bytes(const geosc_model *model)
{
    size_t most = 0;

    for (size_t b = 0; b < model->block_count; b++) {
        const struct winograd *winograd = &model->blocks[b].winograd;
        size_t bytes = winograd->weights ? winograd_scratch_bytes(winograd->inputs, winograd->outputs) : 0;
        if (bytes > most)
            most = bytes;
    }
    return most;
}

/* False if stopped. */
static bool run_block(const geosc_context *context, const struct bottleneck *block, bool first,
                      const struct batch *batch, struct refine_scratch *scratch)
{
    float *reduced = scratch->hidden[0], *spatial = scratch->hidden[1];

    set_items(batch, NULL, 0, reduced, block->reduce.outputs);
    if (first)
        reduce_once(context, &block->reduce, batch);
    else
        convolution_pointwise(context, &block->reduce, batch->items, batch->count, false);
    if (stop_asked(context))
        return false;
    set_items(batch, reduced, block->spatial.inputs, spatial, block->spatial.outputs);
    convolve_spatial(context, block, batch, scratch);
    if (stop_asked(context))
        return false;
    set_items(batch, spatial, block->expand.inputs, NULL, 0);
    convolution_pointwise(context, &block->expand, batch->items, batch->count, true);
    return !stop_asked(context);
}

struct normalisation {
    const struct kernels *kernels;
    geosc_map *map;
    atomic_bool *bad; /* some number was not finite */
};

/* The rows take the place of their panel. */
static void normalise_unit(const void *work, size_t panel, void *desk)
{
    const struct normalisation *of = work;
    geosc_map *map = of->map;
    float *place = map_panel(map, panel);

    memcpy(desk, place, map->channels * PANEL * sizeof(float));
    if (!of->kernels->normalise_panel(desk, map->channels, size_smaller(map->cells - panel * PANEL, PANEL), place,
                                      map->norms + panel * PANEL))
        atomic_store(of->bad, true);
}

/* Floats of a thread's desk: for a 3x3 that runs directly, and for a panel to be normalised. */
static size_t desk_floats(size_t channels)
{
    return size_larger(convolution_scratch_floats(), channels * PANEL);
}

static enum geosc_status reserve_desks(geosc_context *context, size_t channels, struct refine_scratch *scratch)
{
    return memory_grow(context, &scratch->desks, &scratch->desks_capacity,
                       (size_t)context->threads * desk_floats(channels), sizeof(float), "activations of a thread");
}

static void normalise(const geosc_context *context, const struct batch *batch, float *desks, bool *finite)
{
    for (size_t i = 0; i < batch->count; i++) {
        atomic_bool bad = false;
        const struct normalisation of = {context->kernels, batch->jobs[i].map, &bad};
        share(context, of.map->panels, normalise_unit, &of, desks, of.map->channels * PANEL * sizeof(float));
        finite[i] = !atomic_load(&bad);
    }
}

/* Fails if a map is too large to be convolved on its own. */
static enum geosc_status check_sizes(geosc_context *context, const geosc_model *model, const struct batch *batch)
{
    for (size_t b = 0; b < model->block_count; b++)
        for (size_t i = 0; i < batch->count; i++)
            if (model->blocks[b].winograd.weights &&
                !winograd_fits(&model->blocks[b].winograd, batch->jobs[i].map->panels))
                return fail(context, GEOSC_FAILED,
                            "a map of %zu cells is too large for Winograd convolution: use "
                            "--conv direct",
                            batch->jobs[i].map->cells);
    return GEOSC_OK;
}

static enum geosc_status reserve(geosc_context *context, const geosc_model *model, size_t panels,
                                 struct refine_scratch *scratch)
{
    enum geosc_status status;
    size_t hidden;

    if (!size_multiply(panels * PANEL, model->hidden, &hidden))
        return fail(context, GEOSC_FAILED, "%zu hidden channels on %zu panels do not fit in memory", model->hidden,
                    panels);
    for (int i = 0; i < 2; i++)
        TRY(memory_grow(context, &scratch->hidden[i], &scratch->hidden_capacity[i], hidden, sizeof(float),
                        "hidden activations"));
    TRY(memory_grow(context, &scratch->winograd, &scratch->winograd_capacity, winograd_bytes(model), 1,
                    "convolution scratch"));
done:
    return status;
}

struct filling {
    const struct refine_job *job;
    const float *features;
    size_t cells; /* of the image */
};

static void fill_unit(const void *work, size_t unit, void *desk)
{
    const struct filling *of = work;
    size_t first = unit * FILL_CHANNELS;

    (void)desk;
    map_fill(of->job->map, of->features, of->cells, of->job->from, first,
             size_smaller(first + FILL_CHANNELS, of->job->map->channels));
}

/* refine_take behind a linear layer, if there is one. */
static enum geosc_status take_features(geosc_context *context, const geosc_model *model, const struct grids *grids,
                                       const float *features, const struct refine_job *jobs, size_t count,
                                       struct refine_scratch *scratch)
{
    if (model && model->architecture == ARCHITECTURE_AGGREGATION)
        return aggregate(context, model, grids, features, jobs, count, &scratch->aggregate);
    for (size_t i = 0; i < count; i++)
        share(context, (jobs[i].map->channels + FILL_CHANNELS - 1) / FILL_CHANNELS, fill_unit,
              &(struct filling){&jobs[i], features, grids->height * grids->width}, NULL, 0);
    return check_stop(context);
}

enum geosc_status refine_take(geosc_context *context, const geosc_model *model, const struct grids *grids,
                              const float *features, const struct refine_job *jobs, size_t count,
                              struct refine_scratch *scratch)
{
    enum geosc_status status;

    if (!model || !model->linear.matrix.weights || count == 0)
        return take_features(context, model, grids, features, jobs, count, scratch);
    TRY(linear_run(context, &model->linear, features, grids->height * grids->width, &scratch->linear));
    const struct grids mixed = {
        .channels = model->linear.matrix.outputs, .height = grids->height, .width = grids->width};
    TRY(take_features(context, model, &mixed, scratch->linear.out, jobs, count, scratch));
done:
    return status;
}

/* Runs the blocks of a residual-bottleneck in sequence. */
static enum geosc_status run_blocks(geosc_context *context, const geosc_model *model, const struct batch *batch,
                                    struct refine_scratch *scratch)
{
    enum geosc_status status;

    TRY(check_sizes(context, model, batch));
    TRY(reserve(context, model, batch->panels, scratch));
    for (size_t b = 0; b < model->block_count; b++)
        if (!run_block(context, &model->blocks[b], b == 0, batch, scratch))
            TRY(check_stop(context));
done:
    return status;
}

enum geosc_status refine(geosc_context *context, const geosc_model *model, const struct refine_job *jobs, size_t count,
                         struct refine_scratch *scratch, bool *finite)
{
    enum geosc_status status;
    struct batch batch = {.jobs = jobs, .count = count, .panels = batch_panels(jobs, count)};

    TRY(memory_allocate(context, &batch.items, 2 * count, sizeof *batch.items, "a batch"));
    batch.own = batch.items + count;
    for (size_t i = 0; i < count; i++)
        TRY(reserve_desks(context, jobs[i].map->channels, scratch));
    if (model && model->architecture == ARCHITECTURE_RESIDUAL)
        TRY(run_blocks(context, model, &batch, scratch));
    normalise(context, &batch, scratch->desks, finite);
    TRY(check_stop(context));
done:
    memory_free(batch.items);
    return status;
}

size_t refine_scratch_bytes(const geosc_model *model, size_t channels, size_t maps, size_t panels, int threads)
{
    size_t desks = (size_t)threads * desk_floats(channels) * sizeof(float);

    if (!model)
        return desks;
    if (model->architecture == ARCHITECTURE_AGGREGATION) {
        size_t bytes = aggregate_scratch_bytes(model, panels, threads);
        return bytes > SIZE_MAX - desks ? SIZE_MAX : bytes + desks;
    }
    return 2 * maps * panels * PANEL * model->hidden * sizeof(float) + desks + winograd_bytes(model);
}

void refine_scratch_free(struct refine_scratch *scratch)
{
    memory_free(scratch->hidden[0]);
    memory_free(scratch->hidden[1]);
    memory_free(scratch->desks);
    memory_free(scratch->winograd);
    memory_free(scratch->aggregate.block);
    linear_scratch_free(&scratch->linear);
    *scratch = (struct refine_scratch){0};
}
