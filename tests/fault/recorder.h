/*
 * recorder: the part of the shim that writes an oplog (oplog.h), and has the run's clock go on by a second with each
 * write, so that a run of milliseconds syncs its journal as one of minutes does, and as often each time. `on` is for
 * the calls below only: without GEOSC_RECORD nothing is written.
 */
#ifndef TESTS_RECORDER_H
#define TESTS_RECORDER_H

#include "oplog.h"

#include <stdbool.h>
#include <stddef.h>

/* FILE: GEOSC_RECORD. */
void recorder_start(const char *file);
bool recorder_is_on(void);
double recorder_seconds(void);    /* by which the clock is ahead */
void recorder_count(long number); /* of the call that comes */

/* Each after the call. `fd`: of the file that was written, cut or synced; data [bytes]. */
void recorder_add_file(enum oplog_call call, int fd, const void *data, size_t bytes, long long offset);
/* `path`: the name that is new, or gone; `from`: of a rename, else NULL. */
void recorder_add_name(enum oplog_call call, const char *path, const char *from);

#endif
