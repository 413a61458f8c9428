/* Follows the path to an object link by link: HDF5 itself would follow links to other files. */
#include "base/guard.h"
#include "h5/h5_internal.h"

#include "base/reason.h"

#include <stdio.h>
#include <string.h>

enum { SOFT_LINKS = 64 /* most soft links on the way to one object */ };

/* ---- links -------------------------------------------------------------------------------------- */

enum link {
    LINK_FINE,
    LINK_MISSING,
    LINK_EXTERNAL,
    LINK_USER,
    LINK_DANGLING,
    LINK_LOOP,
    LINK_LONG,
    LINK_DAMAGED,
    LINK_UNOPENED
};

static const char *const link_faults[] = {
    [LINK_MISSING] = "missing" REASON_MISSING,
    [LINK_EXTERNAL] = "is (or is behind) an external link; only data in the file itself is read (see "
                      "--allow-links)" REASON_EXTERNAL_LINK,
    [LINK_USER] = "is (or is behind) a user-defined link; only data in the file itself is read" REASON_USER_LINK,
    [LINK_DANGLING] = "is a soft link without a target" REASON_DANGLING_LINK,
    [LINK_LOOP] = "too many soft links" REASON_LINK_LOOP,
    [LINK_LONG] = "the path is too long" REASON_BAD_NAME,
    [LINK_DAMAGED] = "cannot read the links of this path" REASON_DAMAGED,
    [LINK_UNOPENED] = "is in a group that cannot be opened" REASON_DAMAGED,
};

static enum link walk(const struct h5_file *file, const char *path, int *followed);

/* Follows the soft link at `path`, of `size` bytes, to its target. followed: soft links so far in total, since each may
 * contain others twice. */
static enum link follow(const struct h5_file *file, const char *path, size_t size, int *followed)
{
    char value[H5_PATH] = "", target[2 * H5_PATH] = "";
    const char *slash = strrchr(path, '/');
    enum link found;

    if (GUARD(hostile_link_loop) && ++*followed > SOFT_LINKS)
        return LINK_LOOP;
    if (GUARD(hostile_link_long) && size >= sizeof value)
        return LINK_LONG;
    if (H5Lget_val(file->id, path, value, sizeof value, file->links) < 0)
        return LINK_DAMAGED;
    if (value[0] != '/')
        snprintf(target, sizeof target, "%.*s/", (int)(slash - path), path);
    strncat(target, value, sizeof target - strlen(target) - 1);
    found = walk(file, target, followed);
    return GUARD(hostile_link_dangling) && found == LINK_MISSING ? LINK_DANGLING : found;
}

/* Checks the link `name` in the group `at`, at the absolute `path`; the links above it are checked already. */
static enum link look(const struct h5_file *file, hid_t at, const char *name, const char *path, int *followed)
{
    htri_t there = H5Lexists(at, name, file->links);
    H5L_info2_t info;

    if (there <= 0)
        return there == 0 ? LINK_MISSING : LINK_DAMAGED;
    if (file->access.links) /* let HDF5 follow it: in another file, a soft link has another target */
        return LINK_FINE;
    if (H5Lget_info2(at, name, &info, file->links) < 0)
        return LINK_DAMAGED;
    if (info.type == H5L_TYPE_SOFT)
        return GUARD(hostile_link_behind_a_link) ? follow(file, path, info.u.val_size, followed) : LINK_FINE;
    if (info.type == H5L_TYPE_HARD)
        return LINK_FINE;
    if (info.type == H5L_TYPE_EXTERNAL)
        return GUARD(hostile_external_link) ? LINK_EXTERNAL : LINK_FINE;
    return GUARD(hostile_user_link) ? LINK_USER : LINK_FINE;
}

/* Checks that the object at `path` may have children. */
static enum link look_above(const struct h5_file *file, const char *path)
{
    hid_t id = H5Oopen(file->id, path, file->links);
    enum link found = id < 0 ? LINK_UNOPENED : H5Iget_type(id) == H5I_GROUP ? LINK_FINE : LINK_MISSING;

    h5_drop(id);
    return found;
}

