dnl GEOSC_PROG_PKG_CONFIG: sets PKG_CONFIG, empty if there is none. Does not need pkg.m4, which comes with pkg-config.
AC_DEFUN([GEOSC_PROG_PKG_CONFIG], [
  AC_ARG_VAR([PKG_CONFIG], [path to pkg-config])
  AC_ARG_VAR([PKG_CONFIG_PATH], [folders that pkg-config searches before its own])
  AC_ARG_VAR([PKG_CONFIG_LIBDIR], [folders that pkg-config searches instead of its own])
  AC_PATH_TOOL([PKG_CONFIG], [pkg-config])
  AS_IF([test -z "$PKG_CONFIG"], [AC_PATH_TOOL([PKG_CONFIG], [pkgconf])])
])

dnl GEOSC_FIND_LIBRARY(NAME, MODULE, FLAG, HEADER, CALL): looks for a library in the compiler's paths, then by pkg-config's MODULE. Adds what
dnl finds it to CPPFLAGS and LIBS; geosc_found says yes or no.
AC_DEFUN([GEOSC_FIND_LIBRARY], [
  AC_MSG_CHECKING([for $1])
  geosc_found=no
  geosc_saved_cppflags=$CPPFLAGS
  geosc_saved_libs=$LIBS
  for geosc_place in compiler pkg-config; do
    geosc_cflags= geosc_libs=$3
    AS_IF([test $geosc_place = pkg-config],
          [geosc_cflags=`"${PKG_CONFIG:-false}" --cflags $2 2>/dev/null` geosc_libs=`"${PKG_CONFIG:-false}" --libs $2 2>/dev/null`])
    CPPFLAGS="$geosc_saved_cppflags $geosc_cflags"
    LIBS="$geosc_libs $geosc_saved_libs"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <$4>]], [[return (int)$5;]])], [geosc_found=yes; break])
  done
  AS_IF([test $geosc_found = no], [CPPFLAGS=$geosc_saved_cppflags LIBS=$geosc_saved_libs])
  AC_MSG_RESULT([$geosc_found])
])

dnl GEOSC_CHECK_ZLIB: without zlib, there is no geosc.
AC_DEFUN([GEOSC_CHECK_ZLIB], [
  GEOSC_FIND_LIBRARY([zlib], [zlib], [-lz], [zlib.h], [crc32(0, Z_NULL, 0)])
  AS_IF([test $geosc_found = no], [AC_MSG_ERROR([zlib or its header is missing: run ./bootstrap deps to install it])])
])

dnl GEOSC_CHECK_LZ4: for chunks packed by bitshuffle with LZ4, defines GEOSC_LZ4; without liblz4, geosc_no_lz4 has the reason.
AC_DEFUN([GEOSC_CHECK_LZ4], [
  AC_ARG_WITH([lz4], [AS_HELP_STRING([--without-lz4],
              [build without chunks packed by bitshuffle with LZ4 (default: with them if liblz4 is found)])], [], [with_lz4=check])
  geosc_no_lz4="--without-lz4"
  AS_IF([test "x$with_lz4" != xno], [
    GEOSC_FIND_LIBRARY([liblz4], [liblz4], [-llz4], [lz4.h], [LZ4_decompress_safe("", (char *)1, 0, 0)])
    geosc_no_lz4=
    AS_IF([test $geosc_found = yes], [AC_DEFINE([GEOSC_LZ4], [1], [bitshuffle with LZ4 can be undone])],
          [geosc_no_lz4="needs liblz4 (Debian: liblz4-dev)"])
    AS_IF([test $geosc_found = no && test "x$with_lz4" = xyes], [AC_MSG_ERROR([--with-lz4: $geosc_no_lz4])])])
])

dnl GEOSC_CHECK_CAIRO(VERSION, PARTS): for pictures, sets CAIRO_CFLAGS, CAIRO_LIBS and HAVE_CAIRO; without cairo, geosc_no_cairo has the reason.
AC_DEFUN([GEOSC_CHECK_CAIRO], [
  AC_ARG_VAR([CAIRO_CFLAGS], [C compiler flags for cairo, instead of pkg-config's])
  AC_ARG_VAR([CAIRO_LIBS], [linker flags for cairo, instead of pkg-config's])
  AC_ARG_WITH([cairo], [AS_HELP_STRING([--without-cairo], [build without pictures (default: with pictures if cairo is found)])],
              [], [with_cairo=check])
  AC_MSG_CHECKING([for cairo >= $1])
  geosc_no_cairo=
  AS_IF([test "x$with_cairo" = xno], [geosc_no_cairo="--without-cairo"],
        [test -n "$CAIRO_LIBS"], [],
        [test -z "$PKG_CONFIG"], [geosc_no_cairo="needs pkg-config to find cairo"],
        ["$PKG_CONFIG" --exists "cairo >= $1" $2],
          [CAIRO_CFLAGS=`"$PKG_CONFIG" --cflags cairo $2` CAIRO_LIBS=`"$PKG_CONFIG" --libs cairo $2`],
        [geosc_no_cairo="needs cairo >= $1 (Debian: libcairo2-dev)"])
  AS_IF([test -z "$geosc_no_cairo"], [AC_MSG_RESULT([yes])], [AC_MSG_RESULT([no: $geosc_no_cairo])])
  AS_IF([test -n "$geosc_no_cairo" && test "x$with_cairo" = xyes], [AC_MSG_ERROR([--with-cairo: $geosc_no_cairo])])
  AM_CONDITIONAL([HAVE_CAIRO], [test -z "$geosc_no_cairo"])
])
