/*
 * base64: bytes as text, for pages that hold them.
 */
#ifndef GEOSC_BASE64_H
#define GEOSC_BASE64_H

#include <stddef.h>
#include <stdio.h>

void base64_print(FILE *out, const unsigned char *bytes, size_t count);

#endif
