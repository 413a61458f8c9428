#include "network/convolution.h"

#include "base/number.h"
#include "base/share.h"

#include <stdatomic.h>

enum {
    TAPS = 9,          /* of a 3x3 */
    CHANNEL_BLOCK = 32 /* input channels gathered at a time: 32 * 9 * PANEL floats = 55 KB fit into L2 with the
                        * accumulators */
};

static size_t total_panels(const struct layer_item *items, size_t count)
{
    size_t total = 0;

    for (size_t i = 0; i < count; i++)
        total += items[i].panels;
    return total;
}

/* The item with panel `*panel` of the batch; *panel becomes the panel's number in that item. */
static const struct layer_item *find_panel(const struct layer_item *items, size_t *panel)
{
    while (*panel >= items->panels) {
        *panel -= items->panels;
        items++;
    }
    return items;
}

/* A convolution of a batch. */
struct convolving {
    const struct kernels *kernels;
    const struct convolution *convolution;
    const struct layer_item *items;
    size_t blocks; /* units of a panel */
    bool residual, relu;
};

static void pointwise_unit(const void *work, size_t unit, void *desk)
{
    const struct convolving *of = work;
    const struct convolution *convolution = of->convolution;
    size_t panel = unit / of->blocks, row = unit % of->blocks * ROW_BLOCK;
    const struct layer_item *item = find_panel(of->items, &panel);
    float *out = item->out + (panel * convolution->outputs + row) * PANEL;

    (void)desk;
    of->kernels->gemm_panel(&(struct gemm){
        .rows = size_smaller(convolution->outputs - row, ROW_BLOCK),
        .depth = convolution->inputs,
        .a = convolution->weights + row * convolution->inputs,
        .a_stride = TILE,
        .a_tile = convolution->inputs * TILE,
        .b = item->in + panel * convolution->inputs * PANEL,
        .c = out,
        .c_stride = PANEL,
        .bias = convolution->bias ? convolution->bias + row : NULL,
        .residual = of->residual ? out : NULL,
        .relu = true,
    });
}

void convolution_pointwise(const geosc_context *context, const struct convolution *convolution,
                           const struct layer_item *items, size_t count, bool residual)
{
    const struct convolving of = {.kernels = context->kernels,
                                  .convolution = convolution,
                                  .items = items,
                                  .blocks = (convolution->outputs + ROW_BLOCK - 1) / ROW_BLOCK,
                                  .residual = residual};

    share(context, total_panels(items, count) * of.blocks, pointwise_unit, &of, NULL, 0);
}

/* Finds the nine neighbours of each cell of a panel: offsets into the input's first channel, -1 outside the map. */
static void find_neighbours(const struct layer_item *item, size_t inputs, size_t panel, ptrdiff_t offset[TAPS][PANEL])
{
    for (size_t i = 0; i < PANEL; i++) {
        size_t at = panel * PANEL + i;
        size_t cell = at < item->cells ? at : item->cells - 1, y = cell / item->width, x = cell % item->width;
        for (size_t tap = 0; tap < TAPS; tap++) {
            size_t ny = y + tap / 3 - 1, nx = x + tap % 3 - 1; /* below 0 they wrap to huge numbers */
            size_t neighbour = ny * item->width + nx;
            bool inside = ny < item->height && nx < item->width;
            offset[tap][i] = inside ? (ptrdiff_t)(neighbour / PANEL * inputs * PANEL + neighbour % PANEL) : -1;
        }
    }
}

/* Gathers columns [channels][TAPS][PANEL], operand B of a 3x3 convolution, for input channels first .. first + channels
 * - 1. */
static void gather_columns(const float *in, size_t first, size_t channels, ptrdiff_t offset[TAPS][PANEL],
                           float *columns)
{
    for (size_t c = 0; c < channels; c++) {
        const float *channel = in + (first + c) * PANEL;
        for (size_t tap = 0; tap < TAPS; tap++) {
            float *out = columns + (c * TAPS + tap) * PANEL;
            for (size_t i = 0; i < PANEL; i++)
                out[i] = offset[tap][i] >= 0 ? channel[offset[tap][i]] : 0;
        }
    }
}

