/*
 * instructions: calls one kernel, for tests/arm64/instructions, which counts the instructions. Without operands: prints
 * the kernels' names, and how many vectors of four floats a call handles (for products: multiply-adds by four).
 */
#include "kernel/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 128, CELLS = 1024, INPUTS = 16, CHANNELS = 8, PAIRS = 16 };

static _Alignas(64) float a[PANEL * DEPTH], b[PANEL * DEPTH], c[WINOGRAD_PATCH * PANEL * CHANNELS], d[PANEL * DEPTH];
static uint16_t halves[CELLS];
static struct winograd_tiles tiles;
static const float *rows[PANEL];

static void call_gemm_panel(const struct kernels *kernels)
{
    const struct gemm gemm = {.rows = PANEL,
                              .depth = DEPTH,
                              .a = a,
                              .a_stride = TILE,
                              .a_tile = DEPTH * TILE,
                              .b = b,
                              .c = c,
                              .c_stride = PANEL};
    kernels->gemm_panel(&gemm);
}

static void call_rowmax_panel(const struct kernels *kernels)
{
    static struct rowmax state;
    kernels->rowmax_panel(&state, a, b, DEPTH, 0);
}

static void call_dot_rows(const struct kernels *kernels)
{
    kernels->dot_rows(rows, rows, PAIRS, DEPTH, c);
}

static void call_bound_panel(const struct kernels *kernels)
{
    static _Alignas(64) int8_t q[DEPTH * PANEL];
    static struct quantised quantised;
    static float shift[PANEL];
    kernels->bound_panel(q, &quantised, q, &quantised, shift, DEPTH, c, PANEL);
}

static void call_quantise_panel(const struct kernels *kernels)
{
    static _Alignas(64) int8_t q[DEPTH * PANEL];
    static struct quantised quantised;
    kernels->quantise_panel(a, b, DEPTH, q, &quantised);
}

static void call_normalise_panel(const struct kernels *kernels)
{
    float norms[PANEL];
    kernels->normalise_panel(a, DEPTH, PANEL, d, norms);
}

static void call_gather_panel(const struct kernels *kernels)
{
    kernels->gather_panel(rows, DEPTH, d);
}

static void call_moments_panel(const struct kernels *kernels)
{
    double moments[2 * DEPTH / 4];
    kernels->moments_panel(a, DEPTH, 4, PANEL, moments);
}

static void call_affine_panel(const struct kernels *kernels)
{
    kernels->affine_panel(a, DEPTH, b, b, d);
}

static void call_mix_panel(const struct kernels *kernels)
{
    const struct mix mix = {.channels = DEPTH,
                            .in = a,
                            .scale = b,
                            .shift = b,
                            .side = a,
                            .side_scale = b,
                            .side_shift = b,
                            .weight = 0.5f,
                            .accumulate = true,
                            .out = d};
    kernels->mix_panel(&mix);
}

static void call_sum_weights(const struct kernels *kernels)
{
    double sums[2];
    kernels->sum_weights(&(struct softmax_row){a, b, CELLS, 1.0f, 0.0f, 1.0f}, sums);
}

static void call_distance_squared(const struct kernels *kernels)
{
    kernels->distance_squared(a, b, CELLS, 1.0f);
}

static void call_from_half(const struct kernels *kernels)
{
    kernels->from_half(halves, c, CELLS);
}

static void call_from_bfloat(const struct kernels *kernels)
{
    kernels->from_bfloat(halves, c, CELLS);
}

static void call_winograd_weights(const struct kernels *kernels)
{
    static const double g[WINOGRAD_SIDE * 3];
    kernels->winograd_weights(g, a, INPUTS, c, INPUTS * TILE);
}

static void call_winograd_input(const struct kernels *kernels)
{
    kernels->winograd_input(&tiles, a, CHANNELS, c, CHANNELS * PANEL);
}

static void call_winograd_output(const struct kernels *kernels)
{
    kernels->winograd_output(&tiles, c, CHANNELS * PANEL, CHANNELS, b, true, d);
}

/* clang-format off */
static const struct {
    const char *name;
    void (*call)(const struct kernels *);
    size_t floats;
} calls[] = {
#define CALL(kernel, floats) {#kernel, call_##kernel, floats}
    CALL(gemm_panel, PANEL * PANEL * DEPTH),
    CALL(rowmax_panel, PANEL * PANEL * DEPTH),
    CALL(dot_rows, PAIRS * DEPTH),
    CALL(bound_panel, PANEL * PANEL * DEPTH),
    CALL(quantise_panel, PANEL * DEPTH),
    CALL(normalise_panel, PANEL * DEPTH),
    CALL(gather_panel, PANEL * DEPTH),
    CALL(moments_panel, PANEL * DEPTH),
    CALL(affine_panel, PANEL * DEPTH),
    CALL(mix_panel, PANEL * DEPTH),
    CALL(sum_weights, CELLS),
    CALL(distance_squared, CELLS),
    CALL(from_half, CELLS),
    CALL(from_bfloat, CELLS),
    CALL(winograd_weights, WINOGRAD_PATCH * INPUTS * TILE),
    CALL(winograd_input, WINOGRAD_PATCH * PANEL * CHANNELS),
    CALL(winograd_output, WINOGRAD_TILE * PANEL * CHANNELS),
};
/* clang-format on */

enum { CALLS = sizeof calls / sizeof calls[0] };

static void prepare(void)
{
    for (size_t i = 0; i < PANEL; i++)
        rows[i] = a + i * DEPTH;
    for (size_t i = 0; i < WINOGRAD_PATCH * PANEL; i++) {
        tiles.in_place[i] = (uint16_t)i;
        tiles.in_offset[i] = i % PANEL;
    }
    for (size_t i = 0; i < WINOGRAD_TILE * PANEL; i++) {
        tiles.out_place[i] = (uint16_t)i;
        tiles.out_offset[i] = i % PANEL;
    }
    tiles.in_count = WINOGRAD_PATCH * PANEL;
    tiles.out_count = WINOGRAD_TILE * PANEL;
}

/* instructions ISA KERNEL CALLS */
int main(int argc, char **argv)
{
    const struct kernels *kernels = argc > 3 ? kernels_find(argv[1]) : NULL;
    for (size_t i = 0; argc == 1 && i < CALLS; i++)
        printf("%s %zu\n", calls[i].name, calls[i].floats / 4);
    if (argc > 3 && !kernels)
        return fprintf(stderr, "%s: not on this machine\n", argv[1]), EXIT_FAILURE;
    prepare();
    for (size_t i = 0; kernels && i < CALLS; i++)
        for (int call = 0; strcmp(calls[i].name, argv[2]) == 0 && call < atoi(argv[3]); call++)
            calls[i].call(kernels);
    return EXIT_SUCCESS;
}
