/* Conversion of stored numbers: every type in both byte orders, and what counts as not finite. */
#include "kernel.h"
#include "number.h"
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

#define STORE(number, c_type, is_signed)                                                                               \
    case number:                                                                                                       \
        for (size_t i = 0; i < COUNT; i++) {                                                                           \
            c_type value = (c_type)value_of(i, is_signed);                                                             \
            memcpy(bytes + i * sizeof value, &value, sizeof value);                                                    \
        }                                                                                                              \
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
    for (int type = NUMBER_F16; type <= NUMBER_U64; type++) {
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

/* All 65536 halves through the double twin, which has no kernel behind it. */
static void every_half(void **state)
{
    const struct number_format format = {NUMBER_F16, false};

    (void)state;
    for (unsigned bits = 0; bits < 65536; bits++) {
        uint16_t half = (uint16_t)bits;
        double value;
        float number;
        number_to_double(format, &half, 1, &value);
        assert_int_equal(number_to_float(kernels, format, &half, 1, &number), isfinite(value) != 0);
        assert_int_equal(signbit(value) != 0, bits >> 15);
        if (isnan(value))
            assert_true(isnan(number));
        else
            assert_true(number == value);
    }
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
    assert_true(number_is_float(NUMBER_F64) && !number_is_float(NUMBER_I8) && !number_is_float(NUMBER_STRING));
    assert_true(number_is_integer(NUMBER_I8) && !number_is_integer(NUMBER_F64) && !number_is_integer(NUMBER_STRING));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_in_both_byte_orders),
        cmocka_unit_test(every_half),
        cmocka_unit_test(known_halves),
        cmocka_unit_test(not_finite_is_noticed),
        cmocka_unit_test(largest_numbers_are_fine),
        cmocka_unit_test(uint64_beyond_int64),
        cmocka_unit_test(names_and_sizes),
    };

    kernels = kernels_find(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
