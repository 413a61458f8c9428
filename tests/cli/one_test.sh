# make check TESTS=... builds what these tests need, besides the library and the command, and no other test.
unset MAKEFLAGS MFLAGS MAKELEVEL
needs() {
    make -npq -C "$builddir" Makefile TESTS="$*" 2>error | sed -n 's/^check-\(am\|TESTS\): //p' | tr ' ' '\n' | sort -u
}
part "a unit test"
t needs tests/maps/test_pose
part "a test that has calls fail"
t needs tests/fault/test_fault
part "a script"
t needs tests/cli/usage.sh
