#include "variants.h"

#include "kernels_impl.h"
#include "winograd_impl.h"

const struct kernels kernels_avx512 = {
    .name = "avx512",
    .isa_class = "fma",
    .gemm_panel = gemm_panel,
    .rowmax_panel = rowmax_panel,
    .normalise_panel = normalise_panel,
    .distance_squared = distance_squared,
    .from_half = from_half,
    .winograd_input = winograd_input,
    .winograd_output = winograd_output,
    .peak = peak,
};
