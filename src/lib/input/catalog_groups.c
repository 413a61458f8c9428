#include "input/catalog_groups.h"

#include "base/guard.h"
#include "base/reason.h"
#include "base/sort.h"
#include "input/catalog_images.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const uint64_t LOOK_FACTOR = 0x9e3779b97f4a7c15; /* odd, with well mixed bits */

enum { DEPTH = 16, LINK_BYTES = 8 /* least bytes of the file for each link of a group */ };

/* ---- names -------------------------------------------------------------------------------------- */

/* Names found so far, NUL-terminated, one after the other. */
struct found {
    const struct reader *reader;
    char *text;
    size_t count, used, capacity;
    size_t visits; /* left: hard links may form cycles */
};

static enum geosc_status add_name(struct found *found, const char *name)
{
    size_t size = strlen(name) + 1;
    enum geosc_status status;

    TRY(memory_grow(found->reader->context, &found->text, &found->capacity, found->used + size, 1, "names of images"));
    memcpy(found->text + found->used, name, size);
    found->used += size;
    found->count++;
done:
    return status;
}

static enum geosc_status find_images(struct found *found, const char *group, size_t depth);

/* Examines an image, or a group that contains images. */
static enum geosc_status look_at(struct found *found, const char *path, size_t depth)
{
    const struct reader *reader = found->reader;
    char features[LONG_PATH + sizeof "/features"];

    snprintf(features, sizeof features, "%s/features", path);
    switch (h5_kind(reader->catalog->file, path)) {
    case H5_ARRAY:
        reader_problem(reader, path,
                       "is a dataset, expected an image's group: store it as %s/features" REASON_WRONG_KIND, path);
        return GEOSC_OK;
    case H5_GROUP:
        if (reader_has(reader, features))
            return add_name(found, path + strlen("/images/"));
        if (depth < DEPTH)
            return find_images(found, path, depth + 1);
        reader_problem(reader, path, "is nested in %d groups: too deep for images, or in a cycle" REASON_LINK_LOOP,
                       DEPTH + 1);
        return GEOSC_OK;
    default:
        return find_images(found, path, depth + 1); /* adds a problem if the group cannot be listed */
    }
}

/* Adds the images below a group. */
static enum geosc_status find_images(struct found *found, const char *group, size_t depth)
{
    const struct reader *reader = found->reader;
    enum geosc_status status = GEOSC_OK;
    char **names = NULL, path[LONG_PATH];
    size_t count = 0;

    if (h5_list(reader->context, reader->catalog->file, group, H5_NAMES, &names, &count) != GEOSC_OK)
        reader_message(reader);
    else if (count == 0)
        reader_problem(reader, group, "is a group without features or images" REASON_MISSING);
    for (size_t i = 0; i < count && reader->problems->count == 0; i++) {
        snprintf(path, sizeof path, "%s/%s", group, names[i]);
        if (found->visits-- == 0) {
            reader_problem(reader, path, "its groups form a cycle" REASON_LINK_LOOP);
            break;
        }
        TRY(look_at(found, path, depth));
    }
done:
    memory_free(names);
    return status;
}

/* Moves the sorted names as one block to the catalog. */
static enum geosc_status take_names(const struct found *found)
{
    struct catalog *catalog = found->reader->catalog;
    size_t table = found->count * sizeof(char *);
    char *text, *block;
    enum geosc_status status;

    TRY(memory_allocate(found->reader->context, &block, table + found->used, 1, "names of images"));
    catalog->image_name = (char **)(void *)block;
    text = memcpy(block + table, found->text, found->used);
    for (size_t i = 0; i < found->count; text += strlen(text) + 1)
        catalog->image_name[i++] = text;
    sort_names(catalog->image_name, found->count);
    catalog->images = found->count;
done:
    return status;
}

