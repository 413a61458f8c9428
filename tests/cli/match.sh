# geosc match: each option, on data with known truth.
part "a data set, matched and evaluated"
t geosc synth -o in.h5 --model-out model.h5 --layout indexed --images 4 --pairs 12 --channels 64 --height 10 --width 10 \
    --keypoints 6 --hidden 8 --blocks 1 --seed 5
t geosc match in.h5 -m model.h5 -o out.h5 --progress none --poses all
t geosc eval in.h5 out.h5
t geosc inspect out.h5
part "several poses, none of them stored, and a model"
t geosc match in.h5 -m model.h5 -o warned.h5 --progress none
t geosc match in.h5 -m model.h5 -o warned.h5 --progress none -f --preset geoaware
part "an output that is there"
t geosc match in.h5 -m model.h5 -o out.h5 --poses all
cp out.h5 before.h5
t geosc match in.h5 -o out.h5
t cmp out.h5 before.h5
t geosc match in.h5 -o out.h5 -f --progress none
cmp -s out.h5 before.h5 || echo "it was replaced"
part "quiet, verbose"
t geosc match in.h5 -o quiet.h5 -q
geosc match in.h5 -o verbose.h5 -v -j 2 --isa c --progress none 2>&1 >/dev/null | sed -E 's/[0-9.]+ MB/# MB/g'
part "progress by line and as a bar: the last life sign"
geosc match in.h5 -o line.h5 --progress line 2>&1 >/dev/null | grep '%' | tail -n 1
geosc match in.h5 -o bar.h5 --progress bar 2>&1 >/dev/null | tr '\r' '\n' | grep '%' | tail -n 1 | sed -E 's,[0-9.]+/s,#/s,' | cat -v
part "json progress"
geosc match in.h5 -o json.h5 --progress json 2>&1 >/dev/null | grep '^{' | tail -n 1 | sed -E 's/"seconds": [0-9.]+/"seconds": #/'
part "poses"
for poses in none hflip,none all antitranspose,transpose,vflip,rot180,rot90,rot270,hflip,none; do
    t geosc match in.h5 -m model.h5 -o poses.h5 -f -q --poses $poses
    pck in.h5 poses.h5
done
part "pose sources"
t geosc match in.h5 -m model.h5 -o source.h5 -q --pose-source derived
t geosc inspect source.h5
t geosc match in.h5 -m model.h5 -o stored.h5 -q --pose-source stored
part "without a model, some poses stored: only of the others is the IMD that of none"
make_bad grouped posed.h5
t geosc match posed.h5 -o posed-out.h5 --progress none --poses none,hflip,rot90
part "kinds of IMD"
for kind in euclidean mutual squared; do
    t geosc match in.h5 -m model.h5 -o imd.h5 -f -q --imd $kind
    pck in.h5 imd.h5
done
part "no IMD: the single pose, the same answers"
t geosc match in.h5 -m model.h5 -o hflip.h5 -q --poses hflip
pck in.h5 hflip.h5
t geosc match in.h5 -m model.h5 -o unscored.h5 -q --poses hflip --imd none
pck in.h5 unscored.h5
t geosc inspect unscored.h5
t geosc match in.h5 -o several.h5 --imd none
part "window and temperature"
t geosc match in.h5 -m model.h5 -o window.h5 -q --window 1
pck in.h5 window.h5
t geosc match in.h5 -m model.h5 -o seed.h5 -q --temperature 1
pck in.h5 seed.h5
part "decoders"
decode() {
    echo "$*"
    geosc match in.h5 -m model.h5 -o decoded.h5 -f -q "$@" && pck in.h5 decoded.h5
    geosc inspect decoded.h5 | grep -o 'query=.*temperature=[^ ]*'
}
decode --query bilinear
decode --similarity dot --window 3 --temperature 0.5
decode --window gauss:2
decode --window all --outside zero
decode --window 3 --outside zero
decode --query bilinear --similarity dot --window gauss:7 --temperature 0.5
part "a decoder is part of what a run is"
t geosc match in.h5 -m model.h5 -o gauss.h5 -q --window gauss:2
t geosc match in.h5 -m model.h5 -o gauss.h5 --window gauss:2.0 --outside zero
t geosc match in.h5 -m model.h5 -o gauss.h5 --window gauss:3
part "presets: options in one word, which the output records; one given by itself wins, wherever it stands"
recorded() {
    echo "$*"
    geosc match in.h5 -m model.h5 -o preset.h5 -f -q "$@"
    geosc inspect preset.h5 | grep '^options'
}
for preset in geoaware marco diy-sc; do
    recorded --preset $preset
