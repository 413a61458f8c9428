#!/bin/sh
# tests/summary.sh RESULT.trs...: sums up what make check left behind, with what the cases that failed had to say. The last line is
# "N passed, N failed"; a result that is missing, or has no case in it, is a failure. Exits with 1 if there is any.
awk '
    # One line for each program in which not all went well.
    function tell(name, words) {
        sub(/\.trs$/, "", name)
        print name ": " words ", see " name ".log"
    }
    # Lines of the log that belong to cases that failed.
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
