/*
 * Data in other files: refused, or checked before HDF5 reads it. HDF5 waits forever for a FIFO and reads missing data
 * as zeros.
 */
#include "base/guard.h"
#include "h5/h5_internal.h"

#include "base/reason.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define REFUSE(array, ...) h5_refuse(context, (array)->file, (array)->path, __VA_ARGS__)

/* ---- where other files are ---------------------------------------------------------------------- */

enum { PLACES = 4 };

struct places {
    char path[PLACES][2 * H5_PATH];
};

/* Where HDF5 looks for the file `name` named in the file `from`: beside it and from the working folder; for an absolute
 * name also its last part. */
static void find_places(const char *from, const char *name, struct places *places)
{
    const char *slash = strrchr(from, '/'), *last = strrchr(name, '/');
    int folder = slash ? (int)(slash - from + 1) : 0;

    last = last ? last + 1 : name;
    snprintf(places->path[0], sizeof *places->path, "%.*s%s", name[0] == '/' ? 0 : folder, from, name);
    snprintf(places->path[1], sizeof *places->path, "%s", name);
    snprintf(places->path[2], sizeof *places->path, "%.*s%s", folder, from, last);
    snprintf(places->path[3], sizeof *places->path, "%s", last);
}

/* Whether everything at these places is a regular file; *bytes: size of the first, *found: its place. */
static bool are_regular(const struct places *places, const char **found, uint64_t *bytes)
{
    struct stat there;

    *found = NULL;
    for (size_t i = 0; i < PLACES; i++) {
        if (stat(places->path[i], &there) != 0)
            continue;
        if (GUARD(hostile_external_link_to_a_fifo) && !S_ISREG(there.st_mode))
            return false;
        if (!*found)
            *bytes = (uint64_t)there.st_size;
        *found = *found ? *found : places->path[i];
    }
    return true;
}

/* ---- links -------------------------------------------------------------------------------------- */

static herr_t refuse_target(const char *from, const char *group, const char *name, const char *object, unsigned *flags,
                            hid_t access, void *user)
{
    (void)from, (void)group, (void)name, (void)object, (void)flags, (void)access, (void)user;
    return -1;
}

static herr_t check_target(const char *from, const char *group, const char *name, const char *object, unsigned *flags,
                           hid_t access, void *user)
{
    struct places places;
    const char *found;
    uint64_t bytes;

    (void)group, (void)object, (void)access, (void)user;
    *flags = H5F_ACC_RDONLY;
    find_places(from, name, &places);
    return are_regular(&places, &found, &bytes) && found ? 0 : -1;
}

hid_t h5_link_access(const struct h5_access *access)
{
    hid_t list = H5Pcreate(H5P_LINK_ACCESS);

    if (list >= 0)
        H5Pset_elink_cb(list, access->links || !GUARD(hostile_external_link_opened) ? check_target : refuse_target,
                        NULL);
    return list;
}

/* ---- external storage --------------------------------------------------------------------------- */

enum geosc_status h5_check_external(geosc_context *context, const struct h5_array *array, hid_t id, hid_t creation)
{
    int count = H5Pget_external_count(creation);
    struct stat there;

    (void)id;
    for (int i = 0; i < count; i++) {
        char name[H5_PATH] = "";
        hsize_t bytes;
        off_t offset;

        /* HDF5 looks for these files only from the working folder. */
        if (H5Pget_external(creation, (unsigned)i, sizeof name, name, &offset, &bytes) < 0 || name[sizeof name - 1])
            return REFUSE(array, "cannot read the names of the files that hold its data" REASON_BAD_SOURCE);
        if (stat(name, &there) != 0 || !S_ISREG(there.st_mode))
            return REFUSE(array,
                          "is stored in the file %s, which is missing or not a regular file (from the working "
                          "folder)" REASON_BAD_SOURCE,
                          name);
        if (bytes != H5F_UNLIMITED &&
            (offset < 0 || offset > there.st_size || bytes > (hsize_t)(there.st_size - offset)))
            return REFUSE(array, "is stored in the file %s, which is too short" REASON_BAD_SOURCE, name);
    }
    return GEOSC_OK;
}

/* ---- virtual datasets --------------------------------------------------------------------------- */

/* A source of a virtual dataset. */
struct source {
    char file[H5_PATH], set[H5_PATH];
    hid_t file_id, id, space, creation; /* open, or -1 */
    const char *fault;                  /* why it is unusable */
};

static void source_close(struct source *source)
{
    h5_drop(source->creation);
    h5_drop(source->space);
    h5_drop(source->id);
    if (source->file_id >= 0)
        H5Fclose(source->file_id);
}

static hid_t open_source_file(const char *from, struct source *source)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), id = -1;
    const char *path = from;
    struct places places;
    uint64_t bytes;

    find_places(from, source->file, &places);
    if (strcmp(source->file, ".") != 0 && !are_regular(&places, &path, &bytes))
        path = NULL;
    if (path && H5Pset_fapl_sec2(access) >= 0 && H5Pset_file_locking(access, false, true) >= 0)
        id = H5Fopen(path, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    return id;
}

