# What make check-guards switches off still stands where tests/guards says.
part "rows"
python3 -c 'import glob, re, shlex, signal, subprocess, tempfile' 2>error || skip "there is no Python with its whole library"
t python3 "$srcdir/tests/guards/run" --rows