bool catalog_has_groups(const struct reader *reader, const char *path)
{
    char **names = NULL, child[LONG_PATH];
    size_t count = 0;
    bool any = false;

    if (h5_list(reader->context, reader->catalog->file, path, H5_NAMES, &names, &count) != GEOSC_OK)
        return true; /* the reader of the attribute adds the problem */
    for (size_t i = 0; i < count && !any; i++) {
        snprintf(child, sizeof child, "%s/%s", path, names[i]);
        any = h5_kind(reader->catalog->file, child) == H5_GROUP;
    }
    memory_free(names);
    return any;
}

/* ---- images ------------------------------------------------------------------------------------- */

static bool features_alike(const struct features *a, const struct features *b)
{
    if (a->level_count != b->level_count || a->has_mask != b->has_mask)
        return false;
    for (size_t l = 0; l < a->level_count; l++)
        if (!h5_array_alike(&a->levels[l], &b->levels[l]) || a->norm_group[l] != b->norm_group[l])
            return false;
    return !a->has_mask || h5_array_alike(&a->mask, &b->mask);
}

/* A hash that equal sets share. */
static uint64_t look_of(const struct image_set *set)
{
    uint64_t look = 0;

    for (int p = 0; p < GEOSC_POSES; p++) {
        const struct features *features = &set->pose[p];
        look = (look ^ (features->level_count << 1 | features->has_mask)) * LOOK_FACTOR;
        for (size_t l = 0; l < features->level_count; l++)
            for (size_t d = 1; d < features->levels[l].rank; d++)
                look = (look ^ look >> 32 ^ features->levels[l].dims[d]) * LOOK_FACTOR;
    }
    return look;
}

/* Hash table of sets: place[look & mask] is a set's number + 1, or 0; on a collision the next place. */
struct set_table {
    uint32_t *place; /* [mask + 1], more places than sets */
    size_t mask;
};

static enum geosc_status make_table(geosc_context *context, size_t images, struct set_table *table)
{
    table->mask = 1;
    while (table->mask < 2 * images)
        table->mask = 2 * table->mask + 1;
    return memory_allocate_zero(context, &table->place, table->mask + 1, sizeof *table->place, "images");
}

static bool sets_alike(const struct image_set *a, const struct image_set *b)
{
    for (int p = 0; p < GEOSC_POSES; p++)
        if (!features_alike(&a->pose[p], &b->pose[p]))
            return false;
    return true;
}

/* The set equal to the last one; the last one itself if there is no other. */
static size_t find_set(const struct catalog *catalog, struct set_table *table)
{
    const struct image_set *last = &catalog->sets[catalog->set_count - 1];
    size_t at = (GUARD(many_sizes) ? look_of(last) >> 20 : 0) & table->mask;

    for (; table->place[at]; at = (at + 1) & table->mask)
        if (sets_alike(&catalog->sets[table->place[at] - 1], last))
            return table->place[at] - 1;
    table->place[at] = (uint32_t)catalog->set_count;
    return catalog->set_count - 1;
}

static void release_features(struct features *features)
{
    for (size_t l = 0; l < features->level_count; l++)
        h5_array_release(&features->levels[l]);
    if (features->has_mask)
        h5_array_release(&features->mask);
}

/* Checks that fused features have equal numbers of channels in all images. */
static void check_channels(const struct reader *reader, const char *path, const struct image_set *set)
{
    const struct catalog *catalog = reader->catalog;
    size_t channels = set->pose[GEOSC_POSE_NONE].channels, first = catalog->sets[0].pose[GEOSC_POSE_NONE].channels;

    if (channels && first && channels != first)
        reader_problem(reader, path, "has %zu channels, but /images/%s/features has %zu" REASON_WRONG_SHAPE, channels,
                       catalog->image_name[0], first);
}

static void check_photograph(const struct reader *reader, const char *path)
{
    struct catalog *catalog = reader->catalog;
    const size_t shape[3] = {0, 0, 3};
    struct h5_array photograph = {0};

    catalog->has_rgb &= reader_has(reader, path) && reader_open_shaped(reader, path, WANT_UINT8, 3, shape, &photograph);
    h5_array_close(&photograph);
}