/* Checks each link of an absolute path that is a soft link's target. */
static enum link walk(const struct h5_file *file, const char *path, int *followed)
{
    char prefix[H5_PATH] = "";
    enum link found = LINK_FINE;
    size_t end = 0;

    if (strlen(path) >= sizeof prefix)
        return LINK_LONG;
    while (found == LINK_FINE && path[end += strspn(path + end, "/")]) {
        if (prefix[0] && (found = look_above(file, prefix)) != LINK_FINE)
            return found;
        end += strcspn(path + end, "/");
        memcpy(prefix, path, end);
        prefix[end] = '\0';
        found = look(file, file->id, prefix, prefix, followed);
    }
    return found;
}

/* ---- the trail ---------------------------------------------------------------------------------- */

void h5_trail_drop(struct h5_file *file)
{
    while (file->trail.count)
        H5Oclose(file->trail.id[--file->trail.count]);
}

/* Cuts the trail to the last group that the path shares. */
static void go_back(struct h5_file *file, const char *path)
{
    struct h5_trail *trail = &file->trail;

    while (trail->count) {
        size_t end = trail->end[trail->count - 1];
        if (strncmp(path, trail->path, end) == 0 && path[end] == '/')
            return;
        H5Oclose(trail->id[--trail->count]);
    }
}

/* Opens the group whose name ends at `end` in the path and adds it to the trail; only its last part `name` is new. */
static enum link go_on(struct h5_file *file, hid_t at, const char *name, const char *path, size_t end)
{
    struct h5_trail *trail = &file->trail;
    hid_t id;

    if (trail->count == H5_TRAIL)
        return LINK_LONG;
    id = H5Oopen(at, name, file->links);
    if (id < 0)
        return LINK_UNOPENED;
    if (H5Iget_type(id) != H5I_GROUP) {
        h5_drop(id);
        return LINK_MISSING; /* nothing is below it */
    }
    memcpy(trail->path, path, end);
    trail->end[trail->count] = end;
    trail->id[trail->count++] = id;
    return LINK_FINE;
}

/* Checks each link of an absolute path in turn, since HDF5 would follow them to other files; the groups on the trail
 * are checked already. The object is `name` in the group `at`. */
static enum link find(struct h5_file *file, const char *path, hid_t *at, char name[H5_PATH])
{
    const struct h5_trail *trail = &file->trail;
    char prefix[H5_PATH];
    enum link found = LINK_FINE;
    int followed = 0;
    size_t end;

    if (GUARD(hostile_path_long) && strlen(path) >= sizeof prefix)
        return LINK_LONG;
    go_back(file, path);
    end = trail->count ? trail->end[trail->count - 1] : 0;
    *at = trail->count ? trail->id[trail->count - 1] : file->id;
    strcpy(name, "/");
    for (bool below = false; found == LINK_FINE && path[end += strspn(path + end, "/")]; below = true) {
        if (below) {
            found = go_on(file, *at, name, path, strlen(prefix));
            if (found != LINK_FINE)
                break;
            *at = trail->id[trail->count - 1];
        }
        size_t length = strcspn(path + end, "/");
        snprintf(name, H5_PATH, "%.*s", (int)length, path + end);
        end += length;
        snprintf(prefix, sizeof prefix, "%.*s", (int)end, path);
        found = look(file, *at, name, prefix, &followed);
    }
    return found;
}

hid_t h5_object_find(struct h5_file *file, const char *path, bool *missing)
{
    char name[H5_PATH];
    hid_t at;
    enum link found = find(file, path, &at, name);

    *missing = found == LINK_MISSING;
    return found == LINK_FINE ? H5Oopen(at, name, file->links) : -1;
}

enum geosc_status h5_object_open(geosc_context *context, struct h5_file *file, const char *path, hid_t *id)
{
    char cause[H5_CAUSE_SIZE], name[H5_PATH];
    hid_t at;
    enum link found = find(file, path, &at, name);

    *id = -1;
    if (found != LINK_FINE)
        return h5_refuse(context, file, path, "%s", link_faults[found]);
    *id = H5Oopen(at, name, file->links);
    if (*id < 0)
        return h5_refuse(context, file, path, "cannot be opened (%s)" REASON_DAMAGED, h5_cause(cause));
    return GEOSC_OK;
}
