#include "tools/inspect_input.h"

#include "base/sort.h"
#include "input/catalog_open.h"
#include "input/failure.h"
#include "input/query.h"
#include "input/truth.h"
#include "input/units.h"
#include "input/unused.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Descriptions of a set of images, which distinguish the sets of an input. */

static void describe_type(const struct image_set *set, char *text)
{
    const struct number_format *format = &set->pose[GEOSC_POSE_NONE].levels[0].format;

    facts_append(text, "", "%s%s", number_name(format->type), format->swapped ? ", other byte order" : "");
}

static void describe_chunks(const struct image_set *set, char *text)
{
    const struct h5_array *array = &set->pose[GEOSC_POSE_NONE].levels[0];

    for (size_t d = array->alone; array->chunked && d < array->rank; d++)
        facts_append(text, "x", "%zu", array->chunk[d]);
    if (!array->chunked)
        facts_append(text, "", "none (contiguous)");
}

static void describe_filters(const struct image_set *set, char *text)
{
    const struct h5_array *array = &set->pose[GEOSC_POSE_NONE].levels[0];

    for (size_t i = 0; !array->by_hdf5 && i < array->filters.count; i++)
        facts_append(text, ", ", "%s", raw_filter_name(array->filters.filter[i]));
    if (!text[0])
        facts_append(text, "", "%s", array->by_hdf5 ? "left to HDF5" : "none");
}

static void describe_levels(const struct image_set *set, char *text)
{
    const struct features *features = &set->pose[GEOSC_POSE_NONE];

    for (size_t i = 0; features->level_count > 1 && i < features->level_count; i++) {
        const struct h5_array *level = &features->levels[i];
        facts_append(text, ", ", "%s %zux%zux%zu", strrchr(level->path, '/') + 1, level->dims[1], level->dims[2],
                     level->dims[3]);
    }
}

/* Adds the distinct descriptions of the first `count` sets, at most a few; nothing if they are empty. */
static void add_descriptions(struct inspection *inspection, const char *name, const struct catalog *catalog,
                             size_t count, void (*describe)(const struct image_set *set, char *text))
{
    enum { SHOWN = 4 };
    char text[FACT_VALUE] = "", seen[SHOWN][FACT_VALUE] = {""};
    size_t different = 0;

    for (size_t s = 0; s < count && different <= SHOWN; s++) {
        char one[FACT_VALUE] = "";
        bool known = false;
        describe(&catalog->sets[s], one);
        for (size_t i = 0; i < different && !known; i++)
            known = strcmp(seen[i], one) == 0;
        if (known)
            continue;
        facts_append(text, "; ", "%s", different < SHOWN ? one : "and others");
        if (different < SHOWN)
            memcpy(seen[different], one, sizeof one);
        different++;
    }
    if (text[0])
        facts_text(inspection, name, text);
}

static void add_storage(struct inspection *inspection, const struct catalog *catalog)
{
    size_t count = catalog->grouped ? catalog->set_count : 1; /* in a stacked file, the sources stand for all */

    add_descriptions(inspection, "type", catalog, count, describe_type);
    add_descriptions(inspection, "chunks", catalog, count, describe_chunks);
    add_descriptions(inspection, "filters", catalog, count, describe_filters);
    add_descriptions(inspection, "levels", catalog, count, describe_levels);
}

/* "yes", "no" or "3 of 5 images". */
static void add_share(struct inspection *inspection, const char *name, size_t with, size_t all)
{
    if (with && with < all)
        facts_add(inspection, name, false, "%zu of %zu images", with, all);
    else
        facts_answer(inspection, name, with > 0);
}

/* Adds the poses stored in the first `set_count` sets. */
static void add_poses(struct inspection *inspection, const struct catalog *catalog, size_t set_count)
{
    char text[FACT_VALUE] = "";

    for (int p = GEOSC_POSE_NONE + 1; p < GEOSC_POSES; p++) {
        size_t images = 0, posed = 0, masked = 0;
        for (size_t s = 0; s < set_count; s++) {
            const struct features *pose = &catalog->sets[s].pose[p];
            images += catalog->sets[s].count;
            posed += pose->level_count ? catalog->sets[s].count : 0;
            masked += pose->has_mask ? catalog->sets[s].count : 0;
        }
        if (posed)
            facts_append(text, ", ", "%s%s", geosc_pose_name((enum geosc_pose)p),
                         masked == posed ? " (with mask)" : "");
        if (posed && posed < images)
            facts_append(text, "", " (%zu of %zu images)", posed, images);
    }
    facts_text(inspection, "stored_poses", text[0] ? text : "none");
}

