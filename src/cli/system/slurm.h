/*
 * slurm: a task's share of the work, from the environment that sbatch, srun and mpirun set.
 */
#ifndef GEOSC_SLURM_H
#define GEOSC_SLURM_H

#include <stdbool.h>
#include <stddef.h>

/*
 * This task's number, from 0, and the number of tasks. In a job array, the number is the place in the array; in a step
 * (srun, mpirun), the rank; in a step within an array, both count. Returns false, with the cause in reason [size], if
 * this is neither, or the array is irregular (1,5,7).
 */
bool slurm_shard(size_t *shard, size_t *shards, char *reason, size_t size);

#endif