done
recorded --preset geoaware-zero-shot --pose-source auto
recorded --window 3 --preset marco --query cell
recorded --poses none,hflip --preset geoaware
recorded --preset geoaware --poses none,hflip --imd euclidean
recorded --preset marco --preset geoaware
t geosc match in.h5 -m model.h5 -o preset.h5 -f --imd none --poses none,hflip --preset geoaware
t geosc match in.h5 -m model.h5 -o preset.h5 -f --preset geoaware-zero-shot
t geosc match in.h5 -o preset.h5 -f --preset geo
t geosc match in.h5 -o preset.h5 -f --preset
part "--confidence"
t geosc match in.h5 -m model.h5 -o sure.h5 -q --confidence
t geosc inspect sure.h5
pck in.h5 sure.h5
part "--kap"
t geosc match in.h5 -o kap.h5 -q --kap 0.05,0.2
t geosc inspect kap.h5
t geosc match in.h5 -o kap.h5 --kap 0.05
t geosc match in.h5 -o none.h5 --kap 0
cp in.h5 2in.h5
t geosc match --kap 2in.h5 -o 2.h5 -q
make_bad no-truth truth.h5
t geosc match truth.h5 -o none.h5 --kap
part "--heat"
geosc synth -o cells.h5 --pairs 1 --channels 4 --height 6 --width 6 --keypoints 0
t geosc match in.h5 -o heat.h5 -q --heat 3
geosc inspect heat.h5 | grep heat
t geosc match cells.h5 -o none.h5 --heat 3
part "--top"
t geosc match in.h5 -m model.h5 -o top.h5 -q --top 4
t geosc inspect top.h5
t geosc match in.h5 -m model.h5 -o top.h5 --top 5
t geosc match in.h5 -m model.h5 -o none.h5 --top 101
part "kinds of convolution"
for kind in direct winograd auto; do
    t geosc match in.h5 -m model.h5 -o conv.h5 -f -q --conv $kind
    pck in.h5 conv.h5
done
part "--restrict-target"
t geosc match in.h5 -m model.h5 -o restricted.h5 -q --restrict-target
t geosc inspect restricted.h5
for use in imd match both; do
    t geosc match in.h5 -m model.h5 -o for-$use.h5 -q --restrict-target $use
    geosc inspect for-$use.h5 | grep -o 'restrict-target=[^ ]*'
done
t cmp for-both.h5 restricted.h5
t geosc match --restrict-target in.h5 -m model.h5 -o before.h5 -q -f
t cmp before.h5 restricted.h5
part "without a model"
t geosc match in.h5 -o none.h5 --progress none
part "the output's place"
t geosc match in.h5 -o missing/out.h5 -q
mkdir folder
t geosc match in.h5 -o folder -q
t ls
part "an input, or a model, is never written over"
ln in.h5 link.h5
cp in.h5 copy.h5
t geosc match in.h5 -o in.h5 -f -q
t geosc match in.h5 -o link.h5 -f -q
t geosc match in.h5 -m model.h5 -o ./model.h5 -f -q
echo "a b" >list.txt
t geosc match in.h5 --pairs list.txt -o ./list.txt -f -q
t cmp in.h5 copy.h5
