/*
 * option: an option as a row of a table, and the types of options: parse text to a value, show a value as text, check a
 * value. The rows of a command are in its file; the rows of fields in struct geosc_options that shape the result are in
 * options_rows.h. No allocation, any thread.
 */
#ifndef GEOSC_OPTION_H
#define GEOSC_OPTION_H

#include <stdbool.h>
#include <stddef.h>

struct option;

/* Conversion between the text of an option's argument and its value in the settings. */
struct option_type {
    /* False, with the reason in reason [size], for an invalid text. */
    bool (*parse)(const struct option *option, const char *text, void *value, char *reason, size_t size);
    /* The value as --help shows a default; "" for none. */
    void (*show)(const struct option *option, const void *value, char *out, size_t size);
    /* False, with the reason, for an invalid value that was set without parse; NULL: all are valid. */
    bool (*check)(const struct option *option, const void *value, char *reason, size_t size);
    /* Its argument may be left out: the text is then ""; NULL: it may not. Whether a word that follows is the argument.
     */
    bool (*takes)(const char *word);
};

struct option {
    char letter;          /* 0: no short form */
    const char *name;     /* long form without dashes; NULL ends the table */
    const char *argument; /* its name in --help; NULL for a switch */
    const char *heading;  /* of the group that starts here; NULL: the group continues */
    const char *help;     /* sentences, without the default */
    const struct option_type *type;
    size_t offset;                /* of the value within the settings */
    double minimum, maximum;      /* of a number */
    const char *(*choice)(int);   /* of a choice: the i-th name, NULL after the last */
    bool first;                   /* stored before the others, wherever it stands: they win */
    const char *unset;            /* the default in --help if `show` gives "" */
    const char *initial, *fields; /* only in options_rows.h: the default as text, and the fields of the value */
};

/* Parses up to `most` finite numbers above 0, separated by commas; false, with the reason and without a change, for any
 * other text. */
bool option_parse_positives(const char *text, double *numbers, size_t most, size_t *count, char *reason, size_t size);
/* Writes them as such a text. */
void option_show_numbers(const double *numbers, size_t count, char *out, size_t size);

/* `show` of a type whose default is not worth showing. */
void option_show_nothing(const struct option *option, const void *value, char *out, size_t size);

extern const struct option_type option_switch; /* bool; text: yes or no; "" or NULL means yes */
extern const struct option_type option_help;   /* no value; ignores all arguments after it */
extern const struct option_type option_int;    /* int */
extern const struct option_type option_size;   /* size_t */
extern const struct option_type option_bytes;  /* size_t; with K, M, G or T */
extern const struct option_type option_seed;   /* uint64_t */
extern const struct option_type option_real;   /* double, above minimum */
extern const struct option_type option_text;   /* const char *, not empty */
extern const struct option_type option_file;   /* the same, for a file to be read: not stdin (-) */
extern const struct option_type option_choice; /* an enum, stored like int */
extern const struct option_type option_odd;    /* odd int */

#endif
