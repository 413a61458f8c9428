/*
 * csv: text as a cell of comma-separated values, for programs and spreadsheets. Numbers are printed as they are.
 */
#ifndef GEOSC_CSV_H
#define GEOSC_CSV_H

#include <stdio.h>

/* Prints text made printable (text.h), quoted if necessary (RFC 4180). Text that a spreadsheet would take for a formula
 * (it begins with = + - @, a tab or a carriage return) gets a leading apostrophe. */
void csv_text(FILE *out, const char *text);

#endif