static bool filters_are_known(hid_t creation)
{
    int count = H5Pget_nfilters(creation);

    for (int i = 0; i < count; i++) {
        unsigned flags, config;
        size_t values = 0;
        H5Z_filter_t id = H5Pget_filter2(creation, (unsigned)i, &flags, &values, NULL, 0, NULL, &config);
        if (id != H5Z_FILTER_SHUFFLE && id != H5Z_FILTER_DEFLATE && id != H5Z_FILTER_FLETCHER32)
            return false;
    }
    return count >= 0;
}

/* Whether the selection of `items` elements lies inside the source. */
static bool selection_fits(hid_t selection, hssize_t items, hid_t space)
{
    hsize_t dims[H5S_MAX_RANK], start[H5S_MAX_RANK], end[H5S_MAX_RANK];
    int rank = H5Sget_simple_extent_dims(space, dims, NULL);

    if (H5Sget_select_type(selection) == H5S_SEL_ALL)
        return H5Sget_simple_extent_npoints(space) == items;
    if (rank < 0 || H5Sget_simple_extent_ndims(selection) != rank || H5Sget_select_bounds(selection, start, end) < 0)
        return false;
    for (int d = 0; d < rank; d++)
        if (end[d] >= dims[d])
            return false;
    return true;
}

/* Opens the source; on failure source->fault says why. */
static void source_open(const struct h5_array *array, const char *from, hid_t selection, hssize_t items,
                        struct source *source)
{
    H5D_space_status_t stored;

    source->file_id = open_source_file(from, source);
    source->id = source->file_id >= 0 ? H5Dopen2(source->file_id, source->set, H5P_DEFAULT) : -1;
    source->creation = source->id >= 0 ? H5Dget_create_plist(source->id) : -1;
    if (source->creation < 0) {
        source->fault = "cannot be opened";
        return;
    }
    if (H5Pget_layout(source->creation) == H5D_VIRTUAL || H5Pget_external_count(source->creation) != 0) {
        source->fault = "takes its data from yet another file";
        return;
    }
    source->space = H5Dget_space(source->id);
    if (!array->file->access.plugins && !filters_are_known(source->creation))
        source->fault = "has a filter that needs --allow-plugins";
    else if (H5Dget_space_status(source->id, &stored) < 0 || stored != H5D_SPACE_STATUS_ALLOCATED)
        source->fault = "has missing data";
    else if (!selection_fits(selection, items, source->space))
        source->fault = "has another size than the selection";
}

/* Checks source `place` and adds the elements that it gives to *covered. */
static enum geosc_status check_source(geosc_context *context, const struct h5_array *array, hid_t id, hid_t creation,
                                      size_t place, uint64_t *covered)
{
    struct source source = {.file_id = -1, .id = -1, .space = -1, .creation = -1};
    hid_t selection = H5Pget_virtual_srcspace(creation, place), target = H5Pget_virtual_vspace(creation, place);
    hssize_t items = H5Sget_select_npoints(target);
    char from[2 * H5_PATH] = "";

    if (H5Pget_virtual_filename(creation, place, source.file, sizeof source.file) < 0 ||
        H5Pget_virtual_dsetname(creation, place, source.set, sizeof source.set) < 0 ||
        H5Fget_name(id, from, sizeof from) >= (ssize_t)sizeof from || items <= 0)
        source.fault = "cannot be read";
    else if (strchr(source.file, '%') || strchr(source.set, '%'))
        source.fault = "is a pattern of names, which is unsupported";
    else
        source_open(array, from, selection, items, &source);
    *covered += items > 0 ? (uint64_t)items : 0;
    source_close(&source);
    H5Sclose(selection);
    H5Sclose(target);
    if (!source.fault)
        return GEOSC_OK;
    return REFUSE(array, "its source %zu, %s in %s, %s" REASON_BAD_SOURCE, place, source.set, source.file,
                  source.fault);
}

enum geosc_status h5_check_virtual(geosc_context *context, const struct h5_array *array, hid_t id, hid_t creation)
{
    uint64_t covered = 0;
    hssize_t items = 0;
    size_t count = 0;

    if (GUARD(hostile_virtual) && !array->file->access.links)
        return REFUSE(array, "is a virtual dataset; only data in the file itself is read (see "
                             "--allow-links)" REASON_VIRTUAL);
    if (H5Pget_virtual_count(creation, &count) < 0)
        return REFUSE(array, "cannot read its sources" REASON_DAMAGED);
    for (size_t i = 0; i < count; i++) {
        hid_t space = H5Pget_virtual_vspace(creation, i);
        items = H5Sget_simple_extent_npoints(space);
        H5Sclose(space);
        if (check_source(context, array, id, creation, i, &covered) != GEOSC_OK)
            return GEOSC_FAILED;
    }
    if (count == 0 || items < 0 || (GUARD(hostile_virtual_holes) && covered != (uint64_t)items))
        return REFUSE(array, "its sources give %llu of its %lld elements" REASON_BAD_SOURCE,
                      (unsigned long long)covered, (long long)items);
    return GEOSC_OK;
}
