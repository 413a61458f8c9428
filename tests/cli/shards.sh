# Merged shards have the bytes of the whole run, or the merge fails with the fault.
geosc synth -o in.h5 --model-out model.h5 --layout indexed --images 9 --pairs 21 --channels 24 --height 11 --width 13 --keypoints 5 \
    --hidden 12 --blocks 2
geosc match in.h5 -m model.h5 -o whole.h5 -q
shards() {
    for i in $(seq 0 $(($1 - 1))); do
        geosc match in.h5 -m model.h5 -o "p-%s.h5" --shard "$i/$1" -q
    done
}
part "1, 2, 3 and 7 shards, and more than there are pairs"
for n in 1 2 3 7 24; do
    shards $n
    t geosc merge -o merged-$n.h5 $(ls p-*-of-$n.h5 | sort -r)
    t cmp whole.h5 merged-$n.h5
done
part "stacked and dense"
geosc synth -o stacked.h5 --pairs 5 --channels 16 --height 6 --width 5 --keypoints 0
geosc match stacked.h5 -o dense.h5 -q
for i in 2 0 1; do
    t geosc match stacked.h5 -o s-%s.h5 --shard $i/3 -q
done
t geosc merge -o dense-merged.h5 s-0-of-3.h5 s-1-of-3.h5 s-2-of-3.h5 -q
t cmp dense.h5 dense-merged.h5
part "threads and memory"
for i in 0 1 2; do
    geosc match in.h5 -m model.h5 -o m-%s.h5 --shard $i/3 -q -j $((i + 1)) --memory $((40 + 20 * i))M
    t cmp m-$i-of-3.h5 p-$i-of-3.h5
done
part "with confidence"
geosc match in.h5 -m model.h5 -o sure.h5 -q --confidence
for i in $(seq 0 23); do
    geosc match in.h5 -m model.h5 -o sure-%s.h5 -q --confidence --shard "$i/24"
done
t geosc merge -o sure-merged.h5 sure-*-of-24.h5 -q
t cmp sure.h5 sure-merged.h5
part "with the best cells, dense"
geosc match stacked.h5 -o top.h5 -q --top 3 --confidence
for i in 0 1 2; do
    geosc match stacked.h5 -o top-%s.h5 -q --top 3 --confidence --shard "$i/3"
done
t geosc merge -o top-merged.h5 top-*-of-3.h5 -q
t cmp top.h5 top-merged.h5
part "what a shard is"
t geosc inspect p-23-of-24.h5
t geosc eval in.h5 p-0-of-3.h5
part "missing"
t geosc merge -o no.h5 p-0-of-3.h5 p-2-of-3.h5
t geosc merge -o no.h5 p-5-of-7.h5 p-1-of-7.h5
t geosc merge -o no.h5 p-0-of-3.h5 nothere.h5 p-2-of-3.h5
part "doubled"
cp p-1-of-3.h5 copy.h5
t geosc merge -o no.h5 p-*-of-3.h5 copy.h5
part "foreign"
geosc match in.h5 -o other-%s.h5 --shard 1/3 -q 2>/dev/null
t geosc merge -o no.h5 p-0-of-3.h5 other-1-of-3.h5 p-2-of-3.h5
geosc match in.h5 -m model.h5 -o other-%s.h5 --shard 1/3 --window 3 -q -f
t geosc merge -o no.h5 p-0-of-3.h5 other-1-of-3.h5 p-2-of-3.h5
t geosc merge -o no.h5 p-0-of-3.h5 s-1-of-3.h5 p-2-of-3.h5
t geosc merge -o no.h5 p-0-of-3.h5 p-1-of-7.h5 p-2-of-3.h5
t geosc merge -o no.h5 p-*-of-3.h5 whole.h5
t geosc merge -o no.h5 p-0-of-3.h5 p-1-of-3.h5 in.h5
part "truncated and damaged"
head -c 4000 p-1-of-3.h5 >cut.h5
t geosc merge -o no.h5 p-0-of-3.h5 cut.h5 p-2-of-3.h5
# Changed bytes all over a shard: the merge refuses it, or the byte has no meaning.
size=$(wc -c <p-1-of-3.h5)
wrong=0
for at in $(seq 100 197 $((size - 1))); do
    cp p-1-of-3.h5 bad.h5
    printf '\252' | dd of=bad.h5 bs=1 seek="$at" conv=notrunc 2>/dev/null
    cmp -s p-1-of-3.h5 bad.h5 && continue
    geosc merge -o flipped.h5 p-0-of-3.h5 bad.h5 p-2-of-3.h5 -q -f 2>/dev/null && ! cmp -s flipped.h5 whole.h5 && wrong=$((wrong + 1))
done
t echo "wrong outputs: $wrong"
part "nothing was written"
t ls no.h5
part "usage"
t geosc merge
t geosc merge p-0-of-3.h5
t geosc merge -o p-0-of-3.h5 p-0-of-3.h5
t geosc merge -o whole.h5 p-0-of-3.h5 p-1-of-3.h5 p-2-of-3.h5
t geosc merge -o merged-7.h5 s-0-of-3.h5 s-1-of-3.h5 s-2-of-3.h5
t geosc merge -f -o merged-7.h5 p-0-of-3.h5 p-1-of-3.h5 p-2-of-3.h5
for shard in 3/3 1/0 -1/3 0/-3 0/+3 '0/ 3' 1 1/ /3 1/3x all 0/10000000; do
    t geosc match in.h5 -o no.h5 --shard "$shard"
done
part "a shard that is there, and another one in its place"
t geosc match in.h5 -m model.h5 -o p-%s.h5 --shard 1/3
t geosc match in.h5 -m model.h5 -o p-1-of-3.h5 --shard 2/3
t geosc match in.h5 -m model.h5 -o p-1-of-3.h5
part "the plan, which is that of the run"
plan() {
    geosc match in.h5 -m model.h5 --dry-run --json "$@" | grep -oE '"(pairs|maps_refined|maps_reused|reads)": [0-9]+' | paste -sd' '
}
ran() {
    geosc match in.h5 -m model.h5 -o ran.h5 -f -q --json "$@" | grep -oE '"(pairs|maps_refined|maps_reused)": [0-9]+' | paste -sd' '
}
t plan
t ran
t plan --shard 0/3
for i in 0 1 2; do
    t ran --shard $i/3
done
refused() {
    geosc match in.h5 -m model.h5 --dry-run --memory 1M 2>&1 | sed 's/needs [0-9]*M/needs #M/'
}
t refused
t geosc match nothere.h5 --dry-run
part "one at a time on an output, and what a killed one left"
meanwhile() {
    flock alone.h5.journal "$GEOSC" "$@"
}
: >.alone.h5.123.0123abcd.tmp
t meanwhile merge -o alone.h5 p-*-of-3.h5
t geosc merge -o alone.h5 p-*-of-3.h5
t cmp whole.h5 alone.h5
t find . -name '*alone*'
