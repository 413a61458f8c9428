geosc synth -o in.h5 --model-out m.h5 --layout indexed --images 6 --pairs 9 --channels 32 --height 12 --width 16 --keypoints 6 --hidden 16 --blocks 1 --seed 4
geosc match in.h5 -m m.h5 -o out.h5 --poses all --json --progress none -q >summary.json
# Prints the first of the page's data of a name, without pictures.
numbers() {
    sed -n '/id="data"/,/<\/script>/p' "$1" | grep -o "\"$2\": [^,}]*" | head -n "${3-1}"
}
# How many pairs have pictures, of each kind.
kinds() {
    sed -n '/id="data"/,/<\/script>/p' "$1" | grep -o '"kind": "[a-z]*", "source"' | sed 's/, .*//' | sort | uniq -c | sed 's/^ *//'
}
part "usage"
t geosc report in.h5 out.h5
t geosc report in.h5 -o a.html
t geosc report in.h5 out.h5 -o a.html --gallery 1,2
t geosc report in.h5 out.h5 -o a.html --gallery 1,2,3,4
t geosc report in.h5 out.h5 -o a.html --gallery all
t geosc report in.h5 out.h5 -o a.html --gallery 1001
part "a page"
geosc report in.h5 out.h5 -o page.html --gallery 1
t numbers page.html pairs
t numbers page.html keypoints
t kinds page.html
# The page may load nothing from outside.
t grep -c 'https\?://' page.html
grep -o 'https\?://[^" ]*' page.html
part "pictures: of each category the worst, the best and some at random, each pair once"
geosc report in.h5 out.h5 -o worst.html --gallery 2,0,0
t kinds worst.html
geosc report in.h5 out.h5 -o all.html --gallery 9
t kinds all.html
make_bad source-nan bad.h5
geosc match bad.h5 -o bad-out.h5 -q --poses none,hflip
geosc report bad.h5 bad-out.h5 -o bad.html
t kinds bad.html
part "without --gallery: all pairs, of few"
geosc report in.h5 out.h5 -o few.html
t kinds few.html
geosc synth -o more.h5 --pairs 25 --channels 16 --height 6 --width 6 --keypoints 3 --seed 4
geosc match more.h5 -o more-out.h5 --poses none -q
geosc report more.h5 more-out.h5 -o more.html
t kinds more.html
part "why pairs failed, in the words of geosc match; those of a bad keypoint for each pair"
make_bad keypoint-outside outside.h5
geosc match outside.h5 -o outside-out.h5 -q --poses none
geosc report outside.h5 outside-out.h5 -o outside.html
t sed -n 's/.*"failures": \(\[[^]]*\]\).*/\1/p' outside.html
t sed -n 's/.*"failures": \(\[[^]]*\]\).*/\1/p' bad.html
part "two outputs side by side"
geosc match in.h5 -o other.h5 --poses none -q
t geosc report in.h5 out.h5 other.h5 -o two.html
t grep -o '"name": "o[a-z]*.h5"' two.html
t geosc report in.h5 out.h5 bad-out.h5 -o a.html
t geosc report in.h5 out.h5 other.h5 -o other.h5 -f
part "to stdout, without pictures, with times"
geosc report in.h5 out.h5 -o - --gallery 0 --summary summary.json >stdout.html
geosc report in.h5 out.h5 -o - --gallery 0 --summary - <summary.json >stdin.html
t cmp stdout.html stdin.html
t grep -c '\\"stages\\"' stdout.html
t grep -c 'data:image/[pj]' stdout.html
part "text from files cannot become markup"
printf '{"a": "</script><script>alert(1)"}' >nasty.json
geosc report in.h5 out.h5 -o - --gallery 0 --summary nasty.json >nasty.html
t grep -c 'alert' nasty.html
t grep -c '</script><script>alert' nasty.html
part "what is wrong"
t geosc report in.h5 out.h5 -o page.html
t geosc report in.h5 out.h5 -o page.html --force --gallery 0
t geosc report in.h5 out.h5 -o a.html --summary missing.json
t geosc report in.h5 out.h5 -o a.html --summary in.h5
t geosc report out.h5 in.h5 -o a.html
t ls a.html
part "a page in the place of a file that it is made of: not even with --force"
ln -s in.h5 link.h5
t geosc report in.h5 out.h5 -o link.h5 -f
t geosc report in.h5 out.h5 -o ./out.h5 -f
t geosc report in.h5 out.h5 -o nasty.json -f --summary nasty.json
part "images of two sizes"
geosc synth -o two.h5 --model-out m.h5 -f --layout grouped --images 6 --pairs 9 --channels 32 --height 8 --width 14 --keypoints 6 --hidden 16 --blocks 1 --seed 4
geosc match two.h5 -m m.h5 -o two-out.h5 --poses all -q
geosc report two.h5 two-out.h5 -o sizes.html
t grep -o '"channels": 32, "height": [^a-z]*, "width": [^a-z]*,' sizes.html
part "without target keypoints, and without keypoints"
geosc synth -o plain.h5 --pairs 3 --channels 32 --height 8 --width 8 --keypoints 0 --seed 4
geosc match plain.h5 -o plain-out.h5 -q
t geosc report plain.h5 plain-out.h5 -o plain.html
t numbers plain.html judged
