/*
 * winograd_impl: the transforms of F(4x4,3x3) with the operations of vector.h; included like kernels_impl.h. The
 * matrices are in kernel.h; here their rows for +a and -a (+b and -b) share an even and an odd part.
 */
#ifndef GEOSC_WINOGRAD_IMPL_H
#define GEOSC_WINOGRAD_IMPL_H

#include "kernel.h"
#include "vector.h"

enum {
    WINOGRAD_GROUP = 2,       /* channels whose cells are moved together: each move is looked up once */
    STREAM_FROM = 1024 * 1024 /* bytes of one panel's V: larger ones would leave L2 before they are read */
};

/* A row of G times three numbers of each of TILE rows. */
INLINE double8 weight_line(const double g[3], double8 a, double8 b, double8 c)
{
    return d_add(d_add(d_mul(d_set(g[0]), a), d_mul(d_set(g[1]), b)), d_mul(d_set(g[2]), c));
}

/* G times one input's weights [9][TILE]: columns[x][y]. */
INLINE void weight_columns(const double g[WINOGRAD_SIDE * 3], const float *w, double8 columns[3][WINOGRAD_SIDE])
{
    for (size_t x = 0; x < 3; x++) {
        const double8 a = d_from_float(f_load(w + x * TILE));
        const double8 b = d_from_float(f_load(w + (3 + x) * TILE));
        const double8 c = d_from_float(f_load(w + (6 + x) * TILE));
        for (size_t y = 0; y < WINOGRAD_SIDE; y++)
            columns[x][y] = weight_line(g + y * 3, a, b, c);
    }
}

static void winograd_weights(const double g[WINOGRAD_SIDE * 3], const float *w, size_t inputs, float *u, size_t u_slice)
{
    for (size_t i = 0; i < inputs; i++, w += WINOGRAD_TAPS * TILE, u += TILE) {
        double8 columns[3][WINOGRAD_SIDE];
        weight_columns(g, w, columns);
        for (size_t y = 0; y < WINOGRAD_SIDE; y++)
            for (size_t x = 0; x < WINOGRAD_SIDE; x++)
                f_store(u + (y * WINOGRAD_SIDE + x) * u_slice,
                        d_to_float(weight_line(g + x * 3, columns[0][y], columns[1][y], columns[2][y])));
    }
}

/* Bt times the column d. */
INLINE void input_line(const float_vector d[WINOGRAD_SIDE], float_vector v[WINOGRAD_SIDE])
{
    const float_vector a = v_set((float)WINOGRAD_A), a2 = v_set((float)(WINOGRAD_A * WINOGRAD_A));
    const float_vector b = v_set((float)WINOGRAD_B), b2 = v_set((float)(WINOGRAD_B * WINOGRAD_B));
    const float_vector sum = v_set((float)(WINOGRAD_A * WINOGRAD_A + WINOGRAD_B * WINOGRAD_B));
    const float_vector product = v_set((float)(WINOGRAD_A * WINOGRAD_A * WINOGRAD_B * WINOGRAD_B));
    const float_vector even_a = v_fnma(b2, d[2], d[4]), odd_a = v_fnma(b2, d[1], d[3]);
    const float_vector even_b = v_fnma(a2, d[2], d[4]), odd_b = v_fnma(a2, d[1], d[3]);
    v[0] = v_fma(product, d[0], v_fnma(sum, d[2], d[4]));
    v[1] = v_fma(a, odd_a, even_a);
    v[2] = v_fnma(a, odd_a, even_a);
    v[3] = v_fma(b, odd_b, even_b);
    v[4] = v_fnma(b, odd_b, even_b);
    v[5] = v_fma(product, d[1], v_fnma(sum, d[3], d[5]));
}

/* At times the column m. */
INLINE void output_line(const float_vector m[WINOGRAD_SIDE], float_vector y[WINOGRAD_TILE_SIDE])
{
    const float_vector a = v_set((float)WINOGRAD_A), a2 = v_set((float)(WINOGRAD_A * WINOGRAD_A));
    const float_vector b = v_set((float)WINOGRAD_B), b2 = v_set((float)(WINOGRAD_B * WINOGRAD_B));
    const float_vector a3 = v_set((float)(WINOGRAD_A * WINOGRAD_A * WINOGRAD_A));
    const float_vector b3 = v_set((float)(WINOGRAD_B * WINOGRAD_B * WINOGRAD_B));
    const float_vector even_a = v_add(m[1], m[2]), odd_a = v_sub(m[1], m[2]);
    const float_vector even_b = v_add(m[3], m[4]), odd_b = v_sub(m[3], m[4]);
    y[0] = v_add(m[0], v_add(even_a, even_b));
    y[1] = v_fma(a, odd_a, v_mul(b, odd_b));
    y[2] = v_fma(a2, even_a, v_mul(b2, even_b));
    y[3] = v_add(m[5], v_fma(a3, odd_a, v_mul(b3, odd_b)));
}

