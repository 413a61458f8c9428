#include "variants.h"

#include <math.h>
#include <string.h>

#if defined(GEOSC_BUILD_AVX2) || defined(GEOSC_BUILD_AVX512)
#include <cpuid.h>
#endif

/* ---- dispatch ------------------------------------------------------------------------------------ */

/* __builtin_cpu_supports asks the operating system too: it knows whether the wide registers are saved. */

static bool always(void) { return true; }

#if defined(GEOSC_BUILD_AVX2) || defined(GEOSC_BUILD_AVX512)
/* Not every compiler's __builtin_cpu_supports knows F16C; its registers are AVX's. */
static bool has_f16c(void) {
    unsigned eax, ebx, ecx, edx;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_F16C);
}

static bool has_avx2(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
}
#endif

#if defined(GEOSC_BUILD_AVX512)
static bool has_avx512(void) {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

static const struct {
    const struct kernels *kernels;
    bool (*usable)(void);
} variants[] = {
    /* best first */
#if defined(GEOSC_BUILD_AVX512)
    {&kernels_avx512, has_avx512},
#endif
#if defined(GEOSC_BUILD_AVX2)
    {&kernels_avx2, has_avx2},
#endif
    {&kernels_c, always},
};

enum { VARIANTS = sizeof variants / sizeof variants[0] };

const struct kernels *kernels_list(size_t i, bool *usable) {
    if (i >= VARIANTS)
        return NULL;
    *usable = variants[i].usable();
    return variants[i].kernels;
}

const struct kernels *kernels_find(const char *name) {
    for (size_t i = 0; i < VARIANTS; i++)
        if ((!name || strcmp(name, variants[i].kernels->name) == 0) && variants[i].usable())
            return variants[i].kernels;
    return NULL;
}

/* ---- running row maximum ------------------------------------------------------------------------- */

void rowmax_start(struct rowmax *state) {
    for (size_t i = 0; i < PANEL; i++)
        for (size_t lane = 0; lane < PANEL; lane++) {
            state->best[i][lane] = -INFINITY;
            state->panel[i][lane] = 0;
        }
}

void rowmax_finish(const struct rowmax *state, size_t rows, size_t target_cells, float *out_value, int32_t *out_index) {
    for (size_t i = 0; i < rows; i++) {
        out_value[i] = -INFINITY;
        out_index[i] = 0;
        for (size_t lane = 0; lane < PANEL; lane++) {
            const float value = state->best[i][lane];
            const int32_t index = state->panel[i][lane] * PANEL + (int32_t)lane;
            const bool first = value == out_value[i] && index < out_index[i];
            if ((size_t)index < target_cells && (value > out_value[i] || first)) {
                out_value[i] = value;
                out_index[i] = index;
            }
        }
    }
}