/* Adds one number if all are equal, else the smallest and the largest. */
static void add_range(struct inspection *inspection, const char *const names[3], const size_t range[2])
{
    if (range[0] == range[1]) {
        facts_count(inspection, names[0], range[0]);
        return;
    }
    facts_count(inspection, names[1], range[0]);
    facts_count(inspection, names[2], range[1]);
}

/* Adds what differs between the images of a grouped file. */
static void add_groups(struct inspection *inspection, const struct catalog *catalog)
{
    static const char *const heights[] = {"height", "min_height", "max_height"};
    static const char *const widths[] = {"width", "min_width", "max_width"};
    size_t height[2], width[2], masks = 0, sizes = 0;

    for (size_t s = 0; s < catalog->set_count; s++)
        masks += catalog->sets[s].pose[GEOSC_POSE_NONE].has_mask ? catalog->sets[s].count : 0;
    for (size_t i = 0; catalog->size && i < catalog->images; i++)
        sizes += !isnan(catalog->size[i][0]);
    catalog_grids(catalog, height, width);
    add_range(inspection, heights, height);
    add_range(inspection, widths, width);
    add_storage(inspection, catalog);
    add_poses(inspection, catalog, catalog->set_count);
    add_share(inspection, "masks", masks, catalog->images);
    add_share(inspection, "image_sizes", sizes, catalog->images);
}

static void add_images(struct inspection *inspection, const struct catalog *catalog)
{
    const struct features *source = &catalog->sets[0].pose[GEOSC_POSE_NONE];
    const struct features *target = &catalog->sets[catalog->set_count - 1].pose[GEOSC_POSE_NONE];
    char hint[FACT_VALUE];

    facts_count(inspection, "images", catalog->images);
    facts_count(inspection, "channels", catalog->channels);
    if (catalog_seems_turned(catalog, hint, sizeof hint))
        facts_text(inspection, "axes_hint", hint);
    if (catalog->grouped) {
        add_groups(inspection, catalog);
        facts_answer(inspection, "image_names", true);
        facts_answer(inspection, "pictures", catalog->has_rgb);
        return;
    }
    facts_count(inspection, "height", source->height);
    facts_count(inspection, "width", source->width);
    if (target->height != source->height || target->width != source->width) {
        facts_count(inspection, "target_height", target->height);
        facts_count(inspection, "target_width", target->width);
    }
    add_storage(inspection, catalog);
    add_poses(inspection, catalog, 1);
    facts_answer(inspection, "masks", source->has_mask);
    if (!catalog->indexed)
        facts_answer(inspection, "target_masks", target->has_mask);
    facts_answer(inspection, "image_sizes", catalog->size != NULL);
    if (!catalog->indexed)
        return;
    facts_answer(inspection, "image_names", catalog->image_name != NULL);
    facts_answer(inspection, "pictures", catalog->has_rgb);
}

/* Adds the images with data that was never written, the first few by name: their pairs are unreadable. */
static void add_unwritten(geosc_context *context, struct inspection *inspection, const struct catalog *catalog)
{
    enum { SHOWN = 4 };
    char text[FACT_VALUE] = "", path[2 * H5_PATH];
    size_t count = 0;

    for (size_t i = 0; i < catalog->images; i++) {
        const char *name = catalog->image_name ? catalog->image_name[i] : NULL;
        if (catalog_find_unwritten(context, catalog, i, path, sizeof path) && count++ < SHOWN)
            facts_append(text, ", ", "image %zu%s%.80s%s of %.160s",
                         catalog->indexed ? i : i - catalog_image(catalog, i)->first, name ? " (" : "",
                         name ? name : "", name ? ")" : "", path);
    }
    if (count > SHOWN)
        facts_append(text, "", " and %zu more", count - SHOWN);
    if (count == 0)
        return;
    facts_count(inspection, "images_unwritten", count);
    facts_text(inspection, "unwritten", text);
}

