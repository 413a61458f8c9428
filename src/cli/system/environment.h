/*
 * environment: settings from environment variables, for those that the command line leaves unset. The library never
 * reads the environment.
 */
#ifndef GEOSC_ENVIRONMENT_H
#define GEOSC_ENVIRONMENT_H

#include <stdbool.h>

/* Hides from OpenMP's library what may end the process. To be called first of all. */
void environment_protect(void);

/* Sets an unset instruction set (NULL) from GEOSC_ISA and an unset number of threads (0) from OMP_NUM_THREADS or
 * SLURM_CPUS_PER_TASK, and limits the threads to OMP_THREAD_LIMIT. An empty variable counts as unset; an invalid number
 * of threads is ignored. Unless quiet, reports values ignored or limited, and CPUs that OMP_NUM_THREADS=1 leaves idle.
 * Returns false, after a message, if this machine lacks the instruction set. */
bool environment_fill(const char *command, const char **isa, int *threads, bool quiet);
/* Starts the threads of a run (0: as many as this process may use). Returns false, after a message, if the system
 * refuses; OpenMP's library would end the process with its own message. */
bool environment_start_workers(int threads);

#endif
