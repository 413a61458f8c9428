# Each command first checks its files in a child process: if HDF5 crashes there, the command reports it and ends.
geosc synth -o in.h5 --model-out m.h5 --pairs 2 --channels 4 --height 4 --width 4 --keypoints 2 --hidden 4 --blocks 1 >stdout 2>&1
geosc match in.h5 -m m.h5 -o out.h5 --poses none -q
# HDF5 opens files as usual, except a file of the given name: at that moment it crashes, a signal arrives, or another file gets the name, as
# soon as the child has started.
cat >crash.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

hid_t H5Fopen(const char *name, unsigned flags, hid_t access)
{
    hid_t (*real)(const char *, unsigned, hid_t) = (hid_t (*)(const char *, unsigned, hid_t))dlsym(RTLD_NEXT, "H5Fopen");

    if (strcmp(name, getenv("CRASH")) == 0) {
        int number = atoi(getenv("SIGNAL"));
        if (getenv("OTHER"))
            rename(getenv("OTHER"), name);
        else if (number == 0)
            abort();
        else
        if (link("crash.c", "signalled") == 0) { /* once: by the child */
            kill(getppid(), number);             /* as to a group of processes */
            raise(number);
            sleep(number == SIGUSR2 ? 0 : 60);
        }
    }
    return real(name, flags, access);
}
END
signal() {
    (
        rm -f signalled
        export preload=./crash.so SIGNAL="$1" CRASH="$2"
        shift 2
        t "$@"
    )
}
crash() {
    signal 0 "$@"
}

part "a crash becomes a message"
$TEST_CC -shared -fPIC $CANARY_CFLAGS -o crash.so crash.c -ldl 2>compiler || skip "no shared libraries here"
nm "$GEOSC" 2>/dev/null | grep -qE '__(asan|tsan)_init' && skip "a sanitizer wants to be loaded first"
part "match"
crash in.h5 geosc match in.h5 -m m.h5 -o new.h5 -q
crash m.h5 geosc match in.h5 -m m.h5 -o new.h5 -q
crash out.h5 geosc match in.h5 -m m.h5 -o out.h5 -q
part "signals while the files are looked at: they end the run, but for the one that asks how far it is"
for name in in.h5 m.h5; do
    for number in 15 10; do
        signal $number $name geosc match in.h5 -m m.h5 -o new.h5 -q
    done
done
signal 12 in.h5 geosc match in.h5 -m m.h5 -o asked.h5 --poses none -q | sed "s,[0-9]* %:,# %:,"
t cmp out.h5 asked.h5
part "match --dry-run"
crash m.h5 geosc match in.h5 -m m.h5 --dry-run
part "inspect"
for name in in.h5 m.h5 out.h5; do crash $name geosc inspect $name; done
part "eval"
for name in in.h5 out.h5; do crash $name geosc eval in.h5 out.h5; done
part "render and report"
for name in in.h5 out.h5; do
    crash $name geosc render in.h5 out.h5 --pair 0 -o pair.svg
    crash $name geosc report in.h5 out.h5 -o report.html
done
part "merge"
for i in 0 1; do geosc match in.h5 -m m.h5 -o part$i.h5 --shard $i/2 --poses none -q; done
crash part1.h5 geosc merge part0.h5 part1.h5 -o merged.h5
part "merge for hloc"
geosc synth -o named.h5 --layout indexed --images 3 --pairs 2 --channels 4 --height 4 --width 4
for i in 0 1; do geosc match named.h5 -o named$i.h5 --shard $i/2 --poses none -q; done
geosc match named.h5 -o hloc.h5 --format hloc --poses none -q
crash named.h5 geosc merge --format hloc --input named.h5 -o merged.h5 named0.h5 named1.h5
crash hloc.h5 geosc merge --format hloc --input named.h5 -o hloc.h5 named0.h5 named1.h5
part "a file whose name another gets: what was looked at is read"
exchange() {
    name=$1
    shift
    cp "$name" kept
    echo garbage >other
    ( OTHER=other signal 0 "$name" "$@" )
    cmp -s kept "$name" && echo "no other got the name"
    mv kept "$name"
}
for name in in.h5 m.h5; do
    exchange $name geosc match in.h5 -m m.h5 -o new.h5 --poses none -q -f
    t cmp out.h5 new.h5
done
exchange out.h5 geosc match in.h5 -m m.h5 -o out.h5 --poses none
geosc eval in.h5 out.h5 --csv >truth
evaluate() {
    geosc eval in.h5 out.h5 --csv >seen
}
for name in in.h5 out.h5; do
    exchange $name evaluate
    t cmp truth seen
done
for name in part0.h5 part1.h5; do
    exchange $name geosc merge -f part0.h5 part1.h5 -o new.h5
    t cmp out.h5 new.h5
done
exchange named.h5 geosc merge --format hloc --input named.h5 -o new.h5 -f named0.h5 named1.h5
t cmp hloc.h5 new.h5
looks() {
    geosc inspect "$1" >seen
}
for name in in.h5 m.h5 out.h5; do
    geosc inspect $name >truth
    exchange $name looks $name
    t cmp truth seen
done
part "an output that comes up when nothing was there to be looked at"
# Acts when the input is opened, after the output's path was checked.
cat >come.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <hdf5.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static pid_t first;

static void __attribute__((constructor)) begin(void)
{
    first = getpid();
}

hid_t H5Fopen(const char *name, unsigned flags, hid_t access)
{
    hid_t (*real)(const char *, unsigned, hid_t) = (hid_t (*)(const char *, unsigned, hid_t))dlsym(RTLD_NEXT, "H5Fopen");

    if (getpid() == first && strcmp(name, "in.h5") == 0)
        link("garbage.h5", "come.h5");
    if (strcmp(name, "come.h5") == 0)
        fputs("read without a look\n", stderr);
    return real(name, flags, access);
}
END
$TEST_CC -shared -fPIC $CANARY_CFLAGS -o come.so come.c -ldl 2>compiler
cp out.h5 garbage.h5
come() {
    LD_PRELOAD=./come.so geosc "$@"
}
t come match in.h5 -m m.h5 -o come.h5 --poses none -q
