#include "network/aggregate.h"

#include "base/share.h"
#include "maps/resize.h"

#include <math.h>

enum {
    UNITS_PER_THREAD = 8, /* fewer units than this per thread leave some threads idle at the end */
    LINE = 16             /* floats in a cache line */
};

/* Offsets of the parts of the scratch, in floats. */
struct layout {
    size_t desk; /* floats of one thread's panel of operands */
    size_t desks, reduced, shortcut, hidden[2], expanded, columns, winograd, norms, moments, total;
};

/* One layer on one map: its output, the moments of each panel and group, and from them the scale and shift of the
 * norm. */
struct pass {
    const struct normed *normed;
    float *out, *scale, *shift; /* [panels][outputs][PANEL], [outputs], [outputs] */
    double *moments;            /* [panels][groups][2] */
    bool in_planes;             /* out is [outputs][panels * PANEL] without moments, to be resized */
};

/* One level on one image. */
struct aggregation_run {
    const geosc_context *context;
    const geosc_model *model;
    const struct grids *grids;
    const struct level *level;
    const float *features;      /* [level's channels][cells of the first grid, or of its own grid] */
    const struct own_grid *own; /* NULL: the first level's grid */
    size_t cells, panels;
    bool first; /* the first of the levels */
    struct layout layout;
    float *block;
    struct pass reduce, shortcut, spatial, expand;
};

/* ---- scratch ------------------------------------------------------------------------------------ */

static size_t carve(struct layout *layout, size_t floats)
{
    size_t place = layout->total;

    layout->total += (floats + LINE - 1) / LINE * LINE;
    return place;
}

static struct layout make_layout(const geosc_model *model, size_t panels, int threads)
{
    struct layout layout = {.desk = size_larger(model->hidden, model->outputs) * PANEL};
    size_t winograd = 0, shortcut = 0;

    for (size_t i = 0; i < model->level_count; i++) {
        const struct level *level = &model->levels[i];
        layout.desk = size_larger(layout.desk, level->reduce.convolution.inputs * PANEL);
        shortcut = size_larger(shortcut, level->shortcut.convolution.outputs);
        if (level->winograd.weights)
            winograd = size_larger(winograd, winograd_scratch_bytes(level->winograd.inputs, level->winograd.outputs));
    }
    layout.desks = carve(&layout, layout.desk * (size_t)threads);
    layout.reduced = carve(&layout, panels * PANEL * model->hidden);
    layout.shortcut = carve(&layout, panels * PANEL * shortcut);
    for (int i = 0; i < 2; i++)
        layout.hidden[i] = carve(&layout, panels * PANEL * model->hidden);
    layout.expanded = carve(&layout, panels * PANEL * model->outputs);
    layout.columns = carve(&layout, (size_t)threads * convolution_scratch_floats());
    layout.winograd = carve(&layout, winograd / sizeof(float) + 1);
    layout.norms = carve(&layout, 4 * 2 * size_larger(model->hidden, model->outputs));
    layout.moments = carve(&layout, 4 * panels * model->groups * 2 * (sizeof(double) / sizeof(float)));
    return layout;
}

size_t aggregate_scratch_bytes(const geosc_model *model, size_t panels, int threads)
{
    size_t widest = 3 * (model->hidden + model->outputs) + 16 * model->groups, bytes;

    /* These parts grow with the map; the others are small compared to them or to the weights. */
    if (!size_multiply(panels * PANEL, widest * sizeof(float), &bytes) || bytes > SIZE_MAX / 2)
        return SIZE_MAX;
    return make_layout(model, panels, threads).total * sizeof(float);
}

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
    bool raw;                  /* the operands are the image's cells, not the output of the 3x3 */
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

/* Fetches a panel of a 1x1's operand: the image's cells in their own order, or the output of the 3x3. */
static void get_operand(const struct aggregation_run *run, bool raw, size_t panel, float *desk)
{
    size_t hidden = run->level->spatial.convolution.outputs;

    if (raw)
        map_fill_panel(run->features, run->cells, run->level->reduce.convolution.inputs, NULL, run->cells, panel, desk);
    else
        run->context->kernels->affine_panel(run->spatial.out + panel * hidden * PANEL, hidden, run->spatial.scale,
                                            run->spatial.shift, desk);
}

