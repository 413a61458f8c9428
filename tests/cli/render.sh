geosc synth -o in.h5 --model-out m.h5 --layout indexed --images 6 --pairs 9 --channels 32 --height 12 --width 16 --keypoints 6 --hidden 16 --blocks 1 --seed 4
geosc match in.h5 -m m.h5 -o out.h5 -q --poses all
geosc synth -o dense.h5 --model-out dm.h5 --pairs 2 --channels 16 --height 9 --width 7 --keypoints 0 --hidden 16 --blocks 1
geosc match dense.h5 -m dm.h5 -o dense-out.h5 -q
first_bytes() {
    od -An -c -N "$2" "$1" | tr -d ' '
}
part "usage"
t geosc render in.h5
t geosc render in.h5 out.h5 --pair 0
t geosc render in.h5 out.h5 -o a.png
t geosc render in.h5 out.h5 -o a.png --pair 0 --best 2
t geosc render in.h5 out.h5 -o a --worst 2 --best 2
t geosc render in.h5 out.h5 -o - --best 2
t geosc render in.h5 out.h5 -o a.jpg --pair 0
t geosc render in.h5 out.h5 -o a.png --pair -1
t geosc render in.h5 out.h5 -o a.png --pair 0 --size 5
t geosc render in.h5 out.h5 -o a.png --pair 0 --top 0
t geosc render in.h5 out.h5 -o a.png --pair 0 --min-score high
t geosc render in.h5 out.h5 -o - --pair 0 --pair 1
t geosc render in.h5 out.h5 -o both.PNG --pair 0 --pair 1
geosc render in.h5 out.h5 --pair 3 -o pair.png 2>refused
if grep -q 'built without cairo' refused; then
    skip "built without cairo"
fi
part "one pair, in three formats"
t geosc render in.h5 out.h5 --pair 3 -o pair.svg
t geosc render in.h5 out.h5 --pair 3 -o PAIR.PDF
t first_bytes pair.png 4
t first_bytes pair.svg 5
t first_bytes PAIR.PDF 5
part "the same bytes each time"
for kind in png svg pdf; do
    geosc render in.h5 out.h5 --pair 3 -o - --format $kind >again.$kind
done
t cmp pair.png again.png
t cmp pair.svg again.svg
t cmp PAIR.PDF again.pdf
part "never over a file unless told"
t geosc render in.h5 out.h5 --pair 4 -o pair.png
t geosc render in.h5 out.h5 --pair 4 -o pair.png --force
part "several, to a folder"
t geosc render in.h5 out.h5 --worst 2 -o worst
t geosc render in.h5 out.h5 --random 3 --seed 7 -o random --format svg
geosc render in.h5 out.h5 --random 3 --seed 7 -o random2 --format svg | sed s/random2/random/ >second
ls random/* | sort >first
t sh -c 'sort second | cmp - first'
t geosc render in.h5 out.h5 --category ash --best 1 -o ash
t geosc render in.h5 out.h5 --category elm -o elm
t geosc render in.h5 out.h5 --pair 5 --pair 0 --pair 5 -o some
t geosc render in.h5 out.h5 --pair 5 --pair 9 -o none
part "some of the matches"
for options in "" "--top 1" "--no-lines"; do
    # shellcheck disable=SC2086
    geosc render in.h5 out.h5 --pair 3 -o - --format svg $options | cksum
done | sort -u | wc -l
geosc render in.h5 out.h5 --pair 3 -o - --format svg --min-score 2 >none.svg
geosc render in.h5 out.h5 --pair 3 -o - --format svg --min-score -2 --no-lines >all.svg
test "$(wc -c <none.svg)" -lt "$(wc -c <all.svg)" && echo fewer
t geosc render in.h5 out.h5 --pair 3 -o mutual.png --mutual
geosc match in.h5 -m m.h5 -o sure.h5 -q --poses all --confidence
t geosc render in.h5 sure.h5 --pair 3 -o mutual.png --mutual
part "a keypoint has the same colour under each pose"
geosc synth -o many.h5 --pairs 1 --channels 16 --height 8 --width 8 --keypoints 20
for pose in none hflip rot90; do
    geosc match many.h5 -o many-out.h5 -f -q --poses $pose --imd none
    geosc render many.h5 many-out.h5 --pair 0 -o - --format svg --alpha 1000 | grep -o 'rgb([^)]*)' | sort -u >$pose.colours
done
t cmp none.colours hflip.colours
t cmp none.colours rot90.colours
test "$(wc -l <none.colours)" -gt 12 && echo many
part "dense matches"
t geosc render dense.h5 dense-out.h5 --pair 1 -o dense.png
t geosc render dense.h5 dense-out.h5 --pair 1 -o lines.png --top 5
t geosc render dense.h5 dense-out.h5 --pair 1 -o blend.html
geosc render dense.h5 dense-out.h5 --pair 1 -o - --format html >again.html
t cmp blend.html again.html
grep -c 'data:image/png;base64,[^"]*", "warped": "data:image/png;base64,[^"]*", "target": "data:' blend.html
grep -Ec '(src|href)="?(https?:)?//|@import|fetch\(' blend.html
t geosc render dense.h5 dense-out.h5 --pair 0 --pair 1 -o blends --format html
t geosc render in.h5 out.h5 --pair 1 -o blend2.html
part "what is wrong"
t geosc render in.h5 out.h5 --pair 9 -o none.png
t geosc render in.h5 dense-out.h5 --pair 0 -o none.png
t geosc render in.h5 missing.h5 --pair 0 -o none.png
geosc match in.h5 -o shard.h5 -q --poses none --shard 0/2
t geosc render in.h5 shard.h5 --pair 0 -o none.png
t geosc render in.h5 out.h5 --pair 0 -o missing/none.png
make_bad source-nan bad.h5
geosc match bad.h5 -o bad-out.h5 -q --poses none,hflip
t geosc render bad.h5 bad-out.h5 --pair 0 -o bad.png
part "a picture in the place of a file that it is made of: not even with --force"
t geosc render in.h5 out.h5 --pair 0 --format png -o ./in.h5 -f
t geosc render in.h5 out.h5 --pair 0 --format png -o out.h5 -f
part "images of two sizes, dense or not"
for keypoints in 4 0; do
    geosc synth -o two.h5 --model-out m.h5 -f --layout grouped --images 6 --pairs 9 --channels 16 --height 4 --width 14 --keypoints $keypoints --hidden 8 --blocks 1 --seed 4
    geosc match two.h5 -m m.h5 -o two-out.h5 -f --poses all -q
    t geosc render two.h5 two-out.h5 --worst 3 -o two-$keypoints
    geosc render two.h5 two-out.h5 --pair 2 -o turned-$keypoints.svg
    head -c 5 turned-$keypoints.svg && echo
done
