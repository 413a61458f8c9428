#include "base/guard.h"
#include "h5/h5_internal.h"

#include "base/foreign.h"
#include "base/opened.h"
#include "base/reason.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SUPERBLOCK_BYTES = 12 /* bytes to read: signature, version, two sizes, flags */ };

/* ---- files -------------------------------------------------------------------------------------- */

/* HDF5's signature is at byte 0, 512, 1024, 2048 and so on: reads the bytes there; false if there is none. */
static bool read_signature(const struct h5_file *file, unsigned char start[SUPERBLOCK_BYTES])
{
    static const unsigned char signature[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

    for (uint64_t at = 0; at < file->bytes; at = at ? at * 2 : 512)
        if (pread(file->driver.fd, memset(start, 0, SUPERBLOCK_BYTES), SUPERBLOCK_BYTES, (off_t)at) > 0 &&
            memcmp(start, signature, sizeof signature) == 0)
            return true;
    return false;
}

/* A writer sets a mark in the file. HDF5 checks it only with drivers that support such readers. */
static bool is_marked(const struct h5_file *file)
{
    unsigned char start[SUPERBLOCK_BYTES];

    return GUARD(file_marked_as_written) && read_signature(file, start) && start[8] >= 3 && (start[11] & 1);
}

static enum geosc_status refuse_marked(geosc_context *context, const struct h5_file *file)
{
    return fail(context, GEOSC_FAILED,
                "%s: another program is writing it, or died while writing: wait until it is done; if none is running, "
                "h5clear -s makes the file readable, without unwritten data" REASON_BUSY,
                file->path);
}

static enum geosc_status refuse_foreign(geosc_context *context, const struct h5_file *file)
{
    unsigned char start[FOREIGN_BYTES];
    char what[256];
    ssize_t got = pread(file->driver.fd, start, sizeof start, 0);

    return fail(context, GEOSC_FAILED, "%s: is not an HDF5 file%s" REASON_NOT_HDF5, file->path,
                foreign_describe(start, got > 0 ? (size_t)got : 0, what, sizeof what));
}

static enum geosc_status refuse_file(geosc_context *context, struct h5_file *file)
{
    char cause[H5_CAUSE_SIZE];
    unsigned char start[SUPERBLOCK_BYTES];

    if (file->bytes == 0)
        return fail(context, GEOSC_FAILED, "%s: is empty, expected an HDF5 file" REASON_EMPTY_FILE, file->path);
    h5_cause(cause);
    if (file->driver.error) /* the system's fault, not the file's */
        return fail(context, GEOSC_FAILED, "%s: cannot be read: %s; try again" REASON_IO, file->path,
                    strerror(file->driver.error));
    if (!read_signature(file, start))
        return refuse_foreign(context, file);
    if (is_marked(file))
        return refuse_marked(context, file);
    if (strstr(cause, "truncated") || file->bytes < 96)
        return fail(context, GEOSC_FAILED, "%s: is truncated: it has only %llu bytes (%s)" REASON_DAMAGED, file->path,
                    (unsigned long long)file->bytes, cause);
    return fail(context, GEOSC_FAILED, "%s: is a damaged or truncated HDF5 file (%s)" REASON_DAMAGED, file->path,
                cause);
}

static enum geosc_status open_hdf5(geosc_context *context, struct h5_file *file)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    struct stat facts = {0};
    enum geosc_status status;

    fstat(file->driver.fd, &facts);
    file->bytes = (uint64_t)facts.st_size;
    /* Opens our descriptor, even if the name has changed, with our driver, whatever the environment says. */
    if (access >= 0 && h5_driver_use(&file->driver, access) >= 0)
        file->id = H5Fopen(file->path, H5F_ACC_RDONLY, access);
    status = file->id >= 0 ? GEOSC_OK : refuse_file(context, file); /* at once: HDF5's next call clears the cause */
    if (status == GEOSC_OK && is_marked(file))
        status = refuse_marked(context, file);
    h5_drop(access);
    return status;
}

enum geosc_status h5_open(geosc_context *context, const char *path, struct h5_file **file)
{
    enum geosc_status status;
    struct h5_guard guard;
    struct h5_file *made;
    int fd = -1;

