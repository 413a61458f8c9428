geosc synth -o in.h5 --layout indexed --images 6 --pairs 12 --channels 32 --height 12 --width 12 --keypoints 4 --seed 2 --model-out m.h5 --hidden 16 --blocks 1
# Runs a command in a terminal of 60 columns; prints the screen's lines without cursor movements and colours.
terminal() {
    script -qec "stty cols ${columns-100}; $GEOSC match in.h5 -m m.h5 -o out.h5 -f $*" /dev/null </dev/null >sent 2>&1
}
bare() {
    tr '\r' '\n' <sent | sed 's/\x1b\[[0-9;]*[mK]//g'
}
export TERM=xterm
unset NO_COLOR
if ! script -qec true /dev/null </dev/null >script.out 2>&1; then
    skip "no script(1), which makes terminals"
fi
part "a bar on a terminal, taken away at the end"
terminal
bare | grep -c '^\[' | awk '{ print ($1 >= 1 ? "drawn" : "not drawn") }'
bare | grep '100 %' | sed -E 's,[0-9.]+/s,#/s,; s/[0-9:]+( ms)? left/# left/'
grep -c "$(printf '\r\033\[K')geosc: 12 pairs" sent
bare | tail -n 2 | grep '^geosc'
part "in colour, unless NO_COLOR or TERM=dumb"
grep -c "$(printf '\033')\[1;34m#" sent | awk '{ print ($1 >= 1 ? "coloured" : "plain") }'
NO_COLOR=1 terminal
grep -c "$(printf '\033')\[1;" sent
grep -c '####' sent | awk '{ print ($1 >= 1 ? "bar" : "no bar") }'
NO_COLOR= terminal
grep -c "$(printf '\033')\[1;34m#" sent | awk '{ print ($1 >= 1 ? "coloured" : "plain") }'
TERM=dumb terminal
grep -c "$(printf '\033')" sent
bare | grep '100 %'
part "never wider than the terminal"
for columns in 30 50 70 100; do
    terminal
    bare | grep '%' | awk -v columns=$columns 'length >= columns { print "too wide: " $0 } END { print columns ": " (NR ? "drawn" : "not drawn") }'
done
part "lines and JSON for logs"
t geosc match in.h5 -m m.h5 -o out.h5 -f --progress none
geosc match in.h5 -m m.h5 -o out.h5 -f 2>lines
sed -n '$!s/[0-9]* %.*/#/p' lines | sort -u
geosc match in.h5 -m m.h5 -o out.h5 -f --progress json 2>lines
grep -c '"pairs_done": 12, "pairs": 12, "pairs_failed": 0,.*"seconds_left": 0.000}' lines
part "a summary as JSON on stdout, and nothing else there"
geosc match in.h5 -m m.h5 -o out.h5 -f --json >summary 2>messages
sed -E 's/("(seconds|wait|decode|refine|score|match|write|cpu_wall|memory_most|threads|workers)": )([0-9.e+-]+|null)/\1#/g; s/("isa": )"[a-z0-9-]*"/\1#/' summary
grep -vc ' left$\|: warning: ' messages
t geosc match in.h5 -m m.h5 -o out.h5 --json -q >summary
grep -o '"already_done": true' summary
