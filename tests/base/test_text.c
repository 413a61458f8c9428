/* Text from files as people see it: on a terminal, in CSV, in JSON. */
#include <math.h>

#include "base/text.h"
#include "show/csv.h"
#include "show/json.h"
#include "testing.h"

static const char *printable(const char *text)
{
    static char out[256];
    size_t written = text_printable(text, out, sizeof out);

    assert_int_equal(written, strlen(out));
    return out;
}

static void test_escapes(void **state)
{
    (void)state;
    assert_string_equal(printable(""), "");
    assert_string_equal(printable("a\nb\t\033[31mc\177"), "a\\x0ab\\x09\\x1b[31mc\\x7f");
    assert_string_equal(printable("caf\xe9"), "caf\\xe9");
    assert_string_equal(printable("caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80"),
                        "caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80");
    assert_string_equal(printable("\xc2\x9b"
                                  "1m"),
                        "\\x9b1m"); /* C1 in UTF-8 */
    assert_string_equal(printable("\x9b"
                                  "1m"),
                        "\\x9b1m"); /* and as a byte */
    assert_string_equal(printable("\xe2\x80\xae"
                                  "gpj.exe"),
                        "\\u202egpj.exe");                                                       /* right to left */
    assert_string_equal(printable("\xe2\x81\xa6\xe2\x81\xa9"), "\\u2066\\u2069");                /* isolates */
    assert_string_equal(printable("\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f"), "\\u061c\\u200e\\u200f"); /* marks */
    assert_string_equal(printable("\xe2\x80\xa8\xe2\x80\xa9"), "\\u2028\\u2029");                /* breaks of lines */
    assert_string_equal(printable("C:\\data\\x1b"), "C:\\data\\x1b");                            /* as it is */
}

