/*
 * number: element types of stored arrays and their conversion to float, double and int64; numbers as text. The text is
 * the same in every locale, also where the host program writes 0,02. Only this module passes non-integers to printf,
 * scanf or strtod; make check verifies it. Stored elements may be unaligned. Pure functions, any thread.
 */
#ifndef GEOSC_NUMBER_H
#define GEOSC_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernels;

enum number_type {
    NUMBER_F16,
    NUMBER_F32,
    NUMBER_F64,
    NUMBER_I8,
    NUMBER_I16,
    NUMBER_I32,
    NUMBER_I64,
    NUMBER_U8,
    NUMBER_U16,
    NUMBER_U32,
    NUMBER_U64,
    NUMBER_BF16,  /* the upper half of a float32 */
    NUMBER_STRING /* not a number: read it with h5_read_strings */
};

struct number_format {
    enum number_type type;
    bool swapped; /* byte order differs from this machine's */
};

size_t number_size(enum number_type type);      /* bytes; 0 for a string */
const char *number_name(enum number_type type); /* "float16", ... (numpy's names) */
bool number_is_float(enum number_type type);
bool number_is_integer(enum number_type type);

/* A number in the byte order of files' checksums. (Not every system has <endian.h>.) */
static inline uint32_t number_little_32(uint32_t number)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? number : __builtin_bswap32(number);
}

static inline uint64_t number_little_64(uint64_t number)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? number : __builtin_bswap64(number);
}

/* Converts n elements to float32. False if one is NaN, infinite or a float64 beyond float32's range; all are converted
 * in any case. */
bool number_to_float(const struct kernels *kernels, struct number_format format, const void *in, size_t n, float *out);
/* False if one of n values is NaN or infinite. */
bool number_all_finite(const float *values, size_t n);
/* Converts n elements to double; int64 beyond 2^53 is rounded. */
void number_to_double(struct number_format format, const void *in, size_t n, double *out);
/* Converts n elements of an integer type to int64. False if a uint64 is beyond its range. */
bool number_to_int64(struct number_format format, const void *in, size_t n, int64_t *out);

/* A number as text, for "%s" in a format: number_fixed(x, 2).text. */
struct number_text {
    char text[40];
};

/* Like "%.*f", with up to 9 decimals; from 1e17 on like number_exact, which invents no digits. NaN has no sign. */
struct number_text number_fixed(double value, int decimals);
/* Like "%.*g", with up to 17 digits. */
struct number_text number_general(double value, int digits);
/* With the fewest digits that read back as the same number. */
struct number_text number_exact(double value);
/* Parses the decimal number at the start of a text: digits, with an optional sign, point and exponent; no blanks,
 * hexadecimal numbers or names. False if there is none. *end: the text after it. Beyond double's range the value is
 * infinite. */
bool number_parse(const char *text, const char **end, double *value);

#endif
