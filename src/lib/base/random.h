/*
 * random: streams of random numbers for synthetic data, the same on every machine: splitmix64 (Steele, Lea and Flood
 * 2014), and integer sums instead of logarithms. Each item has its own stream, made from seed, kind and numbers, so
 * that any part of a data set can be made without the parts before it.
 */
#ifndef GEOSC_RANDOM_H
#define GEOSC_RANDOM_H

#include <stdint.h>

struct random_stream {
    uint64_t state;
};

enum { RANDOM_NORMAL_DEVIATION = 37837 /* standard deviation of random_normal: 65536 / sqrt(3) */ };

#define RANDOM_STEP 0x9e3779b97f4a7c15ULL

static inline uint64_t random_next(struct random_stream *stream)
{
    uint64_t z = stream->state += RANDOM_STEP;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

static inline struct random_stream random_stream(uint64_t seed, uint64_t kind, uint64_t number)
{
    struct random_stream stream = {seed};

    stream.state = random_next(&stream) + kind;
    stream.state = random_next(&stream) + number;
    stream.state = random_next(&stream);
    return stream;
}

/* The stream after `count` more numbers. */
static inline struct random_stream random_skip(struct random_stream stream, uint64_t count)
{
    stream.state += count * RANDOM_STEP;
    return stream;
}

/* 0 .. below - 1, close to uniform if `below` is far below 2^64. */
static inline uint64_t random_below(struct random_stream *stream, uint64_t below)
{
    return random_next(stream) % below;
}

/* Bell-shaped around 0, within +-131070: the sum of four uniform 16-bit numbers minus its mean. */
static inline int32_t random_normal(struct random_stream *stream)
{
    uint64_t bits = random_next(stream);

    return (int32_t)((bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48)) - 131070;
}

/* In [0, 1), a multiple of 2^-24. */
static inline double random_uniform(struct random_stream *stream)
{
    return (double)(random_next(stream) >> 40) * 0x1p-24;
}

#endif
