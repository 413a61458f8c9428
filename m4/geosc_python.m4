dnl GEOSC_CHECK_PYTHON3(MODULES): sets PYTHON3 to the absolute path of the first python3 that can import the MODULES, else of the first
dnl python3, else to "python3". The program that it runs reports missing modules.
AC_DEFUN([GEOSC_CHECK_PYTHON3], [
  AC_ARG_VAR([PYTHON3], [Python 3 with $1, for geosc-import and make check-python])
  AC_MSG_CHECKING([for a python3 with $1])
  geosc_python= geosc_python_found=no
  for geosc_candidate in "$PYTHON3" python3 /usr/bin/python3 /usr/local/bin/python3; do
    geosc_candidate=`command -v "$geosc_candidate" 2>/dev/null`
    AS_CASE([$geosc_candidate], [/*], [], [continue])
    test -n "$geosc_python" || geosc_python=$geosc_candidate
    AS_IF(["$geosc_candidate" -c 'import $1' >/dev/null 2>&1], [geosc_python=$geosc_candidate geosc_python_found=yes; break])
  done
  PYTHON3=${geosc_python:-python3}
  AS_IF([test $geosc_python_found = yes], [AC_MSG_RESULT([$PYTHON3])], [AC_MSG_RESULT([no: geosc-import needs it to run])])
])
