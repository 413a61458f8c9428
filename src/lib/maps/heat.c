#include "maps/heat.h"

#include <math.h>

/* Cells first .. end - 1 along an axis are those of a part: one at least. */
static void part_of(size_t part, size_t side, size_t cells, size_t *first, size_t *end)
{
    *first = part * cells / side;
    *end = (part + 1) * cells / side;
    if (*end == *first)
        ++*end;
}

static float largest_in(const geosc_map *target, const float *row, size_t side, size_t x, size_t y)
{
    size_t x0, x1, y0, y1;
    float largest = -INFINITY;

    part_of(x, side, target->width, &x0, &x1);
    part_of(y, side, target->height, &y0, &y1);
    for (size_t v = y0; v < y1; v++)
        for (size_t u = x0; u < x1; u++)
            if (row[v * target->width + u] > largest)
                largest = row[v * target->width + u];
    return largest;
}

void heat_find(const geosc_map *target, const float *row, size_t side, uint8_t *out)
{
    float low = INFINITY, high = -INFINITY;

    for (size_t i = 0; i < target->cells; i++) {
        if (row[i] > high)
            high = row[i];
        if (row[i] < low && row[i] > -INFINITY)
            low = row[i];
    }
    for (size_t y = 0; y < side; y++)
        for (size_t x = 0; x < side; x++) {
            float largest = largest_in(target, row, side, x, y);
            double share = largest >= high ? 1
                           : largest > low ? ((double)largest - (double)low) / ((double)high - (double)low)
                                           : 0;
            out[y * side + x] = (uint8_t)(255 * share + 0.5);
        }
}
