# Paths of outputs: invalid names, links, names too long, and files left by killed processes.
geosc synth -o in.h5 --layout indexed --pairs 3 --channels 4 --height 4 --width 4 --keypoints 2
geosc match in.h5 -o out.h5 --poses none -q
geosc match in.h5 -o s-%s.h5 --shard 0/1 --poses none -q
# Each command that writes a file, with the output NAME: NAME [OPTION]...
each() {
    name=$1
    shift
    t geosc match in.h5 -o "$name" --poses none -q "$@"
    t geosc merge s-0-of-1.h5 -o "$name" -q "$@"
    t geosc synth -o "$name" --pairs 2 "$@"
    t geosc synth -o other.h5 --model-out "$name" --pairs 2 "$@"
    rm -f other.h5
}
part "devices and processes: -f or not"
each /dev/stdout
each /proc/self/fd/1 -f
ls -l /dev/stdout | sed 's/.* -> /-> /'
part "a link that leads there"
ln -s /dev/stdout link
each link -f
ls -l link | sed 's/.* -> /-> /'
part "a FIFO, and a folder"
mkfifo fifo
mkdir folder
each fifo -f
each folder -f
part "-: HDF5 has no pipes"
t geosc match in.h5 -o - --poses none -q
t geosc merge s-0-of-1.h5 -o - -q
t geosc synth -o - --pairs 2
t geosc synth -o other.h5 --model-out - --pairs 2
part "a link to nothing: not without -f, and then itself"
ln -s nothing dangling
each dangling
t geosc match in.h5 -o dangling -f -q --poses none
t test ! -h dangling -a ! -e nothing
part "two names for one file"
t geosc synth -o other.h5 --model-out ./other.h5
part "names that are too long"
n=$(printf '%0247d' 7)
t geosc match in.h5 -o "$n" -q --poses none
t test -s "$n"
t geosc match in.h5 -o "0$n" -q --poses none
t geosc merge s-0-of-1.h5 -o "0$n" -q
t geosc synth -o "000000000$n"
rm -f "$n"
part "what killed processes have left beside each output"
left() {
    rm -f "$1"
    touch ".$1.123456789.0123abcd.tmp" ".$1x.1.0123abcd.tmp"
    shift
    "$@"
    ls -A | grep '\.tmp$'
    rm -f .*.tmp
}
left made.h5 t geosc match in.h5 -o made.h5 --poses none -q
left made.h5 t geosc merge s-0-of-1.h5 -o made.h5 -q
left made.h5 t geosc synth -o made.h5 --pairs 2
rm made.h5
left made.h5 t geosc synth -o model-and.h5 --model-out made.h5 --pairs 2
if ! geosc --version | grep -q 'pictures: none'; then
    part "pages and pictures, too"
    rm dangling
    ln -s nothing dangling
    for name in /dev/stdout /proc/self/fd/1 link fifo folder dangling; do
        t geosc report in.h5 out.h5 -o $name
        t geosc render in.h5 out.h5 --pair 0 --format png -o $name
    done
    t geosc report in.h5 out.h5 -f -o /dev/stdout
    t geosc render in.h5 out.h5 --pair 0 --format png -f -o /dev/stdout
    geosc report in.h5 out.h5 -o - | head -c 15
    echo
    left page.html t geosc report in.h5 out.h5 -o page.html
    left p.png t geosc render in.h5 out.h5 --pair 0 -o p.png
    mkdir many
    touch many/.pair-000001.png.1.0123abcd.tmp many/.other.png.1.0123abcd.tmp
    t geosc render in.h5 out.h5 --best 2 -o many
    ls -A many
else
    skip "built without cairo"
fi
