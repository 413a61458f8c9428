/*
 * json: a writer of JSON. It sets brackets, commas, names and escapes. Each value has a name, or NULL where an item of
 * an array or the whole is written. Numbers are the same under every locale; NaN and infinities, which JSON lacks, are
 * null.
 */
#ifndef GEOSC_JSON_H
#define GEOSC_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { JSON_DEPTH = 8 };

/* Starts as {.out = FILE}. */
struct json {
    FILE *out;
    bool tight;   /* no space between the elements of arrays */
    bool follows; /* a value stands before, in the same brackets */
    int depth;
    char closing[JSON_DEPTH]; /* brackets to come */
};

void json_object(struct json *json, const char *name);
void json_array(struct json *json, const char *name);
/* Ends the innermost object or array. */
void json_end(struct json *json);
/* Ends all of them, and the line. */
void json_finish(struct json *json);

/* Text that is not harmless to look at (text.h) is escaped so that readers get it unchanged; bytes that are not UTF-8,
 * which JSON cannot hold, become \\xe9. NULL: null. */
void json_text(struct json *json, const char *name, const char *text);
/* The same of text that is made printable first, for a page that shows it. */
void json_printable(struct json *json, const char *name, const char *text);
void json_truth(struct json *json, const char *name, bool truth);
void json_count(struct json *json, const char *name, size_t count);
void json_number(struct json *json, const char *name, double number);
void json_fixed(struct json *json, const char *name, double number, int decimals); /* as number_fixed */
/* A number that is text already. */
void json_digits(struct json *json, const char *name, const char *digits);
/* data:image/png;base64,... */
void json_png(struct json *json, const char *name, const unsigned char *bytes, size_t count);

#endif
