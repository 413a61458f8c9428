/*
 * text: what files and command lines say, as it may reach people. The name of an image may hold anything: bytes that a
 * terminal acts on, marks that turn the direction of what follows, halves of characters. What isn't harmless to look at
 * is written as an escape: \x1b for controls (C0, DEL, C1) and for bytes that are not UTF-8, \u202e for marks of
 * direction (U+061C, U+200E, U+200F, U+202A..202E, U+2066..2069) and for U+2028 and U+2029, which break lines. A
 * backslash stays as it is, so that text which went through here once comes through again unchanged.
 *
 * Messages (status.h, problems.h) and the command's lines (message.h) all go through here; geosc_import/text.py is the
 * same in Python. Pure functions, any thread.
 */
#ifndef GEOSC_TEXT_H
#define GEOSC_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TEXT_LINE = 8192,    /* the longest line that text_line makes, with its end */
    TEXT_BYTE = 0xdc00,  /* added to a byte that is not UTF-8: half of a surrogate pair, which UTF-8 never has */
    TEXT_ESCAPE_SIZE = 7 /* of the longest escape, with its end */
};

/* Bytes of the first character of a text that isn't empty, 1 to 4, and its code point. What is no character of UTF-8
 * (overlong forms, surrogates, stray bytes) counts byte by byte, as TEXT_BYTE + byte. */
size_t text_next(const char *text, uint32_t *code);
/* Whether a character is shown as it is. */
bool text_is_harmless(uint32_t code);
/* The escape of one that isn't. */
void text_escape(uint32_t code, char out[TEXT_ESCAPE_SIZE]);

/* Writes the text with escapes, of which, as of characters, none is cut apart where size is too small for all. Returns
 * the bytes written, without the end. out may not overlap text. */
size_t text_printable(const char *text, char *out, size_t size);
/* The same of what the format makes; size up to TEXT_LINE. */
size_t text_line(char *out, size_t size, const char *format, va_list arguments);

/* The places that printable text takes on a terminal: two for a wide character, none for one that stands on another.
 * *bytes: of as many whole characters as fit in `most` places. */
size_t text_columns(const char *text, size_t most, size_t *bytes);

#endif
