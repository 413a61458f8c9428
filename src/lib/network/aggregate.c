#include "network/aggregate.h"

#include "base/share.h"
#include "maps/resize.h"
#include "network/aggregate_layout.h"

#include <math.h>

enum { UNITS_PER_THREAD = 8 }; /* fewer units than this per thread leave some threads idle at the end */

/* One layer on one map: its output, the moments of each panel and group, and from them the scale and shift of the
 * norm. */
struct pass {
    const struct normed *normed;
    float *out, *scale, *shift; /* [panels][outputs][PANEL], [outputs], [outputs] */
    double *moments;            /* [panels][groups][2] */
    bool in_planes;             /* out is [outputs][panels * PANEL] without moments, to be resized */
};

/* One bottleneck of a level on one part of an image's channels. */
struct aggregation_run {
    const geosc_context *context;
    const geosc_model *model;
    const struct grids *grids;
    const struct level *level;
    size_t number; /* of the bottleneck in its level */
    const struct normed_bottleneck *bottleneck;
    const float *features;      /* [level's channels][cells of the first grid, or of its own grid] */
    const struct own_grid *own; /* NULL: the first level's grid */
    size_t cells, panels;
    float weight; /* of the level in the sum */
    bool first;   /* the first of the parts */
    struct aggregate_layout layout;
    float *block;
    struct pass reduce, shortcut, spatial, expand;
};

/* Operand of a 1x1 */
enum operand {
    OF_IMAGE,   /* the image's cells in their own order */
    OF_PASSED,  /* what the bottleneck before gave, in the order of the pose */
    OF_SPATIAL, /* the output of the second convolution */
};

/* ---- products ----------------------------------------------------------------------------------- */

static size_t panel_cells(const struct aggregation_run *run, size_t panel)
{
    size_t left = run->cells - panel * PANEL;

    return left < PANEL ? left : PANEL;
}

/* Shares a loop whose threads need a panel of operands each. */
static void share_with_desks(const struct aggregation_run *run, size_t count, share_unit *unit, const void *work)
{
    share(run->context, count, unit, work, run->block + run->layout.desks, run->layout.desk * sizeof(float));
}

/* A loop over a map: what its units need beside the run. */
struct aggregation_loop {
    const struct aggregation_run *run;
    const struct pass *const *passes;
    enum operand operand;
    size_t blocks, all, parts; /* of the first pass, of all, units of a panel */
    const uint32_t *from;
    float *out;
};

/* Computes the moments of rows first .. first + rows - 1 of a panel: whole groups. */
static void take_moments(const struct aggregation_run *run, const struct pass *pass, size_t panel, size_t first,
                         size_t rows)
{
    size_t outputs = pass->normed->convolution.outputs, groups = run->model->groups, size = outputs / groups;

    run->context->kernels->moments_panel(pass->out + (panel * outputs + first) * PANEL, rows, size,
                                         panel_cells(run, panel), pass->moments + (panel * groups + first / size) * 2);
}

static void moments_unit(const void *work, size_t panel, void *desk)
{
    const struct aggregation_loop *loop = work;
    const struct pass *pass = loop->passes[0];

    (void)desk;
    take_moments(loop->run, pass, panel, 0, pass->normed->convolution.outputs);
}

static void take_all_moments(const struct aggregation_run *run, const struct pass *pass)
{
    share(run->context, run->panels, moments_unit, &(struct aggregation_loop){.run = run, .passes = &pass}, NULL, 0);
}

/* Rows of one unit: whole tiles and whole groups. */
static size_t block_rows(const struct aggregation_run *run, const struct pass *pass)
{
    size_t size = pass->normed->convolution.outputs / run->model->groups, step = size;

    while (step % TILE)
        step += size;
    return (ROW_BLOCK + step - 1) / step * step;
}

static size_t count_blocks(const struct aggregation_run *run, const struct pass *pass)
{
    size_t rows = block_rows(run, pass);

    return (pass->normed->convolution.outputs + rows - 1) / rows;
}

