/*
 * json: text as JSON wants it. Numbers that JSON has no name for (NaN, infinities) become null.
 */
#ifndef GEOSC_JSON_H
#define GEOSC_JSON_H

#include <stdio.h>

/* "text" in quotes, escaped; bytes that are not UTF-8 become U+FFFD. NULL: null. */
void json_string(FILE *out, const char *text);
void json_number(FILE *out, double number);

#endif
