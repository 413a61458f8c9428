#include "input/catalog_images.h"

#include "base/guard.h"
#include "base/number.h"
#include "base/options.h"
#include "base/reason.h"
#include "maps/pose.h"

#include <stdio.h>
#include <string.h>

enum { LEVEL_NAMES = 1024 /* or poses, in a group: enough to report what is wrong with each */ };

/* ---- levels ------------------------------------------------------------------------------------- */

static void close_features(struct features *features)
{
    for (size_t i = 0; i < features->level_count; i++)
        h5_array_close(&features->levels[i]);
    memory_free(features->levels);
    h5_array_close(&features->mask);
    *features = (struct features){0};
}

/* Opens an array of rows; with reader->alone, an array of one row without that dimension. */
static bool open_rows(const struct reader *reader, const char *path, enum want want, size_t rank, const size_t *dims,
                      struct h5_array *array)
{
    if (!reader->alone)
        return reader_open_shaped(reader, path, want, rank, dims, array);
    if (!reader_open_shaped(reader, path, want, rank - 1, dims + 1, array))
        return false;
    return h5_array_alone(array); /* rank 4 at most */
}

static bool allocate_levels(const struct reader *reader, size_t count, struct features *features)
{
    if (memory_allocate_zero(reader->context, &features->levels, count, sizeof *features->levels, "levels") !=
        GEOSC_OK) {
        reader_message(reader);
        return false;
    }
    features->level_count = count;
    return true;
}

/* Sorted names of a group's levels; *names is new. False if there are none, too many or duplicates. */
static bool level_names(const struct reader *reader, const char *path, char ***names, size_t *count)
{
    struct h5_file *file = reader->catalog->file;
    bool listed = false;

    if (h5_attribute_strings(reader->context, file, path, "levels", names, count, &listed) != GEOSC_OK ||
        (!listed && h5_list(reader->context, file, path, LEVEL_NAMES, names, count) != GEOSC_OK)) {
        reader_message(reader);
        return false;
    }
    if (*count < 1 || *count > CATALOG_LEVELS) {
        reader_problem(reader, path, "has %zu levels, expected 1 to %d" REASON_WRONG_SHAPE, *count, CATALOG_LEVELS);
        return false;
    }
    for (size_t i = 0; i < *count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp((*names)[i], (*names)[k]) == 0) {
                reader_problem(reader, path, "attribute levels names %s twice" REASON_DUPLICATE, (*names)[i]);
                return false;
            }
    return true;
}

/* Opens each level of a group; false on failure. */
static bool open_levels(const struct reader *reader, const char *path, size_t rows, struct features *features)
{
    char **names = NULL, level[LONG_PATH];
    size_t count = 0;
    bool good = level_names(reader, path, &names, &count) && allocate_levels(reader, count, features);

    for (size_t i = 0; good && i < features->level_count; i++) {
        size_t shape[4] = {rows, 0, 0, 0};
        snprintf(level, sizeof level, "%s/%s", path, names[i]);
        good = open_rows(reader, level, WANT_FLOAT, 4, shape, &features->levels[i]);
        rows = good ? features->levels[i].dims[0] : rows;
    }
    memory_free(names);
    return good;
}

/* Attribute norm_group of a level; CATALOG_NO_GROUP if it has none. */
static bool read_norm_group(const struct reader *reader, const char *path, int *norm_group)
{
    double group = CATALOG_NO_GROUP;
    bool found = false;

    if (h5_attribute_double(reader->context, reader->catalog->file, path, "norm_group", &group, &found) != GEOSC_OK) {
        reader_message(reader);
        return false;
    }
    if (found && (!(group > CATALOG_NO_GROUP && group <= INT32_MAX) || group != (int)group)) {
        reader_problem(reader, path, "attribute norm_group is %s, expected an integer" REASON_BAD_VALUE,
                       number_general(group, 6).text);
        return false;
    }
    *norm_group = (int)group;
    return true;
}

static bool read_norm_groups(const struct reader *reader, struct features *features)
{
    for (size_t i = 0; i < features->level_count; i++) {
        if (!read_norm_group(reader, features->levels[i].path, &features->norm_group[i]))
            return false;
        features->grouped |= features->norm_group[i] != CATALOG_NO_GROUP;
    }
    return true;
}

