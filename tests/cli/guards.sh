# The rows of tests/guards and the guards in src have the same names, and each row's test exists.
part "rows"
python3 -c 'import concurrent.futures, glob, re' 2>error || skip "there is no Python with its whole library"
t python3 "$srcdir/tests/guards/run" --rows

part "what is wrong with them is found"
mkdir -p planted/src planted/tests/guards planted/tests/base
echo '    if (GUARD(kept) && GUARD(without_row) && GUARD(lost_case))' >planted/src/a.c
echo 'cmocka_unit_test(sizes),' >planted/tests/base/test_a.c
cat >planted/tests/guards/guards.rows <<'END'
kept | a fault | tests/base/test_a sizes
kept,gone | a fault | A=1 tests/base/test_a sizes
lost_case | a fault | tests/base/test_a counts
END
t env srcdir=planted python3 "$srcdir/tests/guards/run" --rows
