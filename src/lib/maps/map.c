#include "maps/map.h"

#include <string.h>

enum { LINE = 16 }; /* floats in a cache line */

size_t map_row_stride(size_t channels)
{
    return (channels + LINE - 1) / LINE * LINE;
}

size_t map_panels(size_t cells)
{
    return (cells + PANEL - 1) / PANEL;
}

/* Number of floats in the panels and in the rows; false on overflow. */
static bool map_floats(size_t channels, size_t height, size_t width, size_t *panel_floats, size_t *row_floats)
{
    size_t cells, padded;

    if (channels > SIZE_MAX - LINE || !size_multiply(height, width, &cells) || cells > INT32_MAX)
        return false;
    return size_multiply(map_panels(cells) * PANEL, channels, panel_floats) &&
           size_multiply(cells, map_row_stride(channels), row_floats) &&
           !__builtin_add_overflow(*panel_floats, *row_floats, &padded) &&
           size_multiply(padded, sizeof(float), &padded);
}

size_t map_bytes(size_t channels, size_t height, size_t width)
{
    size_t panel_floats, row_floats;

    if (!map_floats(channels, height, width, &panel_floats, &row_floats))
        return SIZE_MAX;
    return (panel_floats + row_floats) * sizeof(float);
}

void map_reshape(geosc_map *map, size_t channels, size_t height, size_t width)
{
    map->channels = channels;
    map->height = height;
    map->width = width;
    map->cells = height * width;
    map->panels = map_panels(map->cells);
    map->row_stride = map_row_stride(channels);
}

enum geosc_status map_create(geosc_context *context, size_t channels, size_t height, size_t width, geosc_map **out)
{
    enum geosc_status status;
    size_t panel_floats, row_floats;
    geosc_map *map = NULL;

    *out = NULL;
    if (!map_floats(channels, height, width, &panel_floats, &row_floats))
        return fail(context, GEOSC_FAILED, "a feature map of %zu x %zu x %zu is too large", channels, height, width);
    TRY(memory_allocate_zero(context, &map, 1, sizeof *map, "a feature map"));
    map_reshape(map, channels, height, width);
    TRY(memory_allocate(context, &map->panel, panel_floats, sizeof(float), "a feature map"));
    TRY(memory_allocate(context, &map->rows, row_floats, sizeof(float), "a feature map"));
    *out = map;
    map = NULL;
done:
    geosc_map_free(map);
    return status;
}

void geosc_map_free(geosc_map *map)
{
    if (!map)
        return;
    memory_free(map->panel);
    memory_free(map->rows);
    memory_free(map);
}

void geosc_map_size(const geosc_map *map, size_t *channels, size_t *height, size_t *width)
{
    *channels = map->channels;
    *height = map->height;
    *width = map->width;
}

void geosc_map_copy(const geosc_map *map, float *out)
{
    for (size_t i = 0; i < map->cells; i++)
        for (size_t c = 0; c < map->channels; c++)
            out[c * map->cells + i] = map->rows[i * map->row_stride + c];
}

bool map_is_zero(const geosc_map *map)
{
    for (size_t i = 0; i < map->cells; i++)
        for (size_t c = 0; c < map->channels; c++)
            if (map->rows[i * map->row_stride + c] != 0)
                return false;
    return true;
}

/* Lists the cells of one panel from a list (NULL: 0, 1, ...) of `count`; true if they are consecutive. */
static bool list_cells(const uint32_t *from, size_t count, size_t panel, uint32_t cell[PANEL])
{
    bool straight = true;

    for (size_t i = 0; i < PANEL; i++) {
        size_t at = panel * PANEL + i, within = at < count ? at : count - 1;
        cell[i] = from ? from[within] : (uint32_t)within;
        straight &= cell[i] == cell[0] + i;
    }
    return straight;
}

void map_fill_panel(const float *features, size_t cells, size_t channels, const uint32_t *from, size_t count,
                    size_t panel, float *out)
{
    uint32_t cell[PANEL];
    bool straight = list_cells(from, count, panel, cell);

    for (size_t c = 0; c < channels; c++, features += cells, out += PANEL) {
        if (straight)
            memcpy(out, features + cell[0], PANEL * sizeof(float));
        else
            for (size_t i = 0; i < PANEL; i++)
                out[i] = features[cell[i]];
    }
}

void map_fill(geosc_map *map, const float *features, size_t cells, const uint32_t *from, size_t first, size_t last)
{
    for (size_t p = first; p < last; p++)
        map_fill_panel(features, cells, map->channels, from, map->cells, p, map_panel(map, p));
}

void map_pose_panel(const float *panels, size_t channels, const uint32_t *from, size_t count, size_t panel, float *out)
{
    uint32_t cell[PANEL];
    const float *in[PANEL];

    if (list_cells(from, count, panel, cell) && cell[0] % PANEL == 0) {
        memcpy(out, panels + cell[0] * channels, channels * PANEL * sizeof(float));
        return;
    }
    for (size_t i = 0; i < PANEL; i++)
        in[i] = panels + cell[i] / PANEL * channels * PANEL + cell[i] % PANEL;
    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < PANEL; i++)
            out[c * PANEL + i] = in[i][c * PANEL];
}

void map_gather(const float *rows, size_t row_stride, size_t channels, const uint32_t *list, size_t count, size_t panel,
                float *out)
{
    const float *row[PANEL];

    for (size_t i = 0; i < PANEL; i++) {
        size_t at = panel * PANEL + i;
        if (at >= count)
            at = count - 1;
        row[i] = rows + (list ? list[at] : at) * row_stride;
    }
    /* Takes a cache line of channels at a time: reads whole lines of the rows; the writes stay in the L1 cache. */
    for (size_t c0 = 0; c0 < channels; c0 += LINE) {
        size_t c1 = c0 + LINE < channels ? c0 + LINE : channels;
        for (size_t i = 0; i < PANEL; i++)
            for (size_t c = c0; c < c1; c++)
                out[c * PANEL + i] = row[i][c];
    }
}
