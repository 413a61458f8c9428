dnl GEOSC_CHECK_OPENMP: OPENMP_CFLAGS, for compiling and linking. Apple's clang refuses -fopenmp, but what compiles behind it knows the flag; libomp
dnl comes from Homebrew or MacPorts. Then OPENMP_CPPFLAGS are for compiling alone, since libtool would bring a plain -fopenmp before the
dnl linker, and LIBS has libomp.
AC_DEFUN([GEOSC_CHECK_OPENMP], [
  AC_SUBST([OPENMP_CPPFLAGS], [])
  AC_OPENMP
  AS_IF([test "x$ac_cv_prog_c_openmp" = xunsupported], [
    AC_MSG_CHECKING([for OpenMP of clang with a libomp of its own])
    geosc_saved_cppflags=$CPPFLAGS geosc_saved_libs=$LIBS geosc_found=no
    for geosc_prefix in "" "`brew --prefix libomp 2>/dev/null`" /opt/homebrew/opt/libomp /usr/local/opt/libomp /opt/local; do
      AS_CASE([$geosc_prefix],
        [""], [geosc_include= geosc_lib=],
        [/opt/local], [geosc_include=-I/opt/local/include/libomp geosc_lib=-L/opt/local/lib/libomp],
        [geosc_include=-I$geosc_prefix/include geosc_lib=-L$geosc_prefix/lib])
      CPPFLAGS="$geosc_saved_cppflags -Xpreprocessor -fopenmp $geosc_include" LIBS="$geosc_lib -lomp $geosc_saved_libs"
      AC_LINK_IFELSE([AC_LANG_PROGRAM([[
#ifndef _OPENMP
#error no OpenMP
#endif
#include <omp.h>]], [[return omp_get_num_threads();]])], [geosc_found=yes; break])
    done
    CPPFLAGS=$geosc_saved_cppflags
    AS_IF([test $geosc_found = yes], [
      OPENMP_CPPFLAGS="-Xpreprocessor -fopenmp $geosc_include"
      AC_MSG_RESULT([$OPENMP_CPPFLAGS $geosc_lib -lomp])
    ], [
      AC_MSG_RESULT([no])
      AC_MSG_ERROR([the compiler does not support OpenMP: use gcc, or clang with libomp dnl
(Debian: libomp-dev; Apple's clang: brew install libomp)])])])
])
