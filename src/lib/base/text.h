/*
 * text: makes text from files and command lines safe to show. An image's name may hold anything: bytes that a terminal
 * acts on, marks that change the writing direction, parts of characters. Harmful characters become escapes: \x1b for
 * controls (C0, DEL, C1) and bytes that are not UTF-8, \u202e for marks of direction (U+061C, U+200E, U+200F,
 * U+202A..202E, U+2066..2069) and for U+2028 and U+2029, which break lines. Backslashes stay, so that escaping twice
 * changes nothing.
 *
 * All messages (status.h, problems.h) and the command's lines (message.h) pass through here; geosc/importers/text.py
 * does the same in Python. Pure functions, any thread.
 */
#ifndef GEOSC_TEXT_H
#define GEOSC_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TEXT_LINE = 8192,    /* longest line that text_line makes, including its NUL */
    TEXT_BYTE = 0xdc00,  /* added to a byte that is not UTF-8: half of a surrogate pair, which UTF-8 never has */
    TEXT_ESCAPE_SIZE = 7 /* of the longest escape, including its NUL */
};

/* Length of the first character of a non-empty text, 1 to 4 bytes, and its code point. Invalid UTF-8 (overlong forms,
 * surrogates, stray bytes) counts byte by byte, as TEXT_BYTE + byte. */
size_t text_next(const char *text, uint32_t *code);
/* Whether a character is shown unchanged. */
bool text_is_harmless(uint32_t code);
/* The escape of a harmful character. */
void text_escape(uint32_t code, char out[TEXT_ESCAPE_SIZE]);

/* Copies the text with escapes; never cuts a character or escape if size is too small. Returns the bytes written,
 * without the NUL. out must not overlap text. */
size_t text_printable(const char *text, char *out, size_t size);
/* Formats a line and escapes it; size up to TEXT_LINE. */
size_t text_line(char *out, size_t size, const char *format, va_list arguments);

/* Columns of printable text on a terminal: two for a wide character, none for a combining one. *bytes: of the whole
 * characters that fit in `most` columns. */
size_t text_columns(const char *text, size_t most, size_t *bytes);

#endif
