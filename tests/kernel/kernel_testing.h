/*
 * kernel_testing: what the tests of the kernels share: guarded memory, values to try, the chain of operations that
 * kernel.h promises, and the measurement of speed. For files that are one test program each.
 */
#ifndef GEOSC_KERNEL_TESTING_H
#define GEOSC_KERNEL_TESTING_H

#include "base/clock.h"
#include "kernel/variants.h"
#include "testing.h"

#include <math.h>

/* ---- memory -------------------------------------------------------------------------------------- */

enum { GUARD = 256, GUARD_BYTE = 0xa5 };

/* n bytes, aligned to 64, with guards on both sides; everything is GUARD_BYTE at first. */
static inline void *guarded_allocate(size_t n)
{
    const size_t whole = (n + 63) / 64 * 64 + 2 * GUARD;
    unsigned char *block = aligned_alloc(64, whole);
    assert_non_null(block);
    memset(block, GUARD_BYTE, whole);
    return block + GUARD;
}

static inline float *guarded_floats(size_t n)
{
    return guarded_allocate(n * sizeof(float));
}

static inline bool untouched(const void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (((const unsigned char *)p)[i] != GUARD_BYTE)
            return false;
    return true;
}

static inline void guarded_check(const void *data, size_t n)
{
    assert_true(untouched((const unsigned char *)data - GUARD, GUARD));
    assert_true(untouched((const unsigned char *)data + n, GUARD));
}

static inline void guarded_free(void *data)
{
    free((unsigned char *)data - GUARD);
}

static inline void guarded_free_all(void *const *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        guarded_free(all[i]);
}

/* ---- values -------------------------------------------------------------------------------------- */

static uint64_t random_state;

static inline uint32_t random_bits(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) ^ (uint32_t)(random_state >> 21);
}

static inline float random_float(void)
{
    return (float)(random_bits() & 0xffffff) * 0x1p-23f - 1.0f;
}

enum pattern { RANDOM, HUGE_VALUES, TINY, SUBNORMAL, NEGATIVE, EQUAL, MIXED, PATTERNS };

static inline float pattern_float(enum pattern pattern)
{
    float value;
    switch (pattern) {
    case HUGE_VALUES:
        return random_float() * 3e38f;
    case TINY:
        return random_float() * 1e-20f;
    case SUBNORMAL:
        return random_float() * 1e-38f;
    case NEGATIVE:
        return -fabsf(random_float());
    case EQUAL:
        return 0.1f;
    case MIXED:
        value = random_float(); /* first: compilers differ in the order of arguments */
        return ldexpf(value, (int)(random_bits() % 60) - 30);
    default:
        return random_float();
    }
}

static inline void fill(float *p, size_t n, enum pattern pattern)
{
    for (size_t i = 0; i < n; i++)
        p[i] = pattern_float(pattern);
}

