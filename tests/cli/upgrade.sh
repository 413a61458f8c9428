# What geosc does with files of an earlier version: tests/golden/0.1.0 holds an input, a model, and what geosc 0.1.0 made of them.
old=$srcdir/tests/golden/0.1.0
cp "$old"/* .
chmod u+w -- *
run() {
    geosc match pairs.h5 -m model.h5 --poses all --pose-source derived -q "$@"
}
part "outputs are read as this version's"
t geosc inspect matches.h5
evaluated() {
    geosc eval pairs.h5 "$1" --alpha 0.1 | grep -E '^all.*point|^poses'
}
t evaluated matches.h5
geosc render pairs.h5 matches.h5 --pair 0 -o pair.svg 2>error || grep -v 'built without cairo' error
part "but they are not this version's answers: match keeps them, and replaces them if told"
t run -o matches.h5
cmp matches.h5 "$old/matches.h5"
t run -o matches.h5 --force
t evaluated matches.h5
part "shards are not joined"
t geosc merge shard-0.h5 shard-1.h5 -o merged.h5
ls merged.h5 2>/dev/null
part "an interrupted run does not continue, but starts again if told"
t run -o interrupted.h5
cmp interrupted.h5.journal "$old/interrupted.h5.journal"
t run -o interrupted.h5 --restart
cmp interrupted.h5 matches.h5
