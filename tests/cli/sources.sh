# Rules for the sources, checked in their text: only number.c converts numbers other than integers to text; only message.c uses stderr.
numbers() {
    grep -rnE --include='*.[ch]' -e '"[^"]*%[-+#0'"'"']*(\*|[0-9]+)?(\.(\*|[0-9]*))?[lL]?[aefgAEFG]' \
        -e '\b(strto(d|f|ld)|atof|strfmon|localeconv)(_l)?\b *\(' "$1" | grep -v '/lib/base/number\.[ch]:' | sed "s#^$1/##"
}
speakers() {
    grep -rnE --include='*.[ch]' -e '\b(fprintf|vfprintf|dprintf|fput[cs]|fwrite|putc|write)\([^;]*(stderr|STDERR_FILENO)' \
        -e '\bperror\(' "$1" | grep -v '/cli/system/message\.c:' | sed "s#^$1/##"
}
part "numbers are written and read by number.c"
t numbers "$srcdir/src"
mkdir -p planted/lib
cat >planted/lib/a.c <<'END'
    printf("%zu, %-8.2f\n", i, x);
    fail(context, status, "%s: "
                          "is %g", name, x);
    x = strtod(text, NULL);
    scanf("%lf", &x);
    n = strtol(text, NULL, 10);
    printf("%d of %%, 70 % of it, %s\n", i, name);
    fprintf(stderr, "%s\n", name);
    fprintf(out, "stderr\n");
    perror(name);
END
t numbers planted
part "stderr is written by message.c, which makes names printable"
t speakers "$srcdir/src"
t speakers planted
part "what systems differ in is asked by system.c alone, and of processors by kernels.c"
askers() {
    grep -rnE --include='*.[ch]' -e '^ *# *(if|elif|ifdef|ifndef).*(GEOSC_HAVE_|__linux|__GLIBC__|__APPLE__|BSD__|__sun|[ (]MADV_|[ (]M_[A-Z]|[ (]O_[A-Z])' \
        -e '^ *# *include <(endian|malloc|sys/(prctl|sysinfo|statfs|vfs|auxv|epoll|eventfd|random))\.h>' "$1" |
        grep -vE '/(lib/base/system|kernel/kernels)\.c:' | sed "s#^$1/##"
}
t askers "$srcdir/src"
cat >planted/lib/a.c <<'END'
#ifdef __linux__
#include <sys/prctl.h>
#endif
#if defined GEOSC_HAVE_PIPE2
#include <unistd.h>
END
t askers planted
part "the fuzzers' harnesses, which make check-fuzz alone builds, fit the sources"
harnesses() {
    for harness in "$1"/fuzz_*.c; do
        # shellcheck disable=SC2086
        $TEST_CC -std=c11 -w -fsyntax-only -D_GNU_SOURCE $(sed -n 's/^DEFS = //p' "$builddir/Makefile" | grep -o -e '-DGEOSC_[A-Z0-9_]*=1') \
            $CANARY_CFLAGS -I"$srcdir/include" -I"$srcdir/src" -I"$srcdir/src/lib" -I"$srcdir/src/cli" -I"$srcdir/tests" "$harness" \
            >error 2>&1 || echo "$(basename "$harness"): $(grep -o 'error: .*' error | head -n 1)"
    done
}
t harnesses "$srcdir/tests/fuzz"
printf '#include "base/memory.h"\nstruct bytes { int size; };\n' >planted/fuzz_a.c
t harnesses planted | sed 's,^\(fuzz_a.c: error\): .*,\1,' # the rest is the compiler's words