/* Equal bits, or NaN both. */
static inline bool same(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

/* One step of the chain: fused in class "fma"; else both operations rounded (doubles round the same way, once more). */
static inline float step(bool fused, float a, float b, float sum)
{
    if (fused)
        return fmaf(a, b, sum);
    const float product = (float)((double)a * b);
    return (float)((double)product + sum);
}

/* A sum of products as kernel.h defines it, one product at a time: sum_add for k = 0, 1, ..., then sum_end. */
struct sum {
    bool fused;
    size_t count;
    float chain, level[SUM_LEVELS];
};

/* Takes the block that is complete into the levels. */
static inline void sum_carry(struct sum *sum)
{
    size_t place = 0;
    for (size_t block = (sum->count - 1) / SUM_BLOCK; block & 1; block >>= 1)
        sum->chain = sum->level[place++] + sum->chain;
    sum->level[place] = sum->chain;
    sum->chain = 0.0f;
}

static inline void sum_add(struct sum *sum, float a, float b)
{
    sum->chain = step(sum->fused, a, b, sum->chain);
    if (++sum->count % SUM_BLOCK == 0)
        sum_carry(sum);
}

static inline float sum_end(struct sum *sum)
{
    size_t place = 0, blocks = (sum->count + SUM_BLOCK - 1) / SUM_BLOCK;
    if (sum->count % SUM_BLOCK)
        sum_carry(sum);
    while (!(blocks >> place & 1))
        place++;
    float result = sum->level[place];
    for (place++; blocks >> place; place++)
        if (blocks >> place & 1)
            result = sum->level[place] + result;
    return result;
}

static inline bool is_fused(const struct kernels *kernels)
{
    return strcmp(kernels->isa_class, "fma") == 0;
}

#if defined(GEOSC_BUILD_AVX2)
extern const struct kernels kernels_c_fused; /* kernels_c.c with GEOSC_C_FUSES */
#endif

/* Those that no name finds here: the i-th, or NULL after the last. */
static inline const struct kernels *hidden_kernels(size_t i)
{
    const struct kernels *hidden[4] = {NULL};
    size_t count = 0;
#if defined(GEOSC_BUILD_AVX512VNNI)
    if (kernels_find("avx512") == &kernels_avx512vnni)
        hidden[count++] = &kernels_avx512;
#endif
#if defined(GEOSC_BUILD_NEON_I8MM)
    if (kernels_find("neon-dotprod") == &kernels_neon_i8mm)
        hidden[count++] = &kernels_neon_dotprod;
#endif
#if defined(GEOSC_BUILD_AVX2)
    if (kernels_find("avx2"))
        hidden[count++] = &kernels_c_fused;
#endif
    return i < count ? hidden[i] : NULL;
}

/* The usable implementations one by one, also those that stand back for a better one of the same name:
 * for (size_t i = 0; (kernels = usable_kernels(&i));) */
static inline const struct kernels *usable_kernels(size_t *i)
{
    const struct kernels *kernels;
    bool usable = false;
    size_t listed = 0;
    while ((kernels = kernels_list((*i)++, &usable)))
        if (usable)
            return kernels;
    while (kernels_list(listed, &usable))
        listed++;
    return hidden_kernels(*i - 1 - listed);
}

/* ---- speed --------------------------------------------------------------------------------------- */

enum { BENCH_ROUNDS = 11, BENCHMARKS_MOST = 16 };

struct benchmark {
    const char *name, *unit;                                        /* operations are compared with the peak */
    double (*run)(const struct kernels *kernels, const void *data); /* returns the operations, or bytes read */
};

static inline double run_peak(const struct kernels *kernels, const void *data)
{
    (void)data;
    return kernels->peak(300000);
}

/* Work per second, over about 20 ms. */
static inline double rate(const struct benchmark *benchmark, const struct kernels *kernels, const void *data)
{
    const double start = clock_seconds();
    double work = 0.0, now = start;
    for (; now < start + 0.02; now = clock_seconds())
        work += benchmark->run(kernels, data);
    return work / (now - start);
}

static inline int compare_doubles(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* Prints the medians; all are measured alternately, so that they see the same clock and the same neighbours. */
static inline void bench_set(const struct kernels *kernels, const struct benchmark *benchmarks, size_t count,
                             const void *data)
{
    static const struct benchmark peak = {"peak", "GFLOP/s", run_peak};
    double rates[BENCHMARKS_MOST + 1][BENCH_ROUNDS];
    for (size_t round = 0; round < BENCH_ROUNDS; round++)
        for (size_t i = 0; i <= count; i++)
            rates[i][round] = rate(i ? &benchmarks[i - 1] : &peak, kernels, data);
    for (size_t i = 0; i <= count; i++) {
        const struct benchmark *benchmark = i ? &benchmarks[i - 1] : &peak;
        qsort(rates[i], BENCH_ROUNDS, sizeof(double), compare_doubles);
        const double median = rates[i][BENCH_ROUNDS / 2];
        printf("%-8s %-18s %8.1f %s", kernels->name, benchmark->name, median / 1e9, benchmark->unit);
        if (i > 0 && strstr(benchmark->unit, "OP/s"))
            printf("  %5.1f %% of the peak", 100.0 * median / rates[0][BENCH_ROUNDS / 2]);
        putchar('\n');
    }
}

/* Each set that this machine has. */
static inline void bench_kernels(const struct benchmark *benchmarks, size_t count, const void *data)
{
    const struct kernels *kernels;
    for (size_t i = 0; (kernels = usable_kernels(&i));)
        bench_set(kernels, benchmarks, count, data);
}

/* ---- the program --------------------------------------------------------------------------------- */

/* main: runs these tests or, with --bench, the file's run_benchmarks. */
#define MAIN_WITH_BENCH(...)                              \
    int main(int argc, char **argv)                       \
    {                                                     \
        const struct CMUnitTest tests[] = {__VA_ARGS__};  \
                                                          \
        if (argc > 1 && strcmp(argv[1], "--bench") == 0)  \
            return run_benchmarks();                      \
        return cmocka_run_group_tests(tests, NULL, NULL); \
    }

#endif
