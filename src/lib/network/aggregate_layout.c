#include "network/aggregate_layout.h"

enum { LINE = 16 }; /* floats in a cache line */

static size_t carve(struct aggregate_layout *layout, size_t floats)
{
    size_t place = layout->total;

    layout->total += (floats + LINE - 1) / LINE * LINE;
    return place;
}

/* The most channels that any bottleneck keeps at a time, by part of the scratch. */
struct widths {
    size_t desk, shortcut, expanded, passed, side, winograd; /* winograd: bytes */
};

static void measure_winograd(const struct normed *normed, struct widths *most)
{
    const struct winograd *winograd = &normed->winograd;

    if (winograd->weights)
        most->winograd = size_larger(most->winograd, winograd_scratch_bytes(winograd->inputs, winograd->outputs));
}

static void measure_bottleneck(const struct normed_bottleneck *bottleneck, bool later, struct widths *most)
{
    const struct convolution *reduce = &bottleneck->reduce.convolution;
    size_t outputs = bottleneck->expand.convolution.outputs, *side = later ? &most->side : &most->shortcut;

    most->desk = size_larger(most->desk, size_larger(reduce->inputs, size_larger(reduce->outputs, outputs)));
    most->expanded = size_larger(most->expanded, outputs);
    *side = size_larger(*side, bottleneck->shortcut.convolution.outputs);
    if (later || reduce->taps > 1)
        most->passed = size_larger(most->passed, size_larger(reduce->inputs, later ? outputs : 0));
    measure_winograd(&bottleneck->reduce, most);
    measure_winograd(&bottleneck->spatial, most);
}

static struct widths measure(const geosc_model *model)
{
    struct widths most = {.desk = model->hidden};

    for (size_t l = 0; l < model->level_count; l++)
        for (size_t b = 0; b < model->levels[l].count; b++)
            measure_bottleneck(&model->levels[l].bottlenecks[b], b > 0, &most);
    return most;
}

struct aggregate_layout aggregate_lay_out(const geosc_model *model, size_t panels, int threads)
{
    const struct widths most = measure(model);
    const size_t cells = panels * PANEL;
    struct aggregate_layout layout = {.desk = most.desk * PANEL, .channels = size_larger(model->hidden, most.expanded)};

    layout.desks = carve(&layout, layout.desk * (size_t)threads);
    layout.reduced = carve(&layout, cells * model->hidden);
    layout.shortcut = carve(&layout, cells * most.shortcut);
    for (int i = 0; i < 2; i++)
        layout.hidden[i] = carve(&layout, cells * model->hidden);
    layout.expanded = carve(&layout, cells * most.expanded);
    layout.passed = carve(&layout, cells * most.passed);
    layout.side = carve(&layout, cells * most.side);
    layout.columns = carve(&layout, (size_t)threads * convolution_scratch_floats());
    layout.winograd = carve(&layout, most.winograd / sizeof(float) + 1);
    layout.norms = carve(&layout, PASSES * 2 * layout.channels);
    layout.moments = carve(&layout, PASSES * panels * model->groups * 2 * (sizeof(double) / sizeof(float)));
    return layout;
}

size_t aggregate_scratch_bytes(const geosc_model *model, size_t panels, int threads)
{
    const struct widths most = measure(model);
    size_t widest = 3 * model->hidden + most.shortcut + most.expanded + most.passed + most.side, bytes;

    /* These parts grow with the map; the others are small compared to them or to the weights. */
    widest += 4 * PASSES * model->groups;
    if (!size_multiply(panels * PANEL, widest * sizeof(float), &bytes) || bytes > SIZE_MAX / 2)
        return SIZE_MAX;
    return aggregate_lay_out(model, panels, threads).total * sizeof(float);
}
