#include "command.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "suggest.h"

static bool parse_switch(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    (void)option, (void)text, (void)reason, (void)size;
    *(bool *)value = true;
    return true;
}

void option_show_nothing(const struct option *option, const void *value, char *out, size_t size)
{
    (void)option, (void)value, (void)size;
    out[0] = 0;
}

/* Digits only, no sign and no blank, within [minimum, maximum]. */
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

static bool parse_int(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    uint64_t number;

    if (!parse_whole(option, text, (uint64_t)option->maximum, &number, reason, size))
        return false;
    *(int *)value = (int)number;
    return true;
}

static bool parse_size(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    uint64_t number;

    if (!parse_whole(option, text, (uint64_t)option->maximum, &number, reason, size))
        return false;
    *(size_t *)value = (size_t)number;
    return true;
}

/* A whole number, which K, M, G or T after it multiply by powers of 1024. */
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
        parse_whole(option, digits, SIZE_MAX, &number, reason, size) && !__builtin_mul_overflow((size_t)number, factor, &bytes)) {
        *(size_t *)value = bytes;
        return true;
    }
    snprintf(reason, size, "not a size as 800M or 4G");
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

static bool parse_real(const struct option *option, const char *text, void *value, char *reason, size_t size)
{
    const char *end;
    double number;

    if (number_parse(text, &end, &number) && *end == 0 && isfinite(number) && number > option->minimum &&
        number <= option->maximum) {
        *(double *)value = number;
        return true;
    }
    snprintf(reason, size, "not a number above %s and up to %s", number_general(option->minimum, 6).text,
             number_general(option->maximum, 6).text);
    return false;
}

static void show_real(const struct option *option, const void *value, char *out, size_t size)
{
    (void)option;
    snprintf(out, size, "%s", number_general(*(const double *)value, 6).text);
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
    used = (size_t)snprintf(reason, size, "not one of ");
    for (int i = 0; option->choice(i) && used < size; i++)
        used += (size_t)snprintf(reason + used, size - used, "%s%s", i ? ", " : "", option->choice(i));
    if (near && used < size)
        snprintf(reason + used, size - used, "; did you mean '%s'?", near);
    return false;
}

static void show_choice(const struct option *option, const void *value, char *out, size_t size)
{
    int i;

    memcpy(&i, value, sizeof i);
    snprintf(out, size, "%s", option->choice(i));
}

const struct option_type option_switch = {parse_switch, option_show_nothing};
const struct option_type option_help = {parse_switch, option_show_nothing};
const struct option_type option_int = {parse_int, show_int};
const struct option_type option_size = {parse_size, show_size};
const struct option_type option_bytes = {parse_bytes, show_bytes};
const struct option_type option_seed = {parse_seed, show_seed};
const struct option_type option_real = {parse_real, show_real};
const struct option_type option_text = {parse_text, show_text};
const struct option_type option_choice = {parse_choice, show_choice};