static enum geosc_status add_categories(geosc_context *context, struct inspection *inspection,
                                        const struct catalog *catalog)
{
    enum geosc_status status = GEOSC_OK;
    size_t different = 0;
    char **names = NULL;

    if (!catalog->indexed)
        return GEOSC_OK;
    if (catalog->category) {
        TRY(memory_allocate(context, &names, catalog->pairs, sizeof *names, "categories"));
        memcpy(names, catalog->category, catalog->pairs * sizeof *names);
        sort_names(names, catalog->pairs);
        for (size_t i = 0; i < catalog->pairs; i++)
            different += i == 0 || strcmp(names[i], names[i - 1]) != 0;
    }
    facts_count(inspection, "categories", different);
done:
    memory_free(names);
    return status;
}

/* Adds the number of keypoints without an answer, of pairs with any, and the reason. */
static void add_outside(struct inspection *inspection, const struct catalog *catalog)
{
    struct truth_outside outside = truth_find_outside(catalog, false);
    char name[FACT_VALUE / 2], reason[FACT_VALUE / 2];

    if (outside.points == 0)
        return;
    failure_name_pair(catalog, outside.first_pair, name, sizeof name);
    failure_describe(catalog, outside.first_pair, GEOSC_PAIR_BAD_KEYPOINT, reason, sizeof reason);
    facts_count(inspection, "keypoints_outside", outside.points);
    facts_count(inspection, "pairs_outside", outside.pairs);
    facts_add(inspection, "first_outside", false, "%s: %s", name, reason);
}

/* Adds target keypoints that any match would miss; invalid ones and invalid thresholds are problems. */
static void add_truth(geosc_context *context, struct inspection *inspection, const struct catalog *catalog)
{
    struct truth_outside outside = truth_find_outside(catalog, true);
    char described[FACT_VALUE];

    if (outside.points) {
        truth_describe_outside(catalog, &outside, described, sizeof described);
        facts_count(inspection, "targets_outside", outside.points);
        facts_text(inspection, "first_target_outside", described);
    }
    if (outside.zeros)
        facts_count(inspection, "targets_at_zero", outside.zeros);
    if (truth_check_all(context, catalog, true) != GEOSC_OK)
        problems_add(&inspection->problems, "%s", geosc_message(context));
}

static void add_pairs(geosc_context *context, struct inspection *inspection, const struct catalog *catalog)
{
    if (!catalog->keypoints) {
        facts_text(inspection, "keypoints", "none (dense matches)");
    } else {
        facts_count(inspection, "keypoints", catalog->keypoints);
        facts_text(inspection, "units", units_name(catalog->units));
        add_outside(inspection, catalog);
    }
    facts_answer(inspection, "target_keypoints", catalog->target_keypoints != NULL);
    add_truth(context, inspection, catalog);
    if (catalog->indexed) {
        facts_answer(inspection, "mirror_index", catalog->mirror_index != NULL);
        facts_answer(inspection, "symmetry_groups", catalog->symmetry_group != NULL);
        facts_answer(inspection, "thresholds", catalog->threshold != NULL);
    }
    facts_answer(inspection, "true_poses", catalog->true_pose != NULL);
}

enum geosc_status inspect_input(geosc_context *context, const char *path, const struct h5_access *access,
                                const char *list, struct inspection *inspection)
{
    const struct catalog_pairs pairs = {.text = list};
    struct catalog catalog = {0};
    char unused[FACT_VALUE];
    enum geosc_status status;

    TRY(catalog_open(context, path, access, list ? &pairs : NULL, &catalog, &inspection->problems));
    facts_text(inspection, "layout", catalog.grouped ? "grouped" : catalog.indexed ? "indexed" : "stacked");
    if (inspection->problems.count == 0) {
        facts_count(inspection, "pairs", catalog.pairs);
        add_images(inspection, &catalog);
        add_unwritten(context, inspection, &catalog);
        add_pairs(context, inspection, &catalog);
        TRY(add_categories(context, inspection, &catalog));
        unused_describe(context, &catalog, list ? UNUSED_MEANT_BUT_PAIRS : UNUSED_ALL, unused, sizeof unused);
        if (unused[0])
            facts_text(inspection, "unused", unused);
    }
done:
    catalog_close(&catalog);
    return status;
}
