geosc synth -o in.h5 --model-out m.h5 --layout indexed --images 6 --pairs 9 --channels 32 --height 12 --width 16 --keypoints 6 --hidden 16 --blocks 1 --seed 4
geosc match in.h5 -m m.h5 -o out.h5 --poses all --json --progress none -q >summary.json
# Prints the page's data without pictures: numbers that other commands print, too.
numbers() {
    sed -n '/id="data"/,/<\/script>/p' "$1" | grep -o "\"$2\": [^,}]*" | head -n "${3-1}"
}
part "usage"
t geosc report in.h5 out.h5
t geosc report in.h5 -o a.html
geosc report in.h5 out.h5 -o page.html --gallery 1 2>refused
if grep -q 'built without cairo' refused; then
    skip "built without cairo"
fi
part "a page"
t numbers page.html pairs
t numbers page.html ok
t numbers page.html right
t numbers page.html known
geosc eval in.h5 out.h5 | grep 'poses right'
# The page may load nothing from outside.
t grep -c 'https\?://' page.html
grep -o 'https\?://[^" ]*' page.html
part "to stdout, without pictures, with times"
geosc report in.h5 out.h5 -o - --gallery 0 --summary summary.json >stdout.html
geosc report in.h5 out.h5 -o - --gallery 0 --summary - <summary.json >stdin.html
t cmp stdout.html stdin.html
t grep -c '\\"stages\\"' stdout.html
t grep -c 'data:image/png' stdout.html
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
geosc report two.h5 two-out.h5 -o two.html
t grep -o '"channels": 32, "height": [^a-z]*, "width": [^a-z]*,' two.html
t numbers two.html right
