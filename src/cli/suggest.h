/*
 * suggest: the name that somebody meant who mistyped one.
 */
#ifndef GEOSC_SUGGEST_H
#define GEOSC_SUGGEST_H

#include <stddef.h>

/* The name closest to `typed` among name(0), name(1), ... until NULL; NULL if none is close. The first wins a tie. */
const char *suggest_name(const char *typed, const char *(*name)(const void *list, size_t i), const void *list);

#endif
