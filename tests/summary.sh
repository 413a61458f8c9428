#!/bin/sh
# tests/summary.sh RESULT.trs...: sums up the results of make check: skipped tests; then, after "== failed", the failed tests and the
# messages of their failed cases. The last line is "N passed, N failed"; a missing result, or one without cases, is a failure. Exits with
# 1 after any failure.
awk '
    # A line for each program with failures.
    function tell(name, words) {
        sub(/\.trs$/, "", name)
        return name ": " words ", see " name ".log"
    }
    # Lines of the log of failed cases.
    function quote(name, most,    line, failed, lines) {
        sub(/\.trs$/, ".log", name)
        while ((getline line < name) > 0) {
            if (line ~ /^(not )?ok /)
                failed = line ~ /^not /
            else if (line ~ /^(PASS|FAIL|SKIP)/)
                continue
            if (failed && !lines)
                print name ":"
            if (failed && lines++ < most)
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
            if (skipped)
                print tell(ARGV[i], skipped " skipped")
            if (!good && !bad && !skipped) {
                bad = 1
                said[++programs] = tell(ARGV[i], "no result")
            } else if (bad)
                said[++programs] = tell(ARGV[i], bad " failed")
            if (bad)
                result[programs] = ARGV[i]
            passed += good
            failed += bad
        }
        if (programs)
            print "== failed"
        for (i = 1; i <= programs; i++)
            print said[i]
        # Short enough for the last 70 lines of .ci/run.
        for (i = 1; i <= programs; i++)
            quote(result[i], programs < 6 ? int(45 / programs) : 6)
        if (!passed && !failed)
            failed++
        printf "%d passed, %d failed\n", passed, failed
        exit failed > 0
    }' "$@"