static void multiply_block(const struct aggregation_run *run, const struct pass *pass, size_t panel, size_t block,
                           const float *operand)
{
    const struct convolution *convolution = &pass->normed->convolution;
    size_t most = block_rows(run, pass), first = block * most, left = convolution->outputs - first;
    size_t rows = left < most ? left : most;
    size_t place = pass->in_planes ? first * run->panels + panel : panel * convolution->outputs + first;

    run->context->kernels->gemm_panel(&(struct gemm){
        .rows = rows,
        .depth = convolution->inputs,
        .a = convolution->weights + first * convolution->inputs,
        .a_stride = TILE,
        .a_tile = convolution->inputs * TILE,
        .b = operand,
        .c = pass->out + place * PANEL,
        .c_stride = pass->in_planes ? run->panels * PANEL : PANEL,
    });
    if (!pass->in_planes)
        take_moments(run, pass, panel, first, rows);
}

/* Channels that the bottleneck takes. */
static size_t count_inputs(const struct aggregation_run *run)
{
    return run->bottleneck->reduce.convolution.inputs;
}

static float *passed_panel(const struct aggregation_run *run, size_t panel, size_t channels)
{
    return run->block + run->layout.passed + panel * channels * PANEL;
}

/* A panel of a 1x1's operand, in place or on the desk. */
static const float *get_operand(const struct aggregation_run *run, enum operand operand, size_t panel, float *desk)
{
    size_t hidden = run->bottleneck->spatial.convolution.outputs;

    if (operand == OF_PASSED)
        return passed_panel(run, panel, count_inputs(run));
    if (operand == OF_IMAGE)
        map_fill_panel(run->features, run->cells, count_inputs(run), NULL, run->cells, panel, desk);
    else
        run->context->kernels->affine_panel(run->spatial.out + panel * hidden * PANEL, hidden, run->spatial.scale,
                                            run->spatial.shift, desk);
    return desk;
}

static void multiply_unit(const void *work, size_t unit, void *desk)
{
    const struct aggregation_loop *loop = work;
    size_t panel = unit / loop->parts;
    const float *operand = get_operand(loop->run, loop->operand, panel, desk);

    for (size_t block = unit % loop->parts; block < loop->all; block += loop->parts) {
        bool second = block >= loop->blocks;
        multiply_block(loop->run, loop->passes[second], panel, second ? block - loop->blocks : block, operand);
    }
}

/* Runs up to two 1x1s on the same operand. With many panels per thread a unit is a panel, so that its operand is
 * fetched once. */
static void multiply(const struct aggregation_run *run, enum operand operand, const struct pass *const passes[2],
                     size_t count)
{
    struct aggregation_loop loop = {.run = run, .passes = passes, .operand = operand};

    if (count == 0)
        return;
    loop.all = loop.blocks = count_blocks(run, passes[0]);
    if (count > 1)
        loop.all += count_blocks(run, passes[1]);
    loop.parts = run->panels >= (size_t)run->context->threads * UNITS_PER_THREAD ? 1 : loop.all;
    share_with_desks(run, run->panels * loop.parts, multiply_unit, &loop);
}

static bool reduces_by_1x1(const struct aggregation_run *run)
{
    return run->bottleneck->reduce.convolution.taps == 1;
}

/* Runs the 1x1s that read what the bottleneck takes. */
static void multiply_inputs(const struct aggregation_run *run, enum operand operand)
{
    const struct pass *passes[2] = {NULL, NULL};
    size_t count = 0;

    if (reduces_by_1x1(run))
        passes[count++] = &run->reduce;
    if (run->shortcut.normed)
        passes[count++] = &run->shortcut;
    multiply(run, operand, passes, count);
}

/* Resizes the output of a 1x1 from the level's own grid, in planes, to the first level's. */
static void resize_planes(const struct aggregation_run *run, const struct pass *planes, size_t step,
                          const struct pass *pass)
{
    size_t outputs = pass->normed->convolution.outputs;
    const struct resize resize = {.in = planes->out,
                                  .in_step = step,
                                  .in_height = run->own->height,
                                  .in_width = run->own->width,
                                  .out = pass->out,
                                  .panel_step = outputs * PANEL,
                                  .channel_step = PANEL,
                                  .height = run->grids->height,
                                  .width = run->grids->width};

    resize_channels(run->context, &resize, outputs);
    take_all_moments(run, pass);
}

