# Matches in hloc's format: the shards of a run and its input give the file of the whole run, or an error that names the fault.
# Runs in.h5 with OPTIONs of geosc match, whole and in N shards.
whole() {
    geosc match in.h5 -o whole.h5 --format hloc -q -f "$@"
}
split() {
    n=$1
    shift
    for i in $(seq 0 $((n - 1))); do
        geosc match in.h5 -o "p-%s.h5" --shard "$i/$n" -q -f "$@"
    done
}
merge() {
    n=$1
    shift
    geosc merge --format hloc --input in.h5 -o "merged-$n.h5" -f "$@" $(ls p-*-of-"$n".h5 | sort -r)
}
same() {
    whole "$@"
    for n in 1 2 3 7; do
        split $n "$@"
        t merge $n
        t cmp whole.h5 merged-$n.h5
    done
}
input() {
    geosc synth -o in.h5 -f --images 9 --pairs 14 --channels 12 --height 7 --width 9 --seed 4 "$@"
}
# Pairs each image with the next two.
names() {
    for i in 0 1 2 3 4 5 6 7 8; do
        echo "scene-$((i % 3))-view-$((i / 3))"
    done
}
names | awk '{ name[NR] = $1 } END { for (i = 1; i <= NR; i++) for (k = 1; k <= 2 && i + k <= NR; k++) print name[i], name[i + k] }' >pairs.txt

part "indexed: 1, 2, 3 and 7 shards"
input --layout indexed --keypoints 5
same
part "indexed, dense, with confidence"
input --layout indexed --keypoints 0
same --confidence
part "indexed, a list of pairs"
same --pairs pairs.txt
part "grouped"
input --layout grouped --keypoints 5
same
part "grouped, dense"
input --layout grouped --keypoints 0
same
part "grouped, a list of pairs, with confidence"
same --pairs pairs.txt --confidence
part "a shard is written in geosc's own form, and an input that has no other is refused before anything is computed"
split 2 --pairs pairs.txt
geosc match in.h5 -o form-%s.h5 --shard 1/2 --pairs pairs.txt --format hloc -q
t cmp p-1-of-2.h5 form-1-of-2.h5
t geosc match in.h5 -o form-%s.h5 --shard 1/2 --pairs pairs.txt --format hloc
geosc synth -o stacked.h5 --pairs 4 --channels 4
t geosc match stacked.h5 -o no-%s.h5 --shard 0/2 --format hloc
geosc match stacked.h5 -o s-%s.h5 --shard 0/1 -q
t geosc merge --format hloc --input stacked.h5 -o no.h5 s-0-of-1.h5
part "the best cells of each match have no place in it"
t geosc match in.h5 -o top.h5 --pairs pairs.txt --format hloc --top 2
t geosc match in.h5 -o top-%s.h5 --shard 0/1 --pairs pairs.txt --format hloc --top 2
geosc match in.h5 -o top-%s.h5 --shard 0/1 --pairs pairs.txt --top 2 -q
t geosc merge --format hloc --input in.h5 -o no.h5 top-0-of-1.h5
part "a merge that is done already, and a run that is"
whole --pairs pairs.txt
t geosc merge --format hloc --input in.h5 -o merged.h5 p-0-of-2.h5 p-1-of-2.h5
t geosc merge --format hloc --input in.h5 -o merged.h5 p-0-of-2.h5 p-1-of-2.h5
t geosc match in.h5 -o merged.h5 --pairs pairs.txt --format hloc
t cmp whole.h5 merged.h5
t geosc inspect merged.h5
part "what else has the name"
geosc merge -o own.h5 p-0-of-2.h5 p-1-of-2.h5 -q
t geosc merge --format hloc --input in.h5 -o own.h5 p-0-of-2.h5 p-1-of-2.h5
t geosc merge -o merged.h5 p-0-of-2.h5 p-1-of-2.h5
split 3 --pairs pairs.txt --window 3
t geosc merge --format hloc --input in.h5 -o merged.h5 p-0-of-3.h5 p-1-of-3.h5 p-2-of-3.h5
printf '\252' | dd of=merged.h5 bs=1 seek=$(($(wc -c <merged.h5) / 2)) conv=notrunc 2>/dev/null
t geosc merge --format hloc --input in.h5 -o merged.h5 p-0-of-2.h5 p-1-of-2.h5
t geosc merge --format hloc --input in.h5 -o merged.h5 p-0-of-2.h5 p-1-of-2.h5 -f
t cmp whole.h5 merged.h5
part "another input"
cp in.h5 renamed.h5
t geosc merge --format hloc --input renamed.h5 -o no.h5 p-0-of-2.h5 p-1-of-2.h5
mkdir other
geosc synth -o other/in.h5 --images 9 --pairs 14 --channels 12 --height 7 --width 9 --seed 5 --layout grouped --keypoints 0
foreign() {
    geosc merge --format hloc --input other/in.h5 -o no.h5 p-0-of-2.h5 p-1-of-2.h5 2>&1 | sed -E 's/[0-9a-f]{8}/########/g'
}
t foreign
geosc synth -o other/in.h5 -f --images 3 --pairs 4 --channels 12 --height 7 --width 9 --layout grouped
t geosc merge --format hloc --input other/in.h5 -o no.h5 p-0-of-2.h5 p-1-of-2.h5
t geosc merge --format hloc --input p-0-of-2.h5 -o no.h5 p-0-of-2.h5 p-1-of-2.h5
t geosc merge --format hloc --input nothere.h5 -o no.h5 p-0-of-2.h5 p-1-of-2.h5
part "shards that are missing"
t geosc merge --format hloc --input in.h5 -o no.h5 p-0-of-2.h5
part "the input is not written over"
cp in.h5 before.h5
t geosc merge --format hloc --input in.h5 -f -o in.h5 p-0-of-2.h5 p-1-of-2.h5
t cmp before.h5 in.h5
part "nothing was written"
t ls no.h5
part "usage"
t geosc merge --format hloc -o no.h5 p-0-of-2.h5 p-1-of-2.h5
t geosc merge --input in.h5 -o no.h5 p-0-of-2.h5 p-1-of-2.h5
t geosc merge --format colmap --input in.h5 -o no.h5 p-0-of-2.h5 p-1-of-2.h5
