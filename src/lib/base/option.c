#include "base/option.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/suggest.h"

static bool parse_switch(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    (void)option, (void)reason, (void)size;
    *(bool *)value = !text || strcmp(text, "no") != 0;
    return true;
}

static void show_switch(const struct option *option, const void *value, char *out, size_t size)
{
    (void)option;
    snprintf(out, size, "%s", *(const bool *)value ? "yes" : "no");
}

void option_show_nothing(const struct option *option, const void *value, char *out, size_t size)
{
    (void)option, (void)value, (void)size;
    out[0] = 0;
}

bool option_parse_positives(const char *text, double *numbers, size_t most, size_t *count, char *reason, size_t size)
{
    enum { MOST = 64 };
    double found[MOST];
    const char *at = text;

    for (size_t i = 0; i < most && i < MOST; at++) {
        const char *end;
        if (!number_parse(at, &end, &found[i]) || !(found[i] > 0) || !isfinite(found[i]) || (*end && *end != ','))
            break;
        i++;
        at = end;
        if (*end == 0) {
            memcpy(numbers, found, i * sizeof *numbers);
            *count = i;
            return true;
        }
    }
    snprintf(reason, size, "expected up to %zu numbers above 0, separated by commas", most);
    return false;
}

void option_show_numbers(const double *numbers, size_t count, char *out, size_t size)
{
    size_t used = 0;

    out[0] = 0;
    for (size_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? "," : "", number_exact(numbers[i]).text);
}

/* Parses digits only, without sign or blanks, within [minimum, maximum]. */
static bool parse_whole(const struct option *option, const char *text, uint64_t maximum, uint64_t *value, char *reason,
                        size_t size)
{
    char *end = NULL;

    errno = 0;
    *value = isdigit((unsigned char)text[0]) ? strtoull(text, &end, 10) : 0;
    if (end && *end == 0 && errno == 0 && *value >= (uint64_t)option->minimum && *value <= maximum)
        return true;
    snprintf(reason, size, "not a whole number from %s to %" PRIu64, number_fixed(option->minimum, 0).text, maximum);
    return false;
}

static bool check_int(const struct option *option, const void *value, char *reason, size_t size)
{
    int number = *(const int *)value;

    if (option->unset && number == 0)
        return true;
    if (number >= option->minimum && number <= option->maximum)
        return true;
    snprintf(reason, size, "not a whole number from %s to %s", number_fixed(option->minimum, 0).text,
             number_fixed(option->maximum, 0).text);
    return false;
}

static bool parse_int(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    uint64_t number;

    if (!parse_whole(option, text, (uint64_t)option->maximum, &number, reason, size))
        return false;
    *(int *)value = (int)number;
    return true;
}

static bool check_odd(const struct option *option, const void *value, char *reason, size_t size)
{
    if (!check_int(option, value, reason, size))
        return false;
    if (*(const int *)value % 2)
        return true;
    snprintf(reason, size, "not an odd number");
    return false;
}

static bool parse_odd(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    return parse_int(option, text, value, reason, size) && check_odd(option, value, reason, size);
}

static bool parse_size(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    uint64_t number;

    if (!parse_whole(option, text, (uint64_t)option->maximum, &number, reason, size))
        return false;
    *(size_t *)value = (size_t)number;
    return true;
}

/* Parses a whole number with an optional suffix K, M, G or T (powers of 1024). */
static bool parse_bytes(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    static const char units[] = "KMGT";
    size_t length = strspn(text, "0123456789");
    const char *unit = length && text[length] ? strchr(units, toupper((unsigned char)text[length])) : NULL;
    size_t factor = unit ? (size_t)1 << 10 * (unit - units + 1) : 1, bytes;
    uint64_t number;
    char digits[24];

    snprintf(digits, sizeof digits, "%.*s", (int)length, text);
    if (length < sizeof digits && strlen(text) == length + (unit != NULL) &&
        parse_whole(option, digits, SIZE_MAX, &number, reason, size) &&
        !__builtin_mul_overflow((size_t)number, factor, &bytes)) {
        *(size_t *)value = bytes;
        return true;
    }
    snprintf(reason, size, "not a size such as 800M or 4G");
    return false;
}

static void show_bytes(const struct option *option, const void *value, char *out, size_t size)
{
    (void)option;
    out[0] = 0;
    if (*(const size_t *)value)
        snprintf(out, size, "%zu", *(const size_t *)value);
}