/* Transforms one channel's patches [36][PANEL] to v; LANES tiles at a time, columns first, then rows. */
INLINE void transform_patches(const float *patch, float *v, size_t v_slice, bool stream)
{
    for (size_t lane = 0; lane < PANEL; lane += LANES) {
        float_vector columns[WINOGRAD_SIDE][WINOGRAD_SIDE]; /* [x][y] */
        for (size_t x = 0; x < WINOGRAD_SIDE; x++) {
            float_vector d[WINOGRAD_SIDE];
            for (size_t y = 0; y < WINOGRAD_SIDE; y++)
                d[y] = v_load(patch + (y * WINOGRAD_SIDE + x) * PANEL + lane);
            input_line(d, columns[x]);
        }
        for (size_t y = 0; y < WINOGRAD_SIDE; y++) {
            float_vector d[WINOGRAD_SIDE], row[WINOGRAD_SIDE];
            for (size_t x = 0; x < WINOGRAD_SIDE; x++)
                d[x] = columns[x][y];
            input_line(d, row);
            for (size_t x = 0; x < WINOGRAD_SIDE; x++)
                (stream ? v_stream : v_store)(v + (y * WINOGRAD_SIDE + x) * v_slice + lane, row[x]);
        }
    }
}

INLINE void input_channels(const struct winograd_tiles *tiles, const float *in, size_t channels, float *v,
                           size_t v_slice, bool stream)
{
    float patch[WINOGRAD_GROUP][WINOGRAD_PATCH * PANEL] = {{0}}; /* moves never write cells outside the map */
    for (size_t first = 0; first < channels; first += WINOGRAD_GROUP) {
        const size_t second = first + 1 < channels ? 1 : 0; /* a single channel is processed twice */
        const float *from = in + first * PANEL;
        for (size_t i = 0; i < tiles->in_count; i++) {
            patch[0][tiles->in_place[i]] = from[tiles->in_offset[i]];
            patch[1][tiles->in_place[i]] = from[tiles->in_offset[i] + second * PANEL];
        }
        transform_patches(patch[0], v + first * PANEL, v_slice, stream);
        if (second)
            transform_patches(patch[1], v + (first + 1) * PANEL, v_slice, stream);
    }
}

static void winograd_input(const struct winograd_tiles *tiles, const float *in, size_t channels, float *v,
                           size_t v_slice)
{
    if (WINOGRAD_PATCH * v_slice * sizeof(float) >= STREAM_FROM) {
        input_channels(tiles, in, channels, v, v_slice, true);
        v_stream_end(); /* other threads may read v */
    } else
        input_channels(tiles, in, channels, v, v_slice, false);
}

/* Transforms one channel of m to output tiles [16][PANEL]. */
INLINE void transform_products(const float *m, size_t m_slice, float bias, bool relu, float *tile)
{
    for (size_t lane = 0; lane < PANEL; lane += LANES) {
        float_vector columns[WINOGRAD_SIDE][WINOGRAD_TILE_SIDE]; /* [x][y] */
        for (size_t x = 0; x < WINOGRAD_SIDE; x++) {
            float_vector product[WINOGRAD_SIDE];
            for (size_t y = 0; y < WINOGRAD_SIDE; y++)
                product[y] = v_load(m + (y * WINOGRAD_SIDE + x) * m_slice + lane);
            output_line(product, columns[x]);
        }
        for (size_t y = 0; y < WINOGRAD_TILE_SIDE; y++) {
            float_vector product[WINOGRAD_SIDE], row[WINOGRAD_TILE_SIDE];
            for (size_t x = 0; x < WINOGRAD_SIDE; x++)
                product[x] = columns[x][y];
            output_line(product, row);
            for (size_t x = 0; x < WINOGRAD_TILE_SIDE; x++) {
                const float_vector value = v_add(row[x], v_set(bias));
                v_store(tile + (y * WINOGRAD_TILE_SIDE + x) * PANEL + lane, relu ? v_max(v_zero(), value) : value);
            }
        }
    }
}

static void winograd_output(const struct winograd_tiles *tiles, const float *m, size_t m_slice, size_t channels,
                            const float *bias, bool relu, float *out)
{
    float tile[WINOGRAD_GROUP][WINOGRAD_TILE * PANEL];
    for (size_t first = 0; first < channels; first += WINOGRAD_GROUP) {
        const size_t count = channels - first < WINOGRAD_GROUP ? channels - first : WINOGRAD_GROUP;
        for (size_t c = 0; c < count; c++)
            transform_products(m + (first + c) * PANEL, m_slice, bias ? bias[first + c] : 0.0f, relu, tile[c]);
        for (size_t i = 0; i < tiles->out_count; i++)
            for (size_t c = 0; c < count; c++)
                out[tiles->out_offset[i] + (first + c) * PANEL] = tile[c][tiles->out_place[i]];
    }
}

#endif
