#include "network/winograd.h"

#include "base/share.h"

#include <stdatomic.h>
#include <string.h>

enum {
    GROUP = 6,          /* most panels of tiles with slices in scratch; each such group reads the weights again */
    CHANNEL_BLOCK = 32, /* channels of one unit of a transform */
    WEIGHT_BLOCK = 64,  /* input channels of a tile that are transformed together, and then written slice by slice: in
                         * runs of 2 KB, since the slices are a multiple of 4 KB apart, in the same cache sets */
    KERNEL_SIDE = 3
};

/* Position of a tile in a batch: the tiles of each item, row by row, follow those of the item before. */
struct tile_place {
    const struct layer_item *item;
    size_t y, x; /* the tile's first output cell */
};

/* ---- weights ------------------------------------------------------------------------------------- */

/* Matrix G of kernel.h. */
static void weight_matrix(double g[WINOGRAD_SIDE][KERNEL_SIDE])
{
    const double a = WINOGRAD_A, b = WINOGRAD_B, point[] = {a, -a, b, -b};
    const double norm[] = {2 * a * a * (a * a - b * b), 2 * b * b * (b * b - a * a)};

    for (size_t k = 0; k < KERNEL_SIDE; k++) {
        g[0][k] = k == 0 ? 1 / (a * a * b * b) : 0;
        g[WINOGRAD_SIDE - 1][k] = k == KERNEL_SIDE - 1;
    }
    for (size_t i = 0; i < 4; i++) {
        g[i + 1][0] = 1 / norm[i / 2];
        g[i + 1][1] = point[i] / norm[i / 2];
        g[i + 1][2] = point[i] * point[i] / norm[i / 2];
    }
}

static size_t packed_rows(size_t outputs)
{
    return (outputs + TILE - 1) / TILE * TILE;
}

/* The transform of all weights. */
struct weighing {
    const struct kernels *kernels;
    const float *weights;
    const double *factors;
    const struct convolution *from; /* its sizes */
    const struct winograd *to;
    size_t slice;             /* floats between the elements of a patch */
    double (*g)[KERNEL_SIDE]; /* [WINOGRAD_SIDE] */
    atomic_bool *bad;         /* a weight is not finite */
};

/* Some inputs of one tile of weights. */
struct weight_desk {
    float packed[WEIGHT_BLOCK][WINOGRAD_TAPS][TILE], transformed[WINOGRAD_PATCH][WEIGHT_BLOCK][TILE];
};

static void weights_unit(const void *work, size_t tile, void *desk_pointer)
{
    const struct weighing *of = work;
    struct weight_desk *desk = desk_pointer;
    size_t inputs = of->from->inputs;

    for (size_t first = 0, count; first < inputs; first += count) {
        float *out = of->to->weights + (tile * inputs + first) * TILE;
        count = size_smaller(inputs - first, WEIGHT_BLOCK);
        if (!convolution_pack(of->from, of->weights, of->factors, tile, first, count, desk->packed[0][0]))
            atomic_store(of->bad, true);
        of->kernels->winograd_weights(of->g[0], desk->packed[0][0], count, desk->transformed[0][0],
                                      WEIGHT_BLOCK * TILE);
        for (size_t p = 0; p < WINOGRAD_PATCH; p++)
            memcpy(out + p * of->slice, desk->transformed[p], count * TILE * sizeof(float));
    }
}

enum geosc_status winograd_create(geosc_context *context, const float *weights, const double *factors,
                                  const struct convolution *sizes, struct winograd *winograd, bool *finite)
{
    enum geosc_status status;
    size_t rows = packed_rows(sizes->outputs), slice, floats;
    double g[WINOGRAD_SIDE][KERNEL_SIDE];
    struct weight_desk *desks = NULL;
    atomic_bool bad = false;

    *winograd = (struct winograd){.inputs = sizes->inputs, .outputs = sizes->outputs};
    if (!size_multiply(rows, sizes->inputs, &slice) || !size_multiply(slice, WINOGRAD_PATCH, &floats))
        return fail(context, GEOSC_FAILED, "a convolution of %zu to %zu channels is too large", sizes->inputs,
                    sizes->outputs);
    TRY(memory_allocate(context, &winograd->weights, floats, sizeof(float), "transformed weights"));
    TRY(memory_allocate(context, &desks, (size_t)context->threads, sizeof *desks, "transformed weights"));
    weight_matrix(g);
    const struct weighing of = {context->kernels, weights, factors, sizes, winograd, slice, g, &bad};
    share(context, rows / TILE, weights_unit, &of, desks, sizeof *desks);
    *finite = !atomic_load(&bad);
    TRY(check_stop(context));
done:
    memory_free(desks);
    return status;
}

enum geosc_status winograd_or_pack(geosc_context *context, enum geosc_conv conv, const float *weights,
                                   const double *factors, struct convolution *convolution, struct winograd *winograd,
                                   bool *finite)
{
    enum { WORTH_IT = 16 }; /* channels: with fewer, the transforms cost more than they save */
    bool wide = convolution->inputs >= WORTH_IT && convolution->outputs >= WORTH_IT;

    if (!winograd || conv == GEOSC_CONV_DIRECT || (conv == GEOSC_CONV_AUTO && !wide))
        return convolution_create(context, weights, factors, convolution, finite);
    return winograd_create(context, weights, factors, convolution, winograd, finite);
}

