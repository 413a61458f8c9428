dnl GEOSC_CHECK_PYTHON3(MODULES): sets PYTHON3 to the absolute path of the first python3 that can import the MODULES, else of the first
dnl python3, else to "python3". The program that it runs reports missing modules.
AC_DEFUN([GEOSC_CHECK_PYTHON3], [
  AC_ARG_VAR([PYTHON3], [Python 3 with $1, for geosc-import, geosc-extract, geosc-export and make check-python])
  AC_MSG_CHECKING([for a python3 with $1])
  geosc_python= geosc_python_found=no
  for geosc_candidate in "$PYTHON3" python3 /usr/bin/python3 /usr/local/bin/python3; do
    geosc_candidate=`command -v "$geosc_candidate" 2>/dev/null`
    AS_CASE([$geosc_candidate], [/*], [], [continue])
    test -n "$geosc_python" || geosc_python=$geosc_candidate
    AS_IF(["$geosc_candidate" -c 'import $1' >/dev/null 2>&1], [geosc_python=$geosc_candidate geosc_python_found=yes; break])
  done
  PYTHON3=${geosc_python:-python3}
  AS_IF([test $geosc_python_found = yes], [AC_MSG_RESULT([$PYTHON3])], [AC_MSG_RESULT([no: geosc-import, geosc-extract and geosc-export need it to run])])
])

dnl GEOSC_ARG_PYTHON_DIR: sets pythondir, where make install puts the package geosc. Python finds it there without help only if the folder is one
dnl of Python's own, which the prefix need not have: so it has to be named.
AC_DEFUN([GEOSC_ARG_PYTHON_DIR], [
  AC_ARG_WITH([python-dir], [AS_HELP_STRING([--with-python-dir=DIR], [folder for the Python package geosc, such as Python's site-packages @<:@DATADIR/geosc/python@:>@])],
    [AS_CASE([$withval], [/*], [], [AC_MSG_ERROR([--with-python-dir needs an absolute folder, not $withval])])],
    [with_python_dir='${pkgdatadir}/python'])
  AC_SUBST([pythondir], [$with_python_dir])
])
