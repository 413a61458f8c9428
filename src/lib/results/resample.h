/*
 * resample: 95 % intervals of anything that is computed from some of the pairs, with repetitions (docs/computation.md,
 * Intervals): draws the pairs anew, again and again. Memory is 4 bytes for each pair and 32 MB. One thread.
 */
#ifndef GEOSC_RESAMPLE_H
#define GEOSC_RESAMPLE_H

#include "base/memory.h"

enum {
    RESAMPLE_TIMES = 1000,
    RESAMPLE_OUTPUTS = 2, /* outputs of the same pairs, */
    RESAMPLE_KINDS = 3    /* and their numbers: of the first, of the second, and the second's minus the first's */
};
#define RESAMPLE_DESCRIBED                                                                                     \
    "intervals are 95 % percentile bootstrap intervals over pairs with 1000 resamplings, drawn by splitmix64 " \
    "from seed 0"

/* The numbers of `outputs` outputs, from number 0 on. */
struct resampled {
    void *of;
    size_t pairs, outputs, numbers;
    /* Computes numbers first .. end - 1 of all outputs, at least, with each pair times[pair] times. */
    void (*sample)(void *of, const uint32_t *times, size_t first, size_t end);
    /* A number of the last sample; NaN: it has none. */
    double (*number)(void *of, size_t output, size_t i);
    /* Takes the interval of a number; NaN if no resampling has one. */
    void (*bound)(void *of, size_t kind, size_t i, double low, double high);
};

/* The kinds of numbers of so many outputs. */
static inline size_t resample_kinds(size_t outputs)
{
    return 2 * outputs - 1;
}

/* Samples each pair once: what all pairs give. */
enum geosc_status resample_once(geosc_context *context, const struct resampled *resampled);
/* A number of the last sample, of any kind. */
double resample_number(const struct resampled *resampled, size_t kind, size_t i);
enum geosc_status resample(geosc_context *context, const struct resampled *resampled);

#endif
