# make install with a prefix chosen at that time, and programs built from the result.
unset MAKEFLAGS MFLAGS MAKELEVEL
part "make prefix=... install"
make -s -C "$builddir" prefix="$PWD/pre" install >log 2>&1 || cat log
make -s -C "$builddir" prefix=/usr DESTDIR="$PWD/dest" install >log 2>&1 || cat log
# The files in the build folder are for configure's prefix.
make -s -C "$builddir" geosc.pc geosc-import geosc-export geosc-extract
for file in bin/geosc include/geosc.h lib/libgeosc.a share/man/man1/geosc.1 share/geosc/python/geosc/importers/model.py; do
    t cmp pre/$file dest/usr/$file
done
sed -n "s,$PWD,...,; /prefix/p" pre/lib/pkgconfig/geosc.pc dest/usr/lib/pkgconfig/geosc.pc
t pre/bin/geosc --version | sed -n '2s/ .*//p'
part "how a script begins for a Python in an odd place"
start() {
    "$srcdir/src/python/start.sh" "$1"
}
long=/opt/$(printf '%0120d' 0)/python3
t start /usr/bin/python3
t start python3
t start "/opt/a b/python3"
t start '/opt/"$x`/python3'
t start "$long"
mkdir "odd \$place"
ln -s "$(command -v python3 || echo /usr/bin/python3)" "odd \$place/python3"
{ start "$PWD/odd \$place/python3"; echo 'import sys; print("arguments", sys.argv[1:])'; } >script
chmod +x script
if command -v python3 >which; then ./script 'a b' c; else echo "arguments ['a b', 'c']"; fi
part "the programs of Python by their own names: built, installed, moved"
mv dest/usr moved
# It starts with any Python, even if it then reports that h5py is missing.
for program in geosc-import geosc-export geosc-extract; do
    for place in "$builddir" pre/bin moved/bin; do
        if "${PYTHON3:-python3}" -c '' 2>error; then
            "$place/$program" --version 2>&1 | sed 's/ [0-9][0-9.]*/ #/; s/: needs the Python package.*/ #/'
        else
            echo "$program #"
        fi
    done
done
part "the package for Python in a folder of Python's own, as --with-python-dir names one"
make -s -C "$builddir" prefix="$PWD/own" pythondir="$PWD/site" install >log 2>&1 || cat log
make -s -C "$builddir" geosc.pc geosc-import geosc-export geosc-extract src/python/geosc/_installed.py
ls own/share/geosc site | sed 's/[0-9][0-9.]*[0-9]/#/'
if "${PYTHON3:-python3}" -c 'import numpy' 2>error; then
    PYTHONPATH=$PWD/site "${PYTHON3:-python3}" -c '
import geosc.importers.symmetry as symmetry, importlib.metadata, os
print(os.path.relpath(os.path.realpath(symmetry.find_file("spair")), os.getcwd()), importlib.metadata.distribution("geosc").metadata["Name"])'
else
    echo "own/share/geosc/symmetry/spair.json geosc"
fi
part "each installed file is in one of Debian's packages, but for what packaging/debian/rules removes"
# Prints which of the files, one a line, is not.
unpacked() {
    sed 's#^lib/#lib/triplet/#; s#^share/geosc/python/#lib/python3/dist-packages/#; s#^#usr/#' | grep -vE '/COPYING$|\.la$' | while read -r file; do
        for pattern in $(cat "$srcdir"/packaging/debian/*.install); do
            case $file in $pattern | $pattern/*) continue 2 ;; esac
        done
        echo "$file: add it to a file packaging/debian/*.install"
    done
}
(cd pre && find . ! -type d | sed 's#^\./##' | sort) >installed
grep -c 'share/geosc/slurm/submit\|bin/geosc$' installed
unpacked <installed
echo share/geosc/more/new | unpacked
part "a program by pkg-config, with the shared library and with the static one"
command -v pkg-config >which || skip "no pkg-config"
export PKG_CONFIG_PATH="$PWD/pre/lib/pkgconfig"
# link NAME FLAG...: links the example with pkg-config's flags for geosc.
link() {
    name=$1
    shift
    $TEST_CC $TEST_CFLAGS "$srcdir/examples/match_arrays.c" -o "$name" $(pkg-config --cflags geosc) "$@" || return 1
    LD_LIBRARY_PATH="$PWD/pre/lib" ./"$name"
}
if test -f pre/lib/libgeosc.so; then
    link shared $(pkg-config --libs geosc)
else # what is built has the static one alone
    link shared $(pkg-config --static --libs geosc)
fi
rm -f pre/lib/libgeosc.so* pre/lib/libgeosc.la
link static $(pkg-config --static --libs geosc)
part "a program that has nothing shared"
link whole -static $(pkg-config --static --libs geosc) >said 2>error || skip "HDF5, or a library that it needs, is there only as a shared one"
cat said