/* Runs the first 1x1s, of which there are two, on the level's own grid. */
static void multiply_own(const struct aggregation_run *run)
{
    const struct pass *const passes[2] = {&run->reduce, &run->shortcut};
    struct aggregation_run own = *run;
    struct pass planes[2] = {*passes[0], *passes[1]};

    own.cells = run->own->height * run->own->width;
    own.panels = map_panels(own.cells);
    planes[0].out = run->block + run->layout.hidden[0]; /* free until the poses */
    planes[1].out = run->block + run->layout.expanded;
    for (int i = 0; i < 2; i++)
        planes[i].in_planes = true;
    multiply(&own, OF_IMAGE, (const struct pass *[]){&planes[0], &planes[1]}, 2);
    for (int i = 0; i < 2; i++)
        resize_planes(run, &planes[i], own.panels * PANEL, passes[i]);
}

/* ---- norms -------------------------------------------------------------------------------------- */

/* Computes scale and shift of each channel from the moments of all panels, summed in their order. */
static void solve_norm(const struct aggregation_run *run, const struct pass *pass)
{
    size_t groups = run->model->groups, size = pass->normed->convolution.outputs / groups;
    double count = (double)size * (double)run->cells;

    for (size_t g = 0; g < groups; g++) {
        double sum = 0, square = 0;
        for (size_t p = 0; p < run->panels; p++) {
            sum += pass->moments[(p * groups + g) * 2];
            square += pass->moments[(p * groups + g) * 2 + 1];
        }
        double mean = sum / count, variance = square / count - mean * mean;
        double factor = 1 / sqrt((variance < 0 ? 0 : variance) + run->model->gn_eps);
        for (size_t c = g * size; c < (g + 1) * size; c++) {
            pass->scale[c] = (float)(factor * (double)pass->normed->scale[c]);
            pass->shift[c] = (float)((double)pass->normed->shift[c] - mean * factor * (double)pass->normed->scale[c]);
        }
    }
}

/* ---- one pose ----------------------------------------------------------------------------------- */

static float *hidden_panels(const struct aggregation_run *run, size_t which)
{
    return run->block + run->layout.hidden[which];
}

static void pose_unit(const void *work, size_t panel, void *desk)
{
    const struct aggregation_loop *loop = work;
    const struct aggregation_run *run = loop->run;
    size_t channels = run->reduce.normed->convolution.outputs;

    map_pose_panel(run->reduce.out, channels, loop->from, run->cells, panel, desk);
    run->context->kernels->affine_panel(desk, channels, run->reduce.scale, run->reduce.shift,
                                        loop->out + panel * channels * PANEL);
}

/* Writes relu(norm(reduce)) in the cell order of the pose (NULL: it has it). */
static void pose_reduced(const struct aggregation_run *run, const uint32_t *from)
{
    share_with_desks(run, run->panels, pose_unit,
                     &(struct aggregation_loop){.run = run, .from = from, .out = hidden_panels(run, 0)});
}

/* Runs a 3x3 on a map. */
static void convolve(const struct aggregation_run *run, const geosc_map *map, const float *in, const struct pass *pass)
{
    const struct normed *normed = pass->normed;
    struct layer_item item = {.in = in,
                              .out = pass->out,
                              .height = map->height,
                              .width = map->width,
                              .cells = map->cells,
                              .panels = map->panels};

    if (normed->winograd.weights)
        winograd_convolve(run->context, &normed->winograd, NULL, false, &item, 1, run->block + run->layout.winograd);
    else
        convolution_direct(run->context, &normed->convolution, &item, 1, false, run->block + run->layout.columns);
    take_all_moments(run, pass);
}

static void gather_unit(const void *work, size_t panel, void *desk)
{
    const struct aggregation_loop *loop = work;
    const struct aggregation_run *run = loop->run;

    (void)desk;
    map_fill_panel(run->features, run->cells, count_inputs(run), loop->from, run->cells, panel,
                   passed_panel(run, panel, count_inputs(run)));
}

