# The predicted memory is printed before the run, and is enough; more memory does not change the output.
geosc synth -o in.h5 --model-out m.h5 --layout indexed --images 6 --pairs 12 --channels 64 --height 24 --width 24 --hidden 32 \
    --blocks 2 >stdout 2>&1
part "refused early, with the figure"
for size in 1 1K 1M 16M; do
    geosc match in.h5 -m m.h5 -o out.h5 --memory $size 2>&1 | sed -E 's/needs [0-9]+M/needs #M/'
    ls out.h5* 2>/dev/null
done
need=$(geosc match in.h5 -m m.h5 -o out.h5 --memory 1M 2>&1 | sed -nE 's/.* needs ([0-9]+)M .*/\1/p')
part "one megabyte less is refused, the need is enough, and more gives the same bytes"
geosc match in.h5 -m m.h5 -o less.h5 --memory $((need - 1))M >stdout 2>&1
echo $?
for size in "$need" $((need + 3)) 4096; do
    geosc match in.h5 -m m.h5 -o "out-$size.h5" --memory "${size}M" -v --progress none 2>stderr
    echo "exit $?"
    cmp "out-$size.h5" "out-$need.h5"
done
part "no more than that is taken"
# Sanitizers and emulators need more memory, and do not work with limits.
sanitized=
if emulated || nm "$GEOSC" 2>/dev/null | grep -qE '__(asan|tsan)_init'; then
    sanitized=yes
fi
if test -n "$sanitized"; then
    echo "0 too much"
else
    geosc match in.h5 -m m.h5 -o again.h5 --memory "${need}M" -v --progress none 2>&1 |
        sed -nE 's/.*, ([0-9]+) MB of memory.*/\1/p' | awk -v need="$need" 'END { print ($1 > 1.1 * need + 8) " too much" }'
fi
part "hloc's form: no more either, though HDF5 keeps much of many groups; and its size"
geosc synth -o many.h5 --layout indexed --images 1000 --pairs 1500 --channels 2 --height 2 --width 2 --keypoints 2
need=$(geosc match many.h5 -o many-out.h5 --poses none --format hloc --memory 1M 2>&1 | sed -nE 's/.* needs ([0-9]+)M .*/\1/p')
geosc match many.h5 -o many-out.h5 --poses none --format hloc --memory "${need}M" --progress none 2>&1 |
    sed -nE 's/.*, ([0-9]+) MB of memory.*/\1/p' |
    awk -v need="$need" -v sanitized="$sanitized" 'END { print (!sanitized && $1 > 1.1 * need + 8) " too much" }'
geosc match many.h5 --poses none --format hloc --dry-run --json | sed -nE 's/.*"output_bytes": ([0-9]+).*/\1/p' | head -n 1 |
    awk -v bytes="$(wc -c <many-out.h5)" '{ print ($1 < 0.8 * bytes || $1 > 1.2 * bytes) " wrong" }'
part "sizes"
for size in 0 x 1X 1MM -1 4.5G 1e9 99999999999999999999 99999999999T; do t geosc match in.h5 -o out.h5 --memory $size; done
part "a limit of the process: a clean end"
test -n "$sanitized" && echo "0 or 1" ||
    ( ulimit -v 200000 2>/dev/null; geosc match in.h5 -m m.h5 -o limited.h5 --memory 4G -j 2 >stdout 2>&1; echo $? ) | sed 's/^[01]$/0 or 1/'
part "pictures of similarities are read where they stay"
if test -n "$sanitized"; then
    echo "exit 0"
else
    geosc synth -o heat.h5 --layout indexed --images 60 --pairs 3000 --channels 4 --height 8 --width 8 --keypoints 8
    geosc match heat.h5 -o heat-out.h5 --poses none --heat 64 -q # 98 MB
    ( ulimit -v 500000 2>/dev/null; geosc eval heat.h5 heat-out.h5 >stdout; echo "exit $?" )
fi
