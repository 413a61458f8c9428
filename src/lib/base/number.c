#include "base/number.h"

#include "base/guard.h"
#include "kernel/kernel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1024 }; /* elements converted at a time; they and their result fit in the L1 cache */

/* One block of stored elements, aligned for every type. */
union block {
    uint8_t u8[BLOCK];
    uint16_t u16[BLOCK];
    uint32_t u32[BLOCK];
    uint64_t u64[BLOCK];
    int8_t i8[BLOCK];
    int16_t i16[BLOCK];
    int32_t i32[BLOCK];
    int64_t i64[BLOCK];
    float f32[BLOCK];
    double f64[BLOCK];
};

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [NUMBER_F16] = {"float16", 2},   [NUMBER_F32] = {"float32", 4}, [NUMBER_F64] = {"float64", 8},
    [NUMBER_I8] = {"int8", 1},       [NUMBER_I16] = {"int16", 2},   [NUMBER_I32] = {"int32", 4},
    [NUMBER_I64] = {"int64", 8},     [NUMBER_U8] = {"uint8", 1},    [NUMBER_U16] = {"uint16", 2},
    [NUMBER_U32] = {"uint32", 4},    [NUMBER_U64] = {"uint64", 8},  [NUMBER_BF16] = {"bfloat16", 2},
    [NUMBER_STRING] = {"string", 0},
};

size_t number_size(enum number_type type)
{
    return types[type].size;
}

const char *number_name(enum number_type type)
{
    return types[type].name;
}

bool number_is_float(enum number_type type)
{
    return type <= NUMBER_F64 || type == NUMBER_BF16;
}

bool number_is_integer(enum number_type type)
{
    return type >= NUMBER_I8 && type <= NUMBER_U64;
}

/* Copies n <= BLOCK stored elements, possibly unaligned, in this machine's byte order. */
static void load(struct number_format format, const unsigned char *in, size_t n, union block *block)
{
    size_t size = types[format.type].size;

    memcpy(block, in, n * size);
    if (!format.swapped)
        return;
    if (size == 2)
        for (size_t i = 0; i < n; i++)
            block->u16[i] = __builtin_bswap16(block->u16[i]);
    if (size == 4)
        for (size_t i = 0; i < n; i++)
            block->u32[i] = __builtin_bswap32(block->u32[i]);
    if (size == 8)
        for (size_t i = 0; i < n; i++)
            block->u64[i] = __builtin_bswap64(block->u64[i]);
}

/* Tests the exponents as integers: a compiler with -ffast-math may assume that floats are finite. */
bool number_all_finite(const float *values, size_t n)
{
    uint32_t bad = 0;

#pragma omp simd reduction(| : bad) /* at -O2 GCC takes one after the other unless told */
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bad |= (bits & 0x7f800000U) == 0x7f800000U;
    }
    return !bad;
}

/* Converts an IEEE half to double from its bit fields. */
static double half_to_double(uint16_t half)
{
    int exponent = half >> 10 & 31, fraction = half & 1023;
    double value;

    if (exponent == 31)
        value = fraction ? NAN : INFINITY;
    else if (exponent == 0)
        value = ldexp(fraction, -24);
    else
        value = ldexp(1024 + fraction, exponent - 25);
    return half & 0x8000 ? -value : value;
}

