#include "input/catalog.h"

#include "base/guard.h"
#include "base/reason.h"

#include <stdio.h>
#include <string.h>

const struct image_set *catalog_image(const struct catalog *catalog, size_t image)
{
    if (catalog->set_of)
        return &catalog->sets[catalog->set_of[image]];
    return &catalog->sets[catalog->set_count == 2 && image >= catalog->sets[1].first];
}

/* The same for the first `count` sets. */
static void find_grids(const struct catalog *catalog, size_t count, size_t height[2], size_t width[2])
{
    height[0] = width[0] = SIZE_MAX;
    height[1] = width[1] = 0;
    for (size_t s = 0; s < count; s++) {
        const struct features *plain = &catalog->sets[s].pose[GEOSC_POSE_NONE];
        height[0] = size_smaller(height[0], plain->height);
        height[1] = size_larger(height[1], plain->height);
        width[0] = size_smaller(width[0], plain->width);
        width[1] = size_larger(width[1], plain->width);
    }
}

void catalog_grids(const struct catalog *catalog, size_t height[2], size_t width[2])
{
    find_grids(catalog, catalog->set_count, height, width);
}

bool catalog_names_keypoints(const struct catalog *catalog)
{
    return catalog->keypoint_name || catalog->category_keypoint_name;
}

const char *catalog_keypoint_name(const struct catalog *catalog, const char *category, size_t k)
{
    for (size_t i = 0; category && catalog->category_keypoint_name && i < catalog->named_categories; i++)
        if (strcmp(catalog->named_category[i], category) == 0)
            return catalog->category_keypoint_name[i * catalog->keypoints + k];
    return catalog->keypoint_name ? catalog->keypoint_name[k] : "";
}

size_t catalog_answers(const struct catalog *catalog, size_t shape[2])
{
    size_t height[2], width[2];

    shape[0] = catalog->keypoints;
    shape[1] = 0;
    if (catalog->keypoints)
        return 1;
    /* in a stacked file the first set has the sources */
    find_grids(catalog, catalog->grouped ? catalog->set_count : 1, height, width);
    shape[0] = height[1];
    shape[1] = width[1];
    return 2;
}

bool catalog_seems_turned(const struct catalog *catalog, char *out, size_t size)
{
    enum { FEWEST_CHANNELS = 64 }; /* learned features have more */
    const struct features *plain = &catalog->sets[0].pose[GEOSC_POSE_NONE];

    if (plain->width < FEWEST_CHANNELS || plain->width <= 2 * plain->height || plain->width <= 2 * plain->channels)
        return false;
    snprintf(out, size,
             "%s: is read as [..., C, H, W]: %zu channels of %zu x %zu cells; if it is [..., H, W, C], store "
             "features.movedim(-1, -3)",
             plain->levels[0].path, plain->levels[0].dims[1], plain->height, plain->width);
    return true;
}

/* ---- what is stored of an image ----------------------------------------------------------------- */

const char *catalog_part(const struct catalog *catalog, size_t image, const char *part, char out[LONG_PATH])
{
    snprintf(out, LONG_PATH, "/images/%s/%s", catalog->image_name[image], part);
    return out;
}

/* For an array that differs from its first description: closes it. */
static enum geosc_status refuse_change(geosc_context *context, const struct catalog *catalog, const char *path,
                                       struct h5_array *array)
{
    h5_array_close(array);
    return fail(context, GEOSC_FAILED, "%s: %s: changed during the run" REASON_BUSY, h5_file_path(catalog->file), path);
}

/* In a grouped file: opens the image's own array that corresponds to `array` of the first image of its set. */
static enum geosc_status open_own(geosc_context *context, const struct catalog *catalog, size_t image,
                                  const struct h5_array *array, struct h5_array *own)
{
    const struct image_set *set = catalog_image(catalog, image);
    const char *place = array->path + strlen("/images/") + strlen(catalog->image_name[set->first]);
    char path[LONG_PATH];
    enum geosc_status status;

    snprintf(path, sizeof path, "/images/%s%s", catalog->image_name[image], place);
    TRY(h5_array_open(context, catalog->file, path, own));
    if (!h5_array_alone(own) || !h5_array_alike(own, array))
        status = refuse_change(context, catalog, path, own);
done:
    return status;
}