void winograd_free(struct winograd *winograd)
{
    memory_free(winograd->weights);
    *winograd = (struct winograd){0};
}

/* ---- tiles --------------------------------------------------------------------------------------- */

static size_t tiles_across(size_t cells)
{
    return (cells + WINOGRAD_TILE_SIDE - 1) / WINOGRAD_TILE_SIDE;
}

static size_t count_tiles(const struct layer_item *items, size_t count)
{
    size_t tiles = 0;

    for (size_t i = 0; i < count; i++)
        tiles += tiles_across(items[i].height) * tiles_across(items[i].width);
    return tiles;
}

/* Finds tiles first .. first + PANEL - 1 of a batch of `tiles`; returns their number. */
static size_t find_places(const struct layer_item *items, size_t tiles, size_t first, struct tile_place places[PANEL])
{
    size_t count = tiles - first < PANEL ? tiles - first : PANEL, tile = first;

    for (size_t t = 0; t < count; t++, tile++) {
        size_t across = tiles_across(items->width), of_item = tiles_across(items->height) * across;
        while (tile >= of_item) {
            tile -= of_item;
            items++;
            across = tiles_across(items->width);
            of_item = tiles_across(items->height) * across;
        }
        places[t] = (struct tile_place){items, tile / across * WINOGRAD_TILE_SIDE, tile % across * WINOGRAD_TILE_SIDE};
    }
    return count;
}

/* The cell at (y, x) relative to the tile's first cell: its offset from the item's first cell, for maps of `channels`;
 * false outside the map. Negative y and x wrap around. */
static bool find_cell(const struct tile_place *place, size_t y, size_t x, size_t channels, size_t *offset)
{
    size_t cell = (place->y + y) * place->item->width + place->x + x;

    *offset = cell / PANEL * channels * PANEL + cell % PANEL;
    return place->y + y < place->item->height && place->x + x < place->item->width;
}

/* Describes the moves of one panel of tiles, with offsets from the first item. */
static void make_tiles(const struct winograd *winograd, const struct layer_item *items, size_t tiles, size_t first,
                       struct winograd_tiles *out)
{
    struct tile_place places[PANEL];
    size_t count = find_places(items, tiles, first, places), offset;

    out->in_count = out->out_count = 0;
    for (size_t p = 0; p < WINOGRAD_PATCH; p++)
        for (size_t t = 0; t < count; t++)
            if (find_cell(&places[t], p / WINOGRAD_SIDE - 1, p % WINOGRAD_SIDE - 1, winograd->inputs, &offset)) {
                out->in_place[out->in_count] = (uint16_t)(p * PANEL + t);
                out->in_offset[out->in_count++] = (uint32_t)(offset + (size_t)(places[t].item->in - items->in));
            }
    for (size_t q = 0; q < WINOGRAD_TILE; q++)
        for (size_t t = 0; t < count; t++)
            if (find_cell(&places[t], q / WINOGRAD_TILE_SIDE, q % WINOGRAD_TILE_SIDE, winograd->outputs, &offset)) {
                out->out_place[out->out_count] = (uint16_t)(q * PANEL + t);
                out->out_offset[out->out_count++] = (uint32_t)(offset + (size_t)(places[t].item->out - items->out));
            }
}

bool winograd_fits(const struct winograd *winograd, size_t panels)
{
    size_t channels = winograd->inputs > winograd->outputs ? winograd->inputs : winograd->outputs, floats;

    return size_multiply(panels, channels * PANEL, &floats) && floats <= UINT32_MAX;
}

/* ---- the phases ---------------------------------------------------------------------------------- */

/* Scratch of one group of panels of tiles. */
struct group {
    struct winograd_tiles *tiles; /* [GROUP] */
    float *v, *m;                 /* [GROUP][WINOGRAD_PATCH] slices: transformed inputs, products */
    size_t v_slice, m_slice;
    size_t panels; /* of GROUP, in use */
};

/* Floats of one slice [channels][PANEL] plus a cache line: slices a multiple of 4 KB apart would compete for the same
 * cache sets. */
static size_t slice_floats(size_t channels)
{
    return channels * PANEL + 16;
}

size_t winograd_scratch_bytes(size_t inputs, size_t outputs)
{
    return GROUP * (WINOGRAD_PATCH * (slice_floats(inputs) + slice_floats(outputs)) * sizeof(float) +
                    (sizeof(struct winograd_tiles) + 63) / 64 * 64);
}

static struct group make_group(const struct winograd *winograd, void *scratch)
{
    struct group group = {.v_slice = slice_floats(winograd->inputs), .m_slice = slice_floats(winograd->outputs)};

    group.v = scratch;
    group.m = group.v + GROUP * WINOGRAD_PATCH * group.v_slice;
    group.tiles = (struct winograd_tiles *)(group.m + GROUP * WINOGRAD_PATCH * group.m_slice);
    return group;
}

