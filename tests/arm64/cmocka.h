/*
 * cmocka: as much of it as the tests of kernels use, for programs of a machine whose libraries are not here
 * (tests/cli/cross.sh). A test that fails ends the program.
 */
#ifndef TESTS_ARM64_CMOCKA_H
#define TESTS_ARM64_CMOCKA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*test_func)(void **state);
    void *initial_state;
};

#define cmocka_unit_test(function) \
    {                              \
#function, function, NULL  \
    }

#define fail_msg(...)                          \
    do {                                       \
        printf("%s:%d: ", __FILE__, __LINE__); \
        printf(__VA_ARGS__);                   \
        putchar('\n');                         \
        exit(EXIT_FAILURE);                    \
    } while (0)
#define assert_true(condition)                  \
    do {                                        \
        if (!(condition))                       \
            fail_msg("not so: %s", #condition); \
    } while (0)
#define assert_false(condition)      assert_true(!(condition))
#define assert_null(pointer)         assert_true((pointer) == NULL)
#define assert_non_null(pointer)     assert_true((pointer) != NULL)
#define assert_ptr_equal(a, b)       assert_true((const void *)(a) == (const void *)(b))
#define assert_int_equal(a, b)       assert_true((long long)(a) == (long long)(b))
#define assert_memory_equal(a, b, n) assert_true(memcmp(a, b, n) == 0)

static inline int cmocka_run(const struct CMUnitTest *tests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        void *state = tests[i].initial_state;
        printf("%s: ", tests[i].name);
        tests[i].test_func(&state);
        puts("passed");
    }
    return EXIT_SUCCESS;
}

#define cmocka_run_group_tests(tests, before, after) cmocka_run(tests, sizeof(tests) / sizeof *(tests))

#endif
