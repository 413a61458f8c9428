dnl GEOSC_CHECK_LIBRARY: what differs between systems in shared and static libraries. Needs LIBRARY_VERSION (current:revision:age).
dnl   SHARED_NAME     by what name programs find the shared libgeosc: with the number current - age
dnl   SHARED_PATH     the variable with folders of shared libraries
dnl   HIDE            what makes names of one object local but for geosc_*: objcopy, linker or none (src/lib/one_object does it)
dnl   LINUX_TESTS     whether this is Linux with a linker that can replace a function by a test's
AC_DEFUN([GEOSC_CHECK_LIBRARY], [
  geosc_age=${LIBRARY_VERSION##*:} geosc_number=`expr ${LIBRARY_VERSION%%:*} - $geosc_age`
  AC_SUBST([SHARED_NAME], [libgeosc.so.$geosc_number])
  AS_CASE([$host_os], [darwin*], [SHARED_NAME=libgeosc.$geosc_number.dylib])
  AC_SUBST([SHARED_PATH], [${shlibpath_var:-LD_LIBRARY_PATH}])

  AC_MSG_CHECKING([how a static library hides its names])
  AC_SUBST([HIDE], [none])
  for geosc_way in objcopy linker; do
    AC_COMPILE_IFELSE([AC_LANG_SOURCE([[int geosc_a(void); int b(void); int b(void) { return 1; } int geosc_a(void) { return b(); }]])], [
      AS_IF([CC="$CC" CFLAGS="$CFLAGS" OBJCOPY="$OBJCOPY" "$srcdir/src/lib/one_object" $geosc_way conftest.all.$ac_objext conftest.$ac_objext dnl
               >&AS_MESSAGE_LOG_FD 2>&1 && $NM conftest.all.$ac_objext | grep ' T _*geosc_a$' >/dev/null &&
             ! $NM conftest.all.$ac_objext | grep ' T _*b$' >/dev/null], [HIDE=$geosc_way])])
    rm -f conftest.all.$ac_objext
    test $HIDE = none || break
  done
  AC_MSG_RESULT([$HIDE])

  AC_MSG_CHECKING([whether the linker replaces functions])
  geosc_saved_ldflags=$LDFLAGS geosc_wrap=no
  LDFLAGS="$LDFLAGS -Wl,--wrap=getpid"
  AC_LINK_IFELSE([AC_LANG_SOURCE([[
#include <unistd.h>
pid_t __wrap_getpid(void);
pid_t __wrap_getpid(void) { return 0; }
int main(void) { return getpid(); }]])], [geosc_wrap=yes])
  LDFLAGS=$geosc_saved_ldflags
  AC_MSG_RESULT([$geosc_wrap])
  AM_CONDITIONAL([LINUX_TESTS], [AS_CASE([$geosc_wrap,$host_os], [yes,linux*], [:], [false])])
])
