/*
 * problems: everything that is wrong with a file, line by line, so that `inspect` can show all of it where `match`
 * stops with the first.
 */
#ifndef GEOSC_PROBLEMS_H
#define GEOSC_PROBLEMS_H

#include "base/memory.h"

struct problems {
    size_t count;          /* of problems */
    size_t kept, capacity; /* of lines: fewer than count where there are too many, or no memory is left */
    char **lines;          /* owned; none is NULL */
    bool overflow;         /* memory ran out */
    bool of_list;          /* found with a text of pairs: `geosc inspect` finds them with the same one only */
};

/* Adds a line "FILE: /dataset: reason", made printable (text.h). */
void problems_add(struct problems *problems, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* GEOSC_OK if there are none; else fails with the first, and says how many more there are. */
enum geosc_status problems_status(geosc_context *context, const struct problems *problems);
/* What there is to say of problems whose lines were not kept, "" if there are none. */
void problems_describe_rest(const struct problems *problems, char *out, size_t size);
void problems_free(struct problems *problems);

#endif
