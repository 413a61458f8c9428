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
part "a damaged output"
cp out.h5 damaged.h5
printf 'X' | dd of=damaged.h5 bs=1 seek=$(($(wc -c <out.h5) / 2)) conv=notrunc 2>/dev/null
geosc inspect damaged.h5 >/dev/null 2>&1
echo "exit $?"
