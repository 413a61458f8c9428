# No plugin is loaded unless it is allowed, and no other file is opened for what an input says: with strace, which may be missing.
hostile() {
    "$builddir/tests/hostile" "$@"
}

part "plugins"
mkdir plugins
$TEST_CC -shared -fPIC $CANARY_CFLAGS -o plugins/libcanary.so "$srcdir/tests/canary.c" 2>compiler || cat compiler
hostile filter-plugin bad.h5
for command in "match bad.h5 -o out.h5 --poses none -q" "inspect bad.h5" "eval bad.h5 good.h5"; do
    with HDF5_PLUGIN_PATH="$PWD/plugins" geosc $command >stdout 2>&1
    echo "$? $(sed -nE 's/.*\[([a-z-]+)\].*/\1/p' stdout)"
    ls canary-was-loaded 2>/dev/null
done
echo "allowed, but not there:"
t geosc match bad.h5 -o out.h5 --poses none -q --allow-plugins
echo "allowed:"
t with HDF5_PLUGIN_PATH=plugins geosc match bad.h5 -o out.h5 --poses none -q --allow-plugins
t ls canary-was-loaded
part "other files"
strace -f -o trace true 2>/dev/null || skip "strace is not there, or may not trace"
for name in external-link external-folder external-pipe external-storage external-storage-pipe virtual virtual-pipe filter-plugin; do
    rm -rf bad.h5 pipe
    hostile $name bad.h5
    strace -f -o trace -e trace=open,openat,execve env HDF5_PLUGIN_PATH="$PWD/plugins" "$GEOSC" match bad.h5 -o out.h5 -q -f 2>/dev/null
    echo "$name: bad.h5 $(grep -c '"bad.h5"' trace | sed 's/^[1-9][0-9]*$/is opened/')"
    grep -E 'other\.h5|passwd|"pipe"|plugins/|canary' trace | grep -v execve
done
:
