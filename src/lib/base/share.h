/*
 * share: shares the units of a loop among threads; the only code that starts OpenMP threads. Units are of fixed size
 * and each writes to its own place, so that a result does not depend on which thread computed it.
 *
 * A crew is a number of threads that work on things of their own, each alone. A member that has nothing to do helps
 * with the loops of the others, unit by unit. So nobody waits at the end of a loop but for units that are under way,
 * and a member whose core is taken away delays only its own unit. Outside of a crew, a loop is shared by the threads of
 * the context.
 */
#ifndef GEOSC_SHARE_H
#define GEOSC_SHARE_H

#include "base/status.h"

/* Performs one unit. desk: memory of the thread that performs it, of the loop's desk_bytes; its contents are undefined
 * at the start. */
typedef void share_unit(const void *work, size_t unit, void *desk);

/* Calls unit(work, i, desk) once for each i < count. desks: context->threads times desk_bytes; NULL and 0 for a loop
 * without desks. Units that begin after the caller asked to stop are left out: check for a stop later. */
void share(const geosc_context *context, size_t count, share_unit *unit, const void *work, void *desks,
           size_t desk_bytes);

/* ---- crews ------------------------------------------------------------------------------------- */

struct crew;

/* A crew of context->threads members, which start at crew_run. Free it with crew_free. */
enum geosc_status crew_create(geosc_context *context, struct crew **crew);
void crew_free(struct crew *crew); /* NULL is allowed */

/* What a member does. It returns when nothing is left to do for any member. Its context has one thread, its own
 * message, and a seat in the crew. */
typedef void crew_member(void *work, geosc_context *context);

/* Runs the members, one of them on the calling thread, and waits for their end. There are fewer if the system allows no
 * more threads. */
void crew_run(struct crew *crew, crew_member *member, void *work);

/* Whether a member runs on the thread that called crew_run. */
bool crew_is_caller(const geosc_context *context);

/* Number of wakes so far: a member asks before it looks for work. */
unsigned crew_news(const struct crew *crew);
/* For a member without work: helps with one loop of another member, or sleeps until there is one or a wake after
 * `seen`, a tenth of a second at most. */
bool crew_help(geosc_context *context, unsigned seen);
/* Lets members that sleep look for work again. Any thread may call it. */
void crew_wake(struct crew *crew);

#endif