static size_t blocks(size_t channels, size_t size)
{
    return (channels + size - 1) / size;
}

static size_t block_channels(size_t channels, size_t block, size_t size)
{
    return channels - block * size < size ? channels - block * size : size;
}

/* A phase on one group: its units are blocks of channels of panels of tiles. */
struct phase {
    const geosc_context *context;
    const struct winograd *winograd;
    struct group group;
    const struct layer_item *items;
    size_t tiles, first; /* of the batch; the group's first panel */
    const float *bias;
    bool relu;
};

static void tiles_unit(const void *work, size_t panel, void *desk)
{
    const struct phase *phase = work;

    (void)desk;
    make_tiles(phase->winograd, phase->items, phase->tiles, (phase->first + panel) * PANEL, &phase->group.tiles[panel]);
}

static void input_unit(const void *work, size_t unit, void *desk)
{
    const struct phase *phase = work;
    const struct group *group = &phase->group;
    size_t inputs = phase->winograd->inputs, count = blocks(inputs, CHANNEL_BLOCK);
    size_t panel = unit / count, block = unit % count, first = block * CHANNEL_BLOCK * PANEL;

    (void)desk;
    phase->context->kernels->winograd_input(&group->tiles[panel], phase->items->in + first,
                                            block_channels(inputs, block, CHANNEL_BLOCK),
                                            group->v + panel * WINOGRAD_PATCH * group->v_slice + first, group->v_slice);
}

/* Units with the same weights are adjacent, so that threads share them in the cache. */
static void multiply_unit(const void *work, size_t unit, void *desk)
{
    const struct phase *phase = work;
    const struct group *group = &phase->group;
    const struct winograd *winograd = phase->winograd;
    size_t slice = packed_rows(winograd->outputs) * winograd->inputs, count = blocks(winograd->outputs, ROW_BLOCK);
    size_t panel = unit % group->panels, block = unit / group->panels % count, p = unit / group->panels / count;
    size_t place = panel * WINOGRAD_PATCH + p;

    (void)desk;
    phase->context->kernels->gemm_panel(&(struct gemm){
        .rows = block_channels(winograd->outputs, block, ROW_BLOCK),
        .depth = winograd->inputs,
        .a = winograd->weights + p * slice + block * ROW_BLOCK * winograd->inputs,
        .a_stride = TILE,
        .a_tile = winograd->inputs * TILE,
        .b = group->v + place * group->v_slice,
        .c = group->m + place * group->m_slice + block * ROW_BLOCK * PANEL,
        .c_stride = PANEL,
    });
}

static void output_unit(const void *work, size_t unit, void *desk)
{
    const struct phase *phase = work;
    const struct group *group = &phase->group;
    size_t outputs = phase->winograd->outputs, count = blocks(outputs, CHANNEL_BLOCK);
    size_t panel = unit / count, block = unit % count, first = block * CHANNEL_BLOCK * PANEL;

    (void)desk;
    phase->context->kernels->winograd_output(
        &group->tiles[panel], group->m + panel * WINOGRAD_PATCH * group->m_slice + first, group->m_slice,
        block_channels(outputs, block, CHANNEL_BLOCK), phase->bias ? phase->bias + block * CHANNEL_BLOCK : NULL,
        phase->relu, phase->items->out + first);
}

/* Fills the last panel with copies of the last cell. */
static void fill_up(const struct layer_item *item, size_t channels)
{
    size_t last = (item->cells - 1) % PANEL;

    for (float *row = item->out + (item->panels - 1) * channels * PANEL;
         row < item->out + item->panels * channels * PANEL; row += PANEL)
        for (size_t i = last + 1; i < PANEL; i++)
            row[i] = row[last];
}

void winograd_convolve(const geosc_context *context, const struct winograd *winograd, const float *bias, bool relu,
                       const struct layer_item *items, size_t count, void *scratch)
{
    struct phase phase = {.context = context,
                          .winograd = winograd,
                          .group = make_group(winograd, scratch),
                          .items = items,
                          .tiles = count_tiles(items, count),
                          .bias = bias,
                          .relu = relu};
    size_t panels = (phase.tiles + PANEL - 1) / PANEL, groups = (panels + GROUP - 1) / GROUP,
           each = (panels + groups - 1) / groups;

    for (; phase.first < panels && !stop_asked(context); phase.first += each) {
        size_t in_group = phase.group.panels = size_smaller(panels - phase.first, each);
        share(context, in_group, tiles_unit, &phase, NULL, 0);
        share(context, in_group * blocks(winograd->inputs, CHANNEL_BLOCK), input_unit, &phase, NULL, 0);
        share(context, in_group * WINOGRAD_PATCH * blocks(winograd->outputs, ROW_BLOCK), multiply_unit, &phase, NULL,
              0);
        share(context, in_group * blocks(winograd->outputs, CHANNEL_BLOCK), output_unit, &phase, NULL, 0);
    }
    for (size_t i = 0; i < count; i++)
        fill_up(&items[i], winograd->outputs);
}