static bool parse_seed(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    return parse_whole(option, text, UINT64_MAX, value, reason, size);
}

static void show_int(const struct option *option, const void *value, char *out, size_t size)
{
    (void)option;
    snprintf(out, size, "%d", *(const int *)value);
    if (option->unset && *(const int *)value == 0)
        out[0] = 0;
}

static void show_size(const struct option *option, const void *value, char *out, size_t size)
{
    snprintf(out, size, "%zu", *(const size_t *)value);
    if (option->unset && *(const size_t *)value == 0)
        out[0] = 0;
}

static void show_seed(const struct option *option, const void *value, char *out, size_t size)
{
    (void)option;
    snprintf(out, size, "%" PRIu64, *(const uint64_t *)value);
}

static bool check_real(const struct option *option, const void *value, char *reason, size_t size)
{
    double number = *(const double *)value;

    if (isfinite(number) && number > option->minimum && number <= option->maximum)
        return true;
    snprintf(reason, size, "not a number above %s and up to %s", number_general(option->minimum, 6).text,
             number_general(option->maximum, 6).text);
    return false;
}

static bool parse_real(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    const char *end;
    double number;

    if (!number_parse(text, &end, &number) || *end)
        number = NAN;
    if (!check_real(option, &number, reason, size))
        return false;
    *(double *)value = number;
    return true;
}

static void show_real(const struct option *option, const void *value, char *out, size_t size)
{
    (void)option;
    snprintf(out, size, "%s", number_exact(*(const double *)value).text);
}

static bool parse_text(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    (void)option;
    if (text[0] == 0) {
        snprintf(reason, size, "empty");
        return false;
    }
    *(const char **)value = text;
    return true;
}

/* A resumed run reads the file again, which stdin cannot do. */
static bool parse_file(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    if (strcmp(text, "-") != 0)
        return parse_text(option, text, value, reason, size);
    snprintf(reason, size, "stdin cannot be read twice: name a file");
    return false;
}

static void show_text(const struct option *option, const void *value, char *out, size_t size)
{
    const char *text = *(const char *const *)value;

    (void)option;
    snprintf(out, size, "%s", text ? text : "");
}

static const char *choice_name(const void *option, size_t i)
{
    return ((const struct option *)option)->choice((int)i);
}

/* Writes "not one of squared, euclidean"; returns its length. */
static size_t list_choices(const struct option *option, char *reason, size_t size)
{
    size_t used = (size_t)snprintf(reason, size, "not one of ");

    for (int i = 0; option->choice(i) && used < size; i++)
        used += (size_t)snprintf(reason + used, size - used, "%s%s", i ? ", " : "", option->choice(i));
    return used;
}

static bool check_choice(const struct option *option, const void *value, char *reason, size_t size)
{
    int i;

    memcpy(&i, value, sizeof i);
    if (option->choice(i))
        return true;
    list_choices(option, reason, size);
    return false;
}

static bool parse_choice(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    const char *near;
    size_t used;

    for (int i = 0; option->choice(i); i++) {
        if (strcmp(option->choice(i), text) == 0) {
            memcpy(value, &i, sizeof i);
            return true;
        }
    }
    near = suggest_name(text, choice_name, option);
    used = list_choices(option, reason, size);
    if (near && used < size)
        snprintf(reason + used, size - used, "; did you mean '%s'?", near);
    return false;
}

/* The number, for a value without a name. */
static void show_choice(const struct option *option, const void *value, char *out, size_t size)
{
    int i;

    memcpy(&i, value, sizeof i);
    if (option->choice(i))
        snprintf(out, size, "%s", option->choice(i));
    else
        snprintf(out, size, "%d", i);
}

const struct option_type option_switch = {parse_switch, show_switch, NULL, NULL};
const struct option_type option_help = {NULL, option_show_nothing, NULL, NULL};
const struct option_type option_int = {parse_int, show_int, check_int, NULL};
const struct option_type option_odd = {parse_odd, show_int, check_odd, NULL};
const struct option_type option_size = {parse_size, show_size, NULL, NULL};
const struct option_type option_bytes = {parse_bytes, show_bytes, NULL, NULL};
const struct option_type option_seed = {parse_seed, show_seed, NULL, NULL};
const struct option_type option_real = {parse_real, show_real, check_real, NULL};
const struct option_type option_text = {parse_text, show_text, NULL, NULL};
const struct option_type option_file = {parse_file, show_text, NULL, NULL};
const struct option_type option_choice = {parse_choice, show_choice, check_choice, NULL};
