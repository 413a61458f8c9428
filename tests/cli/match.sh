# The main job: each option, on data with known truth.
part "a data set, matched and evaluated"
t geosc synth -o in.h5 --model-out model.h5 --layout indexed --images 6 --pairs 12 --channels 24 --height 10 --width 10 \
    --keypoints 6 --hidden 8 --blocks 2 --seed 5
t geosc match in.h5 -m model.h5 -o out.h5 --progress line
t geosc eval in.h5 out.h5
t geosc inspect out.h5
part "an output that is there"
t geosc match in.h5 -m model.h5 -o out.h5
cp out.h5 before.h5
t geosc match in.h5 -o out.h5
t cmp out.h5 before.h5
t geosc match in.h5 -o out.h5 -f --progress none
cmp -s out.h5 before.h5 || echo "it was replaced"
part "quiet, verbose"
t geosc match in.h5 -o quiet.h5 -q
geosc match in.h5 -o verbose.h5 -v -j 2 --isa c 2>&1 >/dev/null | sed -E 's/[0-9.]+ MB/# MB/g'
part "json progress"
geosc match in.h5 -o json.h5 --progress json 2>&1 >/dev/null | grep '^{' | tail -n 1 | sed -E 's/"seconds": [0-9.]+/"seconds": #/'
part "poses"
for poses in none hflip,none all antitranspose,transpose,vflip,rot180,rot90,rot270,hflip,none; do
    t geosc match in.h5 -m model.h5 -o poses.h5 -f -q --poses $poses
    t geosc eval in.h5 poses.h5 --alpha 0.1
done
part "pose sources"
t geosc match in.h5 -m model.h5 -o source.h5 -q --pose-source derived
cmp -s source.h5 out.h5 || echo "another file: the option is written down"
t geosc match in.h5 -m model.h5 -o stored.h5 -q --pose-source stored
part "kinds of IMD"
for kind in euclidean mutual squared; do
    t geosc match in.h5 -m model.h5 -o imd.h5 -f -q --imd $kind
    t geosc eval in.h5 imd.h5 --alpha 0.1
done
part "window and temperature"
t geosc match in.h5 -m model.h5 -o window.h5 -q --window 1
t geosc eval in.h5 window.h5 --alpha 0.01,0.1
t geosc match in.h5 -m model.h5 -o seed.h5 -q --temperature 1
t geosc eval in.h5 seed.h5 --alpha 0.01,0.1
part "--restrict-target"
t geosc match in.h5 -m model.h5 -o restricted.h5 -q --restrict-target
t geosc inspect restricted.h5
part "without a model"
t geosc match in.h5 -o none.h5 --progress none
part "the output's place"
t geosc match in.h5 -o missing/out.h5
mkdir folder
t geosc match in.h5 -o folder
t geosc match in.h5 -o in.h5 -f
t ls
