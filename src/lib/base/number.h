/*
 * number: element types of stored arrays, and their conversion to what the library computes with; and numbers as text,
 * which is the same under every locale: the library is a guest of programs that may write 0,02. Nothing else of geosc
 * has printf, scanf or strtod see a number that is no integer (make check looks for that).
 * Stored elements may stand unaligned. Pure functions, any thread.
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
    NUMBER_STRING /* not a number: read with h5_read_strings */
};

struct number_format {
    enum number_type type;
    bool swapped; /* byte order is not this machine's */
};

size_t number_size(enum number_type type);      /* bytes; 0 for a string */
const char *number_name(enum number_type type); /* "float16", ... as numpy says */
bool number_is_float(enum number_type type);
bool number_is_integer(enum number_type type);

/* n elements to float32. False if one is NaN, infinite or a float64 beyond float32's range; all are converted all the
 * same. */
bool number_to_float(const struct kernels *kernels, struct number_format format, const void *in, size_t n, float *out);
/* n elements to double (int64 beyond 2^53 is rounded). */
void number_to_double(struct number_format format, const void *in, size_t n, double *out);
/* n elements of an integer type to int64. False if a uint64 is beyond its range. */
bool number_to_int64(struct number_format format, const void *in, size_t n, int64_t *out);

/* A number as text, for "%s" of a printf: number_fixed(x, 2).text. */
struct number_text {
    char text[40];
};

/* As "%.*f", decimals up to 9; from 1e17 on as number_exact, that no digit is made up. NaN has no sign. */
struct number_text number_fixed(double value, int decimals);
/* As "%.*g", digits up to 17. */
struct number_text number_general(double value, int digits);
/* With as few digits as it takes to read the same number back. */
struct number_text number_exact(double value);
/* The decimal number at the start of a text: digits, perhaps with a sign, a point and an exponent; no blanks, no
 * hexadecimals, no names. False if there is none. *end: what comes behind it. Beyond double's range it is infinite. */
bool number_parse(const char *text, const char **end, double *value);

#endif
