/*
 * json: text as JSON wants it. Numbers that JSON has no name for (NaN, infinities) become null.
 */
#ifndef GEOSC_JSON_H
#define GEOSC_JSON_H

#include <stdio.h>

/* "text" in quotes. What isn't harmless to look at (text.h) is escaped as JSON does, so that readers get it as it was;
 * bytes that are not UTF-8, which JSON can't hold, become \\xe9. NULL: null. */
void json_string(FILE *out, const char *text);
/* The same of text that is made printable first, for a page that shows it. */
void json_printable(FILE *out, const char *text);
void json_number(FILE *out, double number);

#endif
