#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/guard.h"

/* ---- characters --------------------------------------------------------------------------------- */

size_t text_next(const char *text, uint32_t *code)
{
    static const struct {
        unsigned char mask, lead, second_low, second_high;
        size_t length;
    } forms[] = {
        {0xff, 0xe0, 0xa0, 0xbf, 3}, {0xff, 0xed, 0x80, 0x9f, 3}, {0xf0, 0xe0, 0x80, 0xbf, 3},
        {0xff, 0xf0, 0x90, 0xbf, 4}, {0xff, 0xf4, 0x80, 0x8f, 4}, {0xfc, 0xf0, 0x80, 0xbf, 4},
        {0xe0, 0xc0, 0x80, 0xbf, 2},
    };
    const unsigned char *byte = (const unsigned char *)text;

    *code = byte[0] < 0x80 ? byte[0] : TEXT_BYTE + byte[0];
    if (byte[0] < 0xc2)
        return 1;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        uint32_t wide = byte[0] & (0x7fU >> forms[i].length);

        if ((byte[0] & forms[i].mask) != forms[i].lead)
            continue;
        if (byte[1] < forms[i].second_low || byte[1] > forms[i].second_high)
            return 1;
        for (size_t k = 1; k < forms[i].length; k++) {
            if ((byte[k] & 0xc0) != 0x80)
                return 1;
            wide = wide << 6 | (byte[k] & 0x3f);
        }
        *code = wide;
        return forms[i].length;
    }
    return 1;
}

struct range {
    uint32_t first, last;
};

static bool is_in(uint32_t code, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

#define IS_IN(code, ranges) is_in(code, ranges, sizeof(ranges) / sizeof *(ranges))

bool text_is_harmless(uint32_t code)
{
    static const struct range harmful[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200e, 0x200f},
        {0x2028, 0x202e}, {0x2066, 0x2069}, {0xd800, 0xdfff},
    };

    return !IS_IN(code, harmful);
}

void text_escape(uint32_t code, char out[TEXT_ESCAPE_SIZE])
{
    if (code >= TEXT_BYTE + 0x80 && code <= TEXT_BYTE + 0xff)
        code -= TEXT_BYTE;
    snprintf(out, TEXT_ESCAPE_SIZE, code < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)(code & 0xffff));
}

/* ---- lines -------------------------------------------------------------------------------------- */

size_t text_printable(const char *text, char *out, size_t size)
{
    size_t used = 0, length;

    for (; *text; text += length) {
        char escape[TEXT_ESCAPE_SIZE];
        const char *shown = text;
        size_t bytes;
        uint32_t code;

        bytes = length = text_next(text, &code);
        if (GUARD(hostile_one_line) && !text_is_harmless(code)) {
            text_escape(code, escape);
            shown = escape;
            bytes = strlen(escape);
        }
        if (used + bytes >= size)
            break;
        memcpy(out + used, shown, bytes);
        used += bytes;
    }
    if (size)
        out[used] = '\0';
    return used;
}

size_t text_line(char *out, size_t size, const char *format, va_list arguments)
{
    enum { CUT = 4 /* room for one whole character, so that a character cut at the end is dropped */ };
    char line[TEXT_LINE + CUT];

    assert(size <= TEXT_LINE);
    vsnprintf(line, size + CUT, format, arguments);
    return text_printable(line, out, size);
}

/* ---- columns ------------------------------------------------------------------------------------ */

/* Not wcwidth: it depends on the locale. */
static size_t width(uint32_t code)
{
    static const struct range on_another[] = {
        {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},     {0x610, 0x61a},   {0x64b, 0x65f},   {0x93c, 0x93c},
        {0x941, 0x948},   {0x94d, 0x94d},   {0xe31, 0xe31},     {0xe34, 0xe3a},   {0xe47, 0xe4e},   {0x1ab0, 0x1aff},
        {0x1dc0, 0x1dff}, {0x200b, 0x200d}, {0x20d0, 0x20ff},   {0x302a, 0x302d}, {0x3099, 0x309a}, {0xfe00, 0xfe0f},
        {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef},
    };
    static const struct range wide[] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x4dbf},   {0x4e00, 0xa4cf},   {0xa960, 0xa97f},
        {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},   {0xffe0, 0xffe6},
        {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
    };

    return IS_IN(code, on_another) ? 0 : IS_IN(code, wide) ? 2 : 1;
}

size_t text_columns(const char *text, size_t most, size_t *bytes)
{
    const char *at = text;
    size_t columns = 0, length;

    for (; *at; at += length) {
        uint32_t code;

        length = text_next(at, &code);
        if (columns + width(code) > most)
            break;
        columns += width(code);
    }
    *bytes = (size_t)(at - text);
    return columns;
}
