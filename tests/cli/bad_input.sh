# Every fault of an input's structure gives one line, exit status 1 and no output; inspect says the same.
try() {
    make_bad "$1" "$1.h5"
    t geosc match "$1.h5" -o out.h5
    test ! -e out.h5 || echo "an output is there"
    geosc match "$1.h5" -o out.h5 2>&1 | sed 's/^geosc: /  /' >said
    geosc inspect "$1.h5" >found && echo "inspect: exit 0"
    grep '^valid  *no, 1 problem:$' found >/dev/null && sed '1,/^valid/d' found | cmp said - || cat found
}
# What inspect says of it that it does not say of stacked.h5.
differs() {
    geosc inspect stacked.h5 | sed 's/  */ /g' >first
    geosc inspect "$1" | sed 's/  */ /g' | diff first - | sed -n 's/^[<>]/&/p'
}

part "good files"
for name in stacked indexed dense no-truth keypoint-absent; do
    make_bad $name $name.h5
    t geosc match $name.h5 -o $name-out.h5 --progress none --poses none
    test $name = stacked && t geosc inspect $name.h5 || t differs $name.h5
done
part "stacked: datasets"
for name in no-source no-target source-rank source-integer source-text source-group; do
    try $name
done
part "stacked: sizes that disagree"
for name in target-pairs target-channels mask-size mask-text pose-size; do
    try $name
done
part "stacked: keypoints"
for name in keypoints-size keypoints-pairs target-keypoints-count truth-alone units pixel-no-size; do
    try $name
done
part "indexed: datasets"
for name in no-features no-pairs-target pairs-disagree index-float threshold-count category-number mask-images; do
    try $name
done
part "indexed: indices"
for name in index-beyond index-negative mirror-beyond mirror-count; do
    try $name
done
part "not such a file"
t geosc match missing.h5 -o out.h5
t geosc inspect missing.h5
mkdir folder
t geosc match folder -o out.h5
t geosc inspect folder
mkfifo pipe
t geosc inspect pipe
: >empty.h5
t geosc match empty.h5 -o out.h5
t geosc inspect empty.h5
echo "no HDF5" >text.h5
t geosc match text.h5 -o out.h5
t geosc inspect text.h5
head -c 2000 stacked.h5 >truncated.h5
t geosc match truncated.h5 -o out.h5
t geosc inspect truncated.h5
part "no output was left"
t ls
