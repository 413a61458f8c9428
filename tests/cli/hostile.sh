# Hostile and damaged files (tests/files/hostile.h): for each, the reason or the status of its pairs, the exit status, at most one line on
# stderr, no output after a refusal, and limited time and memory. Messages differ between versions of HDF5, so that only the reason at their
# end is compared.
hostile() {
    "$builddir/tests/files/hostile" "$@"
}

# Prints the reason of a message, or of each problem of inspect.
reasons() {
    sed -nE 's/^(geosc: |  ).*\[([a-z0-9-]+)\]( \(and [0-9]+ more.*)?$/\2/p' "$@" | sort | uniq -c | awk '{ printf " (%s x%d)", $2, $1 }'
}

# Prints the exit statuses and reasons of match and inspect for one file.
judge() {
    case $1 in
        model:*) set -- "$1" good.h5 -m bad.h5 ;;
        *) set -- "$1" bad.h5 ;;
    esac
    rm -rf bad.h5 out.h5 pipe other.h5 short.bin
    hostile "$1" bad.h5 || echo "it could not be made"
    name=$1
    shift
    status=0
    hostile run "$GEOSC" match "$@" -o out.h5 --poses none --progress none -q --memory 64M >stdout 2>stderr || status=$?
    matched="match exit $status$(reasons stderr)"
    test "$(wc -l <stderr)" -le 1 || cat stderr
    grep -v '^geosc: ' stderr
    if test $status = 0 || test $status = 3; then
        matched="$matched: $(hostile run "$GEOSC" inspect out.h5 | sed -n 's/^status  *//p')"
    else
        ls out.h5* .out.h5* 2>/dev/null
    fi
    status=0
    hostile run "$GEOSC" inspect bad.h5 >stdout 2>stderr || status=$?
    echo "$name: $matched; inspect exit $status$(cat stderr stdout | reasons)"
    grep -v '^geosc: ' stderr
    ls core* 2>/dev/null
}

hostile good:input good.h5
part "structure: refused"
for name in $(hostile | grep -v :); do judge "$name"; done
part "values and chunks: the pairs that need them"
for name in $(hostile | grep ^pair:); do judge "$name"; done
part "models"
for name in $(hostile | grep ^model:); do judge "$name"; done
part "names and messages are one line that a terminal can show"
hostile units-unknown bad.h5
t geosc match bad.h5 -o out.h5
hostile model:extra bad.h5
t geosc match good.h5 -m bad.h5 -o out.h5
part "in the place of the output: refused and left alone, or replaced unread"
geosc match good.h5 -o whole.h5 --poses none -q
geosc match good.h5 -o shard.h5 --poses none -q --shard 0/1
for name in structure-lost cut-50 text empty filter-plugin pair:chunk-bomb good:model; do
    rm -f bad.h5
    hostile $name bad.h5
    cp bad.h5 out.h5
    for command in "match good.h5 --poses none" "merge shard.h5"; do
        status=0
        hostile run "$GEOSC" $command -o out.h5 -q 2>stderr || status=$?
        echo "$name: ${command%% *} exit $status, $(wc -l <stderr) line"
        cmp bad.h5 out.h5
        hostile run "$GEOSC" $command -o out.h5 -q --force
        cmp whole.h5 out.h5
        cp bad.h5 out.h5
    done
done
part "--allow-links: the same matches as from one file"
for name in external-link external-folder virtual; do
    hostile $name bad.h5
    mkdir -p $name plain
    mv bad.h5 $name/in.h5
    mv other.h5 $name
    cp good.h5 plain/in.h5
    t geosc match $name/in.h5 -o $name.h5 --poses none -q --allow-links
    t geosc match plain/in.h5 -o plain.h5 --poses none -q -f
    t hostile same $name.h5 plain.h5
done
part "--allow-links: what is not there, or not whole, is not taken for zeros"
for name in external-missing external-pipe external-storage-pipe external-storage-short virtual-missing \
    virtual-pipe virtual-holes; do
    rm -rf bad.h5 pipe other.h5 short.bin
    hostile $name bad.h5
    status=0
    hostile run "$GEOSC" match bad.h5 -o none.h5 --poses none -q --allow-links 2>stderr || status=$?
    echo "$name: exit $status$(reasons stderr)"
    grep -v '^geosc: ' stderr
done
:
