/*
 * system: what systems have in different forms, or not at all. m4/geosc_system.m4 looks for each, and only system.c
 * asks what it found: here stands what is done, and what is lost, where the system lacks it.
 */
#ifndef GEOSC_SYSTEM_H
#define GEOSC_SYSTEM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

/* ---- processes ---------------------------------------------------------------------------------- */

/* CPUs that this thread may use; without masks, those of the machine. */
int system_cpus(void);

/* A pipe that programs started later do not inherit: 0, or -1 and errno. Without pipe2, a program that another thread
 * starts at the same moment inherits it. */
int system_pipe(int ends[2]);

/* Has this process killed when its parent ends. Without such signals, nothing: the caller looks now and then. */
void system_die_with_parent(void);

/* Sets malloc for the whole program. A large block that is freed goes back to the system, so that a run takes no more
 * memory than was foretold. And all threads allocate from one heap: the reading thread could have none of its own where
 * addresses are few, and no block however small; then HDF5, which it calls, ends the process. Other systems than
 * glibc's do as they do. */
void system_set_up_heap(void);

/* ---- memory ------------------------------------------------------------------------------------- */

/* Bytes of the machine's memory; some if the system does not say. */
#define SYSTEM_MEMORY_ASSUMED ((uint64_t)4 << 30)
uint64_t system_memory(void);

/* Most bytes of memory that this process has had so far; 0 if the system does not say. */
double system_memory_most(void);

/* Where a block of so many bytes should begin for the system to map it in few large pages; 0: anywhere. */
size_t system_huge_page(size_t bytes);
void system_ask_huge_pages(void *block, size_t bytes);

/* Limits the address space of this process, which has one thread, to what it has now and `more` bytes. False if the
 * system does not tell or limit it, as macOS before 12. fd: of a file that can be mapped. */
bool system_limit_memory(uint64_t more, int fd);

/* Bytes of address space that this process has, found by limiting it; 0 if the system does not limit it. */
uint64_t system_search_address_space(int fd);

/* ---- files -------------------------------------------------------------------------------------- */

/* When a file was changed. Without st_mtim and its like, in whole seconds. */
struct timespec system_changed(const struct stat *facts);

/* fsync, as far as to the disk itself: macOS's own fsync leaves data in the disk's cache. */
int system_sync(int fd);

/* Tells the system that the file's pages are not needed in memory. Without posix_fadvise they stay, in place of other
 * files' pages. */
void system_drop_pages(int fd);

/* A stream whose bytes go to `take`, which returns false when it fails; NULL and errno. Without such streams, they go
 * to a temporary file, which system_stream_end hands to `take`. */
typedef bool system_take(void *sink, const char *data, size_t count);
FILE *system_stream(void *sink, system_take *take);
/* All bytes have gone to `take`, once. False and errno if some were lost. */
bool system_stream_end(FILE *stream, void *sink, system_take *take);

/* ---- waits -------------------------------------------------------------------------------------- */

/* Prepares a condition for waits by this clock. It is the time of day where the system has no other: when that is set,
 * a wait ends early or late. */
void system_init_condition(pthread_cond_t *condition);
clockid_t system_wait_clock(void);

#endif
