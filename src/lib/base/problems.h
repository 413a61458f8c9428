/*
 * problems: all problems of a file, one line each: `inspect` shows all, `match` fails with the first.
 */
#ifndef GEOSC_PROBLEMS_H
#define GEOSC_PROBLEMS_H

#include "base/memory.h"

struct problems {
    size_t count;          /* of problems */
    size_t kept, capacity; /* lines kept: fewer than count if there are too many or memory is short */
    char **lines;          /* owned; none is NULL */
    bool overflow;         /* memory ran out */
    bool of_list;          /* the pairs are from a text file, which `geosc inspect` needs to find them */
};

/* Adds a line "FILE: /dataset: reason", made printable (text.h). */
void problems_add(struct problems *problems, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* GEOSC_OK if there are none; else fails with the first and the number of others. */
enum geosc_status problems_status(geosc_context *context, const struct problems *problems);
/* Describes the problems whose lines were not kept; "" if none. */
void problems_describe_rest(const struct problems *problems, char *out, size_t size);
void problems_free(struct problems *problems);

#endif