/* What is no character of UTF-8 is shown byte by byte, and what comes after it as ever. */
static void test_not_utf8(void **state)
{
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"\x80", "\\x80"},
        {"\xc0\xaf", "\\xc0\\xaf"}, /* overlong */
        {"\xc1\xbf", "\\xc1\\xbf"},
        {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* a surrogate */
        {"\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"},
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond U+10FFFF */
        {"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},
        {"\xff\xfe", "\\xff\\xfe"},
        {"\xc3", "\\xc3"}, /* cut off */
        {"\xe6\xbc", "\\xe6\\xbc"},
        {"\xf0\x9f\x98", "\\xf0\\x9f\\x98"},
        {"\xe6\xbcx", "\\xe6\\xbcx"},
        {"\xc3\xc3\xa9", "\\xc3\xc3\xa9"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(printable(rows[i].text), rows[i].shown);
}

/* Every character there is: shown as it is or as its escape, and the same again when it comes once more. */
static void test_every_character(void **state)
{
    (void)state;
    for (uint32_t code = 1; code < 0x110000; code++) {
        char text[5] = "", once[16], again[16];
        uint32_t read;

        if (code >= 0xd800 && code < 0xe000)
            continue;
        if (code < 0x80)
            text[0] = (char)code;
        else if (code < 0x800)
            text[0] = (char)(0xc0 | code >> 6), text[1] = (char)(0x80 | (code & 63));
        else if (code < 0x10000)
            text[0] = (char)(0xe0 | code >> 12), text[1] = (char)(0x80 | (code >> 6 & 63)),
            text[2] = (char)(0x80 | (code & 63));
        else
            text[0] = (char)(0xf0 | code >> 18), text[1] = (char)(0x80 | (code >> 12 & 63)),
            text[2] = (char)(0x80 | (code >> 6 & 63)), text[3] = (char)(0x80 | (code & 63));
        if (text_next(text, &read) != strlen(text) || read != code)
            fail_msg("U+%04X is read as U+%04X", (unsigned)code, (unsigned)read);
        text_printable(text, once, sizeof once);
        text_printable(once, again, sizeof again);
        if (strcmp(once, again) != 0 || (text_is_harmless(code) ? strcmp(once, text) != 0 : once[0] != '\\'))
            fail_msg("U+%04X is shown as '%s', then '%s'", (unsigned)code, once, again);
    }
}

/* However small the room, nothing is cut apart, and what is beyond stays. */
static void test_small_room(void **state)
{
    static const char text[] = "a\xc3\xa9\033\xe2\x80\xae\xf0\x9f\x98\x80\xff";
    static const size_t ends[] = {0, 1, 3, 7, 13, 17, 21};
    char out[32];

    (void)state;
    for (size_t size = 0; size <= 24; size++) {
        size_t expected = 0;

        memset(out, '#', sizeof out);
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
            if (ends[i] < size)
                expected = ends[i];
        assert_int_equal(text_printable(text, out, size), expected);
        if (size)
            assert_int_equal(strlen(out), expected);
        for (size_t i = size; i < sizeof out; i++)
            assert_int_equal(out[i], '#');
    }
}

/* A line that is too long ends with a whole character. */
static void test_long_line(void **state)
{
    char name[4 * STATUS_MESSAGE_SIZE];

    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        memset(name, 'x', shift);
        for (size_t i = shift; i + 3 < sizeof name; i += 3)
            memcpy(name + i, "\xe6\xbc\xa2", 4);
        (fail)(context, GEOSC_FAILED, "%s", name);
        assert_null(strchr(geosc_message(context), '\\'));
        assert_between(strlen(geosc_message(context)), STATUS_MESSAGE_SIZE - 3, STATUS_MESSAGE_SIZE - 1);
    }
    (fail)(context, GEOSC_FAILED, "a");
    (fail)(context, GEOSC_FAILED, "%s, and %s", context->message, context->message); /* its own text may stand in it */
    assert_string_equal(context->message, "a, and a");
}

static void test_columns(void **state)
{
    static const struct {
        const char *text;
        size_t most, columns, bytes;
    } rows[] = {
        {"", 5, 0, 0},
        {"cat", 5, 3, 3},
        {"elephant", 5, 5, 5},
        {"\xc3\xa9t\xc3\xa9", 3, 3, 5},
        {"e\xcc\x81te\xcc\x81", 3, 3, 7},      /* accents that stand on their letters */
        {"\xe6\xbc\xa2\xe5\xad\x97", 4, 4, 6}, /* two wide ones */
        {"\xe6\xbc\xa2\xe5\xad\x97", 3, 2, 3}, /* of which one fits */
        {"\xf0\x9f\x98\x80", 2, 2, 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t bytes;
        assert_int_equal(text_columns(rows[i].text, rows[i].most, &bytes), rows[i].columns);
        assert_int_equal(bytes, rows[i].bytes);
    }
}

/* What a writer writes of a text. */
static const char *written(void (*write)(FILE *out, const char *text), const char *text)
{
    static char bytes[256];
    FILE *out = fmemopen(bytes, sizeof bytes, "w");

    assert_non_null(out);
    write(out, text);
    fputc('\0', out);
    fclose(out);
    return bytes;
}

static void test_csv(void **state)
{
    static const struct {
        const char *text, *cell;
    } rows[] = {
        {"", ""},
        {"cat", "cat"},
        {"a, b", "\"a, b\""},
        {"say \"a\"", "\"say \"\"a\"\"\""},
        {"=1+1", "'=1+1"},
        {"+1", "'+1"},
        {"-1", "'-1"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"\t=1", "'\\x09=1"},
        {"\r=1", "\"'\\x0d=1\""},
        {"=A1,\"B1\"", "\"'=A1,\"\"B1\"\"\""},
        {"a=1", "a=1"},
        {"a\nb", "\"a\\x0ab\""},
        {"caf\xe9", "caf\\xe9"},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
        {"\xe2\x80\xaetac", "\\u202etac"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(written(csv_text, rows[i].text), rows[i].cell);
}

static void write_json_text(FILE *out, const char *text)
{
    json_text(&(struct json){.out = out}, NULL, text);
}

static void write_json_printable(FILE *out, const char *text)
{
    json_printable(&(struct json){.out = out}, NULL, text);
}

static void test_json(void **state)
{
    (void)state;
    assert_string_equal(written(write_json_text, NULL), "null");
    assert_string_equal(written(write_json_text, "a\"b\\c/\n\033\177"), "\"a\\\"b\\\\c/\\u000a\\u001b\\u007f\"");
    assert_string_equal(written(write_json_text, "caf\xc3\xa9 caf\xe9"), "\"caf\xc3\xa9 caf\\\\xe9\"");
    assert_string_equal(written(write_json_text, "\xe2\x80\xae\xc2\x9b"), "\"\\u202e\\u009b\"");
    assert_string_equal(written(write_json_text, "\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"");
    assert_string_equal(written(write_json_printable, "\xe2\x80\xae\"\n"), "\"\\\\u202e\\\"\\\\x0a\"");
}

static void write_json_all(FILE *out, const char *text)
{
    struct json json = {.out = out};

    json_object(&json, NULL);
    json_text(&json, text, "b");
    json_array(&json, "c");
    json_object(&json, NULL);
    json_end(&json);
    json_array(&json, NULL);
    json_number(&json, NULL, 0.125);
    json_number(&json, NULL, NAN);
    json_end(&json);
    json_fixed(&json, NULL, 2, 3);
    json_end(&json);
    json_png(&json, "d", (const unsigned char *)"\xff\xfe\xfd\x01", 4);
    json_object(&json, "e");
    json_truth(&json, "f", true);
    json_count(&json, "g", 7);
    json_finish(&json);
}

static void test_json_structure(void **state)
{
    (void)state;
    assert_string_equal(written(write_json_all, "a\n"),
                        "{\"a\\u000a\": \"b\", \"c\": [{}, [0.125, null], 2.000], "
                        "\"d\": \"data:image/png;base64,//79AQ==\", \"e\": {\"f\": true, \"g\": 7}}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes),    cmocka_unit_test(test_not_utf8),  cmocka_unit_test(test_every_character),
        cmocka_unit_test(test_small_room), cmocka_unit_test(test_long_line), cmocka_unit_test(test_columns),
        cmocka_unit_test(test_csv),        cmocka_unit_test(test_json),      cmocka_unit_test(test_json_structure),
    };

    return cmocka_run_group_tests_name("text", tests, make_context, free_context);
}
