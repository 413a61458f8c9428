# What make check-guards switches off still stands where tests/guards says.
part "rows"
command -v python3 >python || skip "there is no Python"
t python3 "$srcdir/tests/guards/run" --rows
