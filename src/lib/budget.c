#include "budget.h"

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

/* Largest cells, stored bytes and level floats of one image under any pose. */
static void measure_images(const struct catalog *catalog, size_t *cells, size_t *stored, size_t *level)
{
    *cells = *stored = *level = 0;
    for (size_t s = 0; s < catalog->set_count; s++)
        for (int p = 0; p < GEOSC_POSES; p++) {
            const struct features *features = &catalog->sets[s].pose[p];
            size_t bytes = 0;
            for (size_t l = 0; l < features->level_count; l++) {
                const struct h5_array *array = &features->levels[l];
                size_t items = h5_array_items(array) / array->dims[0], chunk_rows = array->chunked ? array->chunk[0] : 1;
                add(&bytes, chunk_rows, items * number_size(array->format.type));
                *level = larger(*level, items);
            }
            *stored = larger(*stored, bytes);
            *cells = larger(*cells, features->height * features->width);
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

enum geosc_status budget_make(geosc_context *context, const struct catalog *catalog, const geosc_model *model,
                              const struct geosc_options *options, struct budget *budget)
{
    size_t cells, stored, level, maps = step_maps(options), channels = catalog->channels, answers;
    enum { DEPTH = 3, MATCH_ROWS = 8 * PANEL };

    measure_images(catalog, &cells, &stored, &level);
    size_t panels = map_panels(cells), map = map_bytes(channels, 1, cells);
    *budget = (struct budget){.prefetch_depth = DEPTH};
    budget->limit = options->memory ? options->memory : memory_available() / 10 * 7;
    budget->slot = map;
    add(&budget->slot, cells, sizeof(float));
    answers = catalog->keypoints ? catalog->keypoints : cells;
    add(&budget->fixed, catalog->pairs, answers * 3 * sizeof(float));            /* results */
    add(&budget->fixed, cells, channels * sizeof(float));                        /* one image, decoded */
    add(&budget->fixed, level, sizeof(float));                                   /* one level before resizing */
    add(&budget->fixed, DEPTH, stored);                                          /* read ahead */
    add(&budget->fixed, 1, refine_scratch_bytes(model, maps * panels, context->threads));
    add(&budget->fixed, panels * PANEL, MATCH_ROWS * sizeof(float));             /* similarities */
    add(&budget->fixed, MATCH_ROWS, channels * sizeof(float));                   /* queries */
    if (catalog->sets[0].pose[GEOSC_POSE_NONE].has_mask || options->restrict_target)
        add(&budget->fixed, maps * panels * PANEL, channels * sizeof(float));    /* masked cells, brought together */
    size_t least = budget->fixed;
    add(&least, maps, budget->slot);
    if (least > budget->limit)
        return fail(context, GEOSC_FAILED,
                    "%s: a run needs %.0f MB of memory, %.0f MB are allowed: give more with --memory, or fewer poses",
                    h5_file_path(catalog->file), (double)least / 1e6, (double)budget->limit / 1e6);
    budget->slots = (budget->limit - budget->fixed) / budget->slot;
    return GEOSC_OK;
}
