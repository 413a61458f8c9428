#include "unused.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 6 };

static const char *const of_stacked[] = {"source",      "target",           "mask",      "target_mask",
                                         "keypoints",   "target_keypoints", "true_pose", "poses",
                                         "source_size", "target_size",      NULL};
static const char *const of_indexed[] = {"images", "pairs", NULL};
static const char *const of_images[] = {"features", "mask", "poses", "size", "placement", "name", "rgb", NULL};
static const char *const of_image[] = {"features", "mask", "poses", "size", "placement", "keypoints", "rgb", NULL};
static const char *const of_pairs[] = {"source",         "target",    "keypoints", "target_keypoints", "mirror_index",
                                       "symmetry_group", "threshold", "category",  "true_pose",        NULL};

/* The paths found so far. */
struct findings {
    geosc_context *context;
    struct h5_file *file;
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

static void add(struct findings *findings, const char *group, const char *name)
{
    findings->count++;
    if (findings->count > SHOWN + 1 || findings->used >= findings->size)
        return;
    char *end = findings->out + findings->used;
    size_t room = findings->size - findings->used;
    if (findings->count > SHOWN)
        findings->used += (size_t)snprintf(end, room, ", and others");
    else
        findings->used += (size_t)snprintf(end, room, "%s%s/%s", findings->count > 1 ? ", " : "", group, name);
}

/* Adds what a group ("" for the root) holds beside the known names. */
static void look(struct findings *findings, const char *group, const char *const *known)
{
    char **names = NULL;
    size_t count = 0;

    if (h5_list(findings->context, findings->file, group[0] ? group : "/", H5_NAMES, &names, &count) != GEOSC_OK)
        return; /* /pairs need not be there */
    for (size_t i = 0; i < count; i++)
        if (!is_among(known, names[i]))
            add(findings, group, names[i]);
    memory_free(names);
}

void unused_describe(geosc_context *context, const struct catalog *catalog, char *out, size_t size)
{
    struct findings findings = {.context = context, .file = catalog->file, .out = out, .size = size};
    char group[2 * H5_PATH];

    out[0] = '\0';
    look(&findings, "", catalog->indexed ? of_indexed : of_stacked);
    if (catalog->indexed)
        look(&findings, "/pairs", of_pairs);
    if (catalog->indexed && !catalog->grouped)
        look(&findings, "/images", of_images);
    for (size_t i = 0; catalog->grouped && i < catalog->images && findings.count <= SHOWN; i++) {
        snprintf(group, sizeof group, "/images/%s", catalog->image_name[i]);
        look(&findings, group, of_image);
    }
}
