#include "show/json.h"

#include <assert.h>
#include <math.h>

#include "base/guard.h"
#include "base/number.h"
#include "base/text.h"
#include "show/base64.h"

/* ---- text ---------------------------------------------------------------------------------------- */

static void put_escaped(FILE *out, uint32_t code, bool printable)
{
    char escape[TEXT_ESCAPE_SIZE];

    if (printable || (GUARD(hostile_names_in_json) && code >= TEXT_BYTE)) {
        text_escape(code, escape);
        fprintf(out, "\\%s", escape);
    } else {
        fprintf(out, "\\u%04x", (unsigned)code);
    }
}

static void put_text(FILE *out, const char *text, bool printable)
{
    size_t length;

    if (!text) {
        fputs("null", out);
        return;
    }
    fputc('"', out);
    for (; *text; text += length) {
        uint32_t code;

        length = text_next(text, &code);
        if (text_is_harmless(code)) {
            fputs(code == '"' || code == '\\' ? "\\" : "", out);
            fwrite(text, 1, length, out);
        } else {
            put_escaped(out, code, printable);
        }
    }
    fputc('"', out);
}

/* ---- structure ----------------------------------------------------------------------------------- */

/* Writes the comma and the name before a value. */
static void begin(struct json *json, const char *name)
{
    if (json->follows)
        fputs(json->tight && !name ? "," : ", ", json->out);
    if (name) {
        put_text(json->out, name, false);
        fputs(": ", json->out);
    }
    json->follows = true;
}

static void open_bracket(struct json *json, const char *name, char opening, char closing)
{
    assert(json->depth < JSON_DEPTH);
    begin(json, name);
    fputc(opening, json->out);
    json->closing[json->depth++] = closing;
    json->follows = false;
}

void json_object(struct json *json, const char *name)
{
    open_bracket(json, name, '{', '}');
}

void json_array(struct json *json, const char *name)
{
    open_bracket(json, name, '[', ']');
}

void json_end(struct json *json)
{
    fputc(json->closing[--json->depth], json->out);
    json->follows = true;
}

void json_finish(struct json *json)
{
    while (json->depth)
        json_end(json);
    fputc('\n', json->out);
}

/* ---- values -------------------------------------------------------------------------------------- */

void json_text(struct json *json, const char *name, const char *text)
{
    begin(json, name);
    put_text(json->out, text, false);
}

void json_printable(struct json *json, const char *name, const char *text)
{
    begin(json, name);
    put_text(json->out, text, GUARD(hostile_names_on_a_page));
}

void json_digits(struct json *json, const char *name, const char *digits)
{
    begin(json, name);
    fputs(digits, json->out);
}

void json_truth(struct json *json, const char *name, bool truth)
{
    json_digits(json, name, truth ? "true" : "false");
}

void json_count(struct json *json, const char *name, size_t count)
{
    begin(json, name);
    fprintf(json->out, "%zu", count);
}

void json_number(struct json *json, const char *name, double number)
{
    json_digits(json, name, isfinite(number) ? number_general(number, 9).text : "null");
}

void json_fixed(struct json *json, const char *name, double number, int decimals)
{
    json_digits(json, name, isfinite(number) ? number_fixed(number, decimals).text : "null");
}

void json_png(struct json *json, const char *name, const unsigned char *bytes, size_t count)
{
    begin(json, name);
    fputs("\"data:image/png;base64,", json->out);
    base64_print(json->out, bytes, count);
    fputc('"', json->out);
}
