dnl GEOSC_SYSTEM_FLAGS: SYSTEM_CPPFLAGS, by which headers declare what systems have beyond POSIX; --enable-fallbacks, with which they declare
dnl POSIX alone and each GEOSC_SYSTEM finds nothing.
AC_DEFUN([GEOSC_SYSTEM_FLAGS], [
  AC_ARG_ENABLE([fallbacks], [AS_HELP_STRING([--enable-fallbacks],
                [build as for a system that has nothing beyond POSIX, for tests])], [], [enable_fallbacks=no])
  AC_SUBST([SYSTEM_CPPFLAGS], ["-D_GNU_SOURCE -D_DARWIN_C_SOURCE -D_NETBSD_SOURCE"])
  AS_IF([test "x$enable_fallbacks" != xno], [SYSTEM_CPPFLAGS="-D_XOPEN_SOURCE=700"])
])

dnl GEOSC_SYSTEM(NAME, WHAT, HEADERS, CALL): defines GEOSC_HAVE_NAME if a program with these headers makes this call. src/lib/base/system.c has
dnl what is done without it, and src/kernel/kernels.c for the last ones.
AC_DEFUN([GEOSC_SYSTEM], [
  AC_CACHE_CHECK([for $2], [geosc_cv_system_$1], [
    geosc_cv_system_$1=no
    geosc_saved_cflags=$CFLAGS geosc_saved_cppflags=$CPPFLAGS
    CFLAGS="$CFLAGS -std=c11 -Werror=implicit-function-declaration" CPPFLAGS="$CPPFLAGS $SYSTEM_CPPFLAGS"
    AS_IF([test "x$enable_fallbacks" = xno],
          [AC_LINK_IFELSE([AC_LANG_PROGRAM([[$3]], [[$4]])], [geosc_cv_system_$1=yes])])
    CFLAGS=$geosc_saved_cflags CPPFLAGS=$geosc_saved_cppflags])
  AS_IF([test $geosc_cv_system_$1 = yes], [AC_DEFINE([GEOSC_HAVE_$1], [1], [$2])])
])

dnl GEOSC_CHECK_SYSTEM: each difference between systems that matters.
AC_DEFUN([GEOSC_CHECK_SYSTEM], [
  GEOSC_SYSTEM([PIPE2], [pipe2], [#include <fcntl.h>
#include <unistd.h>], [int ends[2]; return pipe2(ends, O_CLOEXEC);])
  GEOSC_SYSTEM([AFFINITY], [masks of CPUs], [#include <sched.h>],
    [cpu_set_t set; return sched_getaffinity(0, sizeof set, &set) + CPU_COUNT_S(sizeof set, &set);])
  GEOSC_SYSTEM([FADVISE], [posix_fadvise], [#include <fcntl.h>], [return posix_fadvise(0, 0, 0, POSIX_FADV_DONTNEED);])
  GEOSC_SYSTEM([ST_MTIM], [st_mtim], [#include <sys/stat.h>], [struct stat facts = {0}; return (int)facts.st_mtim.tv_nsec;])
  GEOSC_SYSTEM([ST_MTIMESPEC], [st_mtimespec], [#include <sys/stat.h>],
    [struct stat facts = {0}; return (int)facts.st_mtimespec.tv_nsec;])
  GEOSC_SYSTEM([MAXRSS], [ru_maxrss], [#include <sys/resource.h>], [struct rusage usage = {0}; return (int)usage.ru_maxrss;])
  GEOSC_SYSTEM([PHYS_PAGES], [the size of the memory], [#include <unistd.h>], [return (int)sysconf(_SC_PHYS_PAGES);])
  GEOSC_SYSTEM([WAIT_CLOCK], [waits by the monotonic clock], [#include <pthread.h>
#include <time.h>], [pthread_condattr_t by; return pthread_condattr_init(&by) + pthread_condattr_setclock(&by, CLOCK_MONOTONIC);])
  GEOSC_SYSTEM([FULLFSYNC], [F_FULLFSYNC], [#include <fcntl.h>], [return fcntl(0, F_FULLFSYNC);])
  GEOSC_SYSTEM([FOPENCOOKIE], [fopencookie], [#include <stdio.h>],
    [return fopencookie(NULL, "w", (cookie_io_functions_t){0}) != NULL;])
  GEOSC_SYSTEM([HUGE_PAGES], [huge pages], [#include <stddef.h>
#include <sys/mman.h>], [return madvise(NULL, 0, MADV_HUGEPAGE);])
  GEOSC_SYSTEM([MALLOPT], [mallopt], [#include <malloc.h>], [return mallopt(M_MMAP_THRESHOLD, 1) + mallopt(M_ARENA_MAX, 1);])
  GEOSC_SYSTEM([PDEATHSIG], [signals at the death of a parent], [#include <signal.h>
#include <sys/prctl.h>], [return prctl(PR_SET_PDEATHSIG, SIGKILL);])
  GEOSC_SYSTEM([STATM], [/proc/self/statm], [#ifndef __linux__
#error not Linux
#endif], [])
  dnl What the processor can do: on Linux, FreeBSD, macOS.
  GEOSC_SYSTEM([GETAUXVAL], [getauxval], [#include <sys/auxv.h>], [return (int)getauxval(AT_HWCAP);])
  GEOSC_SYSTEM([ELF_AUX_INFO], [elf_aux_info], [#include <sys/auxv.h>],
    [unsigned long has; return elf_aux_info(AT_HWCAP, &has, sizeof has);])
  GEOSC_SYSTEM([SYSCTLBYNAME], [sysctlbyname], [#include <stddef.h>
#include <sys/types.h>
#include <sys/sysctl.h>], [return sysctlbyname("hw.ncpu", NULL, NULL, NULL, 0);])
])