/* Opens all arrays of an image and finds its set; adds a set if none is equal. */
static enum geosc_status open_image(const struct reader *reader, size_t image, struct set_table *table)
{
    struct catalog *catalog = reader->catalog;
    char features[LONG_PATH], mask[LONG_PATH], poses[LONG_PATH], path[LONG_PATH];
    const struct set_names names = {catalog_part(catalog, image, "features", features),
                                    catalog_part(catalog, image, "mask", mask),
                                    catalog_part(catalog, image, "poses", poses), "features"};
    struct image_set *set = catalog_add_set(reader);
    enum geosc_status status;

    if (!set)
        return GEOSC_FAILED;
    set->first = image;
    catalog_open_set(reader, &names, 1, set);
    check_channels(reader, features, set);
    size_t place = find_set(catalog, table);
    for (int p = 0; p < GEOSC_POSES; p++)
        release_features(&set->pose[p]);
    if (&catalog->sets[place] != set) {
        catalog_close_set(set);
        catalog->set_count--;
        catalog->sets[place].count++;
    }
    catalog->set_of[image] = (uint32_t)place;
    TRY(reader_sizes(reader, catalog_part(catalog, image, "size", path), image, 1));
    TRY(reader_placements(reader, catalog_part(catalog, image, "placement", path), image, 1));
    check_photograph(reader, catalog_part(catalog, image, "rgb", path));
done:
    return status;
}

enum geosc_status catalog_open_groups(const struct reader *reader)
{
    struct reader alone = *reader;
    struct catalog *catalog = reader->catalog;
    struct found found = {.reader = reader, .visits = h5_file_bytes(catalog->file) / LINK_BYTES};
    struct set_table table = {0};
    enum geosc_status status;

    alone.alone = true;
    TRY(find_images(&found, "/images", 0));
    if (reader->problems->count) /* some names are unknown */
        goto done;
    TRY(take_names(&found));
    TRY(memory_allocate(reader->context, &catalog->set_of, found.count, sizeof *catalog->set_of, "images"));
    TRY(make_table(reader->context, found.count, &table));
    catalog->has_rgb = true;
    /* A fault of one image often repeats in all. */
    for (size_t i = 0; i < found.count && reader->problems->count < 16; i++)
        TRY(open_image(&alone, i, &table));
done:
    memory_free(table.place);
    memory_free(found.text);
    return status;
}

/* ---- keypoints of images ------------------------------------------------------------------------ */

/* Lists of pairs by source: first[image] is the first pair's number + 1, next[pair] the next one's, 0 ends the list. */
struct by_source {
    size_t *first, *next;
};

static enum geosc_status list_sources(const struct reader *reader, struct by_source *by_source)
{
    const struct catalog *catalog = reader->catalog;
    enum geosc_status status;

    TRY(memory_allocate_zero(reader->context, &by_source->first, catalog->images, sizeof(size_t), "pairs"));
    TRY(memory_allocate_zero(reader->context, &by_source->next, catalog->pairs, sizeof(size_t), "pairs"));
    for (size_t p = catalog->pairs; p-- > 0;) {
        by_source->next[p] = by_source->first[catalog->source[p]];
        by_source->first[catalog->source[p]] = p + 1;
    }
done:
    return status;
}

/* The largest number of keypoints of any source; 0 if a source has none. */
static size_t most_keypoints(const struct reader *reader, const struct by_source *by_source)
{
    const struct catalog *catalog = reader->catalog;
    const size_t shape[2] = {0, 2};
    size_t most = 0, with = SIZE_MAX, without = SIZE_MAX;
    char path[LONG_PATH];

    for (size_t i = 0; i < catalog->images; i++) {
        struct h5_array points;
        if (!by_source->first[i])
            continue;
        if (!reader_has(reader, catalog_part(catalog, i, "keypoints", path))) {
            without = i;
            continue;
        }
        with = i;
        if (!reader_open_whole(reader, path, WANT_NUMBER, 2, shape, &points))
            return 0;
        most = points.dims[0] > most ? points.dims[0] : most;
        h5_array_close(&points);
    }
    if (most == 0 || without == SIZE_MAX)
        return most;
    reader_problem(reader, catalog_part(catalog, without, "keypoints", path),
                   "missing; other sources have keypoints, such as /images/%s" REASON_MISSING,
                   catalog->image_name[with]);
    return 0;
}

