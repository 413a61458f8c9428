# The end of .ci/run's output says which steps failed, and why, before it counts.
unset MAKEFLAGS MFLAGS MAKELEVEL
mkdir -p tree/.ci tree/tests
cp "$srcdir/.ci/run" tree/.ci/
cd tree || exit
for name in good bad skipped; do
    echo ":test-result: $(echo $name | sed 's/good/PASS/; s/bad/FAIL/; s/skipped/SKIP/')" >tests/$name.trs
done
printf 'ok 1 - one\nnot ok 2 - two\n# expected 1\n# found 2\nok 3 - three\n' >tests/bad.log
cat >bootstrap <<'END'
#!/bin/sh
test "$1" = check || exit 0
echo "many lines"
"$srcdir/tests/summary.sh" tests/*.trs tests/missing.trs
END
cat >Makefile <<'END'
check-format check-python check-browser check-fallbacks check-fuzz check-slurm:
	@echo "3 passed, 0 failed"
pristine:
	@mkdir pristine; cp configure summary pristine
END
printf '#!/bin/sh\necho "no compiler"\nexit 1\n' >configure
printf 'all check show-sanitizer-tests:\ncheck-summary:\n\t@echo 4 passed, 0 failed\n' >summary
chmod +x bootstrap configure
end() {
    .ci/run 2>&1 | sed -n '/^== tests failed/,$p'
}
part "two steps fail"
t end
part "none fails"
echo 'echo "1 passed, 0 failed"' >bootstrap
printf '#!/bin/sh\ncp ../summary Makefile\n' >configure
rm -r pristine
all() {
    .ci/run 2>&1 | tail -n 2
}
t all