static double bfloat_to_double(uint16_t bfloat)
{
    uint32_t bits = (uint32_t)bfloat << 16;
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

#define WIDEN(from)                  \
    for (size_t i = 0; i < n; i++)   \
        out[i] = (int64_t)(from)[i]; \
    break

/* Converts integers to int64; a uint64 beyond its range wraps. */
static void block_to_int64(enum number_type type, const union block *block, size_t n, int64_t *out)
{
    switch (type) {
    case NUMBER_I8:
        WIDEN(block->i8);
    case NUMBER_I16:
        WIDEN(block->i16);
    case NUMBER_I32:
        WIDEN(block->i32);
    case NUMBER_U8:
        WIDEN(block->u8);
    case NUMBER_U16:
        WIDEN(block->u16);
    case NUMBER_U32:
        WIDEN(block->u32);
    default: /* 64-bit types are copied */
        memcpy(out, block->i64, n * sizeof *out);
    }
}

static void block_to_double(enum number_type type, const union block *block, size_t n, double *out)
{
    int64_t wide[BLOCK];

    if (type == NUMBER_F64)
        memcpy(out, block->f64, n * sizeof *out);
    else if (type == NUMBER_F32)
        for (size_t i = 0; i < n; i++)
            out[i] = block->f32[i];
    else if (type == NUMBER_F16)
        for (size_t i = 0; i < n; i++)
            out[i] = half_to_double(block->u16[i]);
    else if (type == NUMBER_BF16)
        for (size_t i = 0; i < n; i++)
            out[i] = bfloat_to_double(block->u16[i]);
    else if (type == NUMBER_U64)
        for (size_t i = 0; i < n; i++)
            out[i] = (double)block->u64[i];
    else {
        block_to_int64(type, block, n, wide);
        for (size_t i = 0; i < n; i++)
            out[i] = (double)wide[i];
    }
}

static bool block_to_float(const struct kernels *kernels, enum number_type type, const union block *block, size_t n,
                           float *out)
{
    double wide[BLOCK];

    if (type == NUMBER_F16)
        return kernels->from_half(block->u16, out, n);
    if (type == NUMBER_BF16)
        return kernels->from_bfloat(block->u16, out, n);
    if (type == NUMBER_F32)
        memcpy(out, block->f32, n * sizeof *out);
    else {
        block_to_double(type, block, n, wide);
        for (size_t i = 0; i < n; i++)
            out[i] = (float)wide[i]; /* infinite beyond float's range */
    }
    return number_all_finite(out, n);
}

/* Loads the elements from number i on that a block holds; returns how many. */
static size_t load_block(struct number_format format, const void *in, size_t n, size_t i, union block *block)
{
    size_t count = n - i < BLOCK ? n - i : BLOCK;

    load(format, (const unsigned char *)in + i * number_size(format.type), count, block);
    return count;
}

bool number_to_float(const struct kernels *kernels, struct number_format format, const void *in, size_t n, float *out)
{
    bool finite = true;
    union block block;

    for (size_t i = 0, count; i < n; i += count) {
        count = load_block(format, in, n, i, &block);
        finite &= block_to_float(kernels, format.type, &block, count, out + i);
    }
    return finite;
}

void number_to_double(struct number_format format, const void *in, size_t n, double *out)
{
    union block block;

    for (size_t i = 0, count; i < n; i += count) {
        count = load_block(format, in, n, i, &block);
        block_to_double(format.type, &block, count, out + i);
    }
}

bool number_to_int64(struct number_format format, const void *in, size_t n, int64_t *out)
{
    bool fits = true;
    union block block;

    for (size_t i = 0, count; i < n; i += count) {
        count = load_block(format, in, n, i, &block);
        block_to_int64(format.type, &block, count, out + i);
        for (size_t k = i; format.type == NUMBER_U64 && k < i + count; k++)
            fits &= out[k] >= 0;
    }
    return fits;
}

/* ---- as text ------------------------------------------------------------------------------------ */

static const char digits[] = "0123456789";

/* Replaces the locale's decimal point by '.': it is the only character that is no digit, sign or letter. */
static struct number_text with_point(struct number_text number)
{
    char *point = number.text + strspn(number.text, "+-0123456789einfa");
    size_t length = strcspn(point, digits);

    if (GUARD(numbers_of_the_locale) && length) {
        *point = '.';
        memmove(point + 1, point + length, strlen(point + length) + 1);
    }
    return number;
}

struct number_text number_general(double value, int places)
{
    struct number_text number = {"nan"};

    if (!isnan(value))
        snprintf(number.text, sizeof number.text, "%.*g", places, value);
    return with_point(number);
}

struct number_text number_exact(double value)
{
    struct number_text number = number_general(value, 15);
    const char *end;
    double read;

    for (int places = 16; places <= 17 && number_parse(number.text, &end, &read) && read != value; places++)
        number = number_general(value, places);
    return number;
}

struct number_text number_fixed(double value, int decimals)
{
    struct number_text number = {"nan"};

    if (isnan(value))
        return number;
    if (fabs(value) >= 1e17)
        return number_exact(value);
    snprintf(number.text, sizeof number.text, "%.*f", decimals, value);
    return with_point(number);
}

/* Length in bytes of the number at the start of a text, 0 if there is none. */
static size_t number_length(const char *text)
{
    const char *at = text + (*text == '-' || *text == '+');
    size_t whole = strspn(at, digits), fraction = at[whole] == '.' ? strspn(at + whole + 1, digits) : 0, exponent;

    if (whole + fraction == 0)
        return 0;
    at += whole + (at[whole] == '.') + fraction;
    if (*at == 'e' || *at == 'E') {
        size_t sign = at[1] == '-' || at[1] == '+';
        exponent = strspn(at + 1 + sign, digits);
        at += exponent ? 1 + sign + exponent : 0;
    }
    return (size_t)(at - text);
}

bool number_parse(const char *text, const char **end, double *value)
{
    enum { LONGEST = 400 /* bytes: more than double's digits need */ };
    char copy[LONGEST + sizeof(struct number_text)], half[16];
    size_t length = number_length(text), whole, point;

    if (length == 0 || length > LONGEST)
        return false;
    whole = strcspn(text, ".");
    *end = text + length;
    if (whole >= length) {
        snprintf(copy, sizeof copy, "%.*s", (int)length, text);
    } else { /* strtod expects the locale's decimal point */
        snprintf(half, sizeof half, "%.1f", 0.5);
        point = strlen(half) - 2;
        snprintf(copy, sizeof copy, "%.*s%.*s%.*s", (int)whole, text, (int)point,
                 GUARD(numbers_read_by_the_locale) ? half + 1 : ".", (int)(length - whole - 1), text + whole + 1);
    }
    *value = strtod(copy, NULL);
    return true;
}
