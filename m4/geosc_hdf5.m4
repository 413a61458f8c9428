dnl GEOSC_CHECK_HDF5(MAJOR, MINOR, RELEASE): finds an HDF5 of at least this version; sets HDF5_CFLAGS, HDF5_LIBS, HDF5_VERSION, HDF5_PLACE (text).
dnl   1. HDF5_CFLAGS and HDF5_LIBS, or --with-hdf5=PREFIX: if given, only there
dnl   2. HDF5_ROOT, HDF5_DIR
dnl   3. serial HDF5: pkg-config, the compiler's paths, /usr (also Debian's folders), CONDA_PREFIX, h5cc, usual prefixes
dnl   4. parallel HDF5: in the same order, then pkg-config's names for parallel HDF5, then h5pcc
AC_DEFUN([GEOSC_CHECK_HDF5], [
  AC_ARG_VAR([HDF5_CFLAGS], [C compiler flags for HDF5, instead of searching])
  AC_ARG_VAR([HDF5_LIBS], [linker flags for HDF5, instead of searching])
  AC_ARG_VAR([HDF5_ROOT], [prefix of an HDF5 to prefer (or HDF5_DIR)])
  AC_ARG_WITH([hdf5], [AS_HELP_STRING([--with-hdf5=PREFIX], [where HDF5 >= $1.$2.$3 is installed])], [], [with_hdf5=])
  geosc_arch=`$CC -print-multiarch 2>/dev/null`
  test -n "$geosc_arch" || geosc_arch=$host_cpu-linux-gnu
  geosc_saved_cppflags=$CPPFLAGS
  geosc_saved_libs=$LIBS
  GEOSC_HDF5_FUNCTIONS([$1], [$2], [$3])

  AC_MSG_CHECKING([for HDF5 >= $1.$2.$3])
  HDF5_PLACE=
  AS_IF([test -n "$HDF5_CFLAGS$HDF5_LIBS"], [geosc_take_hdf5 parallel HDF5_CFLAGS "$HDF5_CFLAGS" "$HDF5_LIBS"],
        [test -n "$with_hdf5"], [geosc_try_prefix parallel --with-hdf5 "$with_hdf5"],
        [geosc_search_hdf5])
  AC_MSG_RESULT([${HDF5_PLACE:-no}])
  AS_IF([test -z "$HDF5_PLACE"],
    [AC_MSG_ERROR([no HDF5 >= $1.$2.$3${with_hdf5:+ below $with_hdf5}: run ./bootstrap deps to install it, or name its place with --with-hdf5=PREFIX])])

  CPPFLAGS="$geosc_saved_cppflags $HDF5_CFLAGS"
  AC_COMPUTE_INT([geosc_major], [H5_VERS_MAJOR], [#include <hdf5.h>])
  AC_COMPUTE_INT([geosc_minor], [H5_VERS_MINOR], [#include <hdf5.h>])
  AC_COMPUTE_INT([geosc_release], [H5_VERS_RELEASE], [#include <hdf5.h>])
  HDF5_VERSION="$geosc_major.$geosc_minor.$geosc_release$geosc_parallel"
  AC_DEFINE_UNQUOTED([GEOSC_HDF5_VERSION], ["$HDF5_VERSION"], [version of HDF5 that geosc is built with])

  dnl For programs that link a static libgeosc: preferably entirely static, else with only HDF5 static.
  AC_MSG_CHECKING([what a static HDF5 needs])
  AC_SUBST([HDF5_STATIC_LIBS], [])
  geosc_wrapped=`h5cc -show 2>/dev/null | tr ' ' '\n' | grep '^-l' | tr '\n' ' '`
  geosc_static=no
  for geosc_mode in "-static -lhdf5" "-Wl,-Bstatic -lhdf5 -Wl,-Bdynamic"; do
    geosc_mode=`echo "$HDF5_LIBS" | sed "s/-lhdf5/$geosc_mode/"`
    for geosc_word in "" -ldl -lsz "-lsz -laec" "-lsz -ldl" "-lsz -laec -ldl" "$geosc_wrapped"; do
      AS_IF([test $geosc_static = no && geosc_link_hdf5 "$HDF5_CFLAGS" "$geosc_mode $geosc_word"],
            [geosc_static=yes HDF5_STATIC_LIBS=$geosc_word])
    done
  done
  AS_IF([test $geosc_static = no], [AC_MSG_RESULT([no static HDF5])], [AC_MSG_RESULT([${HDF5_STATIC_LIBS:-nothing else}])])
  CPPFLAGS=$geosc_saved_cppflags
  LIBS=$geosc_saved_libs
])

m4_define([GEOSC_HDF5_FUNCTIONS], [
# geosc_link_hdf5 CFLAGS LIBS: whether a program links with these. Sets geosc_parallel if the HDF5 is parallel.
geosc_link_hdf5 ()
{
  CPPFLAGS="$geosc_saved_cppflags $[1]"
  LIBS="$[2] $geosc_saved_libs"
  geosc_linked=no geosc_parallel=
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[
      #include <hdf5.h>
      #if !H5_VERSION_GE($1, $2, $3)
      #error too old
      #endif]], [[return H5Fopen("", H5F_ACC_RDONLY, H5P_DEFAULT) < 0;]])], [geosc_linked=yes])
  test $geosc_linked = yes || return 1
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
      #include <hdf5.h>
      #ifdef H5_HAVE_PARALLEL
      #error parallel
      #endif]])], [], [geosc_parallel=", parallel"])
  return 0
}

# geosc_take_hdf5 serial|parallel PLACE CFLAGS LIBS: takes this HDF5 if it links, and is serial unless parallel is allowed.
geosc_take_hdf5 ()
{
  geosc_link_hdf5 "$[3]" "$[4]" || return 1
  test -z "$geosc_parallel" || test "$[1]" = parallel || return 1
  HDF5_CFLAGS=$[3] HDF5_LIBS=$[4] HDF5_PLACE=$[2]
}

# geosc_try_hdf5: like geosc_take_hdf5, and tries a parallel HDF5 again with mpicc's flags. Library folders outside the system's search path
# for running programs get an rpath.
geosc_try_hdf5 ()
{
  geosc_take_hdf5 "$[@]" ||
    { test "$[1]" = parallel && geosc_flags_of `mpicc -show 2>/dev/null` &&
      geosc_take_hdf5 "$[1]" "$[2]" "$[3] $geosc_cflags" "$[4] $geosc_libs"; } || return 1
  for geosc_word in $HDF5_LIBS; do
    geosc_folder=`echo "$geosc_word" | sed -n 's,^-L,,p'`
    case "$geosc_folder: $sys_lib_dlsearch_path_spec " in
      :* | /usr/lib* | /lib* | *": "*" $geosc_folder "*) ;;
      *) HDF5_LIBS="$HDF5_LIBS -Wl,-rpath,$geosc_folder" ;;
    esac
  done
}

# geosc_flags_of COMPILER FLAG...: splits a compiler wrapper's -show output into geosc_cflags and geosc_libs.
geosc_flags_of ()
{
  geosc_cflags= geosc_libs=
  for geosc_word in "$[@]"; do
    case $geosc_word in
      -lhdf5_hl | */libhdf5_hl.*) ;;
      -I* | -D*) geosc_cflags="$geosc_cflags $geosc_word" ;;
      -L* | -Wl,* | -l* | /*.a | /*.so) geosc_libs="$geosc_libs $geosc_word" ;;
    esac
  done
  test -n "$geosc_libs"
}

# geosc_try_prefix serial|parallel PLACE PREFIX: tries PREFIX/include with lib64, lib or lib/TRIPLET, and Debian's subfolders of both.
geosc_try_prefix ()
{
  test -n "$[3]" || return 1
  for geosc_kind in "" /hdf5/serial /hdf5/openmpi /hdf5/mpich; do
    test -f "$[3]/include$geosc_kind/hdf5.h" || continue
    geosc_include="-I$[3]/include$geosc_kind"
    test "$geosc_include" != -I/usr/include || geosc_include=
    for geosc_lib in lib64 lib lib/$geosc_arch; do
      ls "$[3]/$geosc_lib$geosc_kind"/libhdf5.* >/dev/null 2>&1 &&
        geosc_try_hdf5 "$[1]" "$[2]" "$geosc_include" "-L$[3]/$geosc_lib$geosc_kind -lhdf5" && return 0
    done
  done
  return 1
}

geosc_try_pkgconfig ()
{
  test -n "$PKG_CONFIG" && "$PKG_CONFIG" --exists "$[2]" 2>/dev/null &&
    geosc_try_hdf5 "$[1]" "pkg-config $[2]" "`"$PKG_CONFIG" --cflags "$[2]"`" "`"$PKG_CONFIG" --libs "$[2]"`"
}

# geosc_try_wrapper serial|parallel WRAPPER: with -shlib for the shared library, then without, because not all wrappers know it.
geosc_try_wrapper ()
{
  for geosc_option in -shlib ""; do
    geosc_flags_of `$[2] $geosc_option -show 2>/dev/null` &&
      geosc_try_hdf5 "$[1]" "$[2]" "$geosc_cflags" "$geosc_libs" && return 0
  done
  return 1
}

geosc_search_hdf5 ()
{
  geosc_try_prefix parallel HDF5_ROOT "$HDF5_ROOT" && return
  geosc_try_prefix parallel HDF5_DIR "$HDF5_DIR" && return
  for geosc_may in serial parallel; do
    geosc_try_pkgconfig $geosc_may hdf5 && return
    geosc_try_pkgconfig $geosc_may hdf5-serial && return
    geosc_try_hdf5 $geosc_may "the compiler's paths" "" -lhdf5 && return
    geosc_try_prefix $geosc_may /usr /usr && return
    geosc_try_prefix $geosc_may CONDA_PREFIX "$CONDA_PREFIX" && return
    geosc_try_wrapper $geosc_may h5cc && return
    for geosc_usual in /usr/local /opt/hdf5 /opt/local /opt/homebrew /home/linuxbrew/.linuxbrew; do
      geosc_try_prefix $geosc_may $geosc_usual $geosc_usual && return
    done
  done
  geosc_try_pkgconfig parallel hdf5-openmpi || geosc_try_pkgconfig parallel hdf5-mpich || geosc_try_wrapper parallel h5pcc
}
])
