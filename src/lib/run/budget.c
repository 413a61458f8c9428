#include "run/budget.h"

#include "base/guard.h"
#include "base/options.h"
#include "base/reason.h"
#include "maps/nearest.h"
#include "network/refine.h"
#include "results/formats.h"

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
    bool masks;           /* some unposed image has one */
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
        most.masks |= pose[GEOSC_POSE_NONE].has_mask;
        for (int p = 0; p < GEOSC_POSES; p++)
            measure_features(&pose[p], model, &most);
    }
    return most;
}

/* Adds what the catalog and the plan hold. */
static void add_pairs(const struct catalog *catalog, size_t *sum)
{
    const size_t points = sizeof *catalog->source_keypoints + sizeof *catalog->target_keypoints + 2 * sizeof(int64_t);

    add(sum, catalog->pairs, 8 * sizeof(size_t) + sizeof(struct plan_step));
    add(sum, catalog->pairs, catalog->keypoints * points);
    add(sum, catalog->images, 4 * sizeof(size_t));
    add(sum, catalog->set_count, sizeof *catalog->sets);
}

static void add_convolution(const struct convolution *convolution, size_t *sum)
{
    add(sum, convolution->outputs, (convolution->inputs * convolution->taps + 1) * sizeof(float));
}

/* Adds the weights of a 3x3, direct or transformed. */
static void add_spatial(const struct convolution *convolution, const struct winograd *winograd, size_t *sum)
{
    if (winograd->weights)
        add(sum, convolution->outputs, (WINOGRAD_PATCH * convolution->inputs + 1) * sizeof(float));
    else
        add_convolution(convolution, sum);
}

static void add_model(const geosc_model *model, size_t *sum)
{
    for (size_t i = 0; model && i < model->block_count; i++) {
        const struct bottleneck *block = &model->blocks[i];
        add_convolution(&block->reduce, sum);
        add_spatial(&block->spatial, &block->winograd, sum);
        add_convolution(&block->expand, sum);
    }
    for (size_t i = 0; model && i < model->level_count; i++) {
        const struct level *level = &model->levels[i];
        add_convolution(&level->reduce.convolution, sum);
        add_spatial(&level->spatial.convolution, &level->winograd, sum);
        add_convolution(&level->expand.convolution, sum);
        add_convolution(&level->shortcut.convolution, sum);
    }
}

/* Most maps that one pair needs. */
static size_t step_maps(const struct geosc_options *options)
{
    bool plain = false;

    for (size_t q = 0; q < options->pose_count; q++)
        plain |= options->poses[q] == GEOSC_POSE_NONE;
    return options->pose_count + 1 + !plain;
}

/* Reads ahead as many images as fit beside the `maps` of a pair: at least one, at most a few. Returns the total. */
static size_t read_ahead(size_t stored, size_t maps, struct budget *budget)
{
    enum { DEPTH = 3 };
    size_t least;

    budget->prefetch_depth = DEPTH + 1;
    do {
        budget->prefetch_depth--;
        least = budget->fixed;
        add(&least, budget->prefetch_depth, stored);
        add(&least, maps, budget->slot);
    } while (least > budget->limit && budget->prefetch_depth > 1);
    add(&budget->fixed, budget->prefetch_depth, stored);
    return least;
}

enum geosc_status budget_make(geosc_context *context, const struct catalog *catalog, const geosc_model *model,
                              const struct geosc_options *options, struct budget *budget)
{
    const struct measures most = measure_images(catalog, model);
    const struct output_format *format = output_format(options_output_format(options));
    size_t cells = most.cells, maps = step_maps(options), channels = model_outputs(model, catalog->channels), answers,
           shape[2];
    enum { MATCH_ROWS = 8 * PANEL, MEGABYTE = 1 << 20, OWN_BYTES = 16 * MEGABYTE /* the program, HDF5 */ };

    size_t panels = map_panels(cells), map = map_bytes(channels, 1, cells);
    *budget = (struct budget){0};
    budget->limit = options->memory ? options->memory : memory_available() / 10 * 7;
    budget->slot = map;
    add(&budget->slot, cells, sizeof(float));
    answers = catalog_answers(catalog, shape) == 2 ? shape[0] * shape[1] : shape[0];
    budget->fixed = OWN_BYTES;
    add_model(model, &budget->fixed);
    add_pairs(catalog, &budget->fixed);
    add(&budget->fixed, (size_t)context->threads, most.decoding);     /* chunks being decoded */
    add(&budget->fixed, catalog->pairs, answers * 3 * sizeof(float)); /* results */
    if (options->confidence)
        add(&budget->fixed, catalog->pairs, answers * (3 * sizeof(float) + 1));
    if (GUARD(memory_hloc) && format->memory) /* writing happens while all else is in memory */
        add(&budget->fixed, 1, format->memory(catalog->pairs, options->confidence));
    add(&budget->fixed, most.image, sizeof(float)); /* one image, decoded */
    add(&budget->fixed, most.level, sizeof(float)); /* one level before resizing */
    budget->refine = refine_scratch_bytes(model, maps, panels, context->threads);
    add(&budget->fixed, 1, budget->refine);
    add(&budget->fixed, panels * PANEL, MATCH_ROWS * sizeof(float)); /* similarities */
    add(&budget->fixed, MATCH_ROWS, channels * sizeof(float));       /* queries */
    if (most.masks || options->restrict_target)
        add(&budget->gather, maps * panels * PANEL, channels * sizeof(float)); /* gathered masked cells */
    add(&budget->fixed, 1, budget->gather);
    budget->nearest = nearest_scratch_bytes(context, maps, panels, channels);
    add(&budget->fixed, 1, budget->nearest);
    size_t least = read_ahead(most.stored, maps, budget);
    if (GUARD(memory_budget) && least > budget->limit)
        return fail(context, GEOSC_FAILED,
                    "%s: a run needs %zuM of memory, but the limit is %zuM: raise it with --memory, or use fewer "
                    "poses" REASON_MEMORY,
                    h5_file_path(catalog->file), least / MEGABYTE + 1, budget->limit / MEGABYTE);
    budget->slots = (budget->limit - budget->fixed) / budget->slot;
    return GEOSC_OK;
}
