/*
 * norm_impl: the kernels of a GroupNorm with the operations of vector.h; included like kernels_impl.h. Contracts are in
 * kernel.h.
 */
#ifndef GEOSC_NORM_IMPL_H
#define GEOSC_NORM_IMPL_H

#include "kernel.h"
#include "vector.h"

#include <string.h>

INLINE double fold16(double8 low, double8 high)
{
    double lane[16];
    d_store(lane, low);
    d_store(lane + 8, high);
    for (size_t width = 8; width > 0; width /= 2)
        for (size_t j = 0; j < width; j++)
            lane[j] += lane[j + width];
    return lane[0];
}

/* One group: `size` rows of whole panels, or without their last cells. */
INLINE void moments_group(const float *rows, size_t size, size_t cells, double *moments)
{
    const double8 one = d_set(1.0);
    double8 sum0 = d_zero(), sum1 = d_zero(), square0 = d_zero(), square1 = d_zero();
    float rest[PANEL] = {0}; /* lanes beyond the last cell add 0 */
    for (size_t k = 0; k < size; k++) {
        const float *row = rows + k * PANEL;
        if (cells < PANEL)
            row = memcpy(rest, row, cells * sizeof *rest);
        for (size_t i = 0; i < PANEL; i += 16) {
            const double8 value0 = d_from_float(f_load(row + i));
            const double8 value1 = d_from_float(f_load(row + i + 8));
            sum0 = d_fma(value0, one, sum0);
            sum1 = d_fma(value1, one, sum1);
            square0 = d_fma(value0, value0, square0);
            square1 = d_fma(value1, value1, square1);
        }
    }
    moments[0] = fold16(sum0, sum1);
    moments[1] = fold16(square0, square1);
}

static void moments_panel(const float *panel, size_t channels, size_t size, size_t cells, double *moments)
{
    for (size_t first = 0; first < channels; first += size, moments += 2)
        if (cells == PANEL)
            moments_group(panel + first * PANEL, size, PANEL, moments);
        else
            moments_group(panel + first * PANEL, size, cells, moments);
}

static void affine_panel(const float *in, size_t channels, const float *scale, const float *shift, float *out)
{
    for (size_t k = 0; k < channels; k++) {
        const float_vector factor = v_set(scale[k]), term = v_set(shift[k]);
        for (size_t i = 0; i < PANEL; i += LANES)
            v_store(out + k * PANEL + i, v_max(v_zero(), v_fma(factor, v_load(in + k * PANEL + i), term)));
    }
}

/* A copy of mix, and numbers of a channel in registers: for all that the compiler knows, stores could change them. */
INLINE void mix_rows(const struct mix mix, bool normed, bool accumulate)
{
    const float_vector weight = v_set(mix.weight);
    for (size_t k = 0; k < mix.channels; k++) {
        const float_vector scale = v_set(mix.scale[k]), shift = v_set(mix.shift[k]);
        const float_vector side_scale = normed ? v_set(mix.side_scale[k]) : v_zero();
        const float_vector side_shift = normed ? v_set(mix.side_shift[k]) : v_zero();
        for (size_t i = 0; i < PANEL; i += LANES) {
            const size_t place = k * PANEL + i;
            float_vector side = v_load(mix.side + place);
            if (normed)
                side = v_fma(side_scale, side, side_shift);
            const float_vector value = v_max(v_zero(), v_add(v_fma(scale, v_load(mix.in + place), shift), side));
            v_store(mix.out + place, v_fma(weight, value, accumulate ? v_load(mix.out + place) : v_zero()));
        }
    }
}

static void mix_panel(const struct mix *mix)
{
    if (mix->side_scale)
        mix_rows(*mix, true, mix->accumulate);
    else
        mix_rows(*mix, false, mix->accumulate);
}

#endif
