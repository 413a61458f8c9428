/*
 * clock: durations, and waits that end by themselves; never the time of day.
 */
#ifndef GEOSC_CLOCK_H
#define GEOSC_CLOCK_H

#include <pthread.h>

/* Seconds since an arbitrary fixed moment. */
double clock_seconds(void);
/* Seconds that the calling thread has computed. */
double clock_thread_seconds(void);

/* Adds the seconds since *since to *sum, and sets *since to now. */
void clock_lap(double *since, double *sum);

/* Prepares a condition for clock_wait. */
void clock_init_condition(pthread_cond_t *condition);
/* Waits for it, for so many seconds at most. */
void clock_wait(pthread_cond_t *condition, pthread_mutex_t *lock, double seconds);

/* Longest wait of a thread that must see a stop: a signal or a stop flag wakes nobody. */
#define CLOCK_LOOK 0.1

#endif
