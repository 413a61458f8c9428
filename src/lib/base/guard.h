/*
 * GUARD(name) marks a protection, in the condition that it depends on. It is the constant true, except in the build of
 * tests/guards/run, which switches one guard after another off: the test that its row in tests/guards/guards.rows names
 * must then fail. GUARD_OF(text) is a guard whose name is a text of a table.
 */
#ifndef GEOSC_GUARD_H
#define GEOSC_GUARD_H

#include <stdbool.h>

#ifdef GEOSC_GUARDS
bool guard_is_on(const char *name); /* tests/guards/guard.c */
#define GUARD(name)    guard_is_on(#name)
#define GUARD_OF(text) guard_is_on(text)
#else
#define GUARD(name)    true
#define GUARD_OF(text) true
#endif

#endif
