#include "maps/map.h"

#include <string.h>

size_t map_panels(size_t cells)
{
    return (cells + PANEL - 1) / PANEL;
}

/* Number of floats of the panels; false on overflow. */
static bool map_floats(size_t channels, size_t height, size_t width, size_t *floats)
{
    size_t cells, bytes;

    return size_multiply(height, width, &cells) && cells <= INT32_MAX &&
           size_multiply(map_panels(cells) * PANEL, channels, floats) && size_multiply(*floats, sizeof(float), &bytes);
}

size_t map_bytes(size_t channels, size_t height, size_t width)
{
    size_t floats;

    if (!map_floats(channels, height, width, &floats) || floats > SIZE_MAX / sizeof(float) - height * width)
        return SIZE_MAX;
    return (floats + height * width) * sizeof(float);
}

void map_reshape(geosc_map *map, size_t channels, size_t height, size_t width)
{
    map->channels = channels;
    map->height = height;
    map->width = width;
    map->cells = height * width;
    map->panels = map_panels(map->cells);
}

enum geosc_status map_create(geosc_context *context, size_t channels, size_t height, size_t width, geosc_map **out)
{
    enum geosc_status status;
    geosc_map *map = NULL;
    size_t floats;

    *out = NULL;
    if (!map_floats(channels, height, width, &floats))
        return fail(context, GEOSC_FAILED, "a feature map of %zu x %zu x %zu is too large", channels, height, width);
    TRY(memory_allocate_zero(context, &map, 1, sizeof *map, "a feature map"));
    map_reshape(map, channels, height, width);
    TRY(memory_allocate(context, &map->values, floats, sizeof(float), "a feature map"));
    TRY(memory_allocate(context, &map->norms, map->cells, sizeof(float), "a feature map"));
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
    memory_free(map->values);
    memory_free(map->norms);
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
            out[c * map->cells + i] = map_row(map, i)[c];
}

bool map_is_zero(const geosc_map *map)
{
    for (size_t i = 0; i < map->cells * map->channels; i++)
        if (map->values[i] != 0)
            return false;
    return true;
}

bool map_products_fit(const geosc_map *map)
{
    for (size_t i = 0; i < map->cells; i++)
        if (!(map->norms[i] <= 1e19F)) /* the square root of the largest float, nearly */
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
    enum { BLOCK = 16 }; /* channels: 230 KB of 60 x 60 cells */

    for (size_t c = first; c < last; c += BLOCK)
        for (size_t p = 0; p < map->panels; p++)
            map_fill_panel(features + c * cells, cells, size_smaller(last - c, BLOCK), from, map->cells, p,
                           map_panel(map, p) + c * PANEL);
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

void map_list_rows(const geosc_map *map, const uint32_t *list, size_t count, size_t panel, const float *rows[PANEL])
{
    uint32_t cell[PANEL];

    list_cells(list, count, panel, cell);
    for (size_t i = 0; i < PANEL; i++)
        rows[i] = map_row(map, cell[i]);
}

void map_gather(const struct kernels *kernels, const geosc_map *map, const uint32_t *list, size_t count, size_t panel,
                float *out)
{
    const float *rows[PANEL];

    map_list_rows(map, list, count, panel, rows);
    kernels->gather_panel(rows, map->channels, out);
}
