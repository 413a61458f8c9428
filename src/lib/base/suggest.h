/*
 * suggest: the name that somebody meant who mistyped one. Pure functions, any thread.
 */
#ifndef GEOSC_SUGGEST_H
#define GEOSC_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

/* The name closest to `typed` among name(0), name(1), ... until NULL; NULL if none is close. The first wins a tie. */
const char *suggest_name(const char *typed, const char *(*name)(const void *list, size_t i), const void *list);

/* Whether a name in a file may have been meant for another: they differ by case, a plural, separators, one letter in
 * four, or by a part of the one that is missing in the other ("src_keypoints", "symmetry"). Closer than suggest_name:
 * what stands in a file may be there for other programs. */
bool suggest_resembles(const char *found, const char *meant);

#endif
