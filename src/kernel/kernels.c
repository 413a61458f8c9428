#include "variants.h"

#include <math.h>
#include <string.h>

#if defined(GEOSC_BUILD_AVX2)
#include <cpuid.h>
#endif
#if defined(GEOSC_BUILD_NEON_DOTPROD)
#if defined(GEOSC_HAVE_GETAUXVAL) || defined(GEOSC_HAVE_ELF_AUX_INFO)
#include <sys/auxv.h>
#elif defined(GEOSC_HAVE_SYSCTLBYNAME)
#include <sys/sysctl.h>
#include <sys/types.h>
#endif
#endif

/* ---- dispatch ------------------------------------------------------------------------------------ */

/* Each function returns the implementation for a name, and whether this machine can run it. __builtin_cpu_supports also
 * checks that the operating system saves the wide registers. */

static const struct kernels *choose_c(bool *usable)
{
    *usable = true;
    return &kernels_c;
}

#if defined(GEOSC_BUILD_AVX2)
/* Some compilers' __builtin_cpu_supports lacks F16C, which uses AVX registers. */
static bool has_f16c(void)
{
    unsigned eax, ebx, ecx, edx;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_F16C);
}

static const struct kernels *choose_avx2(bool *usable)
{
    __builtin_cpu_init();
    *usable = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
    return &kernels_avx2;
}
#endif

#if defined(GEOSC_BUILD_AVX512)
static const struct kernels *choose_avx512(bool *usable)
{
    __builtin_cpu_init();
    *usable = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#if defined(GEOSC_BUILD_AVX512VNNI)
    if (*usable && __builtin_cpu_supports("avx512vnni"))
        return &kernels_avx512vnni;
#endif
    return &kernels_avx512;
}
#endif

#if defined(GEOSC_BUILD_NEON)
static const struct kernels *choose_neon(bool *usable)
{
    *usable = true; /* part of every 64-bit Arm processor */
    return &kernels_neon;
}
#endif

#if defined(GEOSC_BUILD_NEON_DOTPROD)
#if !defined(HWCAP_ASIMDDP)
#define HWCAP_ASIMDDP (1ul << 20) /* Linux's numbers, which FreeBSD has too */
#endif
#if !defined(HWCAP2_I8MM)
#define HWCAP2_I8MM (1ul << 13)
#endif

/* Whether the processor has what a bit of this word means, which macOS calls by a name. */
#if defined(GEOSC_HAVE_GETAUXVAL) /* Linux */
#define PROCESSOR_HAS(word, bit, name) ((getauxval(word) & (bit)) != 0)
#elif defined(GEOSC_HAVE_ELF_AUX_INFO) /* FreeBSD */
static bool processor_has(int word, unsigned long bit)
{
    unsigned long bits = 0;
    return elf_aux_info(word, &bits, sizeof bits) == 0 && (bits & bit);
}
#define PROCESSOR_HAS(word, bit, name) processor_has(word, bit)
#elif defined(GEOSC_HAVE_SYSCTLBYNAME) /* macOS */
static bool processor_has(const char *name)
{
    int has = 0;
    size_t size = sizeof has;
    return sysctlbyname(name, &has, &size, NULL, 0) == 0 && has;
}
#define PROCESSOR_HAS(word, bit, name) processor_has(name)
#else
#define PROCESSOR_HAS(word, bit, name) false
#endif

static const struct kernels *choose_neon_dotprod(bool *usable)
{
    *usable = PROCESSOR_HAS(AT_HWCAP, HWCAP_ASIMDDP, "hw.optional.arm.FEAT_DotProd");
#if defined(GEOSC_BUILD_NEON_I8MM)
    if (*usable && PROCESSOR_HAS(AT_HWCAP2, HWCAP2_I8MM, "hw.optional.arm.FEAT_I8MM"))
        return &kernels_neon_i8mm;
#endif
    return &kernels_neon_dotprod;
}
#endif

static const struct kernels *(*const choices[])(bool *) = {
/* best first */
#if defined(GEOSC_BUILD_AVX512)
    choose_avx512,
#endif
#if defined(GEOSC_BUILD_AVX2)
    choose_avx2,
#endif
#if defined(GEOSC_BUILD_NEON_DOTPROD)
    choose_neon_dotprod,
#endif
#if defined(GEOSC_BUILD_NEON)
    choose_neon,
#endif
    choose_c,
};

const struct kernels *kernels_list(size_t i, bool *usable)
{
    return i < sizeof choices / sizeof choices[0] ? choices[i](usable) : NULL;
}

const struct kernels *kernels_find(const char *name)
{
    const struct kernels *kernels;
    bool usable;
    for (size_t i = 0; (kernels = kernels_list(i, &usable)); i++)
        if (usable && (!name || strcmp(name, kernels->name) == 0))
            return kernels;
    return NULL;
}

/* ---- running row maximum ------------------------------------------------------------------------- */

void rowmax_start(struct rowmax *state)
{
    for (size_t i = 0; i < PANEL; i++)
        for (size_t lane = 0; lane < PANEL; lane++) {
            state->best[i][lane] = -INFINITY;
            state->panel[i][lane] = 0;
        }
}

void rowmax_finish(const struct rowmax *state, size_t rows, size_t target_cells, float *out_value, int32_t *out_index)
{
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
