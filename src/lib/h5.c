#include "h5_internal.h"

#include "reason.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOFT_LINKS = 16, GROUP_NAMES = 1 << 20 };

enum geosc_status h5_refuse(geosc_context *context, const struct h5_file *file, const char *path, const char *format,
                            ...)
{
    char reason[STATUS_MESSAGE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return fail(context, GEOSC_FAILED, "%s: %s: %s", file->path, path, reason);
}

/* ---- files -------------------------------------------------------------------------------------- */

/* Opens a regular file without waiting (as a FIFO would make us) and looks that nobody is writing it. */
static enum geosc_status open_regular(geosc_context *context, struct h5_file *file)
{
    struct stat facts;

    file->fd = open(file->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file->fd < 0 || fstat(file->fd, &facts) != 0)
        return fail(context, GEOSC_FAILED, "%s: %s" REASON_NO_FILE, file->path, strerror(errno));
    if (!S_ISREG(facts.st_mode))
        return fail(context, GEOSC_FAILED, "%s: %s, expected an HDF5 file" REASON_NOT_REGULAR, file->path,
                    S_ISDIR(facts.st_mode) ? "is a directory" : "is not a regular file");
    /* Where the file system knows no locks (parallel ones often don't), we read without. */
    if (flock(file->fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return fail(context, GEOSC_FAILED, "%s: another program has it open for writing; try again when it is done" REASON_BUSY,
                    file->path);
    file->bytes = (uint64_t)facts.st_size;
    return GEOSC_OK;
}

/* HDF5's signature stands at byte 0, 512, 1024, 2048 and so on. */
static bool has_signature(const struct h5_file *file)
{
    static const char signature[8] = "\211HDF\r\n\032\n";
    char start[sizeof signature];

    for (uint64_t at = 0; at < file->bytes; at = at ? at * 2 : 512)
        if (pread(file->fd, start, sizeof start, (off_t)at) == (ssize_t)sizeof start &&
            memcmp(start, signature, sizeof start) == 0)
            return true;
    return false;
}

static enum geosc_status refuse_file(geosc_context *context, const struct h5_file *file)
{
    char cause[H5_CAUSE_SIZE];

    if (file->bytes == 0)
        return fail(context, GEOSC_FAILED, "%s: is empty, expected an HDF5 file" REASON_EMPTY_FILE, file->path);
    if (!has_signature(file))
        return fail(context, GEOSC_FAILED, "%s: is not an HDF5 file" REASON_NOT_HDF5, file->path);
    h5_cause(cause);
    if (strstr(cause, "lock file"))
        return fail(context, GEOSC_FAILED,
                    "%s: HDF5 cannot lock it (%s); where the file system has no locks, as NFS and Lustre may, set "
                    "HDF5_USE_FILE_LOCKING=FALSE" REASON_BUSY,
                    file->path, cause);
    if (strstr(cause, "truncated") || file->bytes < 96)
        return fail(context, GEOSC_FAILED, "%s: is truncated: only %llu bytes are there (%s)" REASON_DAMAGED, file->path,
                    (unsigned long long)file->bytes, cause);
    return fail(context, GEOSC_FAILED, "%s: is a damaged or truncated HDF5 file (%s)" REASON_DAMAGED, file->path, cause);
}

static enum geosc_status open_hdf5(geosc_context *context, struct h5_file *file)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    enum geosc_status status;

    /* The plain driver whatever the environment says; no lock of HDF5's own, since we have one that doesn't insist. */
    if (access >= 0 && H5Pset_fapl_sec2(access) >= 0 && H5Pset_file_locking(access, false, true) >= 0)
        file->id = H5Fopen(file->path, H5F_ACC_RDONLY, access);
    status = file->id >= 0 ? GEOSC_OK : refuse_file(context, file); /* at once: HDF5's next call forgets the cause */
    if (access >= 0)
        H5Pclose(access);
    return status;
}

enum geosc_status h5_open(geosc_context *context, const char *path, struct h5_file **file)
{
    enum geosc_status status;
    struct h5_guard guard;
    struct h5_file *made;

    *file = NULL;
    h5_enter(&guard);
    TRY(memory_allocate_zero(context, &made, 1, sizeof *made, "a file"));
    *made = (struct h5_file){.id = -1, .fd = -1, .path = memory_copy_string(path), .links = -1};
    *file = made;
    made->links = h5_link_access(&made->access);
    if (!made->path || made->links < 0)
        TRY(fail_memory(context, strlen(path), "a file name"));
    TRY(open_regular(context, made));
    TRY(open_hdf5(context, made));
done:
    if (status != GEOSC_OK) {
        h5_close(*file);
        *file = NULL;
    }
    h5_leave(&guard);
    return status;
}

void h5_allow(struct h5_file *file, const struct h5_access *access)
{
    struct h5_guard guard;

    h5_enter(&guard);
    H5Pclose(file->links);
    file->access = *access;
    file->links = h5_link_access(access);
    h5_leave(&guard);
}

void h5_close(struct h5_file *file)
{
    struct h5_guard guard;

    if (!file)
        return;
    h5_enter(&guard);
    if (file->id >= 0)
        H5Fclose(file->id);
    if (file->links >= 0)
        H5Pclose(file->links);
    if (file->fd >= 0)
        close(file->fd);
    memory_free(file->path);
    memory_free(file);
    h5_leave(&guard);
}

const char *h5_file_path(const struct h5_file *file)
{
    return file->path;
}

int h5_file_descriptor(const struct h5_file *file)
{
    return file->fd;
}

/* ---- links -------------------------------------------------------------------------------------- */

enum link { LINK_FINE, LINK_MISSING, LINK_EXTERNAL, LINK_USER, LINK_DANGLING, LINK_LOOP, LINK_LONG, LINK_DAMAGED, LINK_UNOPENED };

static const char *const link_faults[] = {
    [LINK_MISSING] = "missing" REASON_MISSING,
    [LINK_EXTERNAL] = "is (or lies behind) an external link; only data in the file itself is read (but see --allow-links)" REASON_EXTERNAL_LINK,
    [LINK_USER] = "is (or lies behind) a user-defined link; only data in the file itself is read" REASON_USER_LINK,
    [LINK_DANGLING] = "is a soft link that leads nowhere" REASON_DANGLING_LINK,
    [LINK_LOOP] = "too many soft links" REASON_LINK_LOOP,
    [LINK_LONG] = "the path is too long" REASON_BAD_NAME,
    [LINK_DAMAGED] = "the links of this path can't be read" REASON_DAMAGED,
    [LINK_UNOPENED] = "is in a group that can't be opened" REASON_DAMAGED,
};

static enum link walk(const struct h5_file *file, const char *path, int depth);

/* Follows the soft link at `path`, of `size` bytes, down to what it leads to. */
static enum link follow(const struct h5_file *file, const char *path, size_t size, int depth)
{
    char value[H5_PATH] = "", target[2 * H5_PATH] = "";
    const char *slash = strrchr(path, '/');
    enum link found;

    if (depth >= SOFT_LINKS)
        return LINK_LOOP;
    if (size >= sizeof value)
        return LINK_LONG;
    if (H5Lget_val(file->id, path, value, sizeof value, file->links) < 0)
        return LINK_DAMAGED;
    if (value[0] != '/')
        snprintf(target, sizeof target, "%.*s/", (int)(slash - path), path);
    strncat(target, value, sizeof target - strlen(target) - 1);
    found = walk(file, target, depth + 1);
    return found == LINK_MISSING ? LINK_DANGLING : found;
}

/* The link at `path`, those above it being fine. */
static enum link look(const struct h5_file *file, const char *path, int depth)
{
    htri_t there = H5Lexists(file->id, path, file->links);
    H5L_info_t info;

    if (there <= 0)
        return there == 0 ? LINK_MISSING : LINK_DAMAGED;
    if (file->access.links) /* HDF5 follows: in another file, a soft link means another place */
        return LINK_FINE;
    if (H5Lget_info(file->id, path, &info, file->links) < 0)
        return LINK_DAMAGED;
    if (info.type == H5L_TYPE_SOFT)
        return follow(file, path, info.u.val_size, depth);
    if (info.type == H5L_TYPE_HARD)
        return LINK_FINE;
    return info.type == H5L_TYPE_EXTERNAL ? LINK_EXTERNAL : LINK_USER;
}

/* Something may stand below the object at `path`. */
static enum link look_above(const struct h5_file *file, const char *path)
{
    hid_t id = H5Oopen(file->id, path, file->links);
    enum link found = id < 0 ? LINK_UNOPENED : H5Iget_type(id) == H5I_GROUP ? LINK_FINE : LINK_MISSING;

    if (id >= 0)
        H5Oclose(id);
    return found;
}

/* Looks at each link of an absolute path in turn: HDF5 would follow them to other files. */
static enum link walk(const struct h5_file *file, const char *path, int depth)
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
        found = look(file, prefix, depth);
    }
    return found;
}

