geosc synth -o in.h5 --layout indexed --images 4 --pairs 6 --channels 16 --height 8 --width 8 --keypoints 4 --seed 2
geosc match in.h5 -o out.h5 -q
part "text"
t geosc eval in.h5 out.h5
part "alphas"
t geosc eval in.h5 out.h5 --alpha 0.05,0.2
part "JSON"
t geosc eval in.h5 out.h5 --json
part "CSV"
t geosc eval in.h5 out.h5 --csv
part "comparison and intervals"
t geosc eval in.h5 out.h5 --alpha 0.1 --compare le --intervals
t geosc eval in.h5 out.h5 --alpha 0.1 --compare le --intervals --json
t geosc eval in.h5 out.h5 --alpha 0.1 --compare le --intervals --csv
part "two outputs"
geosc match in.h5 -o flat.h5 -q --temperature 1
t geosc eval in.h5 out.h5 flat.h5 --alpha 0.1
t geosc eval in.h5 out.h5 flat.h5 --alpha 0.1 --json
t geosc eval in.h5 out.h5 flat.h5 --alpha 0.1 --csv
part "accuracy against confidence"
geosc match in.h5 -o sure.h5 -q --confidence
t geosc eval in.h5 sure.h5 --alpha 0.1 --risk
t geosc eval in.h5 sure.h5 --alpha 0.1 --risk --json
geosc eval in.h5 sure.h5 --alpha 0.1 --risk --csv | grep ',cycle,'
part "KAP"
t geosc match in.h5 -o kap.h5 -q --kap
t geosc eval in.h5 kap.h5 --alpha 0.1
t geosc eval in.h5 kap.h5 --alpha 0.1 --json --intervals
make_bad stacked all.h5
make_bad target-absent less.h5
for input in all less; do geosc match $input.h5 -o kap-$input.h5 -q --kap --poses none; done
t geosc eval less.h5 kap-all.h5
t geosc eval all.h5 kap-less.h5
geosc match in.h5 -o kap-flat.h5 -q --kap=0.1 --similarity dot
geosc eval in.h5 kap.h5 kap-flat.h5 --alpha 0.1 | grep -A 6 'KAP in'
geosc eval in.h5 kap.h5 kap-flat.h5 --alpha 0.1 --csv | grep ^kap | cut -d, -f1-13,18
part "thresholds and keypoints"
t geosc eval in.h5 out.h5 --alpha 0.2 --threshold image --keypoints
t geosc eval in.h5 out.h5 --alpha 0.2 --threshold keypoints --keypoints --json
geosc eval in.h5 out.h5 --alpha 0.2 --keypoints --csv | grep ,keypoint,
geosc eval in.h5 out.h5 flat.h5 --alpha 0.2 --keypoints | grep -A 6 'each keypoint'
t geosc eval in.h5 out.h5 --threshold box
part "points"
geosc eval in.h5 sure.h5 --alpha 0.1 --points points.csv >told
cut -d, -f1-8,14- points.csv | head -4
grep -c . points.csv
t geosc eval in.h5 sure.h5 --points points.csv
t geosc eval in.h5 sure.h5 --points points.csv --force --alpha 0.2 | head -1
head -1 points.csv
t geosc eval in.h5 out.h5 --points other.csv --alpha 0.1 | head -1
cut -d, -f20- other.csv | head -2
t geosc eval in.h5 sure.h5 --points sure.h5 --force
t geosc eval in.h5 sure.h5 --points ./in.h5 --force
t geosc eval in.h5 sure.h5 --points nowhere/points.csv
t geosc eval in.h5 sure.h5 --points -
t geosc eval in.h5 sure.h5 out.h5 --points new.csv
t geosc eval in.h5 sure.h5 --force
ls new.csv nowhere 2>&1 | wc -l
part "categories and groups"
make_bad indexed categories.h5
geosc match categories.h5 -o categories-out.h5 -q
t geosc eval categories.h5 categories-out.h5 --alpha 0.1
t geosc eval categories.h5 categories-out.h5 --alpha 0.1 --json
t geosc eval categories.h5 categories-out.h5 --alpha 0.1 --csv
part "true poses alone"
geosc synth -o poses.h5 --layout indexed --images 4 --pairs 6 --channels 16 --height 8 --width 8 --keypoints 0 --seed 2
geosc match poses.h5 -o poses-out.h5 -q
t geosc eval poses.h5 poses-out.h5
t geosc eval poses.h5 poses-out.h5 --json
t geosc eval poses.h5 poses-out.h5 --csv
t geosc eval poses.h5 poses-out.h5 --points none.csv
part "files that do not belong together"
make_bad no-truth truth.h5
geosc match truth.h5 -o truth-out.h5 -q
t geosc eval truth.h5 truth-out.h5
t geosc eval in.h5 truth-out.h5
t geosc eval in.h5 in.h5
t geosc eval out.h5 out.h5
geosc match in.h5 -o hloc.h5 --format hloc -q
t geosc eval in.h5 hloc.h5
t geosc eval missing.h5 out.h5
t geosc eval in.h5 out.h5 missing.h5
t geosc eval in.h5 out.h5 truth-out.h5
t geosc eval in.h5 out.h5 in.h5
part "matches of another input of the same shape"
geosc synth -o other.h5 --layout indexed --images 6 --pairs 6 --channels 16 --height 8 --width 8 --keypoints 4 --seed 3
t geosc eval other.h5 out.h5
geosc synth -o changed.h5 --layout indexed --images 4 --pairs 6 --channels 16 --height 8 --width 8 --keypoints 0 --seed 2
geosc match changed.h5 -o changed-out.h5 -q
geosc synth -f -o changed.h5 --layout indexed --images 4 --pairs 6 --channels 16 --height 8 --width 8 --keypoints 0 --seed 3
t geosc eval changed.h5 changed-out.h5
part "matches of a list of pairs"
echo scene-0-view-0 scene-0-view-1 >pairs.txt
geosc match in.h5 -o list.h5 --pairs pairs.txt -q
t geosc eval in.h5 list.h5
t geosc eval in.h5 out.h5 list.h5
