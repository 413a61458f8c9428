/*
 * facts: what inspect finds in a file, one by one. A fact whose memory is short becomes a problem: the list must not
 * look complete.
 */
#ifndef GEOSC_FACTS_H
#define GEOSC_FACTS_H

#include "base/problems.h"

enum { FACT_VALUE = 1024 }; /* bytes of the longest value */

struct fact {
    const char *name; /* "kind", "layout", "pairs", ...: usable as a JSON key */
    char *value;      /* owned */
    bool number;      /* value is a JSON number */
};

struct inspection {
    size_t count, capacity;
    struct fact *facts; /* in the order of display; first "kind": input, model, output or unknown */
    struct problems problems;
};

/* number: the value is a JSON number */
void facts_add(struct inspection *inspection, const char *name, bool number, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void facts_count(struct inspection *inspection, const char *name, size_t count);
void facts_text(struct inspection *inspection, const char *name, const char *text);
void facts_answer(struct inspection *inspection, const char *name, bool yes); /* "yes" or "no" */

/* Appends to a list of words [FACT_VALUE] with a separator, as far as it fits. */
void facts_append(char *list, const char *separator, const char *format, ...) __attribute__((format(printf, 3, 4)));

void inspection_free(struct inspection *inspection);

#endif
