# Events that end a command: limits of file size, closed pipes, signals. One line, the right exit status, no files left.
geosc synth -o in.h5 --model-out m.h5 --pairs 6 --images 4 --layout indexed --channels 16 --height 12 --width 12 --keypoints 4 --hidden 4 --blocks 1
geosc match in.h5 -o out.h5 --poses none -q
for i in 0 1; do geosc match in.h5 -o part$i.h5 --poses none -q --shard $i/2; done
geosc match in.h5 -o hloc.h5 --format hloc --poses none -q
# Each command, writing or printing, without progress.
commands() {
    cat <<'END'
match in.h5 -m m.h5 -o new.h5 -q
match in.h5 -o new.h5 -q --format hloc --poses none
merge -q -o new.h5 part0.h5 part1.h5
merge -q -o new.h5 --format hloc --input in.h5 part0.h5 part1.h5
synth -o new.h5 --model-out new-m.h5
END
}
pictures() {
    cat <<'END'
render in.h5 out.h5 --pair 0 -o new.svg
render in.h5 out.h5 --worst 2 -o new-folder
report in.h5 out.h5 -o new.html
END
}
prints() {
    cat <<'END'
inspect in.h5
inspect in.h5 --json
inspect m.h5
inspect out.h5
inspect hloc.h5
eval in.h5 out.h5
eval in.h5 out.h5 --csv
eval in.h5 out.h5 --json
match in.h5 --dry-run --poses none
match in.h5 --dry-run --json --poses none
help
help --completion bash
match --help
--version
--help
END
}
# Lists new files; a journal and a folder may stay for the next run.
left() {
    ls -A | grep -E 'new|tmp' | grep -vE '^new\.h5\.journal$|^new-folder$' | sed 's/^/left: /'
    test ! -d new-folder || ls -A new-folder | sed 's/^/left: new-folder /'
    rm -rf new*
}
# Calls a function with the words of each command read from stdin.
each() {
    while read -r line; do
        "$@" $line </dev/null
        left
    done
}
small() {
    (
        ulimit -f 1
        exec "$GEOSC" "$@"
    ) 2>said
    echo "$1: exit $?, $(wc -l <said) line: $(sed -E 's/.*(File too large).*/\1/' said)"
}
part "a reader that has gone: no word, and status 1"
gone() {
    mkfifo pipe
    : <pipe &
    exec 9>pipe
    wait
    "$GEOSC" "$@" >&9 2>said
    echo "$1: exit $?$(sed 's/^/, says: /' said)"
    exec 9>&-
    rm -f pipe
}
prints | each gone
part "stdout that is closed: a word, and status 1"
closed() {
    "$GEOSC" "$@" >&- 2>said
    echo "$1: exit $?, $(wc -l <said) line: $(sed -E 's/.*(stdout: cannot be written).*/\1/' said)"
}
prints | each closed
part "a signal while a pair is at work"
# 360,000 cells against 360,000 take minutes.
geosc synth -o large.h5 --pairs 1 --channels 4 --height 600 --width 600 --keypoints 0 2>stderr
soon() {
    began=$(date +%s)
    timeout --preserve-status -s "$@" >printed 2>said
    echo "$4: exit $?: $(sed 's/ stopped .*/ stopped/' said)"
    test $(($(date +%s) - began)) -lt 20 || echo "but not soon" # a machine may be busy
    left
}
for number in TERM INT HUP USR1 XCPU; do
    soon $number 1 "$GEOSC" match large.h5 -o new.h5 -q --poses none
done
soon TERM 1 "$GEOSC" match large.h5 --poses none --dry-run
part "a signal while stages are measured"
soon TERM 1 "$GEOSC" bench --channels 256 --height 60 --width 60
# The command gets a signal when it opens the named file, after its child has checked it.
cat >signal.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <hdf5.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pid_t first;

static void __attribute__((constructor)) begin(void)
{
    first = getpid();
    signal(atoi(getenv("SIGNAL")), SIG_DFL); /* jobs in the background are begun with SIGINT ignored */
}

hid_t H5Fopen(const char *name, unsigned flags, hid_t access)
{
    hid_t (*real)(const char *, unsigned, hid_t) = (hid_t (*)(const char *, unsigned, hid_t))dlsym(RTLD_NEXT, "H5Fopen");

    if (getpid() == first && strcmp(name, getenv("AT")) == 0)
        raise(atoi(getenv("SIGNAL")));
    return real(name, flags, access);
}
END
signal() {
    (
        export LD_PRELOAD=./signal.so SIGNAL="$1"
        shift
        exec "$GEOSC" "$@"
    ) 2>said
    echo "$2: exit $?: $(sed 's/ after [0-9]* of/ after # of/' said)"
}
part "signals in all commands"
$TEST_CC -shared -fPIC $CANARY_CFLAGS -o signal.so signal.c -ldl 2>compiler || skip "no shared libraries here"
nm "$GEOSC" 2>/dev/null | grep -qE '__(asan|tsan)_init' && skip "a sanitizer wants to be loaded first"
for number in 15 2 1; do
    for at in in.h5 part1.h5; do
        { commands; echo eval in.h5 out.h5; } | grep -w $at | AT=$at each signal $number
    done
done
part "a limit of file size"
# An error message, and a crash.
nm "$GEOSC" 2>/dev/null | grep -q __kmpc_fork_call && skip "LLVM's OpenMP library cannot start below such a limit"
commands | each small
part "a limit of file size, of what stdout leads to"
full() {
    {
        (
            ulimit -f 0
            exec "$GEOSC" "$@" >printed
        )
        echo $? >status
    } 2>&1 | cat >said
    echo "$1: exit $(cat status), $(wc -l <said) line: $(sed -E 's/.*(File too large).*/\1/' said)"
    rm -f printed
}
prints | each full
part "pictures: a limit of file size"
case $(geosc --version | sed -n 's/^pictures: //p') in none*) skip "built without cairo" ;; esac
pictures | each small
part "pictures: signals"
for at in in.h5 out.h5; do pictures | AT=$at each signal 15; done
part "pictures: a signal while stdin gives nothing"
mkfifo silent
sleep 30 9>silent <silent &
pair_of_pipes=$!
soon TERM 1 "$GEOSC" report in.h5 out.h5 -o new.html --summary - <silent
kill $pair_of_pipes
