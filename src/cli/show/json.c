#include "show/json.h"

#include <math.h>
#include <stdbool.h>

#include "base/number.h"
#include "base/text.h"

/* `shown`: as people are to see it. */
static void put(FILE *out, const char *text, bool shown)
{
    size_t length;

    if (!text) {
        fputs("null", out);
        return;
    }
    fputc('"', out);
    for (; *text; text += length) {
        char escape[TEXT_ESCAPE_SIZE];
        uint32_t code;

        length = text_next(text, &code);
        if (text_is_harmless(code)) {
            fputs(code == '"' || code == '\\' ? "\\" : "", out);
            fwrite(text, 1, length, out);
        } else if (shown || code >= TEXT_BYTE) {
            text_escape(code, escape);
            fprintf(out, "\\%s", escape);
        } else {
            fprintf(out, "\\u%04x", (unsigned)code);
        }
    }
    fputc('"', out);
}

void json_string(FILE *out, const char *text)
{
    put(out, text, false);
}

void json_printable(FILE *out, const char *text)
{
    put(out, text, true);
}

void json_number(FILE *out, double number)
{
    if (isfinite(number))
        fputs(number_general(number, 9).text, out);
    else
        fputs("null", out);
}
