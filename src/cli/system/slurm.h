/*
 * slurm: which part of the work a task of Slurm is to do, from the environment that sbatch, srun and mpirun give it.
 */
#ifndef GEOSC_SLURM_H
#define GEOSC_SLURM_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The place of this task among its like, from 0, and their number. A task of a job array counts by its place in the
 * array; a rank of a step (srun, mpirun) by its rank; a rank of a step within an array by both. False, with why in
 * reason [size], where neither is there, or an array is irregular (1,5,7).
 */
bool slurm_shard(size_t *shard, size_t *shards, char *reason, size_t size);

#endif