/* Runs the convolutions that read what the bottleneck takes, except for those that ran in the order of the image, and
 * leaves relu(norm(reduce)). */
static void reduce(const struct aggregation_run *run, const struct refine_job *job)
{
    bool later = run->number > 0, done = !later && reduces_by_1x1(run);

    if (!later && !done)
        share(run->context, run->panels, gather_unit, &(struct aggregation_loop){.run = run, .from = job->from}, NULL,
              0);
    if (later)
        multiply_inputs(run, OF_PASSED);
    if (!reduces_by_1x1(run))
        convolve(run, job->map, passed_panel(run, 0, count_inputs(run)), &run->reduce);
    if (!done)
        solve_norm(run, &run->reduce);
    if (later && run->shortcut.normed)
        solve_norm(run, &run->shortcut);
    pose_reduced(run, done ? job->from : NULL);
}

/* The branch around the bottleneck in the cell order of the pose, before its norm. */
static void get_side(const struct aggregation_run *run, const uint32_t *from, size_t panel, float *side)
{
    size_t outputs = run->expand.normed->convolution.outputs;

    if (run->number > 0)
        from = NULL; /* it has that order */
    if (run->shortcut.normed)
        map_pose_panel(run->shortcut.out, outputs, from, run->cells, panel, side);
    else if (run->number > 0)
        map_pose_panel(passed_panel(run, 0, outputs), outputs, from, run->cells, panel, side);
    else
        map_fill_panel(run->features, run->cells, outputs, from, run->cells, panel, side);
}

static bool is_last(const struct aggregation_run *run)
{
    return run->number + 1 == run->level->count;
}

static void mix_unit(const void *work, size_t panel, void *desk)
{
    const struct aggregation_loop *loop = work;
    const struct aggregation_run *run = loop->run;
    size_t outputs = run->expand.normed->convolution.outputs;

    get_side(run, loop->from, panel, desk);
    run->context->kernels->mix_panel(&(struct mix){
        .channels = outputs,
        .in = run->expand.out + panel * outputs * PANEL,
        .scale = run->expand.scale,
        .shift = run->expand.shift,
        .side = desk,
        .side_scale = run->shortcut.scale,
        .side_shift = run->shortcut.shift,
        .weight = is_last(run) ? run->weight : 1,
        .accumulate = is_last(run) && !run->first,
        .out = loop->out + panel * outputs * PANEL,
    });
}

/* Passes the bottleneck's output on, in place of what it took, or adds the level's, weighted, to the map. */
static void mix(const struct aggregation_run *run, const struct refine_job *job)
{
    float *out = is_last(run) ? job->map->values : passed_panel(run, 0, 0);

    share_with_desks(run, run->panels, mix_unit, &(struct aggregation_loop){.run = run, .from = job->from, .out = out});
}

static void run_bottleneck(const struct aggregation_run *run, const struct refine_job *job)
{
    reduce(run, job);
    convolve(run, job->map, hidden_panels(run, 0), &run->spatial);
    solve_norm(run, &run->spatial);
    multiply(run, OF_SPATIAL, (const struct pass *[]){&run->expand, NULL}, 1);
    solve_norm(run, &run->expand);
    mix(run, job);
}

/* ---- all levels --------------------------------------------------------------------------------- */

static struct pass make_pass(const struct aggregation_run *run, const struct normed *normed, size_t number, size_t out)
{
    size_t channels = run->layout.channels;
    float *norm = run->block + run->layout.norms + number * 2 * channels;
    double *moments = (double *)(run->block + run->layout.moments);

    return (struct pass){.normed = normed,
                         .out = run->block + out,
                         .scale = norm,
                         .shift = norm + channels,
                         .moments = moments + number * run->panels * run->model->groups * 2};
}

/* Turns to a bottleneck of the level. The first 1x1 of the first bottleneck and its shortcut have places of their own,
 * where they last for all poses. */
