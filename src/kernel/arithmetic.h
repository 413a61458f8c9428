/*
 * arithmetic: checks what geosc needs of the compiler's arithmetic, wherever a kernel or the library is compiled.
 * Absent keypoints are NaN and lost maxima infinite: a compiler that assumes neither exists reads and writes past
 * arrays.
 */
#ifndef GEOSC_ARITHMETIC_H
#define GEOSC_ARITHMETIC_H

#if defined __FAST_MATH__ || (defined __FINITE_MATH_ONLY__ && __FINITE_MATH_ONLY__ > 0)
#error \
    "geosc needs NaN and infinity: no -ffast-math, -Ofast or -ffinite-math-only, please (Intel's icx: -fp-model=precise)"
#endif

#if defined __ASSOCIATIVE_MATH__ || defined __RECIPROCAL_MATH__
#error "geosc needs sums in the order in which they are written: no -fassociative-math or -freciprocal-math, please"
#endif

#if defined __FLT_EVAL_METHOD__ && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ != 16
#error "geosc needs float computed as float: on 32-bit x86 with -msse2 -mfpmath=sse"
#endif

#endif