/* Size after fusion: the first level's grid, the sum of all channels. */
static bool fused_size(const struct reader *reader, const char *path, struct features *features)
{
    size_t cells, bytes;

    features->height = features->levels[0].dims[2];
    features->width = features->levels[0].dims[3];
    for (size_t i = 0; i < features->level_count; i++) {
        const size_t *dims = features->levels[i].dims;
        /* Each image has a chunk, or a part of one, which takes more than a byte of the file. */
        if (!features->levels[i].elsewhere && dims[0] > features->levels[i].file_bytes) {
            reader_problem(reader, features->levels[i].path,
                           "has %zu images, more than the file has bytes" REASON_TOO_LARGE, dims[0]);
            return false;
        }
        if (!size_multiply(dims[2], dims[3], &cells) || cells > CATALOG_CELLS_MOST) {
            reader_problem(reader, features->levels[i].path, "has too many cells: %zu x %zu" REASON_TOO_LARGE, dims[2],
                           dims[3]);
            return false;
        }
        features->channels += dims[1];
    }
    cells = features->height * features->width;
    if (size_multiply(features->channels, cells, &bytes) && size_multiply(bytes, sizeof(float), &bytes))
        return true;
    reader_problem(reader, path, "is too large: %zu channels of %zu cells" REASON_TOO_LARGE, features->channels, cells);
    return false;
}

/* Opens features at `path`: a dataset, or a group of levels. After a fault closed again, with level_count 0. */
static void open_features(const struct reader *reader, const char *path, size_t rows, struct features *features)
{
    const size_t shape[4] = {rows, 0, 0, 0};
    bool group = h5_kind(reader->catalog->file, path) == H5_GROUP, good;

    features->norm_group[0] = CATALOG_NO_GROUP;
    if (group)
        good = open_levels(reader, path, rows, features) && read_norm_groups(reader, features);
    else
        good =
            allocate_levels(reader, 1, features) && open_rows(reader, path, WANT_FLOAT, 4, shape, &features->levels[0]);
    if (!good || !fused_size(reader, path, features))
        close_features(features);
}

/*
 * Whether features with the shape of a map are plausible. With one channel, normalised cells are +1 or -1: those are
 * tokens. A map is never much longer than wide or deep with a depth that is a multiple of 64, or as high as it has
 * channels: those have their channels last. catalog_seems_turned warns of less certain cases.
 */
static bool can_be_meant(const struct reader *reader, const char *path, const struct features *features)
{
    enum { FEWEST_CHANNELS = 64, TYPICAL_CHANNELS = 384, TIMES = 4 };
    size_t channels = features->channels, height = features->height, width = features->width;
    char hint[256];

    if (features->level_count != 1)
        return true;
    if (GUARD(tokens) && channels == 1 && height > 1 && width >= FEWEST_CHANNELS) {
        reader_explain_tokens(reader, height, width, hint, sizeof hint);
        reader_problem(
            reader, path,
            "is read as [..., C, H, W] and has one channel on a grid of %zu x %zu cells%s" REASON_WRONG_SHAPE, height,
            width, hint);
        return false;
    }
    bool square = height > 1 && channels == height && width >= 2 * FEWEST_CHANNELS && width > 2 * height;
    bool typical =
        width >= TYPICAL_CHANNELS && width % FEWEST_CHANNELS == 0 && width > TIMES * height && width > TIMES * channels;
    if (!GUARD(channels_last) || (!square && !typical))
        return true;
    reader_problem(reader, path,
                   "is read as [..., C, H, W] and has %zu channels of %zu x %zu cells, but looks like [..., H, W, C] "
                   "with %zu channels; store x.transpose(%s)" REASON_WRONG_SHAPE,
                   channels, height, width, width, reader->alone ? "2, 0, 1" : "0, 3, 1, 2");
    return false;
}

/* ---- masks -------------------------------------------------------------------------------------- */

