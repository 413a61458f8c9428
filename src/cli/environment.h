/*
 * environment: what the environment says where the command line says nothing. The library reads none of it.
 */
#ifndef GEOSC_ENVIRONMENT_H
#define GEOSC_ENVIRONMENT_H

#include <stdbool.h>

/* Fills in an unset instruction set (NULL) from GEOSC_ISA and an unset number of threads (0) from OMP_NUM_THREADS or
 * SLURM_CPUS_PER_TASK; empty variables are unset. Says (unless quiet) where OMP_NUM_THREADS=1 leaves granted CPUs idle.
 * False, having said why, if one makes no sense. */
bool environment_fill(const char *command, const char **isa, int *threads, bool quiet);

#endif
