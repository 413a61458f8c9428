# The output's bytes depend only on input, model and options.
geosc synth -o in.h5 --model-out model.h5 --layout indexed --images 5 --pairs 8 --channels 37 --height 13 --width 29 \
    --keypoints 5 --hidden 19 --blocks 2 --deflate 4
same() {
    t cmp first.h5 "$1"
}
geosc match in.h5 -m model.h5 -o first.h5 -q -j 1
part "threads"
for threads in 1 2 3 5 8 16 33; do
    t geosc match in.h5 -m model.h5 -o threads.h5 -f -q -j $threads --workers $threads
    same threads.h5
done
part "threads, c"
geosc match in.h5 -m model.h5 -o c1.h5 -q -j 1 --isa c
t geosc match in.h5 -m model.h5 -o c3.h5 -q -j 3 --workers 3 --isa c
t cmp c1.h5 c3.h5
part "KAP"
geosc match in.h5 -m model.h5 -o kap1.h5 -q -j 1 --kap
for threads in 2 3 8; do
    t geosc match in.h5 -m model.h5 -o kap2.h5 -f -q -j $threads --workers $threads --kap
    t cmp kap1.h5 kap2.h5
done
part "aggregation"
geosc synth -o a.h5 --model-out aggregation.h5 --arch aggregation --layout indexed --images 5 --pairs 8 --channels 37 \
    --height 13 --width 29 --keypoints 5 --hidden 24 --blocks 3
geosc match a.h5 -m aggregation.h5 -o a1.h5 -q -j 1
for threads in 2 3 8; do
    t geosc match a.h5 -m aggregation.h5 -o a2.h5 -f -q -j $threads --workers $threads
    t cmp a1.h5 a2.h5
done
part "a deep aggregation network"
geosc synth -o d.h5 --model-out deep.h5 --arch aggregation --layout indexed --images 5 --pairs 8 --channels 36 --height 13 \
    --width 29 --keypoints 5 --hidden 24 --blocks 3 --bottlenecks 2 --time-steps 2 --conv1 3x3
geosc match d.h5 -m deep.h5 -o d1.h5 -q -j 1
for threads in 2 3 4 5; do
    t geosc match d.h5 -m deep.h5 -o d2.h5 -f -q -j $threads --workers $threads
    t cmp d1.h5 d2.h5
done
need=$(geosc match d.h5 -m deep.h5 -o d2.h5 -f --memory 1M 2>&1 | sed -nE 's/.* needs ([0-9]+)M .*/\1/p')
geosc match d.h5 -m deep.h5 -o little.h5 -q --memory "${need}M"
t cmp d1.h5 little.h5
part "synth"
for n in 1 2; do
    t geosc synth -o again$n.h5 --model-out again$n-model.h5 --seed 3 --pairs 3 --channels 8 --height 6 --width 7
done
t cmp again1.h5 again2.h5
t cmp again1-model.h5 again2-model.h5
sets=$(geosc --version | sed -n 's/^instruction sets://p' | sed -E 's/[^ ]+ \(not on this machine\)//g; s/ c$//')
# shellcheck disable=SC2086
set -- $sets
[ $# -gt 0 ] || skip "only plain C here"
part "every instruction set but plain C, by option and environment"
# made ISA INPUT MODEL EXPECTED [OPTION...]: what differs is named; machines have different sets.
made() {
    isa=$1 input=$2 model=$3 expected=$4
    shift 4
    geosc match "$input" -m "$model" -o set.h5 -f -q --isa "$isa" "$@"
    cmp "$expected" set.h5 || echo "$isa: other bytes than $expected"
}
for isa in $sets; do
    made "$isa" in.h5 model.h5 first.h5
    made "$isa" in.h5 model.h5 kap1.h5 --kap
    made "$isa" a.h5 aggregation.h5 a1.h5
    made "$isa" d.h5 deep.h5 d1.h5
    with GEOSC_ISA="$isa" geosc match in.h5 -m model.h5 -o environment.h5 -f -q
    cmp first.h5 environment.h5 || echo "$isa: other bytes than first.h5 by the environment"
done