/* Gives the keypoints to the pairs with this source; unreadable: marks all of them. */
static void hand_out(struct catalog *catalog, const struct by_source *by_source, size_t image,
                     const double (*points)[2], size_t count, bool unreadable)
{
    for (size_t p = by_source->first[image]; p; p = by_source->next[p - 1]) {
        catalog->unreadable[p - 1] = unreadable;
        if (!unreadable)
            memcpy(catalog->source_keypoints + (p - 1) * catalog->keypoints, points, count * sizeof *points);
    }
}

/* Reads the keypoints of an image. Damaged ones are a fault of its pairs only. */
static enum geosc_status read_image(const struct reader *reader, const struct by_source *by_source, size_t image,
                                    bool first)
{
    struct catalog *catalog = reader->catalog;
    const size_t shape[2] = {0, 2};
    struct h5_array array;
    double(*points)[2] = NULL;
    bool *damaged = NULL, unreadable = false, given;
    char path[LONG_PATH];
    enum units units;
    enum geosc_status status = GEOSC_OK;

    catalog_part(catalog, image, "keypoints", path);
    if (!reader_open_whole(reader, path, WANT_NUMBER, 2, shape, &array))
        return GEOSC_OK;
    reader_units(reader, path, &units, &given);
    if (!first && units != catalog->units)
        reader_problem(reader, path, "attribute units differs from the other images' keypoints" REASON_BAD_VALUE);
    catalog->units = units;
    if (array.dims[0] > catalog->keypoints) { /* more keypoints than when they were counted */
        reader_problem(reader, path, "changed during the run" REASON_BUSY);
        goto done;
    }
    TRY(memory_allocate(reader->context, &points, array.dims[0], sizeof *points, path));
    TRY(memory_allocate_zero(reader->context, &damaged, array.dims[0], sizeof *damaged, path));
    if (h5_read_doubles(reader->context, &array, points[0], damaged) != GEOSC_OK)
        reader_message(reader);
    for (size_t k = 0; k < array.dims[0]; k++)
        unreadable |= damaged[k];
    hand_out(catalog, by_source, image, (const double(*)[2])points, array.dims[0], unreadable);
done:
    memory_free(points);
    memory_free(damaged);
    h5_array_close(&array);
    return status;
}

enum geosc_status catalog_read_group_keypoints(const struct reader *reader)
{
    struct catalog *catalog = reader->catalog;
    struct by_source by_source = {0};
    size_t most, all;
    enum geosc_status status;
    bool first = true;

    TRY(list_sources(reader, &by_source));
    most = most_keypoints(reader, &by_source);
    if (most == 0)
        goto done;
    if (!size_multiply(most, catalog->pairs, &all))
        TRY(fail_memory(reader->context, SIZE_MAX, "keypoints"));
    TRY(memory_allocate(reader->context, &catalog->source_keypoints, all, sizeof *catalog->source_keypoints,
                        "keypoints"));
    TRY(memory_allocate_zero(reader->context, &catalog->unreadable, catalog->pairs, sizeof(bool), "keypoints"));
    catalog->keypoints = most;
    for (size_t i = 0; i < all; i++) /* the remaining keypoints of smaller images are absent */
        catalog->source_keypoints[i][0] = catalog->source_keypoints[i][1] = NAN;
    for (size_t i = 0; i < catalog->images; i++) {
        if (!by_source.first[i])
            continue;
        TRY(read_image(reader, &by_source, i, first));
        first = false;
    }
done:
    memory_free(by_source.first);
    memory_free(by_source.next);
    return status;
}
