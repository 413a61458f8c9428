/*
 * suggest: finds the name that a mistyped one was meant to be. Pure functions, any thread.
 */
#ifndef GEOSC_SUGGEST_H
#define GEOSC_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

/* The name closest to `typed` among name(0), name(1), ... until NULL; NULL if none is close. The first wins a tie. */
const char *suggest_name(const char *typed, const char *(*name)(const void *list, size_t i), const void *list);

/* Whether a name in a file may be a variant of another: they differ by case, plural, separators, one letter in four, or
 * one contains the other's beginning or end ("src_keypoints", "symmetry"). Stricter than suggest_name: a file may hold
 * names meant for other programs. */
bool suggest_resembles(const char *found, const char *meant);

#endif
