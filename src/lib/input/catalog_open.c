#include "input/catalog_open.h"

#include "base/reason.h"
#include "input/catalog_groups.h"
#include "input/catalog_images.h"
#include "input/catalog_pairs.h"

#include <stdio.h>

static enum geosc_status open_stacked(const struct reader *reader)
{
    static const struct set_names sources = {"/source", "/mask", "/poses", "source"};
    static const struct set_names targets = {"/target", "/target_mask", NULL, NULL};
    struct catalog *catalog = reader->catalog;

    if (!catalog_add_set(reader) || !catalog_add_set(reader))
        return GEOSC_FAILED;
    catalog_open_set(reader, &sources, 0, &catalog->sets[0]);
    catalog_open_set(reader, &targets, catalog->sets[0].count, &catalog->sets[1]);
    catalog->sets[1].first = catalog->sets[0].count;
    catalog->images = catalog->sets[0].count + catalog->sets[1].count;
    size_t source = catalog->sets[0].pose[GEOSC_POSE_NONE].channels,
           target = catalog->sets[1].pose[GEOSC_POSE_NONE].channels;
    if (source && target && source != target)
        reader_problem(reader, "/target", "has %zu channels, but /source has %zu" REASON_WRONG_SHAPE, target, source);
    return catalog_read_stacked(reader);
}

/* Whether /images holds arrays named like images instead of the groups of a grouped file: then adds a problem. */
static bool explain_flat(const struct reader *reader)
{
    char **names = NULL, path[LONG_PATH], near[NEAR];
    struct h5_array array = {0};
    size_t count = 0;
    bool flat = false;

    if (reader_has(reader, "/images/features") || reader_near(reader, "/images/features", near)[0] ||
        h5_list(reader->context, reader->catalog->file, "/images", H5_NAMES, &names, &count) != GEOSC_OK)
        return false;
    for (size_t i = 0; i < count && !flat; i++) {
        snprintf(path, sizeof path, "/images/%s", names[i]);
        flat = h5_kind(reader->catalog->file, path) == H5_ARRAY &&
               h5_array_open(reader->context, reader->catalog->file, path, &array) == GEOSC_OK &&
               number_is_float(array.format.type) && array.rank == 3;
        h5_array_close(&array);
    }
    if (flat)
        reader_problem(reader, path,
                       "is a dataset, expected an image's group: store it as %s/features" REASON_WRONG_KIND, path);
    memory_free(names);
    return flat;
}

static enum geosc_status open_indexed(const struct reader *reader, const struct catalog_pairs *pairs)
{
    static const struct set_names images = {"/images/features", "/images/mask", "/images/poses", "features"};
    struct catalog *catalog = reader->catalog;

    catalog->indexed = true;
    if (!catalog_add_set(reader))
        return GEOSC_FAILED;
    if (!explain_flat(reader))
        catalog_open_set(reader, &images, 0, &catalog->sets[0]);
    catalog->images = catalog->sets[0].count;
    return catalog_read_indexed(reader, pairs);
}

/* Groups below /images, and no names of the indexed layout. */
static bool is_grouped(const struct reader *reader)
{
    return h5_kind(reader->catalog->file, "/images") == H5_GROUP && !reader_has(reader, "/images/features") &&
           !reader_has(reader, "/images/poses") && catalog_has_groups(reader, "/images");
}

static enum geosc_status open_grouped(const struct reader *reader, const struct catalog_pairs *pairs)
{
    enum geosc_status status;

    reader->catalog->indexed = reader->catalog->grouped = true;
    TRY(catalog_open_groups(reader));
    if (reader->catalog->images)
        TRY(catalog_read_indexed(reader, pairs));
done:
    return status;
}

/* Whether the file is an output of geosc match, which has pairs, too: then adds a problem. */
static bool of_output(const struct reader *reader, struct problems *problems)
{
    if (!reader_has(reader, "/matches") || reader_has(reader, "/images") || reader_has(reader, "/source"))
        return false;
    problems_add(problems, "%s: is an output of geosc match, not an input" REASON_NOT_OURS,
                 h5_file_path(reader->catalog->file));
    return true;
}

/* Refuses a file without any of an input's main names. */
static void refuse_kind(const struct reader *reader, const char *path)
{
    static const char *const begin[] = {"/images", "/pairs", "/source", "/target"};
    char near[NEAR] = "";

    for (size_t i = 0; i < sizeof begin / sizeof *begin && !near[0]; i++)
        reader_near(reader, begin[i], near);
    problems_add(reader->problems,
                 "%s: is not an input: it has neither /source and /target nor /images and "
                 "/pairs%s" REASON_NOT_OURS,
                 path, near);
}

enum geosc_status catalog_open(geosc_context *context, const char *path, const struct h5_access *access,
                               const struct catalog_pairs *pairs, struct catalog *catalog, struct problems *problems)
{
    enum geosc_status status;
    struct reader reader = {context, catalog, problems, false};

    *catalog = (struct catalog){0};
    problems->of_list = pairs && pairs->text;
    TRY(h5_open(context, path, &catalog->file));
    if (access)
        h5_allow(catalog->file, access);
    if (of_output(&reader, problems))
        goto done;
    bool stacked = reader_has(&reader, "/source") || reader_has(&reader, "/target");
    if (stacked && pairs)
        problems_add(problems, "%s: has the stacked layout, whose pairs cannot be replaced" REASON_BAD_VALUE, path);
    else if (stacked)
        TRY(open_stacked(&reader));
    else if (is_grouped(&reader))
        TRY(open_grouped(&reader, pairs));
    else if (reader_has(&reader, "/images") || reader_has(&reader, "/pairs"))
        TRY(open_indexed(&reader, pairs));
    else
        refuse_kind(&reader, path);
    catalog->channels = catalog->set_count ? catalog->sets[0].pose[GEOSC_POSE_NONE].channels : 0;
done:
    if (status != GEOSC_OK)
        catalog_close(catalog);
    return status;
}

void catalog_close(struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->set_count; i++)
        catalog_close_set(&catalog->sets[i]);
    memory_free(catalog->sets);
    memory_free(catalog->set_of);
    memory_free(catalog->size);
    memory_free(catalog->placement);
    h5_array_close(&catalog->rgb);
    memory_free(catalog->source);
    memory_free(catalog->target);
    memory_free(catalog->index);
    memory_free(catalog->source_keypoints);
    memory_free(catalog->target_keypoints);
    memory_free(catalog->unreadable);
    memory_free(catalog->mirror_index);
    memory_free(catalog->symmetry_group);
    memory_free(catalog->threshold);
    memory_free(catalog->target_box);
    memory_free(catalog->keypoint_name);
    memory_free(catalog->named_category);
    memory_free(catalog->category_keypoint_name);
    memory_free(catalog->category);
    memory_free(catalog->image_name);
    memory_free(catalog->true_pose);
    h5_close(catalog->file);
    *catalog = (struct catalog){0};
}
