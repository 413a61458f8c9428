/*
 * signals: signals that stop a command or ask for its progress. Handlers only set flags. TERM, INT, USR1, XCPU and HUP
 * stop it with exit status 75; a second one of any kind, at least 0.1 s later, ends the process at once. USR2 asks for
 * a progress line. PIPE and XFSZ are ignored, so that the write that caused them returns an error. Signals that were
 * ignored when the command began (nohup, a shell's background job) stay ignored.
 */
#ifndef GEOSC_SIGNALS_H
#define GEOSC_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>

/* Sets the handlers, for every command; call it first. */
void signals_catch(void);
/* In a child process: ignores these signals, which may go to the whole process group; the parent answers them. */
void signals_leave_to_parent(void);
/* Starts OpenMP's worker threads with these signals blocked, so that they interrupt only the main thread. Call it in
 * the main thread after the last fork, before any parallel region. Returns 0, or an error number if the system does not
 * allow so many threads; then none remains. stack: bytes for each thread, 0 for the system's default. */
int signals_start_workers(int threads, size_t stack);

/* Nonzero after a stop signal; for geosc_options.stop. */
const volatile int *signals_stop(void);
const char *signals_stop_name(void); /* "SIGTERM", ...; NULL before any */
/* Whether USR2 has arrived since the last call. */
bool signals_take_request(void);

#endif
