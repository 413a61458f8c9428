#!/bin/sh
# tests/summary.sh RESULT.trs...: sums up what make check left behind. The last line is "N passed, N failed"; a result that
# is missing, or has no case in it, is a failure. Exits with 1 if there is any.
awk '
    function close_file() {
        if (name != "" && !cases) {
            print name ": no result"
            failed++
        }
    }
    BEGIN {
        for (i = 1; i < ARGC; i++) {
            name = ARGV[i]
            cases = 0
            while ((getline line < name) > 0) {
                if (line !~ /^:test-result: /)
                    continue
                cases++
                split(line, word, " ")
                if (word[2] == "PASS" || word[2] == "XFAIL") {
                    passed++
                } else if (word[2] == "SKIP") {
                    skipped++
                    print name ": skipped:" substr(line, 20)
                } else {
                    failed++
                    print name ": failed:" substr(line, 20)
                }
            }
            close(name)
            close_file()
        }
        if (!passed)
            failed++
        if (skipped)
            print skipped " skipped"
        printf "%d passed, %d failed\n", passed, failed
        exit failed > 0
    }' "$@"
