dnl GEOSC_PROG_PKG_CONFIG: sets PKG_CONFIG, empty if there is none. Does not need pkg.m4, which comes with pkg-config.
AC_DEFUN([GEOSC_PROG_PKG_CONFIG], [
  AC_ARG_VAR([PKG_CONFIG], [path to pkg-config])
  AC_ARG_VAR([PKG_CONFIG_PATH], [folders that pkg-config searches before its own])
  AC_ARG_VAR([PKG_CONFIG_LIBDIR], [folders that pkg-config searches instead of its own])
  AC_PATH_TOOL([PKG_CONFIG], [pkg-config])
  AS_IF([test -z "$PKG_CONFIG"], [AC_PATH_TOOL([PKG_CONFIG], [pkgconf])])
])

dnl GEOSC_CHECK_ZLIB: finds zlib in the compiler's paths, or by pkg-config.
AC_DEFUN([GEOSC_CHECK_ZLIB], [
  AC_MSG_CHECKING([for zlib])
  geosc_zlib=no
  geosc_saved_cppflags=$CPPFLAGS
  geosc_saved_libs=$LIBS
  for geosc_place in compiler pkg-config; do
    geosc_cflags= geosc_libs=-lz
    AS_IF([test $geosc_place = pkg-config],
          [geosc_cflags=`"${PKG_CONFIG:-false}" --cflags zlib 2>/dev/null` geosc_libs=`"${PKG_CONFIG:-false}" --libs zlib 2>/dev/null`])
    CPPFLAGS="$geosc_saved_cppflags $geosc_cflags"
    LIBS="$geosc_libs $geosc_saved_libs"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <zlib.h>]], [[return (int)crc32(0, Z_NULL, 0);]])], [geosc_zlib=yes; break])
  done
  AC_MSG_RESULT([$geosc_zlib])
  AS_IF([test $geosc_zlib = no], [AC_MSG_ERROR([zlib or its header is missing: run ./bootstrap deps to install it])])
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
