#!/bin/sh
# tests/summary.sh RESULT.trs...: sums up the results of make check, with the messages of failed cases. The last line is "N passed, N
# failed"; a missing result, or one without cases, is a failure. Exits with 1 after any failure.
awk '
    # A line for each program with failures.
    function tell(name, words) {
        sub(/\.trs$/, "", name)
        print name ": " words ", see " name ".log"
    }
    # Lines of the log of failed cases.
    function quote(name,    line, failed, lines) {
        sub(/\.trs$/, ".log", name)
        while ((getline line < name) > 0) {
            if (line ~ /^(not )?ok /)
                failed = line ~ /^not /
            else if (line ~ /^(PASS|FAIL|SKIP)/)
                continue
            if (failed && lines++ < 40)
                print "    " line
        }
        close(name)
    }
    BEGIN {
        for (i = 1; i < ARGC; i++) {
            good = bad = skipped = 0
            while ((getline line < ARGV[i]) > 0) {
                if (line ~ /^:test-result: (PASS|XFAIL)/)
                    good++
                else if (line ~ /^:test-result: SKIP/)
                    skipped++
                else if (line ~ /^:test-result: /)
                    bad++
            }
            close(ARGV[i])
            if (!good && !bad && !skipped) {
                tell(ARGV[i], "no result")
                bad++
            } else if (bad) {
                tell(ARGV[i], bad " failed")
                quote(ARGV[i])
            }
            if (skipped)
                tell(ARGV[i], skipped " skipped")
            passed += good
            failed += bad
        }
        if (!passed && !failed)
            failed++
        printf "%d passed, %d failed\n", passed, failed
        exit failed > 0
    }' "$@"
