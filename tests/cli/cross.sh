# The kernels for arm64, cross built with the tests of kernels, and run by qemu as processors that have more and fewer instructions.
command -v aarch64-linux-gnu-gcc >/dev/null || skip "no aarch64-linux-gnu-gcc (Debian: gcc-aarch64-linux-gnu, libc6-dev-arm64-cross)"
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64) || skip "no qemu-aarch64 (Debian: qemu-user-static)"
kernel=$srcdir/src/kernel
flags="-std=c11 -O3 -ffunction-sections -ffp-contract=off -D_GNU_SOURCE -DGEOSC_HAVE_GETAUXVAL -DGEOSC_BUILD_NEON -DGEOSC_BUILD_NEON_DOTPROD -DGEOSC_BUILD_NEON_I8MM"
compile() {
    # shellcheck disable=SC2086
    aarch64-linux-gnu-gcc $flags -I"$srcdir/include" -I"$srcdir/src" -I"$srcdir/src/lib" -I"$srcdir/tests" -I"$srcdir/tests/arm64" "$@"
}
emulate() {
    "$qemu" "$@"
}
cat >sets.c <<'END'
#include "kernel/variants.h"
#include <stdio.h>
int main(void)
{
    const struct kernels *kernels;
    bool usable;
    for (size_t i = 0; (kernels = kernels_list(i, &usable)); i++)
        printf("%s: %s, class %s, %zu adjacent channels\n", kernels->name, usable ? "usable" : "not here", kernels->isa_class, kernels->int8_adjacent);
    return 0;
}
END
# Each of the two takes about as long.
build() {
    { compile -c "$kernel/kernels_c.c" "$kernel/kernels.c" "$kernel/kernels_neon.c" "$srcdir/src/lib/base/clock.c" && : >first; } &
    compile -march=armv8.2-a+dotprod -c "$kernel/kernels_neon_dotprod.c" &&
        compile -march=armv8.2-a+dotprod+i8mm -c "$kernel/kernels_neon_i8mm.c"
    wait
    test -f first || return 1
    { link sets sets.c && link class && link norm; } &
    link winograd && link int8
    wait
    ls class int8 norm sets winograd
}
link() {
    compile -O2 -static -Wl,--gc-sections -o "$1" "${2-$srcdir/tests/kernel/test_kernel_$1.c}" kernels*.o clock.o -lm
}
part "cross built"
t build
# What takes longest runs beside the others.
emulate ./int8 >int8.log 2>&1 &
# Processors without SDOT, with it, and with SMMLA, too: the sets that dispatch finds, each with the digests of its class.
for processor in cortex-a72 cortex-a76 max; do
    part "$processor"
    t emulate -cpu $processor ./sets
    t emulate -cpu $processor ./class
done
part "exact tests, each set"
t emulate ./norm
t emulate ./winograd
wait
t tail -n 6 int8.log
# clang for arm64 once made 0 of -0 in a ReLU.
command -v clang >/dev/null || skip "no clang (Debian: clang)"
part "kernels built by clang"
# shellcheck disable=SC2086
clang --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include $flags -w -I"$srcdir/src" -c "$kernel/kernels_c.c" "$kernel/kernels_neon.c"
link class
t emulate -cpu cortex-a72 ./class