static void multiply_unit(const void *work, size_t unit, void *desk)
{
    const struct aggregation_loop *loop = work;
    size_t panel = unit / loop->parts;

    get_operand(loop->run, loop->raw, panel, desk);
    for (size_t block = unit % loop->parts; block < loop->all; block += loop->parts) {
        bool second = block >= loop->blocks;
        multiply_block(loop->run, loop->passes[second], panel, second ? block - loop->blocks : block, desk);
    }
}

/* Runs 1x1s on the same operand. With many panels per thread a unit is a panel, so that its operand is fetched once. */
static void multiply(const struct aggregation_run *run, bool raw, const struct pass *const passes[2], size_t count)
{
    struct aggregation_loop loop = {.run = run, .passes = passes, .raw = raw, .blocks = count_blocks(run, passes[0])};

    loop.all = loop.blocks + (count > 1 ? count_blocks(run, passes[1]) : 0);
    loop.parts = run->panels >= (size_t)run->context->threads * UNITS_PER_THREAD ? 1 : loop.all;
    share_with_desks(run, run->panels * loop.parts, multiply_unit, &loop);
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

/* Runs the first 1x1s on the level's own grid. */
static void multiply_own(const struct aggregation_run *run, const struct pass *const passes[2])
{
    struct aggregation_run own = *run;
    struct pass planes[2] = {*passes[0], *passes[1]};

    own.cells = run->own->height * run->own->width;
    own.panels = map_panels(own.cells);
    planes[0].out = run->block + run->layout.hidden[0]; /* free until the poses */
    planes[1].out = run->block + run->layout.expanded;
    for (int i = 0; i < 2; i++)
        planes[i].in_planes = true;
    multiply(&own, true, (const struct pass *[]){&planes[0], &planes[1]}, 2);
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

static void pose_unit(const void *work, size_t panel, void *desk)
{
    const struct aggregation_loop *loop = work;
    const struct aggregation_run *run = loop->run;
    size_t channels = run->reduce.normed->convolution.outputs;

    map_pose_panel(run->reduce.out, channels, loop->from, run->cells, panel, desk);
    run->context->kernels->affine_panel(desk, channels, run->reduce.scale, run->reduce.shift,
                                        loop->out + panel * channels * PANEL);
}

/* Writes relu(norm(reduce)) in the cell order of the pose. */
static void pose_reduced(const struct aggregation_run *run, const uint32_t *from, float *out)
{
    share_with_desks(run, run->panels, pose_unit, &(struct aggregation_loop){.run = run, .from = from, .out = out});
}

static void convolve(const struct aggregation_run *run, const geosc_map *map)
{
    const struct convolution *convolution = &run->level->spatial.convolution;
    struct layer_item item = {.in = run->block + run->layout.hidden[0],
                              .out = run->spatial.out,
                              .height = map->height,
                              .width = map->width,
                              .cells = map->cells,
                              .panels = map->panels};

    if (run->level->winograd.weights)
        winograd_convolve(run->context, &run->level->winograd, NULL, false, &item, 1,
                          run->block + run->layout.winograd);
    else
        convolution_direct(run->context, convolution, &item, 1, false, run->block + run->layout.columns);
    take_all_moments(run, &run->spatial);
}

/* The branch around the bottleneck in the cell order of the pose, before its norm. */
static void get_side(const struct aggregation_run *run, const uint32_t *from, size_t panel, float *side)
{
    if (run->shortcut.normed)
        map_pose_panel(run->shortcut.out, run->model->outputs, from, run->cells, panel, side);
    else
        map_fill_panel(run->features, run->cells, run->model->outputs, from, run->cells, panel, side);
}

static void mix_unit(const void *work, size_t panel, void *desk)
{
    const struct aggregation_loop *loop = work;
    const struct aggregation_run *run = loop->run;
    size_t outputs = run->model->outputs;

    get_side(run, loop->from, panel, desk);
    run->context->kernels->mix_panel(&(struct mix){
        .channels = outputs,
        .in = run->expand.out + panel * outputs * PANEL,
        .scale = run->expand.scale,
        .shift = run->expand.shift,
        .side = desk,
        .side_scale = run->shortcut.scale,
        .side_shift = run->shortcut.shift,
        .weight = run->level->weight,
        .accumulate = !run->first,
        .out = loop->out + panel * outputs * PANEL,
    });
}

/* Adds the level's weighted output to the map. */
static void mix(const struct aggregation_run *run, const uint32_t *from, geosc_map *map)
{
    share_with_desks(run, run->panels, mix_unit,
                     &(struct aggregation_loop){.run = run, .from = from, .out = map->values});
}

static void run_pose(const struct aggregation_run *run, const struct refine_job *job)
{
    pose_reduced(run, job->from, run->block + run->layout.hidden[0]);
    convolve(run, job->map);
    solve_norm(run, &run->spatial);
    multiply(run, false, (const struct pass *[]){&run->expand, NULL}, 1);
    solve_norm(run, &run->expand);
    mix(run, job->from, job->map);
}

/* ---- all levels --------------------------------------------------------------------------------- */

/* A pass with its own part `number` (0 .. 3) of the scratch. */
static struct pass make_pass(const struct aggregation_run *run, const struct normed *normed, size_t number, size_t out)
{
    size_t channels = size_larger(run->model->hidden, run->model->outputs);
    float *norm = run->block + run->layout.norms + number * 2 * channels;
    double *moments = (double *)(run->block + run->layout.moments);

    return (struct pass){.normed = normed,
                         .out = run->block + out,
                         .scale = norm,
                         .shift = norm + channels,
                         .moments = moments + number * run->panels * run->model->groups * 2};
}

static void make_passes(struct aggregation_run *run)
{
    const struct level *level = run->level;

    run->reduce = make_pass(run, &level->reduce, 0, run->layout.reduced);
    run->spatial = make_pass(run, &level->spatial, 1, run->layout.hidden[1]);
    run->expand = make_pass(run, &level->expand, 2, run->layout.expanded);
    run->shortcut = (struct pass){.normed = NULL};
    if (level->shortcut.convolution.weights)
        run->shortcut = make_pass(run, &level->shortcut, 3, run->layout.shortcut);
}

/* False if stopped. */
static bool run_level(struct aggregation_run *run, const struct refine_job *jobs, size_t count)
{
    const struct pass *const first[] = {&run->reduce, &run->shortcut};

    make_passes(run);
    if (run->own)
        multiply_own(run, first);
    else
        multiply(run, true, first, run->shortcut.normed ? 2 : 1);
    solve_norm(run, &run->reduce);
    if (run->shortcut.normed)
        solve_norm(run, &run->shortcut);
    for (size_t i = 0; i < count; i++) {
        if (stop_asked(run->context))
            return false;
        run_pose(run, &jobs[i]);
    }
    return !stop_asked(run->context);
}

/* Fails if a 3x3 is too large for its algorithm. */
static enum geosc_status check_size(geosc_context *context, const geosc_model *model, const geosc_map *map)
{
    for (size_t i = 0; i < model->level_count; i++)
        if (model->levels[i].winograd.weights && !winograd_fits(&model->levels[i].winograd, map->panels))
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
    run.layout = make_layout(model, run.panels, context->threads);
    run.block = scratch->block;
    for (size_t i = 0; i < model->level_count; i++) {
        size_t inputs = model->levels[i].reduce.convolution.inputs;
        run.level = &model->levels[i];
        run.own = grids_find(grids, channel);
        if (!run_level(&run, jobs, count))
            TRY(check_stop(context));
        run.features += inputs * (run.own ? run.own->height * run.own->width : run.cells);
        run.first = false;
        channel += inputs;
    }
done:
    return status;
}
