/* Numbers: conversion of every stored type in both byte orders, values that are not finite; numbers as text under
 * any locale. */
#include "base/comma_locale.h"
#include "base/number.h"
#include "kernel/kernel.h"
#include "testing.h"

#include <float.h>
#include <math.h>

enum { COUNT = 2500 }; /* more than two of the blocks in which numbers are converted */

static const struct kernels *kernels;

static void swap_all(unsigned char *bytes, size_t n, size_t size)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < size / 2; k++) {
            unsigned char kept = bytes[i * size + k];
            bytes[i * size + k] = bytes[i * size + size - 1 - k];
            bytes[i * size + size - 1 - k] = kept;
        }
}

/* The value that element i has in every type: small, and negative where there is a sign. */
static int value_of(size_t i, bool is_signed)
{
    return (int)(i * 37 % 101) - (is_signed ? 50 : 0);
}

#define STORE(number, c_type, is_signed)                            \
    case number:                                                    \
        for (size_t i = 0; i < COUNT; i++) {                        \
            c_type value = (c_type)value_of(i, is_signed);          \
            memcpy(bytes + i * sizeof value, &value, sizeof value); \
        }                                                           \
        return is_signed

/* Half of a whole number up to 2048, by its definition. */
static uint16_t half_of(int value)
{
    uint16_t sign = value < 0 ? 0x8000 : 0, size = (uint16_t)(value < 0 ? -value : value), exponent = 0;

    if (size == 0)
        return sign;
    while (size >> (exponent + 1))
        exponent++;
    return (uint16_t)(sign | (exponent + 15) << 10 | ((size << (10 - exponent)) & 1023));
}

/* Fills bytes with value_of in the given type; tells whether it has a sign. */
static bool store(enum number_type type, unsigned char *bytes)
{
    switch (type) {
    case NUMBER_F16:
        for (size_t i = 0; i < COUNT; i++) {
            uint16_t half = half_of(value_of(i, true));
            memcpy(bytes + i * 2, &half, 2);
        }
        return true;
        STORE(NUMBER_F32, float, true);
        STORE(NUMBER_F64, double, true);
        STORE(NUMBER_I8, int8_t, true);
        STORE(NUMBER_I16, int16_t, true);
        STORE(NUMBER_I32, int32_t, true);
        STORE(NUMBER_I64, int64_t, true);
        STORE(NUMBER_U8, uint8_t, false);
        STORE(NUMBER_U16, uint16_t, false);
        STORE(NUMBER_U32, uint32_t, false);
        STORE(NUMBER_U64, uint64_t, false);
    case NUMBER_BF16:
        for (size_t i = 0; i < COUNT; i++) {
            float value = (float)value_of(i, true);
            uint32_t bits;
            memcpy(&bits, &value, sizeof bits);
            uint16_t upper = (uint16_t)(bits >> 16);
            memcpy(bytes + i * 2, &upper, 2);
        }
        return true;
    case NUMBER_STRING:
        break;
    }
    fail();
    return false;
}

static void every_type_in_both_byte_orders(void **state)
{
    static unsigned char memory[COUNT * 8 + 1], *bytes = memory + 1; /* unaligned */
    static float floats[COUNT];
    static double doubles[COUNT];
    static int64_t integers[COUNT];

    (void)state;
    for (int type = NUMBER_F16; type < NUMBER_STRING; type++) {
        for (int swapped = 0; swapped < 2; swapped++) {
            struct number_format format = {(enum number_type)type, swapped};
            bool is_signed = store(format.type, bytes);
            if (swapped)
                swap_all(bytes, COUNT, number_size(format.type));
            assert_true(number_to_float(kernels, format, bytes, COUNT, floats));
            number_to_double(format, bytes, COUNT, doubles);
            if (number_is_integer(format.type))
                assert_true(number_to_int64(format, bytes, COUNT, integers));
            for (size_t i = 0; i < COUNT; i++) {
                assert_true(floats[i] == (float)value_of(i, is_signed));
                assert_true(doubles[i] == value_of(i, is_signed));
                if (number_is_integer(format.type))
                    assert_int_equal(integers[i], value_of(i, is_signed));
            }
        }
    }
}

/* All 65536 of a type through the double twin, which has no kernel behind it. */
static void check_every(enum number_type type)
{
    const struct number_format format = {type, false};

    for (unsigned bits = 0; bits < 65536; bits++) {
        uint16_t stored = (uint16_t)bits;
        double value;
        float number;
        number_to_double(format, &stored, 1, &value);
        assert_int_equal(number_to_float(kernels, format, &stored, 1, &number), isfinite(value) != 0);
        assert_int_equal(signbit(value) != 0, bits >> 15);
        if (isnan(value))
            assert_true(isnan(number));
        else
            assert_true(number == value);
    }
}

