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

dnl GEOSC_CHECK_ISA(NAME, FLAGS, HEADER, CONDITION): if the preprocessor finds CONDITION with FLAGS before CFLAGS, as in make, or by CFLAGS alone
dnl (-mcpu=native beside -march=... is an error on Arm), sets NAME_CFLAGS, the conditional HAVE_NAME and -DGEOSC_BUILD_NAME in
dnl GEOSC_ISA_CPPFLAGS. The machine that builds need not have the instructions.
AC_DEFUN([GEOSC_CHECK_ISA], [
  AC_SUBST([$1_CFLAGS], [])
  AC_SUBST([GEOSC_ISA_CPPFLAGS])
  geosc_saved_cflags=$CFLAGS
  geosc_isa=no
  AC_MSG_CHECKING([for $1 kernels])
  for geosc_isa_flags in "$2" ""; do
    CFLAGS="-Werror $geosc_isa_flags $geosc_saved_cflags"
    AS_IF([test $geosc_isa = no],
      [AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
#if !($4)
#error not the instructions
#endif
#include <$3>
]])],
        [geosc_isa=yes; $1_CFLAGS=$geosc_isa_flags])])
  done
  CFLAGS=$geosc_saved_cflags
  AC_MSG_RESULT([$geosc_isa])
  AS_IF([test $geosc_isa = yes],
    [GEOSC_ISA_CPPFLAGS="$GEOSC_ISA_CPPFLAGS -DGEOSC_BUILD_$1"
     GEOSC_ISA_LIST="$GEOSC_ISA_LIST $1"])
  AM_CONDITIONAL([HAVE_$1], [test $geosc_isa = yes])
])
