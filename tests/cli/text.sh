# Names with special characters reach terminals, spreadsheets and pages only escaped. Two categories and three images of a file have names with
# control characters, marks of direction, line breaks, bytes that are not UTF-8, and a formula.
"$builddir/tests/files/hostile" good:escapes in.h5
printf 'a\033]0;b\a<i>" no\033[2Jne\n' >pairs.txt
odd=$(printf 'p\033\342\200\256')
# Finds bytes that are neither harmless ASCII nor letters of the two names in other scripts.
raw() {
    LC_ALL=C tr -d '\n -~' <"$1" | LC_ALL=C sed 's/\xe6\xbc\xa2//g; s/\xc3\xa4//g' | wc -c
}
matched() {
    geosc match in.h5 -o out.h5 --poses none -f "$@" 2>stderr
    status=$?
    grep -v 'maps refined' stderr
    return $status
}
part "messages and warnings"
t matched
t geosc match in.h5 -o list.h5 --pairs pairs.txt
t geosc match in.h5 -o strict.h5 --poses none --strict
t geosc inspect in.h5 --pairs pairs.txt
part "eval: a table, CSV, JSON"
t geosc eval in.h5 out.h5 --alpha 0.1
t geosc eval in.h5 out.h5 --alpha 0.1 --csv
geosc eval in.h5 out.h5 --alpha 0.1 --json | grep -o '"name": "[^,]*'
part "the same on a terminal, line by line"
geosc eval in.h5 out.h5 --alpha 0.1 >log
geosc eval in.h5 out.h5 --alpha 0.1 --csv >>log
geosc eval in.h5 out.h5 --alpha 0.1 --json >>log
geosc inspect in.h5 --pairs pairs.txt >>log
geosc inspect in.h5 --pairs pairs.txt --json >>log
t raw log
part "a page and a picture"
geosc report in.h5 out.h5 -o page.html --gallery 0
sed -n '/id="data"/,/<\/script>/p' page.html | sed -n 's/.*\("images": .*\), "palette".*/\1/p'
sed -n '/id="data"/,/<\/script>/p' page.html >data
t raw data
geosc render in.h5 out.h5 --pair 0 -o first.svg 2>refused
if grep -q 'built without cairo' refused; then
    skip "built without cairo"
fi
odd() {
    geosc render in.h5 out.h5 --pair 1 -o "$odd.svg"
    geosc render in.h5 out.h5 --pair 1 -o "$odd.svg"
    geosc render in.h5 out.h5 --worst 1 -o "$odd" --format svg
}
t odd
