#include "input/catalog_pairs.h"

#include "base/options.h"
#include "base/reason.h"
#include "input/catalog_groups.h"
#include "input/catalog_names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- keypoints ---------------------------------------------------------------------------------- */

/* A damaged chunk of keypoints is a fault of its pairs only: catalog.unreadable marks them. */
static enum geosc_status read_source_keypoints(const struct reader *reader, const char *path)
{
    struct catalog *catalog = reader->catalog;
    const size_t shape[3] = {catalog->pairs, 0, 2};
    enum geosc_status status = GEOSC_OK;
    struct h5_array array;
    bool given, failed;

    if (!reader_open_whole(reader, path, WANT_NUMBER, 3, shape, &array))
        return GEOSC_OK;
    TRY(memory_allocate(reader->context, &catalog->source_keypoints, h5_array_items(&array), sizeof(double), path));
    TRY(memory_allocate_zero(reader->context, &catalog->unreadable, array.dims[0], sizeof(bool), path));
    failed =
        h5_read_doubles(reader->context, &array, (double *)catalog->source_keypoints, catalog->unreadable) != GEOSC_OK;
    if (failed)
        reader_message(reader);
    catalog->keypoints = array.dims[1];
    for (size_t i = 0; !failed && i < array.dims[0]; i++)
        for (size_t k = 0; catalog->unreadable[i] && k < catalog->keypoints; k++)
            catalog->source_keypoints[i * catalog->keypoints + k][0] =
                catalog->source_keypoints[i * catalog->keypoints + k][1] = NAN;
    reader_units(reader, path, &catalog->units, &given);
done:
    h5_array_close(&array);
    return status;
}

static enum geosc_status read_target_keypoints(const struct reader *reader, const char *path)
{
    struct catalog *catalog = reader->catalog;
    const size_t shape[3] = {catalog->pairs, catalog->keypoints, 2};
    double *points = NULL;
    enum units units;
    bool given;

    if (reader_doubles(reader, path, 3, shape, &points) != GEOSC_OK)
        return GEOSC_FAILED;
    catalog->target_keypoints = (double(*)[2])points;
    if (!points)
        return GEOSC_OK;
    reader_units(reader, path, &units, &given);
    if (given && units != catalog->units)
        reader_problem(reader, path, "attribute units differs from that of the source keypoints" REASON_BAD_VALUE);
    return GEOSC_OK;
}

/* Paths of data that belongs to the keypoints; NULL for data that a layout lacks. */
struct point_names {
    const char *source, *target, *mirror_index, *symmetry_group;
    const char *sizes[2], *placement;
};

/* Whether `path` exists; if it does without source keypoints, adds a problem. */
static bool has_beside(const struct reader *reader, const char *path, const char *source)
{
    bool there = path && reader_has(reader, path), keypoints = reader_has(reader, source);

    char near[NEAR];

    if (there && !keypoints)
        reader_problem(reader, path, "needs %s, which is missing%s" REASON_MISSING, source,
                       reader_near(reader, source, near));
    return there && keypoints;
}

/* Checks that keypoints in pixels have the sizes they need. */
static void check_pixels(const struct reader *reader, const struct point_names *names)
{
    enum units units = reader->catalog->units;
    char near[NEAR];

    for (size_t i = 0; i < 2 && units != UNITS_CELL; i++)
        if (names->sizes[i] && !reader_has(reader, names->sizes[i]))
            reader_problem(reader, names->sizes[i],
                           "missing; keypoints in pixels need the image sizes%s" REASON_MISSING,
                           reader_near(reader, names->sizes[i], near));
    if (units == UNITS_ORIGINAL && !names->placement)
        reader_problem(reader, names->source,
                       "attribute units is original, which only the indexed layout supports" REASON_BAD_VALUE);
    else if (units == UNITS_ORIGINAL && !reader_has(reader, names->placement))
        reader_problem(reader, names->placement, "missing; keypoints in original pixels need it%s" REASON_MISSING,
                       reader_near(reader, names->placement, near));
}

/* The same for a grouped file, whose images have their own sizes. */
static void check_groups(const struct reader *reader)
{
    const struct catalog *catalog = reader->catalog;

    for (size_t i = 0; i < 2 * catalog->pairs && catalog->units != UNITS_CELL; i++) {
        size_t image = (i % 2 ? catalog->target : catalog->source)[i / 2];
        bool sized = catalog->size && !isnan(catalog->size[image][0]);
        char path[LONG_PATH], near[NEAR];
        if (sized && (catalog->units != UNITS_ORIGINAL || (catalog->placement && !isnan(catalog->placement[image][0]))))
            continue;
        catalog_part(catalog, image, sized ? "placement" : "size", path);
        reader_problem(reader, path, "missing; keypoints in %s pixels need it%s" REASON_MISSING,
                       sized ? "original" : "an image's", reader_near(reader, path, near));
        return;
    }
}