/* Walks an optional array of an image in a grouped file. */
static void walk_part(geosc_context *context, const struct catalog *catalog, size_t image, const char *part)
{
    struct h5_array array = {0};
    char path[LONG_PATH];

    catalog_part(catalog, image, part, path);
    if (h5_kind(catalog->file, path) == H5_ARRAY && h5_array_open(context, catalog->file, path, &array) == GEOSC_OK)
        h5_array_walk(&array);
    h5_array_close(&array);
}

/* Walks all arrays of an image. */
static void walk_image(geosc_context *context, const struct catalog *catalog, size_t image)
{
    const struct image_set *set = catalog_image(catalog, image);

    for (int p = 0; p < GEOSC_POSES; p++) {
        const struct features *features = &set->pose[p];
        for (size_t l = 0; l < features->level_count + features->has_mask; l++) {
            const struct h5_array *array = l < features->level_count ? &features->levels[l] : &features->mask;
            struct h5_array own = {0};
            if (!catalog->grouped)
                h5_array_walk(array);
            else if (open_own(context, catalog, image, array, &own) == GEOSC_OK)
                h5_array_walk(&own);
            h5_array_close(&own);
        }
    }
    if (!catalog->grouped)
        return;
    walk_part(context, catalog, image, "keypoints");
    walk_part(context, catalog, image, "rgb");
}

bool catalog_find_unwritten(geosc_context *context, const struct catalog *catalog, size_t image, char *out, size_t size)
{
    const struct image_set *set = catalog_image(catalog, image);
    bool written = true;

    for (int p = 0; p < GEOSC_POSES; p++) {
        const struct features *features = &set->pose[p];
        for (size_t l = 0; written && l < features->level_count + features->has_mask; l++) {
            const struct h5_array *array = l < features->level_count ? &features->levels[l] : &features->mask;
            struct h5_array own = {0};
            if (!catalog->grouped)
                written = h5_row_stored(array, image - set->first);
            else if (open_own(context, catalog, image, array, &own) == GEOSC_OK)
                written = h5_row_stored(&own, 0);
            if (!written)
                snprintf(out, size, "%s", catalog->grouped ? own.path : array->path);
            h5_array_close(&own);
        }
    }
    return !written;
}

void catalog_walk(geosc_context *context, const struct catalog *catalog)
{
    for (size_t i = 0; i < (catalog->grouped ? catalog->images : catalog->set_count); i++)
        walk_image(context, catalog, catalog->grouped ? i : catalog->sets[i].first);
    if (catalog->has_rgb && !catalog->grouped)
        h5_array_walk(&catalog->rgb);
}

/* Reads the row of an image from an array of its set. */
static enum geosc_status read_row(geosc_context *context, const struct catalog *catalog, size_t image,
                                  const struct h5_array *array, struct raw *raw)
{
    struct h5_array own;
    enum geosc_status status;

    if (!catalog->grouped)
        return h5_read_row(context, array, image - catalog_image(catalog, image)->first, raw);
    TRY(open_own(context, catalog, image, array, &own));
    status = h5_read_row(context, &own, 0, raw);
    h5_array_close(&own);
done:
    return status;
}

enum geosc_status catalog_read_level(geosc_context *context, const struct catalog *catalog, size_t image,
                                     enum geosc_pose pose, size_t level, struct raw *raw)
{
    return read_row(context, catalog, image, &catalog_image(catalog, image)->pose[pose].levels[level], raw);
}

enum geosc_status catalog_read_mask(geosc_context *context, const struct catalog *catalog, size_t image,
                                    enum geosc_pose pose, struct raw *raw)
{
    return read_row(context, catalog, image, &catalog_image(catalog, image)->pose[pose].mask, raw);
}

enum geosc_status catalog_read_photograph(geosc_context *context, const struct catalog *catalog, size_t image,
                                          struct raw *raw)
{
    struct h5_array own;
    char path[LONG_PATH];
    enum geosc_status status;

    if (!catalog->grouped)
        return h5_read_row(context, &catalog->rgb, image, raw);
    TRY(h5_array_open(context, catalog->file, catalog_part(catalog, image, "rgb", path), &own));
    if ((GUARD(photograph_opened_twice) &&
         (own.rank != 3 || own.dims[2] != 3 || own.format.type != NUMBER_U8 || own.enumerated)) ||
        !h5_array_alone(&own))
        TRY(refuse_change(context, catalog, path, &own));
    status = h5_read_row(context, &own, 0, raw);
    h5_array_close(&own);
done:
    return status;
}
