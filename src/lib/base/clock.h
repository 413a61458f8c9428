/*
 * clock: durations; never the time of day.
 */
#ifndef GEOSC_CLOCK_H
#define GEOSC_CLOCK_H

/* Seconds since an arbitrary fixed moment. */
double clock_seconds(void);
/* Seconds that the calling thread has computed. */
double clock_thread_seconds(void);

/* Adds the seconds since *since to *sum, and sets *since to now. */
void clock_lap(double *since, double *sum);

#endif
