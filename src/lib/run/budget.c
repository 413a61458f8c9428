#include "run/budget.h"

#include "base/guard.h"
#include "base/options.h"
#include "base/reason.h"
#include "maps/match.h"
#include "maps/nearest.h"
#include "network/refine.h"
#include "results/formats.h"
#include "run/pair.h"

/* Saturating sums: a figure that overflows is larger than any limit. */
static void add(size_t *sum, size_t count, size_t bytes)
{
    size_t product;

    if (!size_multiply(count, bytes, &product) || __builtin_add_overflow(*sum, product, sum))
        *sum = SIZE_MAX;
}

/* The largest figures of any image under any pose. */
struct measures {
    size_t cells, stored; /* stored: bytes in the file */
    size_t image, level;  /* floats of an image, and of a level before resizing */
    size_t decoding;      /* bytes to decode a piece */
};

static void measure_array(const struct h5_array *array, size_t *stored, struct measures *most)
{
    add(stored, 1, h5_row_bytes(array));
    most->decoding = size_larger(most->decoding, h5_row_scratch(array));
}

static void measure_features(const struct features *features, const geosc_model *model, struct measures *most)
{
    size_t stored = 0, channel = 0;
    struct grids grids;

    grids_choose(model, features, &grids);
    for (size_t l = 0; l < features->level_count; l++) {
        const struct h5_array *array = &features->levels[l];
        const size_t *dims = array->dims;
        bool resized = (dims[2] != features->height || dims[3] != features->width) && !grids_find(&grids, channel);
        measure_array(array, &stored, most);
        most->level = size_larger(most->level, resized ? h5_array_items(array) / dims[0] : 0);
        channel += dims[1];
    }
    if (features->has_mask)
        measure_array(&features->mask, &stored, most);
    most->stored = size_larger(most->stored, stored);
    most->image = size_larger(most->image, grids_floats(&grids));
    most->cells = size_larger(most->cells, features->height * features->width);
}

static struct measures measure_images(const struct catalog *catalog, const geosc_model *model)
{
    struct measures most = {0};

    for (size_t s = 0; s < catalog->set_count; s++) {
        const struct features *pose = catalog->sets[s].pose;
        for (int p = 0; p < GEOSC_POSES; p++)
            measure_features(&pose[p], model, &most);
    }
    return most;
}

/* Adds what the catalog, the plan and the workers hold of `pairs` pairs. */
static void add_pairs(const struct catalog *catalog, size_t pairs, size_t maps, size_t *sum)
{
    const size_t points = sizeof *catalog->source_keypoints + sizeof *catalog->target_keypoints + 2 * sizeof(int64_t);

    add(sum, catalog->pairs, 8 * sizeof(size_t) + catalog->keypoints * points);
    add(sum, pairs, sizeof(struct plan_step) + (maps + 4) * sizeof(uint32_t));
    add(sum, catalog->images, 4 * sizeof(size_t));
    add(sum, catalog->set_count, sizeof *catalog->sets);
}

static void add_convolution(const struct convolution *convolution, size_t *sum)
{
    add(sum, convolution->outputs, (convolution->inputs * convolution->taps + 1) * sizeof(float));
}

/* Adds the weights of a convolution, as they are or transformed. */
static void add_spatial(const struct convolution *convolution, const struct winograd *winograd, size_t *sum)
{
    if (winograd->weights)
        add(sum, convolution->outputs, (WINOGRAD_PATCH * convolution->inputs + 1) * sizeof(float));
    else
        add_convolution(convolution, sum);
}

static void add_level(const struct level *level, size_t *sum)
{
    for (size_t b = 0; b < level->count; b++) {
        const struct normed_bottleneck *bottleneck = &level->bottlenecks[b];
        add_spatial(&bottleneck->reduce.convolution, &bottleneck->reduce.winograd, sum);
        add_spatial(&bottleneck->spatial.convolution, &bottleneck->spatial.winograd, sum);
        add_convolution(&bottleneck->expand.convolution, sum);
        add_convolution(&bottleneck->shortcut.convolution, sum);
    }
}

static void add_model(const geosc_model *model, size_t *sum)
{
    if (model)
        add_convolution(&model->linear.matrix, sum);
    for (size_t i = 0; model && i < model->block_count; i++) {
        const struct bottleneck *block = &model->blocks[i];
        add_convolution(&block->reduce, sum);
        add_spatial(&block->spatial, &block->winograd, sum);
        add_convolution(&block->expand, sum);
    }
    for (size_t i = 0; model && i < model->level_count; i++)
        add_level(&model->levels[i], sum);
}

