#include "budget.h"

#include "nearest.h"
#include "reason.h"
#include "refine.h"

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Sums that saturate: a figure that overflows is larger than any limit. */
static void add(size_t *sum, size_t count, size_t bytes)
{
    size_t product;

    if (!size_multiply(count, bytes, &product) || __builtin_add_overflow(*sum, product, sum))
        *sum = SIZE_MAX;
}

/* Largest cells, stored bytes, level floats and scratch to decode a piece, of one image under any pose. */
static void measure_images(const struct catalog *catalog, size_t *cells, size_t *stored, size_t *level,
                           size_t *decoding)
{
    *cells = *stored = *level = *decoding = 0;
    for (size_t s = 0; s < catalog->set_count; s++)
        for (int p = 0; p < GEOSC_POSES; p++) {
            const struct features *features = &catalog->sets[s].pose[p];
            size_t bytes = 0;
            for (size_t l = 0; l < features->level_count; l++) {
                const struct h5_array *array = &features->levels[l];
                size_t items = h5_array_items(array) / array->dims[0];
                add(&bytes, 1, h5_row_bytes(array));
                *decoding = larger(*decoding, h5_row_scratch(array));
                if (features->level_count > 1)
                    *level = larger(*level, items);
            }
            if (features->has_mask) {
                add(&bytes, 1, h5_row_bytes(&features->mask));
                *decoding = larger(*decoding, h5_row_scratch(&features->mask));
            }
            *stored = larger(*stored, bytes);
            *cells = larger(*cells, features->height * features->width);
        }
}

/* What the catalog itself holds, and the plan. */
static void add_pairs(const struct catalog *catalog, size_t *sum)
{
    const size_t points = sizeof *catalog->source_keypoints + sizeof *catalog->target_keypoints + 2 * sizeof(int64_t);

    add(sum, catalog->pairs, 8 * sizeof(size_t) + sizeof(struct plan_step));
    add(sum, catalog->pairs, catalog->keypoints * points);
    add(sum, catalog->images, 4 * sizeof(size_t));
}

static void add_convolution(const struct convolution *convolution, size_t *sum)
{
    add(sum, convolution->outputs, (convolution->inputs * convolution->taps + 1) * sizeof(float));
}

static void add_model(const geosc_model *model, size_t *sum)
{
    for (size_t i = 0; model && i < model->block_count; i++) {
        const struct bottleneck *block = &model->blocks[i];
        add_convolution(&block->reduce, sum);
        add_convolution(&block->spatial, sum);
        add_convolution(&block->expand, sum);
        if (block->winograd.weights)
            add(sum, block->spatial.outputs, WINOGRAD_PATCH * block->spatial.inputs * sizeof(float));
    }
    for (size_t i = 0; model && i < model->level_count; i++) {
        const struct level *level = &model->levels[i];
        const struct convolution *spatial = &level->spatial.convolution;
        add_convolution(&level->reduce.convolution, sum);
        add_convolution(spatial, sum);
        add_convolution(&level->expand.convolution, sum);
        add_convolution(&level->shortcut.convolution, sum);
        if (level->winograd.weights)
            add(sum, spatial->outputs, WINOGRAD_PATCH * spatial->inputs * sizeof(float));
    }
}

/* Maps that one pair needs at the most. */
static size_t step_maps(const struct geosc_options *options)
{
    bool plain = false;

    for (size_t q = 0; q < options->pose_count; q++)
        plain |= options->poses[q] == GEOSC_POSE_NONE;
    return options->pose_count + 1 + !plain;
}

/* As many images read ahead as there is room for beside the `maps` of a pair: a few at the most, one at least. Returns
 * what the run needs. */
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
    size_t cells, stored, level, decoding, maps = step_maps(options), raw = catalog->channels,
                                           channels = model_outputs(model, raw), answers;
    enum { MATCH_ROWS = 8 * PANEL, MEGABYTE = 1 << 20, OWN_BYTES = 16 * MEGABYTE /* the program, HDF5 */ };

    measure_images(catalog, &cells, &stored, &level, &decoding);
    size_t panels = map_panels(cells), map = map_bytes(channels, 1, cells);
    *budget = (struct budget){0};
    budget->limit = options->memory ? options->memory : memory_available() / 10 * 7;
    budget->slot = map;
    add(&budget->slot, cells, sizeof(float));
    answers = catalog->keypoints ? catalog->keypoints : cells;
    budget->fixed = OWN_BYTES;
    add_model(model, &budget->fixed);
    add_pairs(catalog, &budget->fixed);
    add(&budget->fixed, (size_t)context->threads, decoding);          /* chunks on their way */
    add(&budget->fixed, catalog->pairs, answers * 3 * sizeof(float)); /* results */
    if (options->confidence)
        add(&budget->fixed, catalog->pairs, answers * (3 * sizeof(float) + 1));
    add(&budget->fixed, cells, raw * sizeof(float)); /* one image, decoded */
    add(&budget->fixed, level, sizeof(float));       /* one level before resizing */
    budget->refine = refine_scratch_bytes(model, maps, panels, context->threads);
    add(&budget->fixed, 1, budget->refine);
    add(&budget->fixed, panels * PANEL, MATCH_ROWS * sizeof(float)); /* similarities */
    add(&budget->fixed, MATCH_ROWS, channels * sizeof(float));       /* queries */
    if (catalog->sets[0].pose[GEOSC_POSE_NONE].has_mask || options->restrict_target)
        add(&budget->gather, maps * panels * PANEL, channels * sizeof(float)); /* masked cells, brought together */
    add(&budget->fixed, 1, budget->gather);
    budget->nearest = nearest_scratch_bytes(context, maps, panels, channels);
    add(&budget->fixed, 1, budget->nearest);
    size_t least = read_ahead(stored, maps, budget);
    if (least > budget->limit)
        return fail(context, GEOSC_FAILED,
                    "%s: a run needs %zuM of memory, but %zuM are allowed: give more with --memory, or fewer "
                    "poses" REASON_MEMORY,
                    h5_file_path(catalog->file), least / MEGABYTE + 1, budget->limit / MEGABYTE);
    budget->slots = (budget->limit - budget->fixed) / budget->slot;
    return GEOSC_OK;
}
