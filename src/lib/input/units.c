#include "input/units.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {"cell", "pixel", "original"};
enum { NAMES = sizeof names / sizeof *names };

const char *units_name(enum units units)
{
    return (size_t)units < NAMES ? names[units] : NULL;
}

bool units_parse(const char *name, enum units *units)
{
    for (size_t i = 0; i < NAMES; i++)
        if (strcmp(name, names[i]) == 0) {
            *units = (enum units)i;
            return true;
        }
    return false;
}

/* Cells of an image's grid along an axis. */
static double grid_side(const struct image_set *set, int axis)
{
    const struct features *plain = &set->pose[GEOSC_POSE_NONE];

    return (double)(axis ? plain->height : plain->width);
}

double units_to_cell(const struct catalog *catalog, size_t image, int axis, double value)
{
    const struct image_set *set = catalog_image(catalog, image);

    if (catalog->units == UNITS_CELL)
        return value;
    if (catalog->units == UNITS_ORIGINAL)
        value = value * catalog->placement[image][0] + catalog->placement[image][1 + axis];
    return value * grid_side(set, axis) / catalog->size[image][axis] - 0.5;
}

double units_of_cell(const struct catalog *catalog, enum units units, size_t image, int axis, double cell)
{
    const struct image_set *set = catalog_image(catalog, image);

    if (units == UNITS_CELL)
        return cell;
    double pixel = (cell + 0.5) * catalog->size[image][axis] / grid_side(set, axis);
    return units == UNITS_PIXEL ? pixel : (pixel - catalog->placement[image][1 + axis]) / catalog->placement[image][0];
}

double units_from_cell(const struct catalog *catalog, size_t image, int axis, double cell)
{
    return units_of_cell(catalog, catalog->units, image, axis, cell);
}

double units_larger_side(const struct catalog *catalog, size_t image)
{
    const struct image_set *set = catalog_image(catalog, image);

    if (catalog->units == UNITS_CELL)
        return fmax(grid_side(set, 0), grid_side(set, 1));
    double side = fmax(catalog->size[image][0], catalog->size[image][1]);
    return catalog->units == UNITS_PIXEL ? side : side / catalog->placement[image][0];
}