    *file = NULL;
    h5_enter(&guard);
    TRY(check_stop(context));
    TRY(memory_allocate_zero(context, &made, 1, sizeof *made, "a file"));
    *made = (struct h5_file){.id = -1, .driver.fd = -1, .path = memory_copy_string(path), .links = -1};
    *file = made;
    made->links = h5_link_access(&made->access);
    if (!made->path || made->links < 0)
        TRY(fail_memory(context, strlen(path), "a file name"));
    TRY(opened_take(context, path, &fd));
    if (h5_driver_open(&made->driver, fd) < 0)
        TRY(fail_memory(context, sizeof *made, "HDF5's driver"));
    TRY(h5_check_room(context));
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
    h5_trail_drop(file);
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
    h5_trail_drop(file);
    if (file->id >= 0)
        H5Fclose(file->id);
    h5_drop(file->links);
    h5_driver_close(&file->driver);
    if (file->driver.fd >= 0)
        close(file->driver.fd);
    memory_free(file->path);
    memory_free(file);
    h5_leave(&guard);
}

const char *h5_file_path(const struct h5_file *file)
{
    return file->path;
}

uint64_t h5_file_bytes(const struct h5_file *file)
{
    return file->bytes;
}

int h5_file_descriptor(const struct h5_file *file)
{
    return file->driver.fd;
}

enum h5_kind h5_kind(struct h5_file *file, const char *path)
{
    enum h5_kind kind = H5_OTHER;
    struct h5_guard guard;
    bool missing;
    hid_t id;

    h5_enter(&guard);
    id = h5_object_find(file, path, &missing);
    if (missing)
        kind = H5_MISSING;
    if (id >= 0) {
        H5I_type_t type = H5Iget_type(id);
        kind = type == H5I_DATASET ? H5_ARRAY : type == H5I_GROUP ? H5_GROUP : H5_OTHER;
        H5Oclose(id);
    }
    h5_leave(&guard);
    return kind;
}

/* ---- groups ------------------------------------------------------------------------------------- */

/* Names of a group: counted in a first pass, copied in a second. */
struct listing {
    size_t count, bytes, most;
    char **names, *text;
};

static herr_t count_name(hid_t group, const char *name, const H5L_info2_t *info, void *listing_pointer)
{
    struct listing *listing = listing_pointer;

    (void)group;
    (void)info;
    listing->count++;
    listing->bytes += strlen(name) + 1;
    return listing->count > listing->most ? -1 : 0;
}

static herr_t keep_name(hid_t group, const char *name, const H5L_info2_t *info, void *listing_pointer)
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
                                    size_t most, char ***names, size_t *count)
{
    struct listing listing = {.most = most};
    char cause[H5_CAUSE_SIZE];
    H5G_info_t facts;

    if (GUARD(hostile_dataset_for_group) && H5Iget_type(group) != H5I_GROUP)
        return h5_refuse(context, file, path, "is not a group" REASON_WRONG_KIND);
    if (H5Gget_info(group, &facts) >= 0 && GUARD(hostile_names_of_a_model) && facts.nlinks > most)
        return h5_refuse(context, file, path, "has %llu names, more than the limit of %zu" REASON_TOO_LARGE,
                         (unsigned long long)facts.nlinks, most);
    if (H5Literate2(group, H5_INDEX_NAME, H5_ITER_INC, NULL, count_name, &listing) < 0)
        return h5_refuse(context, file, path, "cannot list the names in this group (%s)" REASON_DAMAGED,
                         h5_cause(cause));
    size_t bytes = listing.count * sizeof(char *) + listing.bytes;
    if (memory_allocate(context, names, bytes, 1, "names") != GEOSC_OK)
        return GEOSC_FAILED;
    *count = listing.count;
    listing.names = *names;
    listing.text = (char *)(*names + *count);
    if (H5Literate2(group, H5_INDEX_NAME, H5_ITER_INC, NULL, keep_name, &listing) < 0 || listing.count)
        return h5_refuse(context, file, path, "cannot list the names in this group (%s)" REASON_DAMAGED,
                         h5_cause(cause));
    return GEOSC_OK;
}

enum geosc_status h5_list(geosc_context *context, struct h5_file *file, const char *group, size_t most, char ***names,
                          size_t *count)
{
    enum geosc_status status;
    struct h5_guard guard;
    hid_t id = -1;

    *names = NULL;
    *count = 0;
    h5_enter(&guard);
    TRY(h5_object_open(context, file, group, &id));
    TRY(list_names(context, file, group, id, most, names, count));
done:
    if (status != GEOSC_OK) {
        memory_free(*names);
        *names = NULL;
        *count = 0;
    }
    h5_drop(id);
    h5_leave(&guard);
    return status;
}
