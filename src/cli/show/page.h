/*
 * page: prints the files of data/ that the build makes into lines, and the data for their scripts.
 */
#ifndef GEOSC_PAGE_H
#define GEOSC_PAGE_H

#include "base/memory.h"

#include <stdio.h>

extern const char *const blend_html[]; /* data/blend/blend.html, ended by NULL */

void page_lines(FILE *out, const char *const *lines);
/* Prints JSON for a script element, which a "<" in a string could end. */
void page_data(FILE *out, const struct bytes *json);

#endif
