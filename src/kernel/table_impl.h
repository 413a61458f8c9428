/*
 * table_impl: all kernels with the operations of vector.h as one table. The file of each instruction set, such as
 * kernels_avx2.c, includes it with its own target flags.
 */
#ifndef GEOSC_TABLE_IMPL_H
#define GEOSC_TABLE_IMPL_H

#include "variants.h"

#include "int8_impl.h"
#include "kernels_impl.h"
#include "norm_impl.h"
#include "winograd_impl.h"

#define KERNEL_TABLE(set)                                                                                           \
    {                                                                                                               \
        .name = set, .isa_class = "fma", .gemm_panel = gemm_panel, .rowmax_panel = rowmax_panel,                    \
        .normalise_panel = normalise_panel, .gather_panel = gather_panel, .distance_squared = distance_squared,     \
        .sum_weights = sum_weights, .from_half = from_half, .from_bfloat = from_bfloat,                             \
        .winograd_weights = winograd_weights, .winograd_input = winograd_input, .winograd_output = winograd_output, \
        .moments_panel = moments_panel, .affine_panel = affine_panel, .mix_panel = mix_panel,                       \
        .int8_is_faster = INT8_IS_FASTER, .int8_adjacent = INT8_ADJACENT, .sum_rows = sum_rows,                     \
        .project_rows = project_rows, .quantise_panel = quantise_panel, .bound_panel = bound_panel,                 \
        .largest = largest, .find_at_least = find_at_least, .dot_rows = dot_rows, .peak = peak,                     \
        .peak_int8 = INT8_IS_FASTER ? peak_int8 : NULL,                                                             \
    }

#endif
