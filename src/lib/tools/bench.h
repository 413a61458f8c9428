/*
 * bench: how fast the stages run on this machine, against the peaks that are measured beside them (geosc bench). Input is made in
 * memory; no file is touched. Figures are medians of several rounds, in which all stages take their turns.
 */
#ifndef GEOSC_BENCH_H
#define GEOSC_BENCH_H

#include "network/model.h"
#include "maps/nearest.h"

struct bench_options {
    size_t channels, height, width, hidden, blocks, poses, keypoints;
    size_t rounds;
    int threads;     /* 0: all granted */
    const char *isa; /* NULL: the best */
};

/* What a stage is measured against. */
enum bench_limit {
    BENCH_FMA,    /* fp32 multiply-adds of all threads */
    BENCH_INT8,   /* products of bytes, of all threads */
    BENCH_MEMORY, /* streaming through memory with all threads */
    BENCH_LIMITS
};

struct bench_stage {
    const char *name, *what;    /* one word; and in words */
    enum bench_limit limit;
    double work;                /* operations (of the definition: direct convolution, all pairs of cells), or bytes */
    double seconds;             /* with all threads */
    double seconds_one;         /* with one thread */
    double serial_share;        /* that one and two threads show, 0..1; NaN where there is one thread only */
    double speedup_16, speedup_64; /* that this predicts */
};

enum { BENCH_STAGES = 11, BENCH_CASES = 2 };

struct bench_result {
    struct bench_options options; /* as run */
    const char *isa;
    int threads;
    double peak[BENCH_LIMITS]; /* operations or bytes per second, with all threads; 0: not on this instruction set */
    size_t stage_count;
    struct bench_stage stages[BENCH_STAGES];
    struct {
        const char *name; /* of the kind of source: copy, or unrelated */
        struct nearest_statistics statistics;
    } candidates[BENCH_CASES]; /* of the int8 scoring; rows 0 where it is not used */
};

void bench_options_init(struct bench_options *options);
enum geosc_status bench_run(geosc_context *context, const struct bench_options *options, struct bench_result *result);

#endif
