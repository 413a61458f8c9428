/*
 * option: what an option is, as a row of a table, and the types that options have: how text becomes a value, and back,
 * and which values will do. The rows of a command are in its file; those of struct geosc_options that shape the result,
 * in options_rows.h. No allocation, any thread.
 */
#ifndef GEOSC_OPTION_H
#define GEOSC_OPTION_H

#include <stdbool.h>
#include <stddef.h>

struct option;

/* How the text of an option's argument becomes a value in the settings, and back. */
struct option_type {
    /* False, with why in reason [size], if the text won't do. */
    bool (*parse)(const struct option *option, const char *text, void *value, char *reason, size_t size);
    /* The value as --help shows a default; "" for none. */
    void (*show)(const struct option *option, const void *value, char *out, size_t size);
    /* False, with why, if a value that came of no text won't do; NULL: any will. */
    bool (*check)(const struct option *option, const void *value, char *reason, size_t size);
};

struct option {
    char letter;          /* 0: no short form */
    const char *name;     /* long form without dashes; NULL ends the rows */
    const char *argument; /* as --help names it; NULL for a switch */
    const char *heading;  /* the group that starts with this row, or NULL: still the last one */
    const char *help;     /* sentences, without the default */
    const struct option_type *type;
    size_t offset;              /* of the value in the settings */
    double minimum, maximum;    /* of a number */
    const char *(*choice)(int); /* of a choice: the i-th name, NULL after the last */
    const char *unset;          /* what --help shows as default where `show` has nothing to show */
    const char *initial,
        *fields; /* of the rows in options_rows.h: the default as text, and the fields that hold the value */
};

/* A type's `show` where a default is nothing to show. */
void option_show_nothing(const struct option *option, const void *value, char *out, size_t size);

extern const struct option_type option_switch; /* bool; its text is yes or no, none ("" or NULL) is yes */
extern const struct option_type option_help;   /* no value; no argument after it is looked at */
extern const struct option_type option_int;    /* int */
extern const struct option_type option_size;   /* size_t */
extern const struct option_type option_bytes;  /* size_t; with K, M, G or T */
extern const struct option_type option_seed;   /* uint64_t */
extern const struct option_type option_real;   /* double, above minimum */
extern const struct option_type option_text;   /* const char *, not empty */
extern const struct option_type option_file;   /* the same, of a file to be read: not stdin (-) */
extern const struct option_type option_choice; /* an enum as wide as int */
extern const struct option_type option_odd;    /* int, of which half is a whole number and a half */

#endif
