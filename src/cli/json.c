#include "json.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Bytes of the UTF-8 character at text, 0 if it is none (overlong forms, surrogates and stray bytes are none). */
static size_t utf8_length(const unsigned char *text)
{
    static const struct {
        unsigned char mask, lead, second_low, second_high;
        size_t length;
    } forms[] = {
        {0xff, 0xe0, 0xa0, 0xbf, 3}, {0xff, 0xed, 0x80, 0x9f, 3}, {0xf0, 0xe0, 0x80, 0xbf, 3},
        {0xff, 0xf0, 0x90, 0xbf, 4}, {0xff, 0xf4, 0x80, 0x8f, 4}, {0xfc, 0xf0, 0x80, 0xbf, 4},
        {0xe0, 0xc0, 0x80, 0xbf, 2},
    };

    if (text[0] < 0x80)
        return 1;
    if (text[0] < 0xc2)
        return 0;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if ((text[0] & forms[i].mask) != forms[i].lead)
            continue;
        if (text[1] < forms[i].second_low || text[1] > forms[i].second_high)
            return 0;
        for (size_t k = 2; k < forms[i].length; k++) {
            if ((text[k] & 0xc0) != 0x80)
                return 0;
        }
        return forms[i].length;
    }
    return 0;
}

void json_string(FILE *out, const char *text)
{
    const unsigned char *byte = (const unsigned char *)text;

    if (!text) {
        fputs("null", out);
        return;
    }
    fputc('"', out);
    while (*byte) {
        size_t length = utf8_length(byte);

        if (length == 0)
            fputs("\\ufffd", out);
        else if (*byte == '"' || *byte == '\\')
            fprintf(out, "\\%c", *byte);
        else if (*byte < 0x20 || *byte == 0x7f)
            fprintf(out, "\\u%04x", *byte);
        else if (*byte == 0xc2 && byte[1] < 0xa0) /* controls, too */
            fprintf(out, "\\u%04x", byte[1]);
        else
            fwrite(byte, 1, length, out);
        byte += length ? length : 1;
    }
    fputc('"', out);
}

void json_number(FILE *out, double number)
{
    if (isfinite(number))
        fprintf(out, "%.9g", number);
    else
        fputs("null", out);
}