enum geosc_status h5_object_open(geosc_context *context, const struct h5_file *file, const char *path, hid_t *id)
{
    char cause[H5_CAUSE_SIZE];
    enum link found = walk(file, path, 0);

    *id = -1;
    if (found != LINK_FINE)
        return h5_refuse(context, file, path, "%s", link_faults[found]);
    *id = H5Oopen(file->id, path, file->links);
    if (*id < 0)
        return h5_refuse(context, file, path, "can't be opened (%s)" REASON_DAMAGED, h5_cause(cause));
    return GEOSC_OK;
}

enum h5_kind h5_kind(struct h5_file *file, const char *path)
{
    enum h5_kind kind = H5_OTHER;
    struct h5_guard guard;
    hid_t id = -1;

    h5_enter(&guard);
    enum link found = walk(file, path, 0);
    if (found == LINK_MISSING)
        kind = H5_MISSING;
    else if (found == LINK_FINE)
        id = H5Oopen(file->id, path, file->links);
    if (id >= 0) {
        H5I_type_t type = H5Iget_type(id);
        kind = type == H5I_DATASET ? H5_ARRAY : type == H5I_GROUP ? H5_GROUP : H5_OTHER;
        H5Oclose(id);
    }
    h5_leave(&guard);
    return kind;
}

