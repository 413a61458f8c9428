/*
 * topics: the topics of `geosc help`.
 */
#ifndef GEOSC_TOPICS_H
#define GEOSC_TOPICS_H

#include <stddef.h>

/* Rows end with a NULL name. */
struct topic {
    const char *name;
    const char *text; /* lines; NULL: the exit statuses */
};
extern const struct topic topics[];

#endif