static enum geosc_status read_keypoints(const struct reader *reader, const struct point_names *names)
{
    struct catalog *catalog = reader->catalog;
    enum geosc_status status = GEOSC_OK;

    if (reader_has(reader, names->source))
        TRY(read_source_keypoints(reader, names->source));
    if (has_beside(reader, names->target, names->source))
        TRY(read_target_keypoints(reader, names->target));
    if (!catalog->grouped)
        check_pixels(reader, names);
    size_t shape[2] = {catalog->pairs, catalog->keypoints};
    int64_t last = catalog->keypoints ? (int64_t)catalog->keypoints - 1 : INT64_MAX; /* unknown: any */
    if (has_beside(reader, names->mirror_index, names->source))
        TRY(reader_integers(reader, names->mirror_index, 2, shape, -1, last, &catalog->mirror_index, NULL));
    if (has_beside(reader, names->symmetry_group, names->source)) /* labels, not indices: any integer */
        TRY(reader_integers(reader, names->symmetry_group, 2, shape, -1, INT64_MAX, &catalog->symmetry_group, NULL));
done:
    return status;
}

static void read_true_pose(const struct reader *reader, const char *path)
{
    struct catalog *catalog = reader->catalog;
    enum geosc_pose pose;

    if (!reader_has(reader, path))
        return;
    reader_strings(reader, path, &catalog->pairs, &catalog->true_pose);
    for (size_t i = 0; catalog->true_pose && i < catalog->pairs; i++)
        if (!pose_parse(catalog->true_pose[i], &pose)) {
            reader_problem(reader, path, "[%zu] is \"%s\", which is not a pose" REASON_BAD_NAME, i,
                           catalog->true_pose[i]);
            return;
        }
}

/* ---- pairs -------------------------------------------------------------------------------------- */

enum geosc_status catalog_read_stacked(const struct reader *reader)
{
    static const struct point_names names = {
        "/keypoints", "/target_keypoints", NULL, NULL, {"/source_size", "/target_size"}, NULL};
    struct catalog *catalog = reader->catalog;
    enum geosc_status status;

    catalog->pairs = catalog->sets[0].count ? catalog->sets[0].count : catalog->sets[1].count;
    TRY(memory_allocate(reader->context, &catalog->source, catalog->pairs, sizeof(size_t), "pairs"));
    TRY(memory_allocate(reader->context, &catalog->target, catalog->pairs, sizeof(size_t), "pairs"));
    for (size_t i = 0; i < catalog->pairs; i++) {
        catalog->source[i] = i;
        catalog->target[i] = catalog->pairs + i;
    }
    for (size_t i = 0; i < 2; i++)
        TRY(reader_sizes(reader, names.sizes[i], catalog->sets[i].first, catalog->sets[i].count));
    TRY(read_keypoints(reader, &names));
    read_true_pose(reader, "/true_pose");
done:
    return status;
}

/* Image numbers of one side, stored as numbers or names. */
static enum geosc_status read_side(const struct reader *reader, const char *path, size_t **out)
{
    struct catalog *catalog = reader->catalog;
    int64_t last = catalog->images ? (int64_t)catalog->images - 1 : INT64_MAX, *numbers = NULL;
    enum geosc_status status;
    size_t length = 0;

    if (catalog->grouped || (catalog->image_name && reader_is_of_strings(reader, path)))
        return catalog_find_names(reader, path, out);
    TRY(reader_integers(reader, path, 1, &catalog->pairs, 0, last, &numbers, &length));
    if (!numbers)
        goto done;
    TRY(memory_allocate(reader->context, out, length, sizeof **out, path));
    for (size_t i = 0; i < length; i++)
        (*out)[i] = (size_t)numbers[i];
    catalog->pairs = length;
done:
    memory_free(numbers);
    return status;
}

/* Checks the pictures; the code that draws reads them row by row. */
static void open_rgb(const struct reader *reader)
{
    struct catalog *catalog = reader->catalog;
    const size_t shape[4] = {catalog->images, 0, 0, 3};

    catalog->has_rgb = reader_has(reader, "/images/rgb") &&
                       reader_open_shaped(reader, "/images/rgb", WANT_UINT8, 4, shape, &catalog->rgb);
}

