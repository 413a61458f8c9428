dnl GEOSC_CHECK_PYTHON3(MODULES): PYTHON3, the first python3 that can import the MODULES; "python3" if none can. What it is used for
dnl (comparisons, tests of the importer) says what is missing when it runs.
AC_DEFUN([GEOSC_CHECK_PYTHON3], [
  AC_ARG_VAR([PYTHON3], [python3 that can import $1])
  AC_MSG_CHECKING([for a python3 with $1])
  geosc_python=no
  for geosc_candidate in $PYTHON3 python3 /usr/bin/python3; do
    AS_IF(["$geosc_candidate" -c 'import $1' >/dev/null 2>&1], [geosc_python=$geosc_candidate; break])
  done
  AC_MSG_RESULT([$geosc_python])
  AS_IF([test $geosc_python != no], [PYTHON3=$geosc_python], [: ${PYTHON3=python3}])
])
