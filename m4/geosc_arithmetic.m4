dnl GEOSC_CHECK_ARITHMETIC: ARITHMETIC_CFLAGS, which follow the user's CFLAGS whenever C is compiled: the compiler may neither fuse a * b + c
dnl nor reorder sums; only kernels fuse, explicitly (README: Same bytes). Refuses compilers and CFLAGS without NaN and infinity, which
dnl src/kernel/arithmetic.h or the program below detects. On x87, adds flags for SSE2.
AC_DEFUN([GEOSC_CHECK_ARITHMETIC], [
  GEOSC_CHECK_FLAGS([ARITHMETIC_CFLAGS], [-fno-unsafe-math-optimizations -ffp-contract=off])
  AS_CASE([$ARITHMETIC_CFLAGS], [*contract*], [], [AC_MSG_ERROR([the compiler does not accept -ffp-contract=off: use gcc or clang])])
  geosc_user_cflags=$CFLAGS
  AC_MSG_CHECKING([whether float is computed as float])
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([GEOSC_FLOAT_IS_FLOAT])], [AC_MSG_RESULT([yes])],
    [CFLAGS="$CFLAGS -msse2 -mfpmath=sse"
     AC_COMPILE_IFELSE([AC_LANG_PROGRAM([GEOSC_FLOAT_IS_FLOAT])],
       [ARITHMETIC_CFLAGS="$ARITHMETIC_CFLAGS -msse2 -mfpmath=sse"; AC_MSG_RESULT([with -msse2 -mfpmath=sse])],
       [AC_MSG_RESULT([no])
        AC_MSG_ERROR([this machine computes float in wider registers, which would change results])])])

  CFLAGS="$CFLAGS $ARITHMETIC_CFLAGS"
  AC_MSG_CHECKING([whether NaN, infinity and subnormal numbers follow IEEE 754])
  AC_RUN_IFELSE([AC_LANG_SOURCE([[
#include "$srcdir/src/kernel/arithmetic.h"
#include <float.h>
#include <math.h>
int main(void)
{
    volatile float zero = 0, big = FLT_MAX, one = 1, tiny = FLT_MIN, eps = FLT_EPSILON / 4;
    float nan = zero / zero, infinity = big * 2;
    float kept = (one + eps) - one, half = tiny / 2;

    return !(nan != nan && isnan(nan) && isinf(infinity) && !(nan < 1) && !(nan >= 1) && kept == 0 && half > 0);
}]])],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([CFLAGS or the compiler disable NaN and infinity, so that geosc would read and write beyond its arrays: dnl
build without -ffast-math, -Ofast and -ffinite-math-only (Intel's icx: CFLAGS=-fp-model=precise)])],
    [AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
#include "$srcdir/src/kernel/arithmetic.h"
]])],
       [AC_MSG_RESULT([cannot run it here, but the compiler accepts it])],
       [AC_MSG_RESULT([no])
        AC_MSG_ERROR([src/kernel/arithmetic.h refuses CFLAGS or the compiler: see the reason in config.log])])])
  CFLAGS=$geosc_user_cflags
])

dnl x87 has method 2; method 16 concerns only _Float16.
m4_define([GEOSC_FLOAT_IS_FLOAT], [[
#if defined __FLT_EVAL_METHOD__ && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ != 16
#error excess precision
#endif]])
