dnl GEOSC_CHECK_HDF5(MAJOR, MINOR, RELEASE): a serial HDF5 of at least this version. Tries, in this order: HDF5_CFLAGS and
dnl HDF5_LIBS; --with-hdf5=PREFIX; pkg-config; the compiler's own paths; the usual paths, Debian's hdf5/serial too.
AC_DEFUN([GEOSC_CHECK_HDF5], [
  AC_ARG_VAR([HDF5_CFLAGS], [C compiler flags for HDF5, instead of searching])
  AC_ARG_VAR([HDF5_LIBS], [linker flags for HDF5, instead of searching])
  AC_ARG_WITH([hdf5], [AS_HELP_STRING([--with-hdf5=PREFIX], [where a serial HDF5 >= $1.$2.$3 is installed])],
              [], [with_hdf5=])
  geosc_arch=`$CC -print-multiarch 2>/dev/null`
  test -n "$geosc_arch" || geosc_arch=$host_cpu-linux-gnu

  AC_MSG_CHECKING([for serial HDF5 >= $1.$2.$3])
  geosc_hdf5=no
  geosc_saved_cppflags=$CPPFLAGS
  geosc_saved_libs=$LIBS
  for geosc_place in given prefix hdf5 hdf5-serial default debian /usr/local /opt/hdf5 /opt/local /opt/homebrew; do
    geosc_cflags= geosc_libs=-lhdf5
    AS_CASE([$geosc_place],
      [given], [test -n "$HDF5_CFLAGS$HDF5_LIBS" || continue
                geosc_cflags=$HDF5_CFLAGS geosc_libs=$HDF5_LIBS],
      [prefix], [test -n "$with_hdf5" || continue
                 geosc_cflags="-I$with_hdf5/include" geosc_libs="-L$with_hdf5/lib -lhdf5"],
      [hdf5|hdf5-serial], [test -n "$PKG_CONFIG" && $PKG_CONFIG --exists $geosc_place || continue
                           geosc_cflags=`$PKG_CONFIG --cflags $geosc_place`
                           geosc_libs=`$PKG_CONFIG --libs $geosc_place`],
      [debian], [geosc_cflags=-I/usr/include/hdf5/serial
                 geosc_libs="-L/usr/lib/$geosc_arch/hdf5/serial -lhdf5"],
      [/*], [geosc_cflags="-I$geosc_place/include" geosc_libs="-L$geosc_place/lib -lhdf5"])
    CPPFLAGS="$geosc_saved_cppflags $geosc_cflags"
    LIBS="$geosc_libs $geosc_saved_libs"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[
        #include <hdf5.h>
        #if !H5_VERSION_GE($1, $2, $3)
        #error too old
        #endif]], [[H5open();]])],
      [geosc_hdf5=$geosc_place; break])
    AS_IF([test $geosc_place = given || test $geosc_place = prefix], [break])
  done
  AC_MSG_RESULT([$geosc_hdf5])
  AS_IF([test $geosc_hdf5 = no],
    [AC_MSG_ERROR([no serial HDF5 >= $1.$2.$3 (Debian: libhdf5-dev; elsewhere: --with-hdf5=PREFIX)])])
  HDF5_CFLAGS=$geosc_cflags
  HDF5_LIBS=$geosc_libs
  AC_COMPUTE_INT([geosc_major], [H5_VERS_MAJOR], [#include <hdf5.h>])
  AC_COMPUTE_INT([geosc_minor], [H5_VERS_MINOR], [#include <hdf5.h>])
  AC_COMPUTE_INT([geosc_release], [H5_VERS_RELEASE], [#include <hdf5.h>])
  CPPFLAGS=$geosc_saved_cppflags
  LIBS=$geosc_saved_libs
  HDF5_VERSION=$geosc_major.$geosc_minor.$geosc_release
  AC_SUBST([HDF5_VERSION])
  AC_DEFINE_UNQUOTED([GEOSC_HDF5_VERSION], ["$HDF5_VERSION"], [version of HDF5 that it is built with])
])
