/*
 * variants: the implementations that kernels.c chooses from; configure enables those that the compiler can build.
 */
#ifndef GEOSC_VARIANTS_H
#define GEOSC_VARIANTS_H

#include "kernel.h"

extern const struct kernels kernels_c;            /* kernels_c.c, everywhere */
extern const struct kernels kernels_avx2;         /* kernels_avx2.c, with GEOSC_BUILD_AVX2 */
extern const struct kernels kernels_avx512;       /* kernels_avx512.c, with GEOSC_BUILD_AVX512 */
extern const struct kernels kernels_avx512vnni;   /* kernels_avx512vnni.c, with GEOSC_BUILD_AVX512VNNI */
extern const struct kernels kernels_neon;         /* kernels_neon.c, with GEOSC_BUILD_NEON */
extern const struct kernels kernels_neon_dotprod; /* kernels_neon_dotprod.c, with GEOSC_BUILD_NEON_DOTPROD */
extern const struct kernels kernels_neon_i8mm;    /* kernels_neon_i8mm.c, with GEOSC_BUILD_NEON_I8MM */

#endif