/* Reads the data of the images; that of a grouped file was read group by group. */
static enum geosc_status read_images(const struct reader *reader)
{
    struct catalog *catalog = reader->catalog;
    size_t names = catalog->images;
    enum geosc_status status = GEOSC_OK;

    if (catalog->grouped)
        return GEOSC_OK;
    TRY(reader_sizes(reader, "/images/size", 0, catalog->images));
    TRY(reader_placements(reader, "/images/placement", 0, catalog->images));
    if (reader_has(reader, "/images/name"))
        reader_strings(reader, "/images/name", &names, &catalog->image_name);
    open_rgb(reader);
done:
    return status;
}

/* Names of keypoints: of all categories, or of some. */
static void read_keypoint_names(const struct reader *reader, const char *source)
{
    const char *path = "/categories/keypoint_name";
    struct catalog *catalog = reader->catalog;
    size_t names = catalog->keypoints;

    if (has_beside(reader, "/pairs/keypoint_name", source))
        reader_strings(reader, "/pairs/keypoint_name", &names, &catalog->keypoint_name);
    if (!has_beside(reader, path, source) || !has_beside(reader, path, "/categories/name"))
        return;
    reader_strings(reader, "/categories/name", &catalog->named_categories, &catalog->named_category);
    reader_string_rows(reader, path, (size_t[2]){catalog->named_categories, catalog->keypoints},
                       &catalog->category_keypoint_name);
}

/* Reads the file's own pairs and their data. */
static enum geosc_status read_pairs(const struct reader *reader)
{
    static const struct point_names indexed = {"/pairs/keypoints",     "/pairs/target_keypoints",
                                               "/pairs/mirror_index",  "/pairs/symmetry_group",
                                               {"/images/size", NULL}, "/images/placement"};
    struct catalog *catalog = reader->catalog;
    enum geosc_status status;

    TRY(read_side(reader, "/pairs/source", &catalog->source));
    TRY(read_side(reader, "/pairs/target", &catalog->target));
    TRY(read_keypoints(reader, &indexed));
    if (reader_has(reader, "/pairs/threshold"))
        TRY(reader_doubles(reader, "/pairs/threshold", 1, &catalog->pairs, &catalog->threshold));
    if (reader_has(reader, "/pairs/target_box"))
        TRY(reader_doubles(reader, "/pairs/target_box", 2, (size_t[2]){catalog->pairs, 4},
                           (double **)&catalog->target_box));
    read_keypoint_names(reader, indexed.source);
    if (reader_has(reader, "/pairs/category"))
        reader_strings(reader, "/pairs/category", &catalog->pairs, &catalog->category);
    read_true_pose(reader, "/pairs/true_pose");
done:
    return status;
}

/* Takes pairs that were given as image numbers. */
static enum geosc_status take_pairs(const struct reader *reader, const struct catalog_pairs *pairs)
{
    struct catalog *catalog = reader->catalog;
    enum geosc_status status;

    catalog->pairs = pairs->count;
    TRY(memory_allocate(reader->context, &catalog->source, pairs->count, sizeof(size_t), "pairs"));
    TRY(memory_allocate(reader->context, &catalog->target, pairs->count, sizeof(size_t), "pairs"));
    for (size_t p = 0; p < pairs->count; p++) {
        catalog->source[p] = pairs->source[p];
        catalog->target[p] = pairs->target[p];
        if (pairs->source[p] < catalog->images && pairs->target[p] < catalog->images)
            continue;
        reader_problem(reader, "/images", "has %zu images, but pair %zu is of %zu and %zu" REASON_OUT_OF_RANGE,
                       catalog->images, p, pairs->source[p], pairs->target[p]);
        break;
    }
done:
    return status;
}

enum geosc_status catalog_read_indexed(const struct reader *reader, const struct catalog_pairs *pairs)
{
    struct catalog *catalog = reader->catalog;
    enum geosc_status status;

    TRY(read_images(reader));
    if (!pairs)
        TRY(read_pairs(reader));
    else if (pairs->text)
        TRY(catalog_read_list(reader, pairs->text));
    else
        TRY(take_pairs(reader, pairs));
    if (!catalog->grouped || reader->problems->count)
        goto done;
    if (!catalog->source_keypoints)
        TRY(catalog_read_group_keypoints(reader));
    check_groups(reader);
done:
    return status;
}
