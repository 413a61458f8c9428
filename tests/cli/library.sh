# The library in other programs, in C and C++.
part "the example, in C"
"$builddir/examples/match_arrays"
echo "exit $?"
part "what the shared library exports begins with geosc_"
if test -f "$builddir/.libs/libgeosc.so"; then
    nm -D --defined-only "$builddir/.libs/libgeosc.so" | awk '{ print $3 }' | grep -v '^geosc_'
fi
echo "that is all"
part "the same file as C++, with the installed header alone"
test -n "${TEST_CXX-}" || skip "no C++ compiler"
$TEST_CXX -x c++ -std=c++11 -Wall -Wextra -Werror -I"$srcdir/include" -c "$srcdir/examples/match_arrays.c" -o example.o
echo "exit $?"
