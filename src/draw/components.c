#include "draw/components.h"

#include "base/random.h"

#include <math.h>
#include <string.h>

enum { ITERATIONS = 500 };

static const double SETTLED = 1e-12; /* squared change of an axis that counts as converged */

/* Sampled cells, minus their mean, and their Gram matrix. */
struct sample {
    size_t count, channels;
    double *rows; /* [count][channels] */
    double *gram; /* [count][count] */
};

static double dot(const double *a, const double *b, size_t n)
{
    double sum[4] = {0}, rest = 0;
    size_t i = 0;

    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++)
            sum[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        rest += a[i] * b[i];
    return sum[0] + sum[1] + (sum[2] + sum[3]) + rest;
}

/* y += factor * x */
static void add_scaled(double *y, double factor, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += factor * x[i];
}

static void scale(double *x, double factor, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= factor;
}

/* Subtracts from x its components along the `before` unit vectors before it, and normalises x to length 1, or to 0 if
 * nothing is left. Returns its length before normalising. */
static double orthonormalise(double *vectors, size_t before, size_t n)
{
    double *x = vectors + before * n, whole = sqrt(dot(x, x, n)), length;

    for (size_t i = 0; i < before; i++)
        add_scaled(x, -dot(x, vectors + i * n, n), vectors + i * n, n);
    length = sqrt(dot(x, x, n));
    scale(x, length > 1e-12 * whole && length > 0 ? 1 / length : 0, n);
    return length;
}

static void take_sample(const float *const *maps, const size_t *cells, size_t total, struct sample *sample)
{
    for (size_t s = 0; s < sample->count; s++) {
        size_t cell = s * total / sample->count, map = 0;
        while (cell >= cells[map])
            cell -= cells[map++];
        for (size_t c = 0; c < sample->channels; c++)
            sample->rows[s * sample->channels + c] = maps[map][c * cells[map] + cell];
    }
}

static void centre(struct sample *sample, double *mean)
{
    memset(mean, 0, sample->channels * sizeof *mean);
    for (size_t s = 0; s < sample->count; s++)
        add_scaled(mean, 1.0 / (double)sample->count, sample->rows + s * sample->channels, sample->channels);
    for (size_t s = 0; s < sample->count; s++)
        add_scaled(sample->rows + s * sample->channels, -1, mean, sample->channels);
}

static void multiply_out(struct sample *sample)
{
    size_t n = sample->count, channels = sample->channels;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k <= i; k++)
            sample->gram[i * n + k] = sample->gram[k * n + i] =
                dot(sample->rows + i * channels, sample->rows + k * channels, channels);
}

/* One step of orthogonal iteration; returns the squared change of the axes. */
static double iterate(const struct sample *sample, double *vectors, double *spare, double *values)
{
    size_t n = sample->count;
    double moved = 0;

    for (size_t v = 0; v < COMPONENTS; v++)
        for (size_t i = 0; i < n; i++)
            spare[v * n + i] = dot(sample->gram + i * n, vectors + v * n, n);
    for (size_t v = 0; v < COMPONENTS; v++) {
        values[v] = orthonormalise(spare, v, n);
        for (size_t i = 0; i < n; i++)
            moved += (spare[v * n + i] - vectors[v * n + i]) * (spare[v * n + i] - vectors[v * n + i]);
    }
    memcpy(vectors, spare, COMPONENTS * n * sizeof *vectors);
    return moved;
}

/* Converts vectors over the cells to axes over the channels. */
static void set_axes(const struct sample *sample, double *vectors, struct components *components)
{
    size_t channels = sample->channels;

    memset(components->axis, 0, COMPONENTS * channels * sizeof(double));
    for (size_t v = 0; v < COMPONENTS; v++) {
        double *axis = components->axis + v * channels, largest = 0;
        for (size_t s = 0; s < sample->count; s++)
            add_scaled(axis, vectors[v * sample->count + s], sample->rows + s * channels, channels);
        orthonormalise(components->axis, v, channels);
        for (size_t c = 0; c < channels; c++)
            largest = fabs(axis[c]) > fabs(largest) ? axis[c] : largest;
        scale(axis, largest < 0 ? -1 : 1, channels);
    }
}

enum geosc_status components_find(geosc_context *context, const float *const *maps, const size_t *cells,
                                  size_t map_count, size_t channels, struct components *components)
{
    enum geosc_status status;
    struct sample sample = {.channels = channels};
    struct random_stream stream = random_stream(1, 0, 0);
    double *vectors = NULL, *spare = NULL, moved = 1;
    size_t total = 0;

    *components = (struct components){.channels = channels};
    for (size_t i = 0; i < map_count; i++)
        total += cells[i];
    sample.count = total < COMPONENTS_CELLS ? total : COMPONENTS_CELLS;
    TRY(memory_allocate(context, &components->mean, channels, sizeof(double), "principal components"));
    TRY(memory_allocate(context, &components->axis, channels, COMPONENTS * sizeof(double), "principal components"));
    TRY(memory_allocate(context, &sample.rows, channels, sample.count * sizeof(double), "cells of a picture"));
    TRY(memory_allocate(context, &sample.gram, sample.count, sample.count * sizeof(double), "cells of a picture"));
    TRY(memory_allocate(context, &vectors, sample.count, COMPONENTS * sizeof(double), "principal components"));
    TRY(memory_allocate(context, &spare, sample.count, COMPONENTS * sizeof(double), "principal components"));
    take_sample(maps, cells, total, &sample);
    centre(&sample, components->mean);
    multiply_out(&sample);
    for (size_t i = 0; i < COMPONENTS * sample.count; i++)
        vectors[i] = random_uniform(&stream) - 0.5;
    for (int i = 0; i < ITERATIONS && moved > SETTLED; i++)
        moved = iterate(&sample, vectors, spare, components->variance);
    scale(components->variance, sample.count ? 1.0 / (double)sample.count : 0, COMPONENTS);
    set_axes(&sample, vectors, components);
done:
    memory_free(sample.rows);
    memory_free(sample.gram);
    memory_free(vectors);
    memory_free(spare);
    if (status != GEOSC_OK)
        components_free(components);
    return status;
}

void components_project(const struct components *components, const float *map, size_t cells, double *out)
{
    memset(out, 0, cells * COMPONENTS * sizeof *out);
    for (size_t c = 0; c < components->channels; c++)
        for (size_t i = 0; i < cells; i++) {
            double value = (double)map[c * cells + i] - components->mean[c];
            for (size_t v = 0; v < COMPONENTS; v++)
                out[i * COMPONENTS + v] += value * components->axis[v * components->channels + c];
        }
}

void components_free(struct components *components)
{
    memory_free(components->mean);
    memory_free(components->axis);
    *components = (struct components){0};
}
