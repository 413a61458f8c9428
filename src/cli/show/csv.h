/*
 * csv: text as a cell of comma-separated values, for programs and for spreadsheets. Numbers need none of this.
 */
#ifndef GEOSC_CSV_H
#define GEOSC_CSV_H

#include <stdio.h>

/* Printable (text.h), in quotes where it needs them (RFC 4180), and with an apostrophe in front of what a spreadsheet
 * would compute: text that begins with = + - @, a tab or a carriage return. */
void csv_text(FILE *out, const char *text);

#endif