static void direct_unit(const void *work, size_t unit, void *desk)
{
    const struct convolving *of = work;
    const struct convolution *convolution = of->convolution;
    size_t panel = unit;
    const struct layer_item *item = find_panel(of->items, &panel);
    ptrdiff_t offset[TAPS][PANEL];
    float *out = item->out + panel * convolution->outputs * PANEL, *columns = desk;

    find_neighbours(item, convolution->inputs, panel, offset);
    for (size_t first = 0; first < convolution->inputs; first += CHANNEL_BLOCK) {
        size_t left = convolution->inputs - first, channels = left < CHANNEL_BLOCK ? left : CHANNEL_BLOCK;
        bool last = left == channels;
        gather_columns(item->in, first, channels, offset, columns);
        of->kernels->gemm_panel(&(struct gemm){
            .rows = convolution->outputs,
            .depth = channels * TAPS,
            .a = convolution->weights + first * TAPS * TILE,
            .a_stride = TILE,
            .a_tile = convolution->inputs * TAPS * TILE,
            .b = columns,
            .c = out,
            .c_stride = PANEL,
            .accumulate = first > 0,
            .bias = last ? convolution->bias : NULL,
            .relu = of->relu && last,
        });
    }
}

void convolution_direct(const geosc_context *context, const struct convolution *convolution,
                        const struct layer_item *items, size_t count, bool relu, float *scratch)
{
    const struct convolving of = {
        .kernels = context->kernels, .convolution = convolution, .items = items, .relu = relu};

    share(context, total_panels(items, count), direct_unit, &of, scratch, convolution_scratch_floats() * sizeof(float));
}

bool convolution_pack(const struct convolution *sizes, const float *weights, const double *factors, size_t tile,
                      size_t first, size_t count, float *out)
{
    size_t depth = sizes->inputs * sizes->taps, row = tile * TILE, left = sizes->outputs - row;
    size_t rows = left < TILE ? left : TILE;
    const float *in[TILE];
    double factor[TILE];

    for (size_t r = 0; r < TILE; r++) {
        size_t there = row + (r < rows ? r : 0);
        in[r] = weights + there * depth + first * sizes->taps;
        factor[r] = factors ? factors[there] : 1;
    }
    for (size_t k = 0; k < count * sizes->taps; k++)
        for (size_t r = 0; r < TILE; r++)
            out[k * TILE + r] = (float)(in[r][k] * factor[r]);
    for (size_t k = 0; rows < TILE && k < count * sizes->taps; k++)
        for (size_t r = rows; r < TILE; r++)
            out[k * TILE + r] = 0;
    return number_all_finite(out, count * sizes->taps * TILE);
}

/* The packing of all weights. */
struct packing {
    const struct convolution *to;
    const float *weights;
    const double *factors;
    atomic_bool *bad; /* a product is not finite */
};

static void packing_unit(const void *work, size_t tile, void *desk)
{
    const struct packing *of = work;
    size_t inputs = of->to->inputs;
    float *out = of->to->weights + tile * inputs * of->to->taps * TILE;

    (void)desk;
    if (!convolution_pack(of->to, of->weights, of->factors, tile, 0, inputs, out))
        atomic_store(of->bad, true);
}

enum geosc_status convolution_create(geosc_context *context, const float *weights, const double *factors,
                                     struct convolution *convolution, bool *finite)
{
    size_t tiles = (convolution->outputs + TILE - 1) / TILE, depth = convolution->inputs * convolution->taps, floats;
    atomic_bool bad = false;
    const struct packing of = {convolution, weights, factors, &bad};

    if (!size_multiply(tiles * TILE, depth, &floats))
        return fail_memory(context, SIZE_MAX, "weights");
    if (memory_allocate(context, &convolution->weights, floats, sizeof(float), "weights") != GEOSC_OK)
        return GEOSC_FAILED;
    share(context, tiles, packing_unit, &of, NULL, 0);
    *finite = !atomic_load(&bad);
    return check_stop(context);
}

void convolution_free(struct convolution *convolution)
{
    memory_free(convolution->weights);
    memory_free(convolution->bias);
    *convolution = (struct convolution){0};
}

size_t convolution_scratch_floats(void)
{
    return (size_t)CHANNEL_BLOCK * TAPS * PANEL;
}