static void every_float_of_16_bits(void **state)
{
    (void)state;
    check_every(NUMBER_F16);
    check_every(NUMBER_BF16);
}

static void known_bfloats(void **state)
{
    const uint16_t bits[] = {0x0001, 0x007f, 0x0080, 0x3f80, 0x3eab, 0x7f7f, 0xc000, 0x7f80, 0xff80};
    const double values[] = {0x1p-133, 127 * 0x1p-133, 0x1p-126, 1, 171 * 0x1p-9, 255 * 0x1p120,
                             -2,       INFINITY,       -INFINITY};
    double out[9];

    (void)state;
    number_to_double((struct number_format){NUMBER_BF16, false}, bits, 9, out);
    for (size_t i = 0; i < 9; i++)
        assert_true(out[i] == values[i]);
}

static void known_halves(void **state)
{
    const uint16_t bits[] = {0x0001, 0x03ff, 0x0400, 0x3c00, 0x3555, 0x7bff, 0xc000, 0x7c00};
    const double values[] = {0x1p-24, 1023 * 0x1p-24, 0x1p-14, 1, 1365 * 0x1p-12, 65504, -2, INFINITY};
    double out[8];

    (void)state;
    number_to_double((struct number_format){NUMBER_F16, false}, bits, 8, out);
    for (size_t i = 0; i < 8; i++)
        assert_true(out[i] == values[i]);
}

/* One bad value anywhere is noticed, and the others are converted all the same. */
static void not_finite_is_noticed(void **state)
{
    static const double bad[] = {NAN, -NAN, INFINITY, -INFINITY, 1e39, -1e39, DBL_MAX};
    static double wide[COUNT];
    static float narrow[COUNT], out[COUNT];
    static const size_t places[] = {0, 1023, 1024, COUNT - 1};

    (void)state;
    for (size_t b = 0; b < sizeof bad / sizeof *bad; b++)
        for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
            for (size_t i = 0; i < COUNT; i++)
                narrow[i] = (float)(wide[i] = (double)i);
            wide[places[p]] = bad[b];
            narrow[places[p]] = (float)bad[b];
            assert_false(number_to_float(kernels, (struct number_format){NUMBER_F64, false}, wide, COUNT, out));
            assert_false(number_to_float(kernels, (struct number_format){NUMBER_F32, false}, narrow, COUNT, out));
            for (size_t i = 0; i < COUNT; i++)
                assert_true(i == places[p] || out[i] == (float)i);
        }
}

static void largest_numbers_are_fine(void **state)
{
    const double wide[] = {FLT_MAX, -FLT_MAX, FLT_MIN / 4, 0, -0.0};
    float out[5];

    (void)state;
    assert_true(number_to_float(kernels, (struct number_format){NUMBER_F64, false}, wide, 5, out));
    assert_true(out[0] == FLT_MAX && out[1] == -FLT_MAX && out[2] == FLT_MIN / 4);
}

static void uint64_beyond_int64(void **state)
{
    uint64_t values[] = {INT64_MAX, (uint64_t)INT64_MAX + 1};
    int64_t out[2];
    double wide[2];

    (void)state;
    assert_true(number_to_int64((struct number_format){NUMBER_U64, false}, values, 1, out));
    assert_int_equal(out[0], INT64_MAX);
    assert_false(number_to_int64((struct number_format){NUMBER_U64, false}, values, 2, out));
    number_to_double((struct number_format){NUMBER_U64, false}, values, 2, wide);
    assert_true(wide[1] == 0x1p63);
}

static void names_and_sizes(void **state)
{
    (void)state;
    assert_string_equal(number_name(NUMBER_F16), "float16");
    assert_string_equal(number_name(NUMBER_U64), "uint64");
    assert_int_equal(number_size(NUMBER_F64), 8);
    assert_string_equal(number_name(NUMBER_BF16), "bfloat16");
    assert_true(number_is_float(NUMBER_BF16) && !number_is_integer(NUMBER_BF16));
    assert_true(number_is_float(NUMBER_F64) && !number_is_float(NUMBER_I8) && !number_is_float(NUMBER_STRING));
    assert_true(number_is_integer(NUMBER_I8) && !number_is_integer(NUMBER_F64) && !number_is_integer(NUMBER_STRING));
}

