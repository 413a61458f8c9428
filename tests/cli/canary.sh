# An input cannot make geosc load a plugin that is not allowed, or open another file. Needs strace.
hostile() {
    "$builddir/tests/files/hostile" "$@"
}

part "plugins"
mkdir plugins
$TEST_CC -shared -fPIC $CANARY_CFLAGS -o plugins/libcanary.so "$srcdir/tests/files/canary.c" 2>compiler || cat compiler
hostile filter-plugin bad.h5
geosc synth -o in.h5 --pairs 2 --channels 4 && geosc match in.h5 -o good.h5 -q
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
part "a file that its child process finds faulty is not read by the command, but for the weights of a model"
strace -f -o trace true 2>/dev/null || skip "strace is not there, or may not trace"
hostile good:input good.h5
geosc match good.h5 -o shard.h5 --poses none -q --shard 0/1
readers() {
    strace -f -y -o trace -e trace=pread64 "$GEOSC" "$@" 2>/dev/null
    echo "$name: ${1}: exit $?, processes that read it: $(awk '/\/bad.h5>/ { print $1 }' trace | sort -u | wc -l)"
}
for name in soft-dangling model:extra model:nan; do
    rm -f bad.h5
    hostile $name bad.h5
    case $name in model:*) readers match good.h5 -m bad.h5 -o out.h5 --poses none -q ;; *) readers match bad.h5 -o out.h5 -q ;; esac
    readers match good.h5 -o bad.h5 --poses none -q
    readers merge shard.h5 bad.h5 -o out.h5 -q
    readers eval good.h5 bad.h5
    readers merge shard.h5 -o bad.h5 -q
done
part "where stdin, stdout or stderr is closed, no file takes its number: it would be printed into"
geosc match good.h5 -o whole.h5 --poses none -q
for closed in "<&-" ">&-" "2>&-" "<&- >&- 2>&-"; do
    rm -f out.h5
    # The leak check does not work under strace.
    eval "ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 strace -f -o trace -e trace=open,openat $GEOSC match good.h5 -o out.h5 --poses none --progress line $closed" 2>/dev/null
    echo "$closed: exit $?"
    grep -E '\.h5[^/]* = [012]$' trace
    cmp whole.h5 out.h5
done
part "other files"
for name in external-link external-folder external-pipe external-storage external-storage-pipe virtual virtual-pipe filter-plugin; do
    rm -rf bad.h5 pipe
    hostile $name bad.h5
    strace -f -o trace -e trace=open,openat,execve env HDF5_PLUGIN_PATH="$PWD/plugins" "$GEOSC" match bad.h5 -o out.h5 -q -f 2>/dev/null
    echo "$name: bad.h5 $(grep -c '"bad.h5"' trace | sed 's/^[1-9][0-9]*$/is opened/')"
    grep -E 'other\.h5|passwd|"pipe"|plugins/|canary' trace | grep -v execve
done
:
