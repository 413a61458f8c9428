/* Streams into memory: what is printed is there, whole, and a failure on the way is told at the end. */
#include "base/stream.h"
#include "testing.h"

enum { LINES = 50000 };

static void long_text(void **state)
{
    struct stream stream = {0};
    char line[32];
    size_t at = 0;

    (void)state;
    assert_ok(stream_open(context, &stream, "the page"));
    for (int i = 0; i < LINES; i++)
        fprintf(stream.out, "line %d\n", i);
    assert_ok(stream_end(&stream));
    for (int i = 0; i < LINES; i++) {
        size_t length = (size_t)snprintf(line, sizeof line, "line %d\n", i);
        assert_true(at + length <= stream.bytes.count);
        assert_memory_equal(stream.bytes.data + at, line, length);
        at += length;
    }
    assert_int_equal(at, stream.bytes.count);
    stream_free(&stream);
}

static void nothing(void **state)
{
    struct stream stream = {0};

    (void)state;
    assert_ok(stream_open(context, &stream, "the page"));
    assert_ok(stream_end(&stream));
    assert_int_equal(stream.bytes.count, 0);
    stream_free(&stream);
    stream_free(&stream);
}

static void without_memory(void **state)
{
    struct stream stream = {0};

    (void)state;
    assert_ok(stream_open(context, &stream, "the page"));
    stream.bytes.count = SIZE_MAX - 20; /* and there is no room for ten more */
    fputs("ten bytes\n", stream.out);
    fflush(stream.out); /* what glibc forgets after the next one */
    assert_int_equal(stream_end(&stream), GEOSC_FAILED);
    assert_non_null(strstr(geosc_message(context), "the page is too large"));
    stream.bytes.count = 0;
    fputs("more\n", stream.out);
    assert_int_equal(stream_end(&stream), GEOSC_FAILED); /* for good */
    stream_free(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_text),
        cmocka_unit_test(nothing),
        cmocka_unit_test(without_memory),
    };

    return cmocka_run_group_tests(tests, make_context, free_context);
}