/* ---- groups ------------------------------------------------------------------------------------- */

/* Names of a group: counted in a first pass, kept in a second one. */
struct listing {
    size_t count, bytes;
    char **names, *text;
};

static herr_t count_name(hid_t group, const char *name, const H5L_info_t *info, void *listing_pointer)
{
    struct listing *listing = listing_pointer;

    (void)group;
    (void)info;
    listing->count++;
    listing->bytes += strlen(name) + 1;
    return listing->count > GROUP_NAMES ? -1 : 0;
}

static herr_t keep_name(hid_t group, const char *name, const H5L_info_t *info, void *listing_pointer)
{
    struct listing *listing = listing_pointer;
    size_t bytes = strlen(name) + 1;

    (void)group;
    (void)info;
    if (listing->count == 0 || bytes > listing->bytes)
        return -1;
    *listing->names++ = memcpy(listing->text, name, bytes);
    listing->text += bytes;
    listing->bytes -= bytes;
    listing->count--;
    return 0;
}

static enum geosc_status list_names(geosc_context *context, const struct h5_file *file, const char *path, hid_t group,
                                    char ***names, size_t *count)
{
    struct listing listing = {0};
    char cause[H5_CAUSE_SIZE];

    if (H5Iget_type(group) != H5I_GROUP)
        return h5_refuse(context, file, path, "is no group" REASON_WRONG_KIND);
    if (H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, count_name, &listing) < 0)
        return h5_refuse(context, file, path, "the names in this group can't be listed (%s)" REASON_DAMAGED, h5_cause(cause));
    size_t bytes = listing.count * sizeof(char *) + listing.bytes;
    if (memory_allocate(context, names, bytes, 1, "names") != GEOSC_OK)
        return GEOSC_FAILED;
    *count = listing.count;
    listing.names = *names;
    listing.text = (char *)(*names + *count);
    if (H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, keep_name, &listing) < 0 || listing.count)
        return h5_refuse(context, file, path, "the names in this group can't be listed (%s)" REASON_DAMAGED, h5_cause(cause));
    return GEOSC_OK;
}

enum geosc_status h5_list(geosc_context *context, struct h5_file *file, const char *group, char ***names, size_t *count)
{
    enum geosc_status status;
    struct h5_guard guard;
    hid_t id = -1;

    *names = NULL;
    *count = 0;
    h5_enter(&guard);
    TRY(h5_object_open(context, file, group, &id));
    TRY(list_names(context, file, group, id, names, count));
done:
    if (status != GEOSC_OK) {
        memory_free(*names);
        *names = NULL;
        *count = 0;
    }
    if (id >= 0)
        H5Oclose(id);
    h5_leave(&guard);
    return status;
}
