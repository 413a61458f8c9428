#include "input/unused.h"

#include "base/guard.h"
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 6, IMAGES_MOST = 1000 /* images examined: a misspelt name repeats in all of them */, NAME = 256 };

static const char *const of_stacked[] = {"source",      "target",           "mask",      "target_mask",
                                         "keypoints",   "target_keypoints", "true_pose", "poses",
                                         "source_size", "target_size",      NULL};
static const char *const of_indexed[] = {"images", "pairs", "categories", "coco",
                                         NULL}; /* the last is of geosc-export */
static const char *const of_categories[] = {"name", "keypoint_name", NULL};
static const char *const of_images[] = {"features", "mask", "poses", "size", "placement", "name", "rgb", NULL};
static const char *const of_image[] = {"features",     "mask",      "poses", "size", "placement",
                                       "picture_size", "keypoints", "rgb",   NULL};
static const char *const of_pairs[] = {"source",       "target",         "keypoints",     "target_keypoints",
                                       "mirror_index", "symmetry_group", "threshold",     "category",
                                       "true_pose",    "target_box",     "keypoint_name", NULL};

/* The paths found so far. */
struct findings {
    geosc_context *context;
    struct h5_file *file;
    enum unused_which which;
    size_t count;
    char *out;
    size_t size, used;
};

static bool is_among(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* Whether `name` is similar to a known, missing name of a group; meant is the path of that name. */
static bool find_meant(struct h5_file *file, const char *group, const char *const *known, const char *name, char *meant,
                       size_t size)
{
    for (; *known; known++) {
        snprintf(meant, size, "%s/%s", group, *known);
        if (GUARD(mistyped_names) && suggest_resembles(name, *known) && h5_kind(file, meant) == H5_MISSING)
            return true;
    }
    return false;
}

static void add(struct findings *findings, const char *path, const char *meant)
{
    findings->count++;
    if (findings->count > SHOWN + 1 || findings->used >= findings->size)
        return;
    char *end = findings->out + findings->used;
    size_t room = findings->size - findings->used;
    if (findings->count > SHOWN)
        findings->used += (size_t)snprintf(end, room, ", and others");
    else
        findings->used += (size_t)snprintf(end, room, "%s%s%s%s%s", findings->count > 1 ? ", " : "", path,
                                           meant ? " (is " : "", meant ? meant : "", meant ? " meant?)" : "");
}

/* Adds the objects of a group ("" for the root) besides the known names. In an indexed file, data of images may be
 * among the pairs by mistake, and vice versa. */
static void look(struct findings *findings, const char *group, const char *const *known, bool indexed)
{
    char **names = NULL, path[3 * H5_PATH], meant[3 * H5_PATH];
    size_t count = 0;

    if (h5_list(findings->context, findings->file, group[0] ? group : "/", H5_NAMES, &names, &count) != GEOSC_OK)
        return; /* /pairs is optional */
    for (size_t i = 0; i < count; i++) {
        if (is_among(known, names[i]))
            continue;
        bool any = find_meant(findings->file, group, known, names[i], meant, sizeof meant) ||
                   (indexed && (find_meant(findings->file, "/pairs", of_pairs, names[i], meant, sizeof meant) ||
                                find_meant(findings->file, "/images", of_images, names[i], meant, sizeof meant)));
        snprintf(path, sizeof path, "%s/%s", group, names[i]);
        if (any || findings->which == UNUSED_ALL)
            add(findings, path, any ? meant : NULL);
    }
    memory_free(names);
}

/* Adds attributes of an object that are similar to a known, missing one. */
static void look_at_attribute(struct findings *findings, const char *path, const char *known)
{
    enum { MOST = 100 };
    char name[NAME], shown[3 * H5_PATH], meant[NAME] = "";

    for (size_t i = 0; i < MOST && h5_attribute_name(findings->file, path, i, name, sizeof name); i++) {
        if (strcmp(name, known) == 0)
            return;
        if (!meant[0] && suggest_resembles(name, known))
            snprintf(meant, sizeof meant, "%s", name);
    }
    if (!meant[0])
        return;
    snprintf(shown, sizeof shown, "attribute %s of %s", meant, path);
    add(findings, shown, known);
}

static void look_at_attributes(struct findings *findings, const struct catalog *catalog)
{
    const struct features *plain = &catalog->sets[0].pose[GEOSC_POSE_NONE];
    const char *features = catalog->indexed ? "/images/features" : "/source";

    if (catalog->source_keypoints && !catalog->grouped)
        look_at_attribute(findings, catalog->indexed ? "/pairs/keypoints" : "/keypoints", "units");
    if (!catalog->grouped && h5_kind(findings->file, features) == H5_GROUP)
        look_at_attribute(findings, features, "levels");
    for (size_t l = 0; plain->level_count > 1 && l < plain->level_count; l++)
        look_at_attribute(findings, plain->levels[l].path, "norm_group");
}

void unused_describe(geosc_context *context, const struct catalog *catalog, enum unused_which which, char *out,
                     size_t size)
{
    struct findings findings = {.context = context, .file = catalog->file, .which = which, .out = out, .size = size};
    size_t images = which != UNUSED_ALL && catalog->images > IMAGES_MOST ? IMAGES_MOST : catalog->images;
    char group[2 * H5_PATH];

    out[0] = '\0';
    look(&findings, "", catalog->indexed ? of_indexed : of_stacked, catalog->indexed && !catalog->grouped);
    if (catalog->indexed && which != UNUSED_MEANT_BUT_PAIRS)
        look(&findings, "/pairs", of_pairs, !catalog->grouped);
    if (catalog->indexed && h5_kind(findings.file, "/categories") == H5_GROUP)
        look(&findings, "/categories", of_categories, false);
    if (catalog->indexed && !catalog->grouped)
        look(&findings, "/images", of_images, true);
    for (size_t i = 0; catalog->grouped && i < images && findings.count <= SHOWN; i++) {
        snprintf(group, sizeof group, "/images/%s", catalog->image_name[i]);
        look(&findings, group, of_image, false);
    }
    look_at_attributes(&findings, catalog);
    context->message[0] = '\0'; /* of groups that could not be listed */
}

void unused_suggest(geosc_context *context, struct h5_file *file, const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/'), *name = slash + 1;
    const char *const *const known[] = {of_stacked, of_indexed, of_images, of_image, of_pairs, of_categories};
    char group[2 * H5_PATH], **names = NULL;
    geosc_context own = *context;
    size_t count = 0;

    out[0] = '\0';
    snprintf(group, sizeof group, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    if (h5_list(&own, file, group, H5_NAMES, &names, &count) != GEOSC_OK)
        return;
    for (size_t i = 0; i < count && !out[0]; i++) {
        bool other = false;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            other |= is_among(known[k], names[i]);
        if (!other && suggest_resembles(names[i], name))
            snprintf(out, size, "; is %s/%s meant?", slash == path ? "" : group, names[i]);
    }
    memory_free(names);
}
