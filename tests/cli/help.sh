commands=$(geosc help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
part "overview"
t geosc --help
t geosc help
part "each command"
for command in $commands; do
    geosc $command --help >by_option
    geosc help $command >by_command
    t cmp by_option by_command
    cat by_command
done
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
part "man pages are those that the rows make"
geosc help --man >page
t cmp page "$srcdir/man/geosc.1"
for command in $(echo "$commands" | grep -v help); do
    geosc help --man $command >page
    t cmp page "$srcdir/man/geosc-$command.1"
done
part "version"
geosc --version >version
geosc -V >short
t cmp version short
t sed -E 's/[0-9]+(\.[0-9]+)+[^ ,]*/#/; s/\(.*\)$/(machine)/; 2s/.*(gcc|clang).*/compiler/; 3s/, parallel//; 5s/:.* c$/: ... c/; 6s/: .*/: .../' version
part "stdout that cannot be written"
if test -w /dev/full; then
    "$GEOSC" --help >/dev/full
    echo "exit $?"
else
    echo "geosc: stdout: cannot be written: No space left on device"
    echo "exit 1"
fi
