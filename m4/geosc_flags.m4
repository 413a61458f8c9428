dnl GEOSC_CHECK_FLAGS(VARIABLE, FLAGS): sets VARIABLE to those of FLAGS that the C compiler accepts.
AC_DEFUN([GEOSC_CHECK_FLAGS], [
  AC_SUBST([$1], [])
  geosc_saved_cflags=$CFLAGS
  for geosc_flag in $2; do
    CFLAGS="$geosc_saved_cflags -Werror $geosc_flag"
    AC_MSG_CHECKING([whether $CC accepts $geosc_flag])
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
      [$1="$$1 $geosc_flag"; AC_MSG_RESULT([yes])],
      [AC_MSG_RESULT([no])])
  done
  CFLAGS=$geosc_saved_cflags
])

dnl GEOSC_CHECK_ISA(NAME, FLAGS): if the target is x86-64 and the compiler accepts all FLAGS, sets NAME_CFLAGS, the conditional HAVE_NAME and
dnl -DGEOSC_BUILD_NAME in GEOSC_ISA_CPPFLAGS. The machine that builds need not have the instructions.
AC_DEFUN([GEOSC_CHECK_ISA], [
  AC_SUBST([$1_CFLAGS], [])
  AC_SUBST([GEOSC_ISA_CPPFLAGS])
  geosc_saved_cflags=$CFLAGS
  CFLAGS="$CFLAGS -Werror $2"
  AC_MSG_CHECKING([for $1 kernels])
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
      #ifndef __x86_64__
      #error not x86-64
      #endif
      #include <immintrin.h>]], [[__m256 v = _mm256_setzero_ps(); (void)v;]])],
    [$1_CFLAGS="$2"; geosc_isa=yes
     GEOSC_ISA_CPPFLAGS="$GEOSC_ISA_CPPFLAGS -DGEOSC_BUILD_$1"
     GEOSC_ISA_LIST="$GEOSC_ISA_LIST $1"],
    [geosc_isa=no])
  AC_MSG_RESULT([$geosc_isa])
  CFLAGS=$geosc_saved_cflags
  AM_CONDITIONAL([HAVE_$1], [test $geosc_isa = yes])
])
