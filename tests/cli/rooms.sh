# The layers of the code. `order` names the folders of src from the lowest layer up. A file may need files of its own folder and of folders
# before it; no two files may need each other, directly or indirectly. x.c and x.h count as one file. A C file needs the files that it
# includes and, by the objects of this build, those that it calls (except kernels: each instruction set defines the same names). A module of
# a Python package needs the modules that it imports; geosc/__init__.py only gives their names.
order="kernel lib/base lib/h5 lib/maps lib/input lib/network lib/results lib/run lib/tools lib draw
    cli/system cli/rows cli/show cli/commands cli python/geosc/importers python/geosc/exporters
    python/geosc/extractors python/geosc"

# Reads lines "FILE PATH..."; prints FILE with the first path that exists: the file that it needs.
first_there() {
    (cd "$1" && find . -name "*.[chp]*") | awk '
        FNR == NR { there[$1]; next }
        { for (i = 2; i <= NF && !($i in there);) i++; if (i <= NF) print $1, $i }' - places
}
includes() {
    (cd "$1" && find . -name '*.[ch]' -exec awk '/^#include "/ {
        split($0, quoted, "\""); folder = FILENAME; sub(/[^\/]*$/, "", folder)
        print FILENAME, folder quoted[2], "./" quoted[2], "./lib/" quoted[2], "./cli/" quoted[2] }' {} +) >places
    first_there "$1"
}
imports() {
    (cd "$1" && find . -name '*.py' -exec awk '/^ *from \./ {
        while (/\(/ && !/\)/ && (getline more) > 0) $0 = $0 " " more
        gsub(/[(),]/, " "); folder = FILENAME; sub(/[^\/]*$/, "", folder)
        if (folder !~ /\/geosc\/$/) print FILENAME, folder "__init__.py"
        path = $2; up = 0
        while (path ~ /^\.\./) { path = substr(path, 2); sub(/[^\/]*\/$/, "", folder); up = 1 }
        path = substr(path, 2); gsub(/\./, "/", path)
        if (up && path !~ /\//) { folder = folder path "/"; path = "" }
        if (path != "") print FILENAME, folder path ".py"
        else for (i = 4; i <= NF; i++) print FILENAME, folder $i ".py" }' {} +) >places
    first_there "$1"
}
# calls SOURCES OBJECTS: an object of an earlier build, whose source is gone, does not count.
calls() {
    (cd "$1" && find . -name '*.c') >sources
    (cd "$2" && find . -name '*.o' ! -path './kernel/*' -exec nm -A -g {} +) 2>error | awk '
        FNR == NR { there[$1]; next }
        {
            file = $1; sub(/:.*/, "", file); sub(/\.libs\//, "", file); sub(/[^\/]*-/, "", file); sub(/o$/, "c", file)
            if (!(file in there)) next
            if ($(NF - 1) == "U") used[file " " $NF]
            else if ($(NF - 1) ~ /[BCDRTV]/) home[$NF] = file
        }
        END { for (use in used) { split(use, part, " "); if (part[2] in home) print part[1], home[part[2]] } }' sources -
}
built() {
    calls "$srcdir/src" "$builddir/src"
}

# Prints the faults of the needs that a command prints.
wrong() {
    "$@" | sed 's,\./,,g; s/\.[a-z]* / /; s/\.[a-z]*$//' | awk '$1 != $2' | sort -u >needs
    test -s needs || echo "it found none"
    awk -v order="$order" '
        BEGIN { n = split(order, room, " "); for (i = 1; i <= n; i++) level[room[i]] = i }
        function level_of(file) {
            sub(/\/[^\/]*$/, "", file)
            if (!(file in level)) { print "not in the order: " file; level[file] = 0 }
            return level[file]
        }
        level_of($1) < level_of($2) { print "upward: " $1 " needs " $2 }' needs
    tsort <needs 2>&1 >sorted | sed -E 's/^tsort: //; s/^(-: .*|cycle in data)$/a circle:/'
}
wrong_in_any_order() {
    wrong "$@" | sort
}

part "no file needs one of a room above its own, and none needs itself in the end"
command -v tsort >which || skip "no tsort (Debian: coreutils)"
t wrong includes "$srcdir/src"
t wrong imports "$srcdir/src"

part "such needs are found"
mkdir -p planted/lib/base planted/lib/h5 planted/lib/new planted/cli/rows planted/python/geosc/importers planted/python/geosc/exporters
touch planted/lib/base/a.h planted/lib/new/d.h
printf '#include "h5/b.h"\n#include <stdio.h>\n' >planted/lib/base/a.c
printf '#include "b.h"\n#include "rows/c.h"\n' >planted/lib/h5/b.c
echo '#include "lib/base/a.h"' >planted/lib/h5/b.h
echo '#include "lib/new/d.h"' >planted/cli/rows/c.h
t wrong_in_any_order includes planted
(
    cd planted/python/geosc/importers || exit
    echo 'class Failure(Exception):' >__init__.py
    printf 'import os\n\nfrom . import Failure, two\n' >one.py
    printf 'def f():\n    from .three import (\n        g,\n        h)\n' >two.py
    printf 'from . import (\n    one,\n    Failure)\n' >three.py
    echo 'from ..exporters import a' >four.py
    echo 'from ..exporters.a import f' >five.py
    printf 'from ..importers.six import f\nfrom ..importers import Failure, four\n' >../exporters/a.py
)
t wrong_in_any_order imports planted

part "nor by what is called"
command -v nm >which || skip "no nm (Debian: binutils)"
built >found
test -s found || test ! -s error || skip "nm cannot read these objects"
t wrong built

part "such calls are found"
echo 'int c(void); int a(void) { return c(); }' >planted/lib/base/a.c
echo 'int a(void); extern int b; int c(void) { return a() + b; }' >planted/lib/h5/b.c
echo 'int b = 1;' >planted/cli/rows/c.c
for file in lib/base/a lib/h5/b cli/rows/c; do
    ${TEST_CC:-cc} -c -o planted/$file.o planted/$file.c
done
cp planted/lib/h5/b.o planted/lib/base/old.o
t wrong_in_any_order calls planted planted
