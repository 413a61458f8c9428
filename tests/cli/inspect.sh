part "JSON"
make_bad stacked 'a "name".h5'
t geosc inspect --json 'a "name".h5'
make_bad source-rank rank.h5
t geosc inspect --json rank.h5
part "several faults"
make_bad no-source none.h5
t geosc inspect none.h5 --json
part "an output"
geosc match 'a "name".h5' -o out.h5 -q
t geosc inspect out.h5
t geosc inspect --json out.h5
part "a damaged output: flipped bytes are seen, and never crash it"
size=$(wc -c <out.h5)
seen=0
for at in $(seq 0 97 $((size - 1))); do
    cp out.h5 damaged.h5
    printf '\252' | dd of=damaged.h5 bs=1 seek="$at" conv=notrunc 2>/dev/null
    geosc inspect damaged.h5 >/dev/null 2>&1
    case $? in
        0) ;;
        1) seen=$((seen + 1)) ;;
        *) echo "exit $? for byte $at" ;;
    esac
done
test $seen -gt 3 && echo "seen"