size_t budget_weights(const geosc_model *model)
{
    size_t sum = 0;

    add_model(model, &sum);
    return sum;
}

/* Most maps that one pair needs. */
static size_t step_maps(const struct geosc_options *options)
{
    bool plain = false;

    for (size_t q = 0; q < options->pose_count; q++)
        plain |= options->poses[q] == GEOSC_POSE_NONE;
    return options->pose_count + 1 + !plain;
}

/* Most maps made from one read. */
static size_t read_maps(const struct plan_request *request)
{
    const struct catalog *catalog = request->catalog;
    size_t most = 1;

    for (size_t s = 0; s < catalog->set_count; s++) {
        size_t maps = 1;
        for (size_t q = 0; q < request->options->pose_count; q++)
            maps += plan_origin(&catalog->sets[s], request->options, request->tells_poses,
                                request->options->poses[q]) == ORIGIN_DERIVED;
        most = size_larger(most, maps);
    }
    return most;
}

/* Adds what all workers share, but for images read ahead. */
static void add_shared(const struct plan_request *request, const geosc_model *model, size_t answers,
                       struct budget *budget)
{
    const struct catalog *catalog = request->catalog;
    const struct geosc_options *options = request->options;
    const struct output_format *format = output_format(options_output_format(options));
    const struct results_asked asked = results_asked_by(options);
    enum { OWN_BYTES = 16 << 20 /* the program, HDF5 */ };

    add(&budget->shared, 1, OWN_BYTES);
    add_model(model, &budget->shared);
    add_pairs(catalog, request->count, step_maps(options), &budget->shared);
    add(&budget->shared, request->count, answers * 3 * sizeof(float)); /* results */
    add(&budget->shared, request->count, results_parts_bytes(&asked, answers));
    if (GUARD(memory_hloc) && format->memory) /* writing happens while all else is in memory */
        add(&budget->shared, 1, format->memory(request->count, asked.confidence));
}

/* Adds the desk of each thread: what it needs, beside a worker's scratch, to help with any loop of another. */
static void add_desks(const geosc_context *context, const geosc_model *model, size_t channels,
                      const struct measures *most, struct budget *budget)
{
    size_t panels = map_panels(most->cells), desk = most->decoding;
    geosc_context one = *context, two = *context;

    one.threads = 1;
    two.threads = 2;
    desk = size_larger(desk, refine_scratch_bytes(model, channels, 1, panels, two.threads) -
                                 refine_scratch_bytes(model, channels, 1, panels, one.threads));
    desk = size_larger(desk, linear_scratch_bytes(model, 0, one.threads));
    desk = size_larger(desk, nearest_scratch_bytes(&two, 1, panels, channels) -
                                 nearest_scratch_bytes(&one, 1, panels, channels));
    add(&budget->shared, (size_t)context->threads - 1, desk);
}

/* Sets the scratch of one worker. */
static void add_worker(const geosc_context *context, const struct plan_request *request, const geosc_model *model,
                       const struct measures *most, size_t answers, size_t batch, struct budget *budget)
{
    size_t cells = most->cells, panels = map_panels(cells), maps = step_maps(request->options),
           channels = model_outputs(model, request->catalog->channels);
    geosc_context one = *context;

    one.threads = 1;
    budget->worker = 0;
    budget->refine = refine_scratch_bytes(model, channels, batch, panels, one.threads);
    bool scored = request->options->imd != GEOSC_IMD_NONE;
    budget->nearest = scored ? nearest_scratch_bytes(&one, maps, panels, channels) : 0;
    add(&budget->worker, 1, budget->refine);
    add(&budget->worker, 1, budget->nearest);
    add(&budget->worker, 1, linear_scratch_bytes(model, cells, one.threads));
    add(&budget->worker, 1, most->decoding);          /* a chunk being decoded */
    add(&budget->worker, most->image, sizeof(float)); /* one image, decoded */
    add(&budget->worker, most->level, sizeof(float)); /* one level before resizing */
    add(&budget->worker, 1, match_scratch_bytes(request->options, panels, channels));
    add(&budget->worker, cells, (batch + 4) * sizeof(uint32_t));               /* poses, masks */
    add(&budget->worker, cells, maps * 2 * sizeof(uint32_t) + sizeof(double)); /* masked cells, neighbours, distances */
    add(&budget->worker, answers, pair_scratch_bytes(request->options));       /* a pair's queries and answers */
}