/* ---- as text ------------------------------------------------------------------------------------ */

static void check_text(void)
{
    assert_string_equal(number_fixed(1234567.891, 2).text, "1234567.89");
    assert_string_equal(number_fixed(-0.5, 0).text, "-0");
    assert_string_equal(number_fixed(0.125, 9).text, "0.125000000");
    assert_string_equal(number_fixed(1e17, 3).text, "1e+17");
    assert_string_equal(number_fixed(1e300, 0).text, "1e+300");
    assert_string_equal(number_fixed(99999999999999984.0, 9).text, "99999999999999984.000000000");
    assert_string_equal(number_fixed(NAN, 2).text, "nan");
    assert_string_equal(number_fixed(-INFINITY, 2).text, "-inf");
    assert_string_equal(number_general(1.5, 6).text, "1.5");
    assert_string_equal(number_general(1234567.8, 6).text, "1.23457e+06");
    assert_string_equal(number_general(-NAN, 6).text, "nan");
    assert_string_equal(number_general(INFINITY, 6).text, "inf");
    assert_string_equal(number_exact(0.02).text, "0.02");
    assert_string_equal(number_exact(0.1 + 0.2).text, "0.30000000000000004");
    assert_string_equal(number_exact(-DBL_MAX).text, "-1.7976931348623157e+308");
    assert_string_equal(number_exact(INFINITY).text, "inf");
}

/* The text is read up to `left`, as the value. */
static void check_read(const char *text, double value, const char *left)
{
    const char *end = NULL;
    double read;

    if (!number_parse(text, &end, &read) || read != value || strcmp(end, left) != 0)
        fail_msg("'%s' is read as %.17g up to '%s'", text, read, end ? end : "?");
}

static void check_parse(void)
{
    static const char *const none[] = {"",    ".",   "-",    "+.",  "e5",  " 1",  ",5",       "x",
                                       "inf", "nan", "-inf", "--1", "+-1", ".e1", "\331\2535"};
    char digits[512];
    const char *end;
    double value;

    check_read("0.02", 0.02, "");
    check_read("-12.5e-1x", -1.25, "x");
    check_read("+.5", 0.5, "");
    check_read("5.", 5, "");
    check_read("0,02", 0, ",02");
    check_read("0.1,0.2", 0.1, ",0.2");
    check_read("1.2.3", 1.2, ".3");
    check_read("1 ,2", 1, " ,2");
    check_read("1e", 1, "e");
    check_read("1e+", 1, "e+");
    check_read("0x10", 0, "x10");
    check_read("1e999", INFINITY, "");
    check_read("1.000.000", 1, ".000");
    check_read("\x30\x2e\x30\x32", 0.02, "");
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (number_parse(none[i], &end, &value))
            fail_msg("'%s' is read as %g", none[i], value);
    memset(digits, '3', sizeof digits);
    digits[1] = '.';
    digits[400] = '\0';
    check_read(digits, 10.0 / 3, "");
    digits[400] = '3', digits[401] = '\0';
    assert_false(number_parse(digits, &end, &value));
}

/* Any number is the same when it was text. */
static void check_there_and_back(void)
{
    uint64_t bits = 88172645463325252U;

    for (int i = 0; i < 20000; i++) {
        const char *end;
        double value, read;

        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value) && (!number_parse(number_exact(value).text, &end, &read) || *end || read != value))
            fail_msg("%.17g is written as %s", value, number_exact(value).text);
    }
}

static void check_numbers(void)
{
    check_text();
    check_parse();
    check_there_and_back();
}

static void test_text(void **state)
{
    (void)state;
    check_numbers();
}

/* Germans write a comma; Pashto's point takes two bytes. */
static void test_text_elsewhere(void **state)
{
    static const char *const names[] = {"de_DE", "ps_AF", "de_CH"};
    int tried = 0;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (comma_locale(names[i])) {
            check_numbers();
            tried++;
        }
    plain_locale();
    if (tried == 0)
        print_message("# left out: neither localedef and its sources nor a locale is there\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_in_both_byte_orders),
        cmocka_unit_test(every_float_of_16_bits),
        cmocka_unit_test(known_halves),
        cmocka_unit_test(known_bfloats),
        cmocka_unit_test(not_finite_is_noticed),
        cmocka_unit_test(largest_numbers_are_fine),
        cmocka_unit_test(uint64_beyond_int64),
        cmocka_unit_test(names_and_sizes),
        cmocka_unit_test(test_text),
        TEST(test_text_elsewhere),
    };

    kernels = kernels_find(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