static void open_mask(const struct reader *reader, const char *path, struct features *features)
{
    const struct h5_array *first = &features->levels[0];
    const size_t plain[3] = {first->dims[0], features->height, features->width};
    const size_t with_channel[4] = {first->dims[0], 1, features->height, features->width};

    if (!reader_open(reader, path, WANT_MASK, &features->mask))
        return;
    bool four = features->mask.rank == (reader->alone ? 3 : 4);
    h5_array_close(&features->mask);
    features->has_mask = open_rows(reader, path, WANT_MASK, four ? 4 : 3, four ? with_channel : plain, &features->mask);
}

/* ---- poses -------------------------------------------------------------------------------------- */

/* Checks that stored features under a pose have the channels of the unposed image and the size after the pose. */
static bool pose_fits(const struct reader *reader, const char *path, enum geosc_pose pose, const struct features *posed,
                      const struct features *base)
{
    size_t height, width;

    pose_size(pose, base->height, base->width, &height, &width);
    if (posed->channels != base->channels)
        reader_problem(reader, path, "has %zu channels, but %s has %zu" REASON_WRONG_SHAPE, posed->channels,
                       base->levels[0].path, base->channels);
    else if (posed->height != height || posed->width != width)
        reader_problem(reader, path, "has %zu x %zu cells (H x W), expected %zu x %zu under %s" REASON_WRONG_SHAPE,
                       posed->height, posed->width, height, width, geosc_pose_name(pose));
    else
        return true;
    return false;
}

static void open_pose(const struct reader *reader, const struct set_names *names, const char *name,
                      struct image_set *set)
{
    const struct features *base = &set->pose[GEOSC_POSE_NONE];
    struct features posed = {0};
    char path[LONG_PATH];
    enum geosc_pose pose;

    snprintf(path, sizeof path, "%s/%s", names->poses, name);
    if (!pose_parse(name, &pose)) {
        reader_problem(reader, path,
                       "is not a pose; poses are none, hflip, vflip, rot180, rot90, rot270, transpose and "
                       "antitranspose" REASON_BAD_NAME);
        return;
    }
    snprintf(path, sizeof path, "%s/%s/%s", names->poses, name, names->posed);
    open_features(reader, path, set->count, &posed);
    if (posed.level_count && base->level_count && !pose_fits(reader, path, pose, &posed, base))
        close_features(&posed);
    snprintf(path, sizeof path, "%s/%s/mask", names->poses, name);
    if (posed.level_count && reader_has(reader, path))
        open_mask(reader, path, &posed);
    if (pose == GEOSC_POSE_NONE)
        close_features(&posed); /* checked; the unposed features are stored elsewhere */
    else
        set->pose[pose] = posed;
}

static void open_poses(const struct reader *reader, const struct set_names *names, struct image_set *set)
{
    char **poses = NULL;
    size_t count = 0;

    if (h5_list(reader->context, reader->catalog->file, names->poses, LEVEL_NAMES, &poses, &count) != GEOSC_OK)
        reader_message(reader);
    for (size_t i = 0; i < count; i++)
        open_pose(reader, names, poses[i], set);
    memory_free(poses);
}

/* ---- sets --------------------------------------------------------------------------------------- */

struct image_set *catalog_add_set(const struct reader *reader)
{
    struct catalog *catalog = reader->catalog;

    if (memory_grow(reader->context, &catalog->sets, &catalog->set_capacity, catalog->set_count + 1,
                    sizeof *catalog->sets, "images") != GEOSC_OK)
        return NULL;
    catalog->sets[catalog->set_count] = (struct image_set){0};
    return &catalog->sets[catalog->set_count++];
}

void catalog_open_set(const struct reader *reader, const struct set_names *names, size_t count, struct image_set *set)
{
    struct features *base = &set->pose[GEOSC_POSE_NONE];

    open_features(reader, names->features, count, base);
    if (base->level_count && !can_be_meant(reader, names->features, base))
        close_features(base);
    set->count = base->level_count ? base->levels[0].dims[0] : count;
    if (base->level_count && reader_has(reader, names->mask))
        open_mask(reader, names->mask, base);
    if (names->poses && reader_has(reader, names->poses))
        open_poses(reader, names, set);
}

void catalog_close_set(struct image_set *set)
{
    for (size_t i = 0; i < GEOSC_POSES; i++)
        close_features(&set->pose[i]);
    *set = (struct image_set){0};
}
