# Compiler flags of the user that would change results are overruled, or refused.
unset MAKEFLAGS MFLAGS MAKELEVEL
# compile FLAG...: compiles the plain kernels to kernels.o, as make does with these CFLAGS.
compile() {
    $TEST_CC $(make -s -C "$builddir" show-kernel-flags CFLAGS="$*") -w -D_GNU_SOURCE -I"$srcdir/include" -I"$srcdir/src/kernel" \
        -c -o kernels.o "$srcdir/src/kernel/kernels_c.c"
}
instructions() {
    objdump -d kernels.o | sed -n 's/^ [^\t]*\t[^\t]*\t//p'
}
part "no sum is reordered"
compile $TEST_CFLAGS
instructions >plain
compile $TEST_CFLAGS -fassociative-math -fno-signed-zeros -fno-trapping-math -freciprocal-math
instructions >asked
t cmp plain asked
part "what leaves out NaN is refused"
for flag in -ffast-math -Ofast -ffinite-math-only; do
    echo "$flag: $(compile $TEST_CFLAGS $flag 2>&1 | grep -o 'geosc needs NaN and infinity' | head -n 1)"
done
part "no fused multiply-add gets into plain C, whoever asks for it"
compile $TEST_CFLAGS -mfma -ffp-contract=fast 2>error || skip "not for x86-64: this machine's plain C fuses, in all builds"
instructions >fused
grep -c fmadd fused
test -s fused || echo "nothing is compiled"
