part "layouts, types, compression"
for layout in stacked indexed grouped; do
    for dtype in f2 f4; do
        for deflate in 0 6; do
            t geosc synth -o $layout-$dtype-$deflate.h5 --layout $layout --dtype $dtype --deflate $deflate --pairs 4 \
                --channels 12 --height 7 --width 9 --keypoints 3 --seed 9
            geosc inspect $layout-$dtype-$deflate.h5 >found || cat found
            case $dtype-$deflate in
                f2-0) cp found first && cat found ;;
                *) diff first found | grep '^>' ;;
            esac
        done
    done
done
part "compression changes nothing"
for layout in stacked indexed grouped; do
    geosc match $layout-f2-0.h5 -o plain.h5 -f -q
    geosc match $layout-f2-6.h5 -o deflated.h5 -f -q
    geosc eval $layout-f2-0.h5 plain.h5 >plain
    geosc eval $layout-f2-6.h5 deflated.h5 >deflated
    t cmp plain deflated
done
part "no keypoints: dense"
t geosc synth -o dense.h5 --keypoints 0 --pairs 2 --channels 6 --height 5 --width 4
t geosc match dense.h5 -o dense-out.h5 --progress none
t geosc inspect dense-out.h5
part "by name as by number"
for layout in indexed grouped; do
    geosc synth -o square-$layout.h5 --model-out square.h5 -f --layout $layout --pairs 12 --images 8 --channels 32 --height 10 --width 10 --seed 5
    geosc match square-$layout.h5 -m square.h5 -o out.h5 -f -q --poses all
    geosc eval square-$layout.h5 out.h5 >$layout.txt
done
t cmp indexed.txt grouped.txt
part "two sizes"
geosc synth -o two.h5 --model-out model.h5 --layout grouped --pairs 16 --images 8 --channels 48 --height 9 --width 14 --seed 3
geosc match two.h5 -m model.h5 -o out.h5 -f -q --poses all
t pck two.h5 out.h5
rm two.h5 model.h5 out.h5
part "a model"
t geosc synth -o in.h5 --model-out model.h5 --pairs 2 --channels 16 --height 6 --width 6 --hidden 8 --blocks 3
t geosc inspect model.h5
t geosc synth -o in.h5 --model-out model.h5 -f --arch aggregation --pairs 2 --channels 16 --height 6 --width 6 --hidden 6 --blocks 3
t geosc inspect model.h5
t geosc match in.h5 -m model.h5 -o out.h5 -q
t geosc match stacked-f4-0.h5 -m model.h5 -o bad.h5
t geosc synth -o in.h5 --model-out model.h5 -f --arch aggregation --bottlenecks 2 --time-steps 3 --conv1 3x3 --pairs 2 --channels 18 --height 6 --width 6 --hidden 6 --blocks 2
t geosc inspect model.h5
t geosc match in.h5 -m model.h5 -o out.h5 -f -q
t geosc match stacked-f4-0.h5 -m model.h5 -o bad.h5
t geosc synth -o in.h5 --model-out model.h5 -f --arch aggregation --channels 32 --time-steps 3
t geosc synth -o in.h5 --model-out model.h5 -f --arch aggregation --channels 4 --time-steps 2 --blocks 3
t geosc synth -o in.h5 --model-out model.h5 -f --bottlenecks 2
t geosc synth -o in.h5 --model-out model.h5 -f --conv1 3x3
t geosc synth -o in.h5 --model-out model.h5 -f --arch aggregation --channels 2 --blocks 3
t geosc synth -o in.h5 --model-out model.h5 -f --arch other
part "stopped: no file is left"
"$GEOSC" synth -o long.h5 --model-out long-model.h5 --pairs 50000 --channels 64 --keypoints 1 2>said &
synth=$!
for i in $(seq 600); do
    ls .long.h5.*.tmp >/dev/null 2>&1 && break
    sleep 0.05
done
kill -TERM $synth
wait $synth
echo "exit $?"
cat said
find . -name '*long*'
part "seeds"
t geosc synth -o one.h5 --seed 1 --pairs 2 --channels 4 --height 4 --width 4
t geosc synth -o two.h5 --seed 2 --pairs 2 --channels 4 --height 4 --width 4
cmp -s one.h5 two.h5 || echo "they differ"
part "existing files"
t geosc synth -o one.h5 --pairs 2 --channels 4 --height 4 --width 4
t geosc synth -o one.h5 --pairs 2 --channels 4 --height 4 --width 4 -f
t geosc synth -o missing/one.h5 --pairs 2 --channels 4 --height 4 --width 4
