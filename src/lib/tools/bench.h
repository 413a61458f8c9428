/*
 * bench: measures how fast the stages run on this machine, relative to peaks measured at the same time (geosc bench).
 * Makes its input in memory; uses no files. Figures are medians of several rounds over all stages.
 */
#ifndef GEOSC_BENCH_H
#define GEOSC_BENCH_H

#include "maps/nearest.h"
#include "network/model.h"

struct bench_options {
    size_t channels, height, width, hidden, blocks, poses, keypoints;
    size_t rounds;
    int threads;     /* 0: all */
    const char *isa; /* NULL: the best */
};

/* The peak to compare a stage with. */
enum bench_limit {
    BENCH_FMA,    /* fp32 multiply-adds, all threads */
    BENCH_INT8,   /* int8 products, all threads */
    BENCH_MEMORY, /* memory bandwidth, all threads */
    BENCH_LIMITS
};

struct bench_stage {
    const char *name, *what; /* one word; a description */
    enum bench_limit limit;
    double work;                   /* operations of the definition (direct convolution, all pairs of cells), or bytes */
    double seconds;                /* with all threads */
    double seconds_one;            /* with one thread */
    double serial_share;           /* estimated from one and two threads, 0..1; NaN with only one thread */
    double speedup_16, speedup_64; /* predicted from that share */
};

enum { BENCH_STAGES = 11, BENCH_CASES = 2 };

struct bench_result {
    struct bench_options options; /* as used */
    const char *isa;
    int threads;
    double peak[BENCH_LIMITS]; /* operations or bytes per second, all threads; 0: not with this instruction set */
    size_t stage_count;
    struct bench_stage stages[BENCH_STAGES];
    struct {
        const char *name; /* kind of source: a copy, or unrelated */
        struct nearest_statistics statistics;
    } candidates[BENCH_CASES]; /* of the int8 scoring; rows 0 if it is not used */
};

void bench_options_init(struct bench_options *options);
enum geosc_status bench_run(geosc_context *context, const struct bench_options *options, struct bench_result *result);

#endif
