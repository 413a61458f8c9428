/*
 * map: the features of one image in one pose: cell panels, the layout of the kernels, while they are computed; once
 * refined, rows of the same cells in the same memory. A comparison of two maps takes a few cells of each, in any order:
 * rows serve exact distances and candidates as they are, and panels are gathered from them, one at a time, into a
 * thread's cache. The norms give back the features before their normalisation. One stage at a time fills a map;
 * read-only once refined. Room maps: the features of one image, and what is computed from two of them. No files.
 */
#ifndef GEOSC_MAP_H
#define GEOSC_MAP_H

#include "base/memory.h"
#include "kernel/kernel.h"

struct geosc_map {
    size_t channels, height, width;
    size_t cells, panels; /* height * width; that in panels */
    float *values;        /* [panels][channels][PANEL]; once refined, [cells][channels] */
    float *norms;         /* [cells] once refined: what each cell was divided by, norm + 1e-6 */
};

/* Number of panels for `cells`. */
size_t map_panels(size_t cells);
/* Bytes of a map of this size; SIZE_MAX on overflow. */
size_t map_bytes(size_t channels, size_t height, size_t width);

/* Creates a map of this size with undefined contents. Free it with geosc_map_free. */
enum geosc_status map_create(geosc_context *context, size_t channels, size_t height, size_t width, geosc_map **map);

/* Changes the size of a map; it must not need more memory than at its creation. */
void map_reshape(geosc_map *map, size_t channels, size_t height, size_t width);

/* Panel `index`, [channels][PANEL]; once refined, the rows of its cells. */
static inline float *map_panel(const geosc_map *map, size_t index)
{
    return map->values + index * map->channels * PANEL;
}

/* A cell of a refined map, [channels]. */
static inline const float *map_row(const geosc_map *map, size_t cell)
{
    return map->values + cell * map->channels;
}

/* Fills one panel, out [channels][PANEL], from features [channels][cells]: with the cells at places panel * PANEL .. of
 * the list `from` (NULL: 0, 1, ...) of `count` cells; places beyond the list repeat its last cell. */
void map_fill_panel(const float *features, size_t cells, size_t channels, const uint32_t *from, size_t count,
                    size_t panel, float *out);

/* The same from panels [][channels][PANEL], with the cells in the order of the list. */
void map_pose_panel(const float *panels, size_t channels, const uint32_t *from, size_t count, size_t panel, float *out);

/* Fills channels first .. last - 1 of all panels from features [channels][cells] of an unposed image: cell i of the map
 * is cell from[i] of the image. Copies of the last cell fill the last panel. A few channels at a time: their cells stay
 * in the cache while all panels take some, in whatever order. */
void map_fill(geosc_map *map, const float *features, size_t cells, const uint32_t *from, size_t first, size_t last);

/* The rows of a refined map's cells at places panel * PANEL .. of the list (NULL: 0, 1, ...) of `count` cells; places
 * beyond the list repeat its last cell. */
void map_list_rows(const geosc_map *map, const uint32_t *list, size_t count, size_t panel, const float *rows[PANEL]);
/* Fills one panel, out [channels][PANEL], with these cells. */
void map_gather(const struct kernels *kernels, const geosc_map *map, const uint32_t *list, size_t count, size_t panel,
                float *out);

/* Whether every cell of a refined map is zero. */
bool map_is_zero(const geosc_map *map);

/* Whether inner products of cells before their normalisation are within float32. */
bool map_products_fit(const geosc_map *map);

#endif
