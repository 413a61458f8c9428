/*
 * signals: how a command is told to end, or to say where it stands. Handlers only set flags. TERM, INT, USR1, XCPU and
 * HUP ask for an end, which comes with exit status 75. A second one of any kind, 0.1 s later or more, ends the process at
 * once. USR2 asks for a life sign. PIPE and XFSZ are ignored, so that the write that caused them reports its error. What was ignored
 * when the command began (nohup, a shell's background job) stays so.
 */
#ifndef GEOSC_SIGNALS_H
#define GEOSC_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>

/* Sets the handlers, of all commands: before anything that takes its time. */
void signals_catch(void);
/* In a child process: a whole group of processes may get what asks for an end or a life sign, and its parent answers. */
void signals_leave_to_parent(void);
/* Has the run's worker threads started with these signals blocked: only the main thread, which calls this before any
 * parallel region and after the last fork, is interrupted by them. An error number where the system does not allow so
 * many threads: none is left then. stack: bytes that each takes, 0 for the system's own. */
int signals_start_workers(int threads, size_t stack);

/* Nonzero when a signal has asked for an end; for geosc_options.stop. */
const volatile int *signals_stop(void);
const char *signals_stop_name(void); /* "SIGTERM", ...; NULL if none has come */
/* Whether USR2 has come since the last call. */
bool signals_take_request(void);

#endif
