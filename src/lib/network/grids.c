#include "network/grids.h"

#include "network/layers.h"

/* Whether only 1x1s read a level's input: without a shortcut, the input itself is added to the output. */
static bool only_1x1s_read(const struct level *level)
{
    const struct normed_bottleneck *first = &level->bottlenecks[0];

    return first->reduce.convolution.taps == 1 && first->shortcut.convolution.weights;
}

/* Whether channels first .. first + channels - 1 are one part of the network's input that only 1x1s read. */
static bool is_part(const geosc_model *model, size_t first, size_t channels)
{
    for (size_t i = 0; i < model->part_count; i++) {
        const struct level *level = &model->levels[i % model->level_count];
        if (first == 0)
            return level->inputs == channels && only_1x1s_read(level);
        if (level->inputs > first)
            return false;
        first -= level->inputs;
    }
    return false;
}

void grids_choose(const geosc_model *model, const struct features *features, struct grids *grids)
{
    size_t first = 0;

    *grids = (struct grids){.channels = features->channels, .height = features->height, .width = features->width};
    bool splits = model && !model->linear.matrix.weights; /* a linear layer mixes the levels of a cell */
    for (size_t l = 0; splits && l < features->level_count; l++) {
        const size_t *dims = features->levels[l].dims;
        if (dims[2] * dims[3] < features->height * features->width && is_part(model, first, dims[1]))
            grids->own[grids->own_count++] = (struct own_grid){first, dims[1], dims[2], dims[3]};
        first += dims[1];
    }
}

const struct own_grid *grids_find(const struct grids *grids, size_t channel)
{
    for (size_t i = 0; i < grids->own_count; i++)
        if (grids->own[i].first == channel)
            return &grids->own[i];
    return NULL;
}

size_t grids_floats(const struct grids *grids)
{
    size_t cells = grids->height * grids->width, floats = grids->channels * cells;

    for (size_t i = 0; i < grids->own_count; i++)
        floats -= grids->own[i].channels * (cells - grids->own[i].height * grids->own[i].width);
    return floats;
}
