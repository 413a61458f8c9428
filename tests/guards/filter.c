/* Preloaded into a test program: it runs the one case that GEOSC_CASE names, and what it starts runs as ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

__attribute__((constructor)) static void choose(void)
{
    cmocka_set_test_filter(getenv("GEOSC_CASE"));
    unsetenv("LD_PRELOAD");
}
