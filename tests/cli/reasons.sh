# The manual lists exactly the reasons of the code.
part "the same list"
sed -nE 's/^#define REASON_[A-Z0-9_]+ +" \[([a-z0-9-]+)\]"$/\1/p' "$srcdir/src/lib/base/reason.h" | sort >code
sed -n '/^\.SH REASONS/,/^\.SH SEE/p' "$srcdir/man/geosc-files.5" | sed -nE '/^\.TP/{n;s/^\.B (.*)$/\1/;s/\\-/-/g;p}' | sort >manual
t diff code manual
test "$(wc -l <code)" -gt 20 || echo "the list was not found"
part "each is used"
for reason in $(sed -nE 's/^#define (REASON_[A-Z0-9_]+) .*/\1/p' "$srcdir/src/lib/base/reason.h"); do
    grep -qw "$reason" "$srcdir"/src/lib/*/*.c "$srcdir"/src/cli/*/*.c || echo "$reason is used nowhere"
done
