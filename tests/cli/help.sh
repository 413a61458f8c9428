commands=$(geosc help | sed -n 's/^  \([a-z]*\)  .*/\1/p')

part "overview"
t geosc --help
geosc --help >by_option
geosc help >by_command
t cmp by_option by_command

part "what is made from the rows is as they make it"
"$srcdir/man/update" "$GEOSC" "$srcdir" made
for file in $(cd made && find . -type f | sort); do
    cmp -s "made/$file" "$srcdir/$file" || echo "$file is not what the rows make: run make update-man"
done

# The texts stand in man/; --help has the same words.
part "--help says what the man page says"
# The words of a page, in the order of --help, one a line.
page_words() {
    sed 's/\\f[BIR]//g; s/\\-/-/g; s/\\&//; s/\\e/\\/g' "$1" | awk '
        /^\.SH/ { section = $2; next }
        /^\.SS/ { text[section] = text[section] " " substr($0, 5) ":"; next }
        /^\.B/ { sub(/^\.B /, "") }
        /^\./ { next }
        /^Default: / { sub(/Default/, "[default"); sub(/\.$/, "]") }
        section == "EXIT" { sub(/\.$/, "") }
        { text[section] = text[section] " " $0 }
        END {
            print "Usage:" text["SYNOPSIS"] text["DESCRIPTION"] text["OPTIONS"]
            print ("EXAMPLES" in text ? "Examples:" text["EXAMPLES"] : "") " Exit status:" text["EXIT"]
        }' | tr -s ' \n' '\n'
}
for command in $commands; do
    geosc $command --help >by_option
    geosc help $command >by_command
    cmp by_option by_command
    geosc help --man $command >page
    page_words page >by_page
    tr -s ' \n' '\n' <by_option | diff by_page - || echo "geosc $command --help and its page differ"
done

part "how --help looks"
t geosc help --help
geosc match --help | sed -n '/^Files/,/^ *--pairs/p'

part "-h before anything else that is wrong"
geosc match -h --nonsense >short
geosc match --help >long
t cmp short long
part "width"
for command in $commands; do
    geosc $command --help | awk -v name=$command 'length > 88 { print name ": " length ": " $0 }'
done
part "unknown command"
t geosc help mtach
part "version"
geosc --version >version
geosc -V >short
t cmp version short
t sed -E 's/[0-9]+(\.[0-9]+)+[^ ,]*/#/; s/\(.*\)$/(machine)/; 2s/.*(gcc|clang).*/compiler/; 3s/, parallel//; 5s/: .*/: .../; 6s/:.* c$/: ... c/; 7s/: .*/: .../' version
part "stdout that cannot be written"
if test -w /dev/full; then
    "$GEOSC" --help >/dev/full
    echo "exit $?"
else
    echo "geosc: stdout: cannot be written: No space left on device"
    echo "exit 1"
fi