/* Bytes of a run with so many workers; so many slots each, and `ahead` images read ahead beside one for each. */
static size_t total(const struct budget *budget, size_t workers, size_t slots, size_t ahead, size_t stored)
{
    size_t sum = budget->shared;

    add(&sum, workers, budget->worker);
    add(&sum, workers * slots, budget->slot);
    add(&sum, workers + ahead, stored);
    return sum;
}

/* Fills the budget for `workers` workers or, if they do not fit, for fewer. */
static enum geosc_status budget_make(geosc_context *context, const struct plan_request *request,
                                     const geosc_model *model, size_t workers, struct budget *budget)
{
    const struct catalog *catalog = request->catalog;
    const struct measures most = measure_images(catalog, model);
    size_t maps = step_maps(request->options), ahead = 2, answers, shape[2];
    enum { MEGABYTE = 1 << 20 };

    *budget =
        (struct budget){.limit = request->options->memory ? request->options->memory : memory_available() / 10 * 7};
    budget->slot = map_bytes(model_outputs(model, catalog->channels), 1, most.cells);
    add(&budget->slot, most.cells, sizeof(float));
    answers = catalog_answers(catalog, shape) == 2 ? shape[0] * shape[1] : shape[0];
    add_shared(request, model, answers, budget);
    add_desks(context, model, model_outputs(model, catalog->channels), &most, budget);
    add_worker(context, request, model, &most, answers, workers > 1 ? read_maps(request) : maps, budget);
    while (workers > 1 && total(budget, workers, maps, ahead, most.stored) > budget->limit)
        workers--;
    if (workers == 1) /* its batches are larger */
        add_worker(context, request, model, &most, answers, maps, budget);
    while (ahead && total(budget, workers, maps, ahead, most.stored) > budget->limit)
        ahead--;
    size_t least = total(budget, workers, maps, ahead, most.stored);
    if (GUARD(memory_budget) && least > budget->limit)
        return fail(context, GEOSC_FAILED,
                    "%s: a run needs %zuM of memory, but the limit is %zuM: raise it with --memory, or use fewer "
                    "poses" REASON_MEMORY,
                    h5_file_path(catalog->file), least / MEGABYTE + 1, budget->limit / MEGABYTE);
    budget->workers = workers;
    budget->prefetch_depth = workers + ahead;
    add(&budget->shared, budget->prefetch_depth, most.stored);
    budget->slots = (budget->limit - total(budget, workers, 0, 0, 0)) / budget->slot;
    return GEOSC_OK;
}

static enum geosc_status plan_for(geosc_context *context, const struct budget *budget, struct plan_request *request,
                                  struct plan *plan)
{
    request->slots = budget->slots;
    request->workers = budget->workers;
    return plan_create(context, request, plan);
}

/* The number of maps that a single worker refines, for which more memory is left. */
static enum geosc_status single_makes(geosc_context *context, const geosc_model *model, struct plan_request *request,
                                      size_t *makes)
{
    struct budget budget;
    struct plan plan = {0};
    enum geosc_status status;

    TRY(budget_make(context, request, model, 1, &budget));
    TRY(plan_for(context, &budget, request, &plan));
    *makes = plan.make_count;
done:
    plan_free(&plan);
    return status;
}

static size_t most_workers(const geosc_context *context, const struct plan_request *request)
{
    int asked = request->options->workers, most = asked && asked < context->threads ? asked : context->threads;

    return size_larger(1, size_smaller((size_t)most, request->count));
}

enum geosc_status budget_plan(geosc_context *context, const geosc_model *model, struct plan_request *request,
                              struct budget *budget, struct plan *plan)
{
    enum { MORE = 20 }; /* one in so many maps may be refined again for the sake of more workers */
    size_t workers = most_workers(context, request), makes = 0;
    enum geosc_status status;

    *plan = (struct plan){0};
    for (;; workers = budget->workers - (budget->workers + 3) / 4) {
        plan_free(plan);
        TRY(budget_make(context, request, model, workers, budget));
        TRY(plan_for(context, budget, request, plan));
        if (budget->workers == 1 || plan->slot_count < budget->slots)
            break; /* there is no better plan */
        if (!makes)
            TRY(single_makes(context, model, request, &makes));
        if (plan->make_count <= makes + makes / MORE)
            break;
    }
done:
    return status;
}
