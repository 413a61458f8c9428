#include "show/csv.h"

#include <stdbool.h>
#include <string.h>

#include "base/guard.h"
#include "base/text.h"

void csv_text(FILE *out, const char *text)
{
    bool computed = *text && strchr("=+-@\t\r", *text), quoted = strpbrk(text, ",\"\r\n") != NULL;

    fputs(quoted ? "\"" : "", out);
    fputs(GUARD(hostile_categories_computed) && computed ? "'" : "", out);
    for (size_t length; *text; text += length) {
        char shown[TEXT_ESCAPE_SIZE], character[5] = "";
        uint32_t code;

        length = text_next(text, &code);
        memcpy(character, text, length);
        text_printable(character, shown, sizeof shown);
        fputs(code == '"' ? "\"\"" : shown, out);
    }
    fputs(quoted ? "\"" : "", out);
}
