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
part "images by name, in two sizes"
geosc synth -o grouped.h5 --layout grouped --pairs 6 --images 5 --channels 6 --height 5 --width 9 --keypoints 3 --dtype f2 --deflate 3
t geosc inspect grouped.h5
t geosc inspect grouped.h5 --json
part "images by name, of one size"
geosc synth -o square.h5 --layout grouped --pairs 3 --channels 6 --height 5 --width 5 --keypoints 0
t geosc inspect square.h5
part "images by name, of many kinds"
make_bad grouped kinds.h5
t geosc inspect kinds.h5
part "with a list of pairs"
printf '%s\n' 'scene-0-view-0 scene-0-view-1' 'scene-0-view-2' 'scene-0-view-9 scene-0-view-1' 'scene-0-view-0 scene-0-view-x' >faults.txt
t geosc inspect grouped.h5 --pairs faults.txt
t geosc match grouped.h5 --pairs faults.txt -o none.h5
printf '%s\n' 'scene-0-view-0 scene-0-view-1' >good.txt
t geosc inspect grouped.h5 --pairs good.txt
t geosc inspect out.h5 --pairs good.txt
part "valid, but hardly meant: axes in another order, keypoints in pixels without saying so"
geosc synth -o axes.h5 --pairs 2 --channels 12 --height 16 --width 64 --keypoints 3
t geosc inspect axes.h5
t geosc match axes.h5 -o axes-out.h5 --poses none --progress none
make_bad keypoint-outside outside.h5
t geosc inspect outside.h5
part "an output for an input"
t geosc match out.h5 -o again.h5
part "names that are not known"
for layout in stacked indexed grouped; do
    make_bad $layout-unused $layout.h5
    geosc inspect $layout.h5 | grep -e unused -e '^valid'
done
make_bad dense-mistyped dense.h5
geosc inspect dense.h5 | grep -e unused -e '^valid'
t geosc match dense.h5 -o dense-out.h5 --poses none --progress none
