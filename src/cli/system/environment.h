/*
 * environment: what the environment says where the command line says nothing. The library reads none of it.
 */
#ifndef GEOSC_ENVIRONMENT_H
#define GEOSC_ENVIRONMENT_H

#include <stdbool.h>

/* Fills in an unset instruction set (NULL) from GEOSC_ISA and an unset number of threads (0) from OMP_NUM_THREADS or
 * SLURM_CPUS_PER_TASK; empty variables are unset, and numbers of threads that make no sense are ignored. The threads are at most as
 * many as OMP_THREAD_LIMIT allows. Says each of that, and where OMP_NUM_THREADS=1 leaves granted CPUs idle, unless
 * quiet. False, having said why, for an instruction set that isn't there. */
bool environment_fill(const char *command, const char **isa, int *threads, bool quiet);
/* Starts the threads of a run (0: as many as this process may use); false, having said why, where that can't be.
 * Without this, OpenMP's library ends the process with words of its own. */
bool environment_start_workers(int threads);

#endif
