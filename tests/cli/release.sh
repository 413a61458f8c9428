# What has to be the same in several places when a version is released (docs/releasing.md).
debian=$srcdir/packaging/debian
version=$(sed -n 's/^AC_INIT(\[geosc\], \[\(.*\)\])$/\1/p' "$srcdir/configure.ac")
news=$(sed -n 's/^## //p' "$srcdir/NEWS.md" | head -n 1)
# same WHAT VALUE: it is the version.
same() {
    test "$2" = "$version" || echo "$1: has the version '$2', but configure.ac $version"
}
part "the version stands in configure.ac, and the same one elsewhere"
same "geosc --version" "$(geosc --version | sed -n '1s/^geosc \([^ ]*\) .*/\1/p')"
same geosc.pc "$(sed -n 's/^Version: //p' "$builddir/geosc.pc")"
same src/python/METADATA "$(sed -n 's/^Version: //p' "$builddir/src/python/METADATA")"
for page in "$srcdir"/man/*.[157]; do
    same "$page" "$(sed -n 's/^\.TH .* "geosc \([^"]*\)" "geosc manual"$/\1/p' "$page")"
done
same CITATION.cff "$(sed -n 's/^version: //p' "$srcdir/CITATION.cff")"
same NEWS.md "${news%% *}"
same packaging/debian/changelog "$(sed -n '1s/^geosc (\(.*\)-[^-]*) .*/\1/p' "$debian/changelog")"
if "${PYTHON3:-python3}" -c '' 2>error; then
    for program in geosc-import geosc-export geosc-extract; do
        same $program "$("$builddir/$program" --version | sed "s/^$program //")"
    done
    export PYTHONDONTWRITEBYTECODE=1
    same "import geosc" "$(test ! -f "$builddir/.libs/libgeosc.so" && echo "$version" ||
        PYTHONPATH=$builddir/src/python "${PYTHON3:-python3}" -c 'from geosc import _library; print(_library.__version__)')"
    same packaging/wheel/backend.py "$(cd "$srcdir/packaging/wheel" && "${PYTHON3:-python3}" -c 'import backend; print(backend.version())')"
fi
part "the date of the release, too"
case $news in
    "$version ("[0-9]*")")
        date=${news#*\(} date=${date%\)}
        grep -qx "date-released: $date" "$srcdir/CITATION.cff" || echo "CITATION.cff: its date-released is not $date, as NEWS.md says"
        entry=$(sed -n 's/^ -- .*>  //p' "$debian/changelog" | head -n 1 | awk '
            { month = (index("JanFebMarAprMayJunJulAugSepOctNovDec", $3) + 2) / 3; printf "%04d-%02d-%02d", $4, month, $2 }')
        test "$entry" = "$date" || echo "packaging/debian/changelog: has the date $entry, but NEWS.md $date"
        ;;
    "$version (not released yet)") ;;
    *) echo "NEWS.md: begins with '## $news', not with '## $version (YEAR-MONTH-DAY)' or '## $version (not released yet)'" ;;
esac
part "the form of outputs is the same for the library and for Python"
form=$(sed -n 's/.*OUTPUT_VERSION = \([0-9]*\) .*/\1/p' "$srcdir/src/lib/results/identity.h")
for module in _results.py exporters/answers.py; do
    grep -q "^FORMAT_VERSION = $form " "$srcdir/src/python/geosc/$module" || echo "src/python/geosc/$module: its FORMAT_VERSION is not $form"
done
# A library has the number current - age.
part "the number of the library is that of configure.ac"
set -- $(sed -n 's/^AC_SUBST(\[LIBRARY_VERSION\], \[\([0-9]*\):[0-9]*:\([0-9]*\)\])$/\1 \2/p' "$srcdir/configure.ac")
number=$(($1 - $2))
names() {
    (cd "$1" && grep -rnoE --exclude=changelog --exclude-dir=__pycache__ 'libgeosc\\?\.so\\?\.[0-9]+|libgeosc\.[0-9]+\.dylib|libgeosc[0-9]+\b' \
        packaging src m4 docs tests/wheel tests/roots | grep -vE ":[0-9]+:libgeosc(\\\\?\.so\\\\?\.|\.)?$number(\.dylib)?$")
}
names "$srcdir"
test -f "$debian/libgeosc$number.symbols" || echo "packaging/debian: has no libgeosc$number.symbols"
mkdir -p planted/src planted/packaging planted/m4 planted/docs planted/tests/wheel planted/tests/roots
printf '%s\n' "libgeosc.so.$((number + 1))" "libgeosc.so.$number, libgeosc.$((number + 1)).dylib" "libgeosc\\.so\\.$((number + 1))" >planted/src/module.py
names planted | sed -E "s/$((number + 1))(\.dylib)?$/N + 1\1/"
# compare NAME FILE NAME FILE: lists of functions.
compare() {
    comm -23 "$2" "$4" | sed "s#\$#: is in $1, but not in $3#"
    comm -13 "$2" "$4" | sed "s#\$#: is in $3, but not in $1#"
}
part "the library exports what geosc.h declares, and Debian's list of symbols has it"
grep -v '^static inline' "$srcdir/include/geosc.h" | grep -oE '\b(geosc_[a-z0-9_]+)\(' | tr -d '(' | grep -v '^geosc_options_init$' | sort -u >declared
sed -n 's/^ \(geosc_[a-z0-9_]*\)@Base [0-9.]*$/\1/p' "$debian"/libgeosc*.symbols | sort >listed
compare geosc.h declared libgeosc.symbols listed
if test -f "$builddir/.libs/libgeosc.so"; then
    nm -D --defined-only "$builddir/.libs/libgeosc.so" | awk '{ print $3 }' | sort >exported
    compare geosc.h declared libgeosc.so exported
fi
part "a function without a row, and a row without a function"
sed 's/^geosc_match$/geosc_later/' listed | sort >planted/listed
compare geosc.h declared libgeosc.symbols planted/listed