static void turn_to(struct aggregation_run *run, size_t number)
{
    const struct normed_bottleneck *bottleneck = &run->level->bottlenecks[number];
    const struct aggregate_layout *layout = &run->layout;
    bool later = number > 0;

    run->number = number;
    run->bottleneck = bottleneck;
    run->spatial = make_pass(run, &bottleneck->spatial, PASS_SPATIAL, layout->hidden[1]);
    run->expand = make_pass(run, &bottleneck->expand, PASS_EXPAND, layout->expanded);
    run->reduce = later || !reduces_by_1x1(run) ? make_pass(run, &bottleneck->reduce, PASS_SPATIAL, layout->hidden[1])
                                                : make_pass(run, &bottleneck->reduce, PASS_REDUCE, layout->reduced);
    run->shortcut = (struct pass){.normed = NULL};
    if (bottleneck->shortcut.convolution.weights)
        run->shortcut = later ? make_pass(run, &bottleneck->shortcut, PASS_SIDE, layout->side)
                              : make_pass(run, &bottleneck->shortcut, PASS_SHORTCUT, layout->shortcut);
}

/* Runs what is the same in all poses. */
static void run_shared(const struct aggregation_run *run)
{
    if (run->own)
        multiply_own(run);
    else
        multiply_inputs(run, OF_IMAGE);
    if (reduces_by_1x1(run))
        solve_norm(run, &run->reduce);
    if (run->shortcut.normed)
        solve_norm(run, &run->shortcut);
}

/* False if stopped. */
static bool run_part(struct aggregation_run *run, const struct refine_job *jobs, size_t count)
{
    turn_to(run, 0);
    run_shared(run);
    for (size_t i = 0; i < count; i++)
        for (size_t b = 0; b < run->level->count; b++) {
            if (stop_asked(run->context))
                return false;
            turn_to(run, b);
            run_bottleneck(run, &jobs[i]);
        }
    return !stop_asked(run->context);
}

/* Whether each 3x3 of a level can be computed for so many panels. */
static bool level_fits(const struct level *level, size_t panels)
{
    for (size_t b = 0; b < level->count; b++) {
        const struct winograd *both[] = {&level->bottlenecks[b].reduce.winograd,
                                         &level->bottlenecks[b].spatial.winograd};
        for (size_t i = 0; i < 2; i++)
            if (both[i]->weights && !winograd_fits(both[i], panels))
                return false;
    }
    return true;
}

static enum geosc_status check_size(geosc_context *context, const geosc_model *model, const geosc_map *map)
{
    for (size_t i = 0; i < model->level_count; i++)
        if (!level_fits(&model->levels[i], map->panels))
            return fail(context, GEOSC_FAILED,
                        "a map of %zu cells is too large for Winograd convolution: use --conv direct", map->cells);
    return GEOSC_OK;
}

enum geosc_status aggregate(geosc_context *context, const geosc_model *model, const struct grids *grids,
                            const float *features, const struct refine_job *jobs, size_t count,
                            struct aggregate_scratch *scratch)
{
    enum geosc_status status = GEOSC_OK;
    struct aggregation_run run = {
        .context = context, .model = model, .grids = grids, .features = features, .first = true};
    size_t channel = 0;

    if (count == 0)
        return GEOSC_OK;
    run.cells = jobs[0].map->cells;
    run.panels = jobs[0].map->panels;
    TRY(check_size(context, model, jobs[0].map));
    size_t bytes = aggregate_scratch_bytes(model, run.panels, context->threads);
    TRY(memory_grow(context, &scratch->block, &scratch->capacity, bytes / sizeof(float), sizeof(float), "activations"));
    run.layout = aggregate_lay_out(model, run.panels, context->threads);
    run.block = scratch->block;
    for (size_t i = 0; i < model->part_count; i++) {
        run.level = &model->levels[i % model->level_count];
        run.weight = model->weights[i];
        run.own = grids_find(grids, channel);
        if (!run_part(&run, jobs, count))
            TRY(check_stop(context));
        run.features += run.level->inputs * (run.own ? run.own->height * run.own->width : run.cells);
        run.first = false;
        channel += run.level->inputs;
    }
done:
    return status;
}
