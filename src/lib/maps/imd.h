/*
 * imd: Instance Matching Distance from posed sources to a target (docs/computation.md, IMD). Distances are computed
 * from differences, in double, and summed in row-major order of the cells: the result does not depend on the number of
 * threads.
 */
#ifndef GEOSC_IMD_H
#define GEOSC_IMD_H

#include "maps/nearest.h"

enum { IMD_JOBS = GEOSC_POSES };

struct imd_job {
    const geosc_map *source;
    const float *mask; /* [cells] weights >= 0, at least one above 0; NULL: all 1 */
    double imd;        /* out; NaN for `mutual` without mutual neighbours */
};

/* Lists of cells, neighbours and distances; initialise with zeros, reuse from pair to pair. */
struct imd_scratch {
    uint32_t *lists[IMD_JOBS + 1];
    int32_t *nearest[IMD_JOBS], *back;
    double *distances;
    struct nearest_scratch search;
    size_t lists_capacity[IMD_JOBS + 1], nearest_capacity[IMD_JOBS], back_capacity, distances_capacity;
};

/* Computes jobs[].imd. target_mask: cells with 0 are excluded (at least one is not 0); NULL: none is. */
enum geosc_status imd_compute(geosc_context *context, struct imd_job *jobs, size_t count, const geosc_map *target,
                              const float *target_mask, enum geosc_imd kind, struct imd_scratch *scratch);
void imd_scratch_free(struct imd_scratch *scratch);

#endif
